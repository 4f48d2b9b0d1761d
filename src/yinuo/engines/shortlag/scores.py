"""How good quantiles were: pinball loss, coverage, width, interval score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def whole_days(quantiles: Floats) -> Floats:
    """The quantiles of a lead that is counted in whole days: of each the nearest day.

    Forecasts spread a whole day over the day around it, so the day in which a quantile falls is
    the quantile of the counted lead.
    """
    return np.asarray(np.floor(quantiles + 0.5), np.float64)


def whole_window(lower: Floats, middle: Floats, upper: Floats) -> Floats:
    """First and last whole day of each window, shape (n, 2).

    A day belongs to it if its middle does, that is if most of it lies inside: rounding outward
    would hold far more often than was said where leads are of few days. Where no middle of a day
    lies between the ends the window is the day of the median.
    """
    window = np.column_stack([np.ceil(lower), np.floor(upper)])
    return np.where((window[:, 0] > window[:, 1])[:, None], whole_days(middle)[:, None], window)


def pinball(lead: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """The loss of each quantile, shape (n, l), in days (Koenker and Bassett 1978).

    `lead` has shape (n,), `quantiles` (n, l), both in days; `levels` (l,) in (0, 1).
    """
    over = lead[:, None] - quantiles
    return np.asarray(np.maximum(levels * over, (levels - 1) * over), np.float64)


def interval_score(lead: Floats, lower: Floats, upper: Floats, level: float) -> Floats:
    """Width plus 2/(1-level) for each day outside, shape (n,) (Gneiting and Raftery 2007)."""
    outside = np.maximum(lower - lead, 0) + np.maximum(lead - upper, 0)
    return np.asarray(upper - lower + 2 / (1 - level) * outside, np.float64)
