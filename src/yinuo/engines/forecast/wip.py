"""What cars on their way took so far, for those that still are: learned by lane and by centre.

See docs/engines/forecast.md, "Learned from cars that went before".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast.lanes import OWN_DAYS_MAX

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Equally likely days in the answer.
OWN_DAYS: Final = 16
# How many cars of a centre, and how many cars at all, weigh as much as what stands behind them.
CENTRE_CARS: Final = 30.0
PRIOR_CARS: Final = 20.0
# How many trains weigh as much as what is stated of a lane.
PRIOR_TRAINS: Final = 8.0


@dataclass(frozen=True)
class CentreHistory:
    """Cars that came to the centres lately; N cars, G centres, D days since some day 0.

    Attributes
    ----------
    arrived_day : Floats, shape (N,)
        Day of arrival, 0 or more.
    handed_day : Floats, shape (N,)
        Day of the hand-over, not-a-number for cars that still stand there.
    region : Ints, shape (N,)
        Row of the centre.
    places : Ints, shape (N,)
        Place in lock order.
    capacity : Floats, shape (G, D)
        Hand-over places per day, 0 on closed days.
    preparation_days : Floats, shape (G,)
    today : int
        The day that has begun: what ends later is not known. Below D.
    """

    arrived_day: Floats
    handed_day: Floats
    region: Ints
    places: Ints
    capacity: Floats
    preparation_days: Floats
    today: int


@dataclass(frozen=True)
class OwnDaysLearned:
    """`own_days` (G, `OWN_DAYS`) for `Lanes`; `waited` (N): days since each car's place came."""

    own_days: Ints
    waited: Floats


def learn_own_days(history: CentreHistory) -> OwnDaysLearned:
    """How long after its place a car is handed over, by centre.

    Each car is given the place that the forecast would have given it: after preparation, first
    come first served. The days from there to its hand-over are its own; cars that still wait are
    censored (Kaplan, Meier 1958). Few cars of a centre are joined with those of all centres, few
    cars at all with "on the day of the place", which is what stands when nothing was seen.

    Raises
    ------
    ValueError
        If shapes disagree or a centre does not exist.
    """
    regions = history.capacity.shape[0]
    sizes = {len(history.arrived_day), len(history.handed_day), len(history.region)}
    if sizes != {len(history.places)} or len(history.preparation_days) != regions:
        raise ValueError("a car has an arrival, a hand-over, a centre and a place")
    if history.region.size and not 0 <= history.region.min() <= history.region.max() < regions:
        raise ValueError(f"centres lie in 0..{regions - 1}")
    place = np.full(history.arrived_day.size, float(history.today))
    for g in range(regions):
        mine = np.flatnonzero(history.region == g)
        place[mine] = _places(history, g, mine)
    gone = np.isfinite(history.handed_day) & (history.handed_day < history.today + 1)
    ended = np.floor(np.where(gone, history.handed_day, history.today))
    own = np.clip(ended - place, 0, OWN_DAYS_MAX).astype(np.int64)
    # Who waits for a place has no days of its own yet.
    counts = gone | (place < history.today)
    none = np.ones(OWN_DAYS_MAX + 1)
    everywhere = _joined(_done_by(own[counts], gone[counts]), counts.sum(), none, PRIOR_CARS)
    own_days = np.zeros((regions, OWN_DAYS), np.int64)
    for g in range(regions):
        mine = counts & (history.region == g)
        done = _joined(_done_by(own[mine], gone[mine]), mine.sum(), everywhere, CENTRE_CARS)
        own_days[g] = _equally_likely(done)
    return OwnDaysLearned(own_days, np.maximum(history.today - place, 0.0))


def still_own_days(own_days: Ints, waited: Floats) -> Ints:
    """What is left of the own days of cars that have waited so long, shape (N, K).

    `own_days` (N, K) as learned for each car's centre. Days that have passed are left out; a car
    that has waited longer than any is taken to come next day.
    """
    own = np.sort(own_days, axis=1)
    cars, wide = own.shape
    left = own - waited[:, None].astype(np.int64)
    gone = (left < 0).sum(axis=1)
    step = gone[:, None] + (np.arange(wide) + 0.5) / wide * (wide - gone)[:, None]
    rows = np.minimum(step.astype(np.int64), wide - 1)
    rest = np.take_along_axis(left, rows, axis=1)
    return np.where((gone == wide)[:, None], np.ones((cars, wide), np.int64), np.maximum(rest, 0))


def learn_lane(days: Floats, stated_mean: float, stated_sd: float) -> tuple[float, float]:
    """Mean and sd of the way on a lane, from what trains took and what is stated of it.

    `days` (T,) are those of trains that arrived. The sd is about the joined mean.
    """
    count = days.size
    mean = (float(days.sum()) + PRIOR_TRAINS * stated_mean) / (count + PRIOR_TRAINS)
    off = float(((days - mean) ** 2).sum()) + PRIOR_TRAINS * stated_sd**2
    return mean, float(np.sqrt(off / (count + PRIOR_TRAINS)))


def _places(history: CentreHistory, g: int, mine: Ints) -> Floats:
    """The day of each car's place at one centre; today where it has none yet."""
    ready = np.ceil(history.arrived_day[mine] + history.preparation_days[g])
    ready = np.clip(ready, 0, history.today).astype(np.int64)
    order = np.lexsort((history.places[mine], ready))
    came = np.bincount(ready, minlength=history.today + 1)
    served, waiting, kept = np.zeros(history.today + 1), 0.0, 0.0
    for day in range(history.today + 1):
        waiting += came[day]
        free = history.capacity[g, day] + kept
        served[day] = min(waiting, np.floor(free + 1e-9))
        waiting -= served[day]
        # Half a place a day makes a whole one every second day.
        kept = max(free - served[day], 0.0) if waiting else 0.0
    day_of = np.searchsorted(np.cumsum(served), np.arange(mine.size), side="right")
    place = np.empty(mine.size)
    place[order] = np.minimum(day_of, history.today)
    return place


def _done_by(own: Ints, gone: NDArray[np.bool_]) -> Floats:
    """Share of cars with at most so many own days, 0..`OWN_DAYS_MAX`, after Kaplan and Meier."""
    ends = np.bincount(own[gone], minlength=OWN_DAYS_MAX + 1)
    leaves = np.bincount(own, minlength=OWN_DAYS_MAX + 1)
    at_risk = own.size - np.concatenate([[0], np.cumsum(leaves)[:-1]])
    stays = 1.0 - ends / np.maximum(at_risk, 1)
    return np.asarray(1.0 - np.cumprod(stays))


def _joined(done: Floats, count: float, behind: Floats, weight: float) -> Floats:
    """What was seen beside what stands behind it."""
    return np.asarray((count * done + weight * behind) / (count + weight))


def _equally_likely(done: Floats) -> Ints:
    """So many days with equal chances; what was never seen to end is put at the last end seen."""
    last = float(done[-1])
    at = (np.arange(OWN_DAYS) + 0.5) / OWN_DAYS
    return np.searchsorted(done, np.minimum(at, last - 1e-9)).astype(np.int64)
