"""The calendar of hand-over places of the centres."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def capacity_left(
    centre_capacity: ArrayLike, hand_over_days: ArrayLike, regions: ArrayLike
) -> NDArray[np.float64]:
    """Hand-over places that built cars leave to those still in the queue.

    Parameters
    ----------
    centre_capacity : floats, shape (G, D)
        Hand-over places per day.
    hand_over_days : integers, shape (N,)
        Expected (P50) hand-over day of each built car; those outside 0..D-1 take no place.
    regions : integers, shape (N,)
        Region of each, 0..G-1.

    Returns
    -------
    NDArray[np.float64], shape (G, D)
        Never negative, never more than was given. What does not fit on its day is taken from
        the days after it.

    Raises
    ------
    ValueError
        If shapes disagree or a region does not exist.
    """
    left = checked_capacity(centre_capacity).copy()
    days, region = np.asarray(hand_over_days, np.int64), np.asarray(regions, np.int64)
    if days.ndim != 1 or days.shape != region.shape:
        raise ValueError("hand_over_days and regions must have the same length")
    if region.size and (region.min() < 0 or region.max() >= left.shape[0]):
        raise ValueError(f"regions must lie in 0..{left.shape[0] - 1}")
    inside = (days >= 0) & (days < left.shape[1])
    taken = np.zeros_like(left)
    np.add.at(taken, (region[inside], days[inside]), 1.0)
    waiting = np.zeros(left.shape[0])
    for day in range(left.shape[1]):
        waiting += taken[:, day]
        served = np.minimum(waiting, left[:, day])
        left[:, day] -= served
        waiting -= served
    return left


def checked_capacity(centre_capacity: ArrayLike) -> NDArray[np.float64]:
    """The calendar of hand-over places, shape (G, D); refuses what cannot be one."""
    capacity = np.ascontiguousarray(centre_capacity, np.float64)
    if capacity.ndim != 2 or not 1 <= capacity.shape[1] <= np.iinfo(np.int16).max:
        raise ValueError("centre_capacity must have one row per region and 1..32767 days")
    if not np.isfinite(capacity).all() or (capacity < 0).any():
        raise ValueError("centre_capacity must be finite and not negative")
    return capacity
