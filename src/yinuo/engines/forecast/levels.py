"""The chances at which dates are stored, and the question asked back: how likely by that day?"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A day number that no calendar reaches: no date can be given inside the horizon.
BEYOND_HORIZON: Final = 2**30

# The dots of "will it be in time": 20 equal parts, each stood for by its middle.
DOTS: Final = 20

# What a caller stores per order: P10, P50, P80, P95, then the 20 dots. Read-only.
LEVELS: Final[NDArray[np.float64]] = np.concatenate(
    [[0.10, 0.50, 0.80, 0.95], (np.arange(DOTS) + 0.5) / DOTS]
)
LEVELS.flags.writeable = False


def chance_by(quantile_days: ArrayLike, day: int) -> int:
    """How many of 20 dots are filled: times out of 20 that the car is handed over by `day`.

    Parameters
    ----------
    quantile_days : integers, shape (20,)
        The last 20 of the 24 stored day numbers of one order.
    day : int
        Day number asked about; the day itself counts as in time.

    Returns
    -------
    int
        0..20.

    Raises
    ------
    ValueError
        If there are not exactly 20 day numbers.
    """
    days = np.asarray(quantile_days)
    if days.shape != (DOTS,):
        raise ValueError(f"{DOTS} day numbers are needed, not {days.shape}")
    return int(np.count_nonzero(days <= day))


def scenarios_enough(levels: ArrayLike, scenarios: int) -> NDArray[np.int64]:
    """For each level the least number of scenarios that makes it true; levels in (0, 1]."""
    chances = np.asarray(levels, np.float64).reshape(-1)
    if not np.all((chances > 0) & (chances <= 1)):
        raise ValueError("levels must be above 0 and at most 1")
    # 0.55 * 100 is a hair above 55 in floating point; the small allowance takes it back.
    return np.maximum(np.ceil(chances * scenarios - 1e-9).astype(np.int64), 1)
