"""An alarm for forecasts that have stopped fitting. See docs/engines/learner.md."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast.learner import levels_at
from yinuo.engines.forecast.shortfall import PLANNED_UNITS_MIN, RATIO_MIN, OutputHistory

Floats = NDArray[np.float64]

# Bets against "the share of weeks below is as forecast": lower, as it is, higher.
SLOPES: Final = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
# Bets against "no later than forecast, on average" and "no more than the allowed share is late".
# None of them stands still: evidence that only grows with time would call somebody for nothing.
LATE_SLOPES: Final = np.array([[0.3, 0.6, 1.2], [0.05, 0.1, 0.2]])
JUMP: Final = 0.01


@dataclass(frozen=True)
class Drift:
    """The alarm after each week.

    Attributes
    ----------
    evidence : Floats, shape (T,)
        After each week, 0 or more; begins again at 0 after an alarm.
    alarm_weeks : NDArray[np.int64]
        Weeks in which it reached the limit.
    """

    evidence: Floats
    alarm_weeks: NDArray[np.int64]


def watch(positions: Floats, limit: float = 100.0) -> Drift:
    """Bet week by week that the forecasts do not fit, and say when the bets have won too much.

    Parameters
    ----------
    positions : Floats, shape (T,)
        Where each week's output fell in its own forecast, 0..1 (its forecast chance of being as
        small or smaller). Not-a-number: no forecast, the week is passed over.
    limit : float
        Above 1. As long as the forecasts fit, the mean time to an alarm is at least `limit` weeks.

    Raises
    ------
    ValueError
        If a position is outside 0..1 or the limit is not above 1.

    Notes
    -----
    Two betting martingales of the "simple jumper" kind (Vovk, Petej, Nouretdinov, Ahlberg,
    Carlsson, Gammerman 2021), one on u (too high, too low) and one on |2u - 1| (too wide, too
    narrow), share the stake: their mean is a martingale when the u are independent and uniform.
    Evidence R = (R + 1) x growth is the Shiryaev-Roberts statistic of that martingale; R less the
    number of weeks is a martingale, hence the mean time to an alarm. Valid for independent weeks;
    noise that lasts several weeks makes alarms come sooner.
    """
    _check_shares(positions, "positions")
    told = np.stack([positions - 0.5, np.abs(2 * positions - 1) - 0.5])
    return _bet_on(told, SLOPES, limit)


def watch_late(places: Floats, late_shares: Floats, allowed: float, limit: float = 100.0) -> Drift:
    """Bet week by week that promises come true too late, and say when the bets have won too much.

    A week is one observation, however many promises it holds: they share its luck.

    Parameters
    ----------
    places : Floats, shape (T,)
        Mean place of the week's outcomes among what was forecast for them, 0..1, one half where
        forecasts fit. Not-a-number: nothing came due, the week is passed over.
    late_shares : Floats, shape (T,)
        Share of the week's promises whose outcome lay after the latest date, 0..1.
    allowed : float
        Share that may be late, between 0 and 1.
    limit : float
        Above 1. While forecasts fit or are cautious, the mean time to an alarm is at least `limit`
        weeks.

    Raises
    ------
    ValueError
        If a share or place is outside 0..1, the shapes differ, or `allowed` or `limit` is out of
        range.

    Notes
    -----
    As `watch`, but all bets are on "later": each grows by 1 + slope x (mean - its expectation), and
    a mean of dependent outcomes has the expectation of one of them. So nothing need be independent
    inside a week, and forecasts that are too cautious only lose the bets.
    """
    if places.shape != late_shares.shape:
        raise ValueError("places and late_shares must have the same length")
    if not 0 < allowed < 1:
        raise ValueError("allowed must lie between 0 and 1")
    _check_shares(places, "places")
    _check_shares(late_shares, "late_shares")
    return _bet_on(np.stack([places - 0.5, late_shares / allowed - 1]), LATE_SLOPES, limit)


def _check_shares(values: Floats, name: str) -> None:
    known = values[~np.isnan(values)]
    if ((known < 0) | (known > 1)).any():
        raise ValueError(f"{name} must lie in 0..1")


def _bet_on(told: Floats, slopes: Floats, limit: float) -> Drift:
    """The evidence of T weeks; `told` (2, T) has mean 0 or less where forecasts fit."""
    if not limit > 1:
        raise ValueError("limit must be above 1")
    weeks = told.shape[1]
    evidence, alarms, total = np.zeros(weeks), [], 0.0
    stakes = _fresh_stakes(slopes)
    for week in range(weeks):
        if not np.isnan(told[:, week]).any():
            stakes, growth = _bet(stakes, told[:, week], slopes)
            total = (total + 1.0) * growth
        evidence[week] = total
        if total >= limit:
            alarms.append(week)
            total, stakes = 0.0, _fresh_stakes(slopes)
    return Drift(evidence, np.array(alarms, np.int64))


def output_positions(history: OutputHistory, row: int) -> Floats:
    """Where each week's output fell in the learner's forecast of the week before it began.

    Returns
    -------
    Floats, shape (T,)
        0..1; not-a-number where nothing was planned.
    """
    weeks = history.actual.shape[1]
    found = np.full(weeks, np.nan)
    normal = NormalDist()
    for week in range(weeks):
        plan = float(history.planned[row, week, 0])
        if not plan >= PLANNED_UNITS_MIN:
            continue
        known = levels_at(history, week, 1)
        expected = plan * float(known.factor[row, 0])
        ratio = max(float(history.actual[row, week]) / expected, RATIO_MIN)
        found[week] = normal.cdf(float(np.log(ratio)) / float(known.total_log_sd[row, 0]))
    return found


def _fresh_stakes(slopes: Floats) -> Floats:
    """One unit, shared evenly among the bets: one row for each figure they are on."""
    return np.full(slopes.shape, 1 / slopes.size)


def _bet(stakes: Floats, told: Floats, slopes: Floats) -> tuple[Floats, float]:
    """New stakes and the growth of their sum after one week."""
    before = float(stakes.sum())
    each = stakes.mean(axis=1, keepdims=True)
    stakes = (1 - JUMP) * stakes + JUMP * each
    stakes = stakes * (1 + told[:, None] * slopes)
    after = float(stakes.sum())
    # Only the growth matters; the sum is put back to one so that it never overflows.
    return stakes / after, after / before
