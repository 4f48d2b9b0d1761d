"""Unusual periods in force make the ranges of an outlook wider before they are promised."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from yinuo.contexts.promises.queries.unusual import list_in_force
from yinuo.contexts.promises.rules import Ints
from yinuo.contexts.promises.rules.unusual import Period, find_periods, widen
from yinuo.platform.spoken import local_date
from yinuo.workflows.outlook import Outlook


@dataclass(frozen=True)
class Published:
    """An outlook as it may be promised: `period` is the place of each row's period, -1 for none."""

    outlook: Outlook
    periods: list[Period]
    period: Ints


def publish(outlook: Outlook, now: dt.datetime) -> Published:
    """The outlook with what staff have declared unusual taken into account."""
    periods = list_in_force(local_date(now))
    nobody = np.full(outlook.orders.order_ids.size, -1, np.int64)
    if not periods:
        return Published(outlook, periods, nobody)
    orders = outlook.orders
    found = find_periods(periods, orders.centre_ids, orders.built, outlook.windows)
    factors = np.array([*(period.factor_percent for period in periods), 100], np.int64)
    windows, dots = widen(outlook.windows, outlook.dots, factors[found])
    ceiling = dt.date.max.toordinal()
    wider = replace(outlook, windows=windows, dots=np.minimum(dots, ceiling))
    return Published(wider, periods, found)
