"""When latest dates have been late for too long to be chance, and by how much to widen then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from yinuo.contexts.promises.rules.unusual import FACTOR_PERCENT_MAX
from yinuo.contexts.promises.rules.windows import ODDS_PERCENT, Ints
from yinuo.engines.forecast.drift import watch_late

ALLOWED: Final = 1 - ODDS_PERCENT / 100
# Where outcomes before, inside and after the range, and after the latest date, stand on average
# among twenty equally likely days: the middles of 0-10, 10-90, 90-95 and 95-100 in a hundred.
PLACES: Final = np.array([0.05, 0.5, 0.925, 0.975])
# Among all cells together one false alarm in so many weeks, on average, at most.
WEEKS_TO_FALSE_ALARM: Final = 100
# An alarm that would have come longer ago than this is history and nobody is called for it.
NEWS_WEEKS: Final = 4
# After an alarm so many further weeks must fit before it ends.
CALM_WEEKS: Final = 6
# What is told of an alarm, and what the widening is taken from: the newest weeks with outcomes.
RECENT_WEEKS: Final = 8
FACTOR_MIN: Final = 105
FACTOR_STEP: Final = 5


@dataclass(frozen=True)
class Alarm:
    """Evidence that reached the limit in week `week` (a place in the counts), after `weeks`."""

    week: int
    weeks: int
    evidence: float


def find_alarm(counts: Ints, limit: float) -> Alarm | None:
    """The newest alarm that is still news, if there is one.

    Parameters
    ----------
    counts : Ints, shape (T, 4)
        Promises that came due in each week, oldest first: cars that came before the range, inside
        it, after it by the latest date, and later or not at all.
    limit : float
        Evidence at which the alarm is raised, above 1.
    """
    places, late = _weekly(counts)
    drift = watch_late(places, late, ALLOWED, limit)
    recent = drift.alarm_weeks[drift.alarm_weeks >= counts.shape[0] - NEWS_WEEKS]
    if not recent.size:
        return None
    week = int(recent[-1])
    weeks = int((counts[: week + 1].sum(axis=1) > 0).sum())
    return Alarm(week, weeks, float(drift.evidence[week]))


def is_calm(counts: Ints) -> bool:
    """Whether the weeks after an alarm, as for `find_alarm`, fit again.

    So many weeks with outcomes have been seen since, and a watch of the newest of them has no more
    evidence than it has on average where forecasts fit: one a week.
    """
    seen = counts[counts.sum(axis=1) > 0]
    if seen.shape[0] < CALM_WEEKS:
        return False
    places, late = _weekly(seen[-CALM_WEEKS:])
    drift = watch_late(places, late, ALLOWED, math.inf)
    return bool(drift.evidence[-1] <= CALM_WEEKS)


def factor_for(stretch: float) -> int:
    """The widening, in percents, that covers latest dates that came true `stretch` times as far.

    `stretch` is how far an outcome lay behind the middle of its range, where the latest date lay 1
    behind it, at the odds that latest dates are given at.
    """
    steps = math.ceil(stretch * 100 / FACTOR_STEP - 1e-9)
    return min(max(steps * FACTOR_STEP, FACTOR_MIN), FACTOR_PERCENT_MAX)


def _weekly(counts: Ints) -> tuple[np.ndarray, np.ndarray]:
    """The mean place and the late share of each week; not-a-number where nothing came due."""
    due = counts.sum(axis=1)
    known = np.where(due > 0, due, 1)
    places, late = counts @ PLACES / known, counts[:, 3] / known
    return np.where(due > 0, places, np.nan), np.where(due > 0, late, np.nan)
