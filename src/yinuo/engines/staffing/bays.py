"""Bays that prepare cars which come by the truckload or by the train."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A search beyond this is a mistake in the input, not a delivery centre.
BAYS_MAX = 10_000


@dataclass(frozen=True)
class PreparationParameters:
    """What "prepared in time" means and how the bays work.

    Attributes
    ----------
    hours_per_car : float
        Bay hours a car, above 0.
    hours_per_day : float
        Hours that a bay works on an open day, above 0.
    open_days : int
        Days of a week on which the bays work, 1 to 7; the others are the last ones of the week.
    wait_days : int
        A car is in time when it is prepared by the end of this many days after its arrival day.
    share : float
        Of all cars, so many must be in time; above 0 and below 1.
    days : int
        Days that are simulated, at least 700.
    """

    hours_per_car: float = 1.6
    hours_per_day: float = 9.0
    open_days: int = 6
    wait_days: int = 2
    share: float = 0.95
    days: int = 28_000

    def __post_init__(self) -> None:
        for name in ("hours_per_car", "hours_per_day"):
            _above_zero(name, getattr(self, name))
        if not 1 <= self.open_days <= 7:
            raise ValueError("open_days must lie in 1..7")
        if self.wait_days < 0 or self.days < 700:
            raise ValueError("wait_days must not be negative, days at least 700")
        if not 0 < self.share < 1:
            raise ValueError("share must lie between 0 and 1")


def bay_bounds(
    cars_per_day: float, batch: float, parameters: PreparationParameters
) -> tuple[float, float]:
    """Between which numbers of bays the answer lies, without simulating.

    Parameters
    ----------
    cars_per_day : float
        Mean arrivals over all seven days, 0 or more.
    batch : float
        Cars that arrive together, at least 1.
    parameters : PreparationParameters

    Returns
    -------
    tuple of float
        The larger and the sum of two needs: that of the volume (the daily load on open days plus
        1.3 times its root) and that of one batch (1.3 times the bays that prepare it inside the
        wait allowed). Numbers of bays are whole: round the lower one down, the upper one up.

    Raises
    ------
    ValueError
        A number out of range.
    """
    _check(cars_per_day, batch)
    load = cars_per_day * parameters.hours_per_car / parameters.hours_per_day
    volume = load * 7 / parameters.open_days + 1.3 * math.sqrt(load)
    inside = parameters.hours_per_day * (parameters.wait_days + 0.5)
    train = 1.3 * batch * parameters.hours_per_car / inside if cars_per_day else 0.0
    return max(volume, train), volume + train


def bays_needed(
    cars_per_day: float,
    batch: float,
    parameters: PreparationParameters,
    generator: np.random.Generator,
) -> int:
    """The least number of bays that prepare the stated share of cars in time.

    Batches arrive at random (a Poisson number each day); the bays are one queue, first come,
    first served, that stands still on closed days. 0 cars need no bay. The same seed gives the
    same number.

    Raises
    ------
    ValueError
        `cars_per_day` negative, `batch` below 1, one of them no number, or a need above
        `BAYS_MAX`.
    """
    _check(cars_per_day, batch)
    if cars_per_day == 0:
        return 0
    arrivals = _arrivals(cars_per_day, batch, parameters, generator)
    per_bay = parameters.hours_per_day / parameters.hours_per_car
    least = max(1, math.floor(cars_per_day * 7 / parameters.open_days / per_bay) + 1)
    most = least
    while most <= BAYS_MAX and _share(arrivals, most * per_bay, parameters) < parameters.share:
        least, most = most + 1, 2 * most
    if most > BAYS_MAX:
        raise ValueError(f"more than {BAYS_MAX} bays for {cars_per_day} cars a day")
    while least < most:
        middle = (least + most) // 2
        if _share(arrivals, middle * per_bay, parameters) >= parameters.share:
            most = middle
        else:
            least = middle + 1
    return most


def on_time_share(
    bays: int,
    cars_per_day: float,
    batch: float,
    parameters: PreparationParameters,
    generator: np.random.Generator,
) -> float:
    """Share of the cars that so many bays prepare in time; 1 where no car comes.

    Raises
    ------
    ValueError
        A negative number of bays, or as for `bays_needed`.
    """
    _check(cars_per_day, batch)
    if bays < 0:
        raise ValueError("bays must not be negative")
    if cars_per_day == 0:
        return 1.0
    arrivals = _arrivals(cars_per_day, batch, parameters, generator)
    return _share(arrivals, bays * parameters.hours_per_day / parameters.hours_per_car, parameters)


def _arrivals(
    cars_per_day: float,
    batch: float,
    parameters: PreparationParameters,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Cars by day. Where none comes in all the days, one batch alone still has to be in time."""
    batches = generator.poisson(cars_per_day / batch, parameters.days)
    if not batches.any():
        batches[0] = 1
    return np.asarray(batches * float(batch), np.float64)


def _share(
    arrivals: NDArray[np.float64], cars_a_day: float, parameters: PreparationParameters
) -> float:
    """Cumulative arrivals against cumulative service (Newell 1982), reflected at an empty queue."""
    weekday = np.arange(arrivals.size) % 7
    able = np.where(weekday < parameters.open_days, cars_a_day, 0.0)
    free = np.cumsum(arrivals - able)
    waiting = free - np.minimum.accumulate(np.minimum(free, 0.0))
    arrived = np.cumsum(arrivals)
    done = arrived - waiting
    # The last days are not judged: their cars would be prepared after the end.
    judged = arrivals.size - parameters.wait_days
    later = done[parameters.wait_days :]
    in_time = np.minimum(arrived[:judged], later) - (arrived - arrivals)[:judged]
    total = float(arrivals[:judged].sum())
    return float(np.clip(in_time, 0.0, None).sum()) / total if total else 1.0


def _check(cars_per_day: float, batch: float) -> None:
    if not math.isfinite(cars_per_day) or cars_per_day < 0:
        raise ValueError(f"cars_per_day must be 0 or more, not {cars_per_day}")
    if not math.isfinite(batch) or batch < 1:
        raise ValueError(f"batch must be at least 1, not {batch}")


def _above_zero(name: str, number: float) -> None:
    if not math.isfinite(number) or number <= 0:
        raise ValueError(f"{name} must be above 0, not {number}")
