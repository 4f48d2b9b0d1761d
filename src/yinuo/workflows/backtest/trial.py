"""Forecast the test orders of a file in strict order of time, and score that beside the naive."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.shortlag import (
    Choice,
    Parameters,
    TooLittleHistory,
    forecast,
    naive_quantiles,
    pinball,
    whole_days,
    whole_window,
)
from yinuo.platform.refusals import Refusal
from yinuo.platform.table.dates import UNREADABLE
from yinuo.workflows.backtest.orders import Orders, write_day
from yinuo.workflows.backtest.scoring import Figures, Windows, score

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EPOCH = dt.date(1970, 1, 1)
PROMISES_MIN = 20


class EmptyTest(Refusal):
    """No order was placed in the days to be tested."""

    code = "empty_test"
    zh = "{start} 到 {until} 之间没有订单。文件里的订单从 {first} 到 {last}，请改 --test-from。"
    en = (
        "No order was placed from {start} to {until}. The file's orders run from {first} to"
        " {last}; change --test-from."
    )


class NothingBefore(Refusal):
    """Too few orders were delivered before the test."""

    code = "too_few_before"
    zh = (
        "{start} 之前只有 {known} 个订单已交付，至少要 {needed} 个。"
        "请把 --test-from 改晚（{enough} 起够用），或换一份更长的历史。"
    )
    en = (
        "Only {known} orders were delivered before {start}; {needed} are needed. Move --test-from"
        " to {enough} or later, or bring a longer history."
    )


class TooShort(Refusal):
    """The whole file does not hold enough delivered orders."""

    code = "too_few_orders"
    zh = "整个文件只有 {known} 个已交付的订单。至少要 {needed} 个在测试期之前交付，才能回测。"
    en = (
        "The whole file has {known} delivered orders. At least {needed} must be delivered before"
        " the test."
    )


@dataclass(frozen=True)
class Naive:
    """Rolling quantiles of `window` days (0: all), by group or over all, and their figures."""

    window: int
    by_group: bool
    figures: Figures


@dataclass(frozen=True)
class Promised:
    """The file's own promised dates on the test orders that have one.

    Shares 0..1 and days: `kept` delivered by the promised date, `late_mean` over the late ones.
    A single date is scored as a quantile at the level `level` that such dates held before the
    test; `pinball` is its loss and `own_pinball` that of our quantile at the same level, over
    the same `orders`.
    """

    orders: int
    kept: float
    late_mean: float
    level: float
    pinball: float
    own_pinball: float


@dataclass(frozen=True)
class Result:
    """What the trial found. `orders`, `test_open`, `open_late` are counts of the test's orders:
    scored, still open at the end of the file, and of these past the end of their window.

    `months` and `groups` hold each part's name, our figures and those of the best naive.
    """

    start: dt.date
    until: dt.date
    level: float
    one_sided: float | None
    own: Figures
    naive: list[Naive]
    best: Naive
    promised: Promised | None
    months: list[tuple[str, Figures, Figures]]
    groups: list[tuple[str, Figures, Figures]]
    test_open: int
    open_late: int
    undecided_share: float
    choices: list[Choice]
    rows: Ints
    lead: Floats
    windows: Windows

    @property
    def ratio(self) -> float:
        """Our pinball loss over that of the best naive: below 1 is better."""
        return self.own.pinball / self.best.figures.pinball if self.best.figures.pinball else 1.0


def run_trial(
    orders: Orders,
    *,
    start: dt.date,
    until: dt.date | None,
    level: float,
    one_sided: float | None,
) -> Result:
    """Test the orders placed on days `start` <= day < `until` (None: to the end).

    Raises
    ------
    EmptyTest, NothingBefore, TooShort
        There is nothing to test, or nothing to learn from.
    """
    history = orders.history
    first = (start - EPOCH).days
    last = int(history.ordered_day[-1]) + 1 if until is None else (until - EPOCH).days
    if not ((history.ordered_day >= first) & (history.ordered_day < last)).any():
        _refuse_empty(orders, first, last)
    promise_level = _level_of_promises(orders, first)
    parameters = _parameters(level, one_sided, promise_level)
    try:
        found = forecast(history, parameters, first, last)
    except TooLittleHistory as little:
        _refuse_short(orders, first, little)
    rows, done = found.rows, history.is_delivered[found.rows]
    if not done.any():
        _refuse_empty(orders, first, last)
    windows = _own_windows(found.quantiles, parameters, level, one_sided)
    open_late = ~done & (orders.end_day - history.ordered_day[rows] > windows.ends[:, 1])
    lead = (history.delivered_day[rows] - history.ordered_day[rows]).astype(np.float64)
    scored = _Scored(orders, rows[done], lead[done], windows.take(done), parameters, level)
    promised = None
    if promise_level is not None:
        ours = whole_days(found.quantiles[done, parameters.levels.index(promise_level)])
        promised = scored.promised(promise_level, ours)
    naive = scored.all_naive(one_sided)
    best = min(naive, key=lambda one: one.figures.pinball)
    own = score(scored.lead, scored.week, scored.windows, level)
    assert own is not None
    months, groups = scored.parts(best, one_sided)
    return Result(
        start,
        EPOCH + dt.timedelta(days=last),
        level,
        one_sided,
        own,
        naive,
        best,
        promised,
        months,
        groups,
        int((~done).sum()),
        int(open_late.sum()),
        round(float((~done & ~open_late).mean()), 4),
        found.choices,
        rows[done],
        lead[done],
        windows.take(done),
    )


def _parameters(level: float, one_sided: float | None, promise_level: float | None) -> Parameters:
    """All chances that are wanted; candidates are judged by the window's, whatever was promised."""
    judged = ((1 - level) / 2, 0.5, (1 + level) / 2)
    wanted = {*judged, *(chance for chance in (one_sided, promise_level) if chance)}
    return Parameters(levels=tuple(sorted(wanted)), judged=judged)


