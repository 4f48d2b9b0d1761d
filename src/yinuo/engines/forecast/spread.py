"""How far sums of output may lie from what is expected of them. See docs/engines/learner.md."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast.shortfall import (
    PLANNED_UNITS_MIN,
    RATIO_MIN,
    LearnerParameters,
    OutputHistory,
    lead_gain,
    level_factor,
)

Floats = NDArray[np.float64]

# The mean of the size of a normal error times this is its standard deviation.
SD_OF_MEAN_SIZE: Final = 1.25


def total_spread(history: OutputHistory, row: int, week: int, gain: Floats) -> Floats:
    """Standard deviation of log(output / forecast) summed over 1..H weeks, at `week`."""
    parameters = history.parameters
    leads = gain.size
    mean_gain = np.cumsum(gain) / np.arange(1, leads + 1)
    factor = np.maximum(
        level_factor(history.shortfall[row, week], mean_gain, parameters), RATIO_MIN
    )
    # The shortfall's own uncertainty, as a part of what is expected.
    slope = np.ones(leads) if parameters.logarithmic else 1 / factor
    doubt = history.shortfall_sd[row, week] * mean_gain * slope
    believed = unmeasured_spread(leads, parameters) ** 2 + doubt**2
    size, worth = _past_errors(history, row, week, leads)
    measured = (SD_OF_MEAN_SIZE * size) ** 2
    weight = parameters.spread_weight
    joined = (worth * measured + weight * believed) / (worth + weight)
    if week < parameters.narrow_after:
        joined = np.maximum(joined, believed)
    return np.asarray(np.sqrt(joined))


def weekly_spread(total_log_sd: Floats) -> Floats:
    """The spread of single weeks that gives sums over h weeks the spread asked for.

    With one draw z for all weeks, output summed over h weeks is C(h) exp(s(h) z); for even output
    its growth in week h is exp(s z) (1 + z h s'(h)), so the week's own spread is s + h s'.

    Parameters
    ----------
    total_log_sd : Floats, shape (R, H)

    Returns
    -------
    Floats, shape (R, H)
        0 or more.
    """
    length = np.arange(1, total_log_sd.shape[1] + 1)
    growth = np.diff(total_log_sd, axis=1, prepend=total_log_sd[:, :1])
    return np.maximum(total_log_sd + length * growth, 0.0)


def unmeasured_spread(leads: int, parameters: LearnerParameters) -> Floats:
    """Spread of the logarithm of output summed over 1..leads weeks before anything is measured."""
    length = np.arange(1, leads + 1)
    return np.asarray(parameters.spread_start + parameters.spread_growth * np.sqrt(length / 4))


def _past_errors(history: OutputHistory, row: int, week: int, leads: int) -> tuple[Floats, Floats]:
    """Mean size of past errors of sums over 1..H weeks, and how many separate ones they are worth.

    An error over h weeks of a plan v is known when week v + h - 1 is over. Errors of plans a week
    apart overlap, so h of them count as one.
    """
    size, worth = np.zeros(leads), np.zeros(leads)
    reach = min(leads, week, history.planned.shape[2])
    if not reach:
        return size, worth
    parameters = history.parameters
    errors = _errors(history, row, week, reach)
    length = np.arange(1, reach + 1)
    age = week - length[None, :] - np.arange(week)[:, None]
    known = (age >= 0) & np.isfinite(errors)
    weight = np.where(known, np.exp2(-age / parameters.spread_half_life), 0.0)
    total = weight.sum(axis=0)
    some = total > 0
    size[:reach][some] = (weight * np.where(known, np.abs(errors), 0.0)).sum(axis=0)[some] / (
        total[some]
    )
    worth[:reach][some] = (total**2 / np.maximum((weight**2).sum(axis=0), 1e-12) / length)[some]
    return size, worth


def _errors(history: OutputHistory, row: int, week: int, reach: int) -> Floats:
    """log(output / forecast) over 1..reach weeks, by plan; not-a-number where unknown."""
    parameters = history.parameters
    gain = lead_gain(reach, parameters)
    forecast = history.planned[row, :week, :reach] * level_factor(
        history.shortfall[row, :week, None], gain[None, :], parameters
    )
    at = np.arange(week)[:, None] + np.arange(reach)[None, :]
    made = np.where(at < week, history.actual[row, np.minimum(at, week - 1)], np.nan)
    planned_sum, made_sum = np.cumsum(forecast, axis=1), np.cumsum(made, axis=1)
    usable = planned_sum >= PLANNED_UNITS_MIN
    ratio = np.where(usable, made_sum / np.where(usable, planned_sum, 1.0), np.nan)
    return np.asarray(np.log(np.maximum(ratio, RATIO_MIN)))
