"""What the plants' output so far says about their plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.contexts.production.queries.forecasting import Capacity
from yinuo.engines import queue

Floats = npt.NDArray[np.float64]

# Before anything was measured: output within about 20 % of the plan.
PRIOR_LOG_MEAN, PRIOR_LOG_SD, LEVEL_HALF_LIFE_WEEKS = 0.0, 0.2, 4.0
SUPPLY_LOG_SD = 0.1


@dataclass(frozen=True)
class Levels:
    """Output over plan by resource row: mean and standard deviation of its logarithm, (R,)."""

    log_mean: Floats
    log_sd: Floats


def learned_levels(capacity: Capacity) -> Levels:
    """The level of each resource; one without a plan in the past is taken at its word."""
    levels = [
        queue.output_level(actual, target, PRIOR_LOG_MEAN, PRIOR_LOG_SD, LEVEL_HALF_LIFE_WEEKS)
        if target.any()
        else (0.0, SUPPLY_LOG_SD)
        for actual, target in zip(capacity.actual, capacity.target, strict=True)
    ]
    table = np.array(levels, np.float64).reshape(len(levels), 2)
    return Levels(table[:, 0].copy(), table[:, 1].copy())