def _windows(
    quantiles: Floats, parameters: Parameters, level: float, one_sided: float | None
) -> Windows:
    place = {chance: number for number, chance in enumerate(parameters.levels)}
    three = [place[(1 - level) / 2], place[0.5], place[(1 + level) / 2]]
    latest = quantiles[:, place[one_sided]] if one_sided else None
    return Windows(quantiles[:, three], quantiles[:, [three[0], three[2]]], latest)


def _own_windows(
    quantiles: Floats, parameters: Parameters, level: float, one_sided: float | None
) -> Windows:
    """Our windows in whole days, as a customer would read them."""
    plain = _windows(quantiles, parameters, level, one_sided)
    latest = None if plain.latest is None else np.floor(plain.latest)
    return Windows(whole_days(plain.quantiles), whole_window(*plain.quantiles.T), latest)


def _level_of_promises(orders: Orders, first: int) -> float | None:
    """The share of promised dates that held, of orders delivered before the test."""
    history = orders.history
    known = (orders.promised_day > UNREADABLE) & (history.delivered_day < first)
    if known.sum() < PROMISES_MIN:
        return None
    kept = (history.delivered_day <= orders.promised_day)[known].mean()
    return float(np.clip(kept, 0.02, 0.98))


def _refuse_empty(orders: Orders, first: int, last: int) -> None:
    days = orders.history.ordered_day
    raise EmptyTest(
        start=write_day(first),
        until=write_day(max(first, last - 1)),
        first=write_day(int(days[0])),
        last=write_day(int(days[-1])),
    )


def _refuse_short(orders: Orders, first: int, little: TooLittleHistory) -> None:
    known = np.sort(orders.history.delivered_day[orders.history.is_delivered])
    if known.size < little.needed:
        raise TooShort(known=known.size, needed=little.needed)
    raise NothingBefore(
        start=write_day(first),
        known=little.known,
        needed=little.needed,
        enough=write_day(int(known[little.needed - 1]) + 1),
    )


@dataclass(frozen=True)
class _Scored:
    """The delivered test orders with our windows, ready to be compared."""

    orders: Orders
    rows: Ints
    lead: Floats
    windows: Windows
    parameters: Parameters
    level: float

    @property
    def week(self) -> Ints:
        return np.asarray((self.orders.history.ordered_day[self.rows] + 3) // 7)

    def naive_windows(self, window: int, by_group: bool, one_sided: float | None) -> Windows:
        quantiles = naive_quantiles(
            self.orders.history, window, by_group, self.rows, np.array(self.parameters.levels)
        )
        return _windows(quantiles, self.parameters, self.level, one_sided)

    def naive(self, window: int, by_group: bool, one_sided: float | None) -> Figures:
        found = score(
            self.lead, self.week, self.naive_windows(window, by_group, one_sided), self.level
        )
        assert found is not None
        return found

    def all_naive(self, one_sided: float | None) -> list[Naive]:
        """Rolling quantiles of every window, over all and by group if there are groups."""
        scopes = (False, True) if len(self.orders.groups) > 1 else (False,)
        return [
            Naive(window, by_group, self.naive(window, by_group, one_sided))
            for window in self.parameters.windows
            for by_group in scopes
        ]

    def parts(
        self, best: Naive, one_sided: float | None
    ) -> tuple[list[tuple[str, Figures, Figures]], list[tuple[str, Figures, Figures]]]:
        """By month of order in order of time, and by group with the largest first."""
        other = self.naive_windows(best.window, best.by_group, one_sided)
        history = self.orders.history

        def split(keys: Ints) -> list[tuple[int, Figures, Figures]]:
            found = []
            for key in np.unique(keys):
                mask = keys == key
                own = score(self.lead[mask], self.week[mask], self.windows.take(mask), self.level)
                beside = score(self.lead[mask], self.week[mask], other.take(mask), self.level)
                assert own is not None
                assert beside is not None
                found.append((int(key), own, beside))
            return found

        months = [
            (f"{1970 + key // 12}-{key % 12 + 1:02}", own, beside)
            for key, own, beside in split(history.month[self.rows])
        ]
        if len(self.orders.groups) < 2:
            return months, []
        groups = [
            (self.orders.groups[key], own, beside)
            for key, own, beside in split(history.group[self.rows])
        ]
        return months, sorted(groups, key=lambda part: (-part[1].orders, part[0]))

    def promised(self, level: float, ours: Floats) -> Promised | None:
        """The file's own promised dates beside our quantiles of that level; None without any."""
        history = self.orders.history
        day = self.orders.promised_day[self.rows]
        has = day > UNREADABLE
        if not has.any():
            return None
        rows, lead = self.rows[has], self.lead[has]
        said = (day[has] - history.ordered_day[rows]).astype(np.float64)
        late = np.maximum(lead - said, 0)
        at = np.array([level])
        return Promised(
            int(has.sum()),
            round(float((late == 0).mean()), 4),
            round(float(late[late > 0].mean()) if late.any() else 0.0, 4),
            round(level, 4),
            round(float(pinball(lead, said[:, None], at).mean()), 4),
            round(float(pinball(lead, ours[has][:, None], at).mean()), 4),
        )
