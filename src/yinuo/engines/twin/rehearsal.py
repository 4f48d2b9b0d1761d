"""Promises made and kept in an invented market, week by week, from what is known at the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.queue import CapacityParameters, sample_capacity, simulate
from yinuo.engines.twin.market import ALTERNATIVES, NEEDS, Market, days_of_places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
# For a week: the part of the plan that is expected, and the spread of its logarithm, both (2, H).
Forecaster = Callable[[int, int], tuple[Floats, Floats]]

MIDDLE: Final = 2


@dataclass(frozen=True)
class RehearsalParameters:
    """The rules of promising.

    Attributes
    ----------
    coverage : odds of a window.
    scenarios : scenarios of each forecast.
    horizon_weeks : weeks that a forecast looks ahead.
    sure, likely, near : told when the chance of being late exceeds `sure`; or one half in two
        runs in a row; or `near` inside the last `near_days`.
    deadline_days : so many days before the end of a window everybody is told who is more likely
        late than not; on the day before its end, everybody whose car is not made.
    settle_runs : a window is replaced when the middle lies outside it in so many runs in a row.
    in_line : an end is never before that of an earlier lock of the class whose window stands.
    """

    coverage: float = 0.9
    scenarios: int = 256
    horizon_weeks: int = 156
    sure: float = 0.8
    near: float = 0.3
    near_days: float = 14.0
    deadline_days: float = 7.0
    settle_runs: int = 2
    in_line: bool = False

    @property
    def levels(self) -> tuple[float, ...]:
        """Chances at which days are read: low end, 1 - sure, middle, 1 - near, high end."""
        half = (1 - self.coverage) / 2
        return half, 1 - self.sure, 0.5, 1 - self.near, 1 - half


@dataclass(frozen=True)
class Rehearsal:
    """What each unit of demand was promised and told, shape (N,) each, in lock order.

    Days count from the start of week 0. `told_day` is the first day on which its customer was told
    that the first window's end will not hold, infinite if never; `told_last_day` the same for the
    window that stood last. `moves` counts replaced windows.
    """

    low: Floats
    high: Floats
    last_low: Floats
    last_high: Floats
    told_day: Floats
    told_last_day: Floats
    moves: Ints


@dataclass
class _Ledger:
    """The same while the weeks pass, with what the rules have to remember."""

    low: Floats
    high: Floats
    last_low: Floats
    last_high: Floats
    told_day: Floats
    told_last_day: Floats
    moves: Ints
    at_risk: Flags
    outside_runs: Ints

    @classmethod
    def blank(cls, count: int) -> _Ledger:
        unknown, never = np.full(count, np.nan), np.full(count, np.inf)
        return cls(
            low=unknown.copy(),
            high=unknown.copy(),
            last_low=unknown.copy(),
            last_high=unknown.copy(),
            told_day=never.copy(),
            told_last_day=never.copy(),
            moves=np.zeros(count, np.int64),
            at_risk=np.zeros(count, np.bool_),
            outside_runs=np.zeros(count, np.int64),
        )


def rehearse(
    market: Market, forecaster: Forecaster, parameters: RehearsalParameters, seed: int
) -> Rehearsal:
    """Go through all weeks: forecast everybody in line, promise, warn, and replace windows.

    At the start of each week the forecaster is asked for its levels; capacity is drawn from the
    week's plan with them (the same seed each week) and everybody who waits, down to the locks of
    this week, is served in it. Windows of this week's locks are the ends of that forecast.
    """
    ledger = _Ledger.blank(market.kind.size)
    last_week = ceil(market.done_day.max() / 7)
    for week in range(last_week):
        waiting = np.flatnonzero((market.done_day > 7 * week) & (market.lock_week <= week))
        if waiting.size:
            days = forecast_days(market, waiting, week, forecaster, parameters, seed)
            fresh = market.lock_week[waiting] == week
            _look_again(ledger, waiting[~fresh], days[~fresh], week, parameters)
            _promise(ledger, market, waiting, fresh, days, parameters)
            _mind_deadlines(ledger, market, waiting, days, week, parameters)
    return Rehearsal(
        ledger.low, ledger.high, ledger.last_low, ledger.last_high,
        ledger.told_day, ledger.told_last_day, ledger.moves,
    )  # fmt: skip


def forecast_days(
    market: Market,
    waiting: Ints,
    week: int,
    forecaster: Forecaster,
    parameters: RehearsalParameters,
    seed: int,
) -> Floats:
    """Day at each of the five chances for those who wait, shape (len(waiting), 5).

    Who is not made inside the horizon gets its last day: such a window is wide, never wrong early.
    """
    horizon = min(parameters.horizon_weeks, market.actual.shape[1] - week)
    factor, spread = forecaster(week, horizon)
    capacity = CapacityParameters(
        np.zeros_like(spread), spread, np.zeros(2, np.bool_), scenarios=parameters.scenarios
    )
    expected = market.planned[:, week, :horizon] * factor
    drawn = sample_capacity(expected, capacity, np.random.default_rng(seed))
    kind = market.kind[waiting]
    run = simulate(kind, ALTERNATIVES, NEEDS, drawn)
    ascending = np.sort(run.cumulative, axis=2)
    days = np.empty((waiting.size, len(parameters.levels)))
    for k in range(ALTERNATIVES.size):
        mine = np.flatnonzero(kind == k)
        for column, level in enumerate(parameters.levels):
            enough = max(ceil(level * parameters.scenarios - 1e-9), 1)
            counts = ascending[k, :, parameters.scenarios - enough]
            days[mine, column] = days_of_places(counts, np.arange(mine.size))
    return np.asarray(7.0 * week + np.minimum(days, 7.0 * horizon))


def _promise(
    ledger: _Ledger,
    market: Market,
    waiting: Ints,
    fresh: Flags,
    days: Floats,
    parameters: RehearsalParameters,
) -> None:
    """The first window of this week's locks."""
    new = waiting[fresh]
    low, high = np.floor(days[fresh, 0]), np.ceil(days[fresh, -1])
    if parameters.in_line:
        for k in range(ALTERNATIVES.size):
            mine = market.kind[new] == k
            before = waiting[~fresh & (market.kind[waiting] == k)]
            ahead = ledger.last_high[before].max(initial=0.0)
            high[mine] = np.maximum(np.maximum.accumulate(high[mine]), ahead)
    ledger.low[new], ledger.last_low[new] = low, low
    ledger.high[new], ledger.last_high[new] = high, high


