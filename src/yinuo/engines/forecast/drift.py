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
SLOPES: Final = (-1.0, 0.0, 1.0)
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
    known = positions[~np.isnan(positions)]
    if ((known < 0) | (known > 1)).any():
        raise ValueError("positions must lie in 0..1")
    if not limit > 1:
        raise ValueError("limit must be above 1")
    evidence, alarms, total = np.zeros(positions.size), [], 0.0
    stakes = _fresh_stakes()
    for week, position in enumerate(positions):
        if not np.isnan(position):
            stakes, growth = _bet(stakes, float(position))
            total = (total + 1.0) * growth
        evidence[week] = total
        if total >= limit:
            alarms.append(week)
            total, stakes = 0.0, _fresh_stakes()
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


def _fresh_stakes() -> Floats:
    """One unit, shared evenly among the bets: row 0 on the place, row 1 on the distance."""
    return np.full((2, len(SLOPES)), 0.5 / len(SLOPES))


def _bet(stakes: Floats, position: float) -> tuple[Floats, float]:
    """New stakes and the growth of their sum after one week."""
    before = float(stakes.sum())
    each = stakes.sum(axis=1, keepdims=True) / len(SLOPES)
    stakes = (1 - JUMP) * stakes + JUMP * each
    told = np.array([position - 0.5, abs(2 * position - 1) - 0.5])
    stakes = stakes * (1 + np.outer(told, SLOPES))
    after = float(stakes.sum())
    # Only the growth matters; the sum is put back to one so that it never overflows.
    return stakes / after, after / before
