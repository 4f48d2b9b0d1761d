"""How good quantiles were: pinball loss, coverage, width, interval score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