def _look_again(
    ledger: _Ledger, waiting: Ints, days: Floats, week: int, parameters: RehearsalParameters
) -> None:
    """Warn who will probably be late, and replace windows that the middle has left for good."""
    today = 7.0 * week
    low, high = ledger.last_low[waiting], ledger.last_high[waiting]
    middle = days[:, MIDDLE]
    at_risk = middle > high
    warned = at_risk & ledger.at_risk[waiting]
    warned |= days[:, 1] > high
    warned |= (days[:, 3] > high) & (high - today <= parameters.near_days)
    ledger.at_risk[waiting] = at_risk
    _tell(ledger, waiting[warned], today)
    outside = (middle < low) | (middle > high)
    ledger.outside_runs[waiting] = np.where(outside, ledger.outside_runs[waiting] + 1, 0)
    moved = ledger.outside_runs[waiting] >= parameters.settle_runs
    which = waiting[moved]
    _tell(ledger, which[middle[moved] > high[moved]], today)
    ledger.last_low[which] = np.floor(days[moved, 0])
    ledger.last_high[which] = np.ceil(days[moved, -1])
    ledger.told_last_day[which] = np.inf
    ledger.moves[which] += 1
    ledger.outside_runs[which] = 0
    ledger.at_risk[which] = False


def _mind_deadlines(
    ledger: _Ledger,
    market: Market,
    waiting: Ints,
    days: Floats,
    week: int,
    parameters: RehearsalParameters,
) -> None:
    """The daily rule: nobody learns from the calendar that the window is over."""
    today, high = 7.0 * week, ledger.last_high[waiting]
    late = days[:, MIDDLE] > high
    for ahead, concerned in ((parameters.deadline_days, late), (1.0, np.ones_like(late))):
        due = np.maximum(high - ahead, today)
        # Known on that day: whether the car has been made by then.
        due_now = (due < today + 7) & (market.done_day[waiting] > due)
        which = waiting[due_now & concerned]
        _tell(ledger, which, np.maximum(ledger.last_high[which] - ahead, today))


def _tell(ledger: _Ledger, which: Ints, day: Floats | float) -> None:
    ledger.told_last_day[which] = np.minimum(ledger.told_last_day[which], day)
    ledger.told_day[which] = np.minimum(ledger.told_day[which], day)
