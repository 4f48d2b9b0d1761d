"""What is measured is made wider before it is promised: by the guard and by unusual periods."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from yinuo.contexts.production.queries.forecasting import list_plant_specs
from yinuo.contexts.promises.queries.unusual import list_in_force
from yinuo.contexts.promises.rules import Flags, Ints, Windows
from yinuo.contexts.promises.rules.unusual import Period, find_periods, widen
from yinuo.platform.spoken import local_date
from yinuo.workflows.guard import load_percents, pick_percents
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
    """The outlook with the guard, and what staff have declared unusual, taken into account."""
    orders, today = outlook.orders, local_date(now).toordinal()
    specs, rows = np.unique(orders.spec_ids, return_inverse=True)
    percents = load_percents(specs)
    guard = pick_percents(percents, rows.reshape(-1), orders.built, outlook.windows, today)
    found = widen_rows(
        outlook.windows,
        outlook.dots,
        orders.centre_ids,
        orders.spec_ids,
        orders.built,
        guard,
        now=now,
    )
    wider = replace(outlook, windows=found.windows, dots=found.dots)
    return Published(wider, found.periods, found.period)


def widen_rows(
    windows: Windows,
    dots: Ints,
    centre_ids: Ints,
    spec_ids: Ints,
    built: Flags,
    guard: Ints,
    *,
    now: dt.datetime,
) -> Wider:
    """What the engines measured, as it may be promised or quoted at this moment.

    `guard` is the guard's factor of each row in percents; that of a declared period comes on top.
    """
    periods = _in_force(now)
    if not periods and (guard == 100).all():
        return Wider(windows, dots, periods, np.full(centre_ids.size, -1, np.int64))
    found = find_periods(periods, centre_ids, spec_ids, built, windows)
    factors = np.array([*(period.factor_percent for period in periods), 100], np.int64)
    windows, dots = widen(windows, dots, -(-factors[found] * guard // 100))
    return Wider(windows, np.minimum(dots, dt.date.max.toordinal()), periods, found)


def _in_force(now: dt.datetime) -> list[Period]:
    """Periods in force; one of a plant that builds cars counts for the cars it builds first."""
    periods = list_in_force(local_date(now))
    if not any(period.kind == "PLANT" for period in periods):
        return periods
    built_at = {plant.code: plant.spec_ids for plant in list_plant_specs()}
    return [replace(one, spec_ids=built_at.get(one.place_code)) for one in periods]
