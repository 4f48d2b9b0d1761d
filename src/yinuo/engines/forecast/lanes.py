"""Lanes from the plants to the centres: when they depart and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

OWN_DAYS_MAX: Final = 120


@dataclass(frozen=True)
class Lanes:
    """One lane for each region: lane g ends at the centre of region g.

    Attributes
    ----------
    departs : NDArray[np.bool_], shape (G, 7)
        Whether the lane departs on a weekday; column 0 is Monday. At least one day per lane.
    transit_days : NDArray[np.float64], shape (G,)
        Mean days from departure to arrival, 0 or more.
    transit_sd_days : NDArray[np.float64], shape (G,)
        Standard deviation of that, 0 or more; 0 where `transit_days` is 0.
    preparation_days : NDArray[np.float64], shape (G,)
        Days of preparation at the centre, 0 or more.
    own_days : NDArray[np.int64], shape (G, K), optional
        Equally likely days, 0..`OWN_DAYS_MAX`, that pass between a car's hand-over place and its
        hand-over; each car draws its own. Where they end on a closed day the next open one counts.
        None: the place is the hand-over.
    """

    departs: NDArray[np.bool_]
    transit_days: NDArray[np.float64]
    transit_sd_days: NDArray[np.float64]
    preparation_days: NDArray[np.float64]
    own_days: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        count = self.transit_days.size
        if self.departs.shape != (count, 7):
            raise ValueError("departs must have one row of 7 weekdays per lane")
        if not np.asarray(self.departs, np.bool_).any(axis=1).all():
            raise ValueError("each lane must depart on at least one weekday")
        for name in ("transit_days", "transit_sd_days", "preparation_days"):
            days = getattr(self, name)
            if days.shape != (count,):
                raise ValueError(f"{name} must have one value per lane")
            if not np.isfinite(days).all() or (days < 0).any():
                raise ValueError(f"{name} must be finite and not negative")
        if (self.transit_sd_days[self.transit_days == 0] > 0).any():
            raise ValueError("a lane without transit time cannot have a spread of it")
        if self.own_days is not None:
            own = self.own_days
            if own.ndim != 2 or own.shape[0] != count or not own.shape[1]:
                raise ValueError("own_days must have one row of days per lane")
            if own.min(initial=0) < 0 or own.max(initial=0) > OWN_DAYS_MAX:
                raise ValueError(f"own_days must lie in 0..{OWN_DAYS_MAX}")


def next_departure(day: ArrayLike, lane: ArrayLike, lanes: Lanes) -> NDArray[np.float64]:
    """First departure at or after a moment.

    Parameters
    ----------
    day : floats, shape (N,)
        Moments in days since the origin, a Monday at 0. A car ready in the course of a day leaves
        on the next one at the earliest; one ready at its very beginning may leave on it.
    lane : integers, shape (N,)
        Lane of each, 0..G-1.
    lanes : Lanes

    Returns
    -------
    NDArray[np.float64], shape (N,)
        Whole days.

    Raises
    ------
    ValueError
        If a moment is not finite, lengths differ or a lane does not exist.
    """
    moments = np.ascontiguousarray(day, np.float64)
    which = np.ascontiguousarray(lane, np.int64)
    if moments.ndim != 1 or moments.shape != which.shape:
        raise ValueError("day and lane must have the same length")
    if not np.isfinite(moments).all():
        raise ValueError("day must be finite")
    if which.size and (which.min() < 0 or which.max() >= lanes.transit_days.size):
        raise ValueError(f"lane must lie in 0..{lanes.transit_days.size - 1}")
    earliest = np.ceil(moments).astype(np.int64)
    waits = days_until_departure(lanes)
    return (earliest + waits[which, earliest % 7]).astype(np.float64)


def days_until_departure(lanes: Lanes) -> NDArray[np.int64]:
    """Days to wait on each weekday until the lane departs, shape (G, 7), each 0..6."""
    waits = np.full(lanes.departs.shape, 6, np.int64)
    weekdays = np.arange(7)
    for ahead in range(6, -1, -1):
        waits[lanes.departs[:, (weekdays + ahead) % 7]] = ahead
    return waits
