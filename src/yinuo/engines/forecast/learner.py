"""What to make of a plan: expected output and its spread, by lead. See docs/engines/learner.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast.shortfall import (
    PLANNED_UNITS_MIN,
    LearnerParameters,
    OutputHistory,
    Reference,
    lead_gain,
    level_factor,
    read_history,
)
from yinuo.engines.forecast.spread import total_spread, unmeasured_spread, weekly_spread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LearnedLevels:
    """What to make of a plan, by resource and lead.

    Attributes
    ----------
    factor : Floats, shape (R, H)
        Output expected of lead week l (0 is the coming week) as a part of the plan.
    total_log_sd : Floats, shape (R, H)
        Standard deviation of the logarithm of output summed over the first l + 1 weeks.
    week_log_sd : Floats, shape (R, H)
        The spread of each week's level that gives `total_log_sd` to the sums when one draw moves
        all weeks of a scenario.
    shortfall, shortfall_sd : Floats, shape (R,)
        Logarithm of output over plan, far ahead, and its uncertainty; the ratio less 1 where the
        parameters are not `logarithmic`.
    weeks_seen : NDArray[np.int64], shape (R,)
        Weeks of output behind it.
    has_reference : NDArray[np.bool_], shape (R,)
        False: no comparable launches are known. A caller then shows place and rate, no date, until
        output of its own has been seen.
    """

    factor: Floats
    total_log_sd: Floats
    week_log_sd: Floats
    shortfall: Floats
    shortfall_sd: Floats
    weeks_seen: NDArray[np.int64]
    has_reference: NDArray[np.bool_]


def levels_at(history: OutputHistory, week: int, leads: int) -> LearnedLevels:
    """What was known at the start of `week` (0..T) about the next `leads` weeks.

    Raises
    ------
    ValueError
        If the week or the leads are out of range.

    Notes
    -----
    Only output of weeks before `week` and plans of those weeks are looked at: P13, no look-ahead.
    The spread of output summed over h weeks is measured on the forecasts that the learner itself
    would have made at earlier weeks, then shrunk towards what is believed without any experience.
    """
    if not 0 <= week <= history.actual.shape[1]:
        raise ValueError("week must lie inside the history")
    if leads < 1:
        raise ValueError("leads must be 1 or more")
    parameters = history.parameters
    gain = lead_gain(leads, parameters)
    mean, sd = history.shortfall[:, week], history.shortfall_sd[:, week]
    total = np.stack(
        [total_spread(history, row, week, gain) for row in range(history.actual.shape[0])]
        or [np.zeros((0, leads))]
    ).reshape(-1, leads)
    planned = history.planned[:, :week, :1]
    return LearnedLevels(
        factor=level_factor(mean[:, None], gain[None, :], parameters),
        total_log_sd=total,
        week_log_sd=weekly_spread(total),
        shortfall=mean.copy(),
        shortfall_sd=sd.copy(),
        weeks_seen=np.count_nonzero(planned >= PLANNED_UNITS_MIN, axis=(1, 2)),
        has_reference=np.array([one is not None for one in history.references], np.bool_),
    )


__all__ = [
    "LearnedLevels",
    "LearnerParameters",
    "OutputHistory",
    "Reference",
    "levels_at",
    "read_history",
    "unmeasured_spread",
    "weekly_spread",
]
