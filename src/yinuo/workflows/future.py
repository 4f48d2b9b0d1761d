"""Orders that are not taken yet, put behind those that are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from yinuo.contexts.orders.queries.forecasting import OpenOrders
from yinuo.contexts.orders.queries.planning import count_locks_by_line, lines_of, lock_days_since
from yinuo.contexts.promises.queries.work import NO_DATE
from yinuo.workflows.inputs import Inputs, Ints

MONTH = dt.timedelta(days=28)
WEEKS_A_MONTH = 4
# A lock of a week is taken to fall on its middle.
MID_WEEK = 3


@dataclass(frozen=True)
class Intake:
    """Orders of the last four weeks by line, and how long such an order is promised to wait."""

    by_line: dict[int, int]
    spec_centre: dict[int, tuple[int, int]]
    wait_days: int

    @property
    def month(self) -> int:
        """Orders of the last four weeks."""
        return sum(self.by_line.values())


def load_intake(orders: OpenOrders, latest: Ints, now: dt.datetime) -> Intake:
    """What was taken lately.

    The wait is the median, over open orders of these weeks, from the lock to the promised latest
    day; where none of them has a promise, the longest promise in force is what a new one gets.
    """
    by_line = count_locks_by_line(now - MONTH, now)
    locked = lock_days_since(now - MONTH)
    waits = [
        int(day) - locked[order_id]
        for order_id, day in zip(orders.order_ids.tolist(), latest, strict=True)
        if order_id in locked and day < NO_DATE
    ]
    promised = latest[latest < NO_DATE]
    if waits:
        wait = int(np.median(waits))
    else:
        wait = int(promised.max(initial=now.date().toordinal())) - now.date().toordinal()
    return Intake(by_line, lines_of(list(by_line)), max(wait, 1))


def weekly_orders(intake: Intake, weeks: int, growth: float) -> Ints:
    """Orders to come by week, when the intake grows by `growth` a month (0.1 is a tenth)."""
    months = (np.arange(weeks) + 1) / WEEKS_A_MONTH
    expected = np.cumsum(intake.month / WEEKS_A_MONTH * (1 + growth) ** months)
    whole: Ints = np.rint(expected).astype(np.int64)
    return np.asarray(whole - np.concatenate([np.zeros(1, np.int64), whole[:-1]]), np.int64)


def with_future(inputs: Inputs, latest: Ints, intake: Intake, counts: Ints) -> tuple[Inputs, Ints]:
    """The inputs with `counts[u]` more orders locked in week u, and everybody's latest days.

    They stand behind all open orders, mixed as the intake is, each promised the usual wait from
    its own lock on. Rows past the open orders are the new ones.
    """
    lines = _mix(intake, int(counts.sum()))
    weeks = np.repeat(np.arange(counts.size), counts)
    today = inputs.shared.origin.toordinal() + inputs.shared.today
    due = today + 7 * weeks + MID_WEEK + intake.wait_days
    kinds = np.array([intake.spec_centre[line] for line in lines.tolist()], np.int64)
    kinds = kinds.reshape(lines.size, 2)
    old, none = inputs.orders, np.zeros(lines.size, np.bool_)
    orders = OpenOrders(
        np.concatenate([old.order_ids, -1 - np.arange(lines.size)]),
        np.concatenate([old.line_ids, lines]),
        np.concatenate([old.spec_ids, kinds[:, 0]]),
        np.concatenate([old.centre_ids, kinds[:, 1]]),
        *(
            np.concatenate([flags, none])
            for flags in (old.built, old.at_centre, old.held, old.excepted)
        ),
    )
    unknown = np.full(lines.size, np.nan)
    more = replace(
        inputs,
        orders=orders,
        ready=np.concatenate([inputs.ready, unknown]),
        spread=np.concatenate([inputs.spread, unknown]),
    )
    return more, np.concatenate([latest, due])


def _mix(intake: Intake, count: int) -> Ints:
    """`count` lines in the shares of the intake, evenly mixed, the same ones every time."""
    lines = np.array(list(intake.by_line), np.int64)
    shares = np.array(list(intake.by_line.values()), np.float64)
    if not count or not lines.size:
        return np.zeros(0, np.int64)
    exact = count * shares / shares.sum()
    each = np.floor(exact).astype(np.int64)
    each[np.argsort(each - exact, kind="stable")[: count - int(each.sum())]] += 1
    # The orders of a line lie evenly spread over the whole.
    places = np.concatenate([(np.arange(size) + 0.5) / size for size in each if size])
    return np.repeat(lines, each)[np.argsort(places, kind="stable")]
