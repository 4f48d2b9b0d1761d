"""The ramp: cars handed over each day, through the published cumulative figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.twin.parameters import TwinParameters

Floats = NDArray[np.float64]
# About how long a car is on its way from the end of the line to its buyer.
BUILD_TO_HAND_OVER_DAYS = 12


def daily_output(
    parameters: TwinParameters, closed: NDArray[np.bool_], rng: np.random.Generator
) -> Floats:
    """Cars handed over on each day, f64[T], T = len(closed).

    The sum up to an anchor's day is that anchor's figure exactly; weekly noise and closed days
    only move output about between two anchors. After the last anchor the rate grows steadily.

    Raises
    ------
    ValueError
        `closed` (bool[T], True on a day off) ends before the last anchor.
    """
    days = len(closed)
    if days <= parameters.anchor_days[-1]:
        raise ValueError("the calendar ends before the last anchor")
    anchors = np.asarray(parameters.anchor_days, dtype=np.int64)
    cars = np.asarray(parameters.anchor_cars, dtype=np.float64)
    last = int(anchors[-1])
    edges = np.arange(anchors[0], last + 1)
    smooth = np.zeros(days)
    smooth[anchors[0] : last] = np.diff(monotone_cubic(anchors.astype(np.float64), cars, edges))
    rate = smooth[last - 28 : last].mean()
    ahead = np.arange(days - last)
    smooth[last:] = rate * (1 + parameters.growth_per_year) ** (ahead / 365.25)
    weeks = rng.lognormal(0.0, parameters.weekly_noise, size=days // 7 + 1)
    # A car that is not built on a day off is missing at the centre that many days later.
    missing = np.roll(closed, BUILD_TO_HAND_OVER_DAYS)
    missing[:BUILD_TO_HAND_OVER_DAYS] = False
    shape = smooth * np.repeat(weeks, 7)[:days] * np.where(missing, parameters.closed_rate, 1.0)
    for first, until, wanted in zip(anchors, anchors[1:], np.diff(cars), strict=False):
        shape[first:until] *= wanted / shape[first:until].sum()
    assert np.all(shape >= 0)
    return shape


def monotone_cubic(x: Floats, y: Floats, at: NDArray[np.int64]) -> Floats:
    """`y(x)` between rising knots by a cubic that never falls where the knots rise.

    Slopes are the harmonic means of the neighbouring chords (Fritsch and Butland 1984); `at`
    lies inside the knots.
    """
    width = np.diff(x)
    chord = np.diff(y) / width
    slope = np.empty_like(x)
    slope[0], slope[-1] = chord[0], chord[-1]
    slope[1:-1] = 2 * chord[:-1] * chord[1:] / (chord[:-1] + chord[1:])
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(width) - 1)
    h, s = width[k], (at - x[k]) / width[k]
    value = (
        y[k] * (1 + 2 * s) * (1 - s) ** 2
        + y[k + 1] * s**2 * (3 - 2 * s)
        + h * slope[k] * s * (1 - s) ** 2
        + h * slope[k + 1] * s**2 * (s - 1)
    )
    return np.asarray(value, dtype=np.float64)
