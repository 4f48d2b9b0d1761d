"""What is measured is made wider before it is promised: by unusual periods in force."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from yinuo.contexts.promises.queries.unusual import list_in_force
from yinuo.contexts.promises.rules import Flags, Ints, Windows
from yinuo.contexts.promises.rules.unusual import Period, find_periods, widen
from yinuo.platform.spoken import local_date
from yinuo.workflows.outlook import Outlook


@dataclass(frozen=True)
class Wider:
    """Ranges as they may be promised: `period` is the place of each row's period, -1 for none."""

    windows: Windows
    dots: Ints
    periods: list[Period]
    period: Ints

    def period_of(self, row: int) -> Period | None:
        """The declared period that made this row wider."""
        return self.periods[self.period[row]] if self.period[row] >= 0 else None


@dataclass(frozen=True)
class Published:
    """An outlook as it may be promised: `period` is the place of each row's period, -1 for none."""

    outlook: Outlook
    periods: list[Period]
    period: Ints


def publish(outlook: Outlook, now: dt.datetime) -> Published:
    """The outlook with what staff have declared unusual taken into account."""
    orders = outlook.orders
    found = widen_rows(outlook.windows, outlook.dots, orders.centre_ids, orders.built, now)
    wider = replace(outlook, windows=found.windows, dots=found.dots)
    return Published(wider, found.periods, found.period)


def widen_rows(
    windows: Windows, dots: Ints, centre_ids: Ints, built: Flags, now: dt.datetime
) -> Wider:
    """What the engines measured, as it may be promised or quoted at this moment."""
    periods = list_in_force(local_date(now))
    if not periods:
        return Wider(windows, dots, periods, np.full(centre_ids.size, -1, np.int64))
    found = find_periods(periods, centre_ids, built, windows)
    factors = np.array([*(period.factor_percent for period in periods), 100], np.int64)
    windows, dots = widen(windows, dots, factors[found])
    return Wider(windows, np.minimum(dots, dt.date.max.toordinal()), periods, found)
