"""Hand-over dates of an order that is not locked yet: what the next lock would get."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.forecast.lanes import Lanes
from yinuo.engines.forecast.levels import BEYOND_HORIZON, scenarios_enough
from yinuo.engines.forecast.parameters import ForecastParameters
from yinuo.engines.forecast.queued import BuiltCounts, map_build_days


def forecast_next(
    run: BuiltCounts,
    next_weeks: NDArray[np.int32],
    classes: ArrayLike,
    regions: ArrayLike,
    lanes: Lanes,
    centre_capacity: ArrayLike,
    parameters: ForecastParameters,
    rng: np.random.Generator,
    levels: ArrayLike,
    today: int = 0,
) -> NDArray[np.int32]:
    """Hand-over days of one more order of each class in each region, at the given chances.

    The arguments are those of `forecast_queued`, for the orders that wait now. With the same
    generator the answer is what `forecast_queued` gives to an order locked next, but for the one
    hand-over place that this order itself takes: see Notes.

    Parameters
    ----------
    run : BuiltCounts
        Result of `engines.queue.simulate` for the orders that wait.
    next_weeks : NDArray[np.int32], shape (K, S)
        Week 0..W in which one more order of the class is built; W is not inside the horizon.

    Returns
    -------
    NDArray[np.int32], shape (K, G, Q)
        `BEYOND_HORIZON` where no date can be given. Days do not fall with the level.

    Raises
    ------
    ValueError
        If shapes disagree or a week, class, region, capacity or level is out of range.

    Notes
    -----
    The order asked about is the last of its class in the week in which it is built, and shares
    the hand-over day of the cars of its build day. Its own hand-over place is not counted, nor
    that it spreads the others of its week anew: at a centre that is the bottleneck the day can
    differ by what one car takes there.
    """
    cumulative = np.ascontiguousarray(run.cumulative, np.int32)
    weeks = np.asarray(next_weeks, np.int64)
    if weeks.shape != (cumulative.shape[0], cumulative.shape[2]):
        raise ValueError("next_weeks must have one week for each class and scenario")
    if weeks.size and (weeks.min() < 0 or weeks.max() > cumulative.shape[1]):
        raise ValueError(f"next_weeks must lie in 0..{cumulative.shape[1]}")
    enough = scenarios_enough(levels, cumulative.shape[2])
    day_map, days = map_build_days(
        cumulative, classes, regions, lanes, centre_capacity, parameters, rng, today
    )
    built = _build_days(cumulative, weeks, today, parameters.production_days)
    found = np.full((weeks.shape[0], day_map.shape[0], enough.size), BEYOND_HORIZON, np.int32)
    scenario = np.arange(weeks.shape[1])
    for k in range(weeks.shape[0]):
        handed = np.sort(day_map[:, scenario, built[k]], axis=1)
        at_level = handed[:, enough - 1].astype(np.int32)
        found[k] = np.where(at_level >= days, BEYOND_HORIZON, at_level)
    return found


def _build_days(
    cumulative: NDArray[np.int32], weeks: NDArray[np.int64], today: int, production_days: int
) -> NDArray[np.int64]:
    """Production day (K, S) of the last order of its class in the week; after the last: never.

    As the kernels place order j of a week's n: on day floor((j + 1/2) * days / n).
    """
    horizon = cumulative.shape[1]
    counts = np.diff(cumulative, axis=1, prepend=0)
    inside = np.minimum(weeks, horizon - 1)
    others = np.take_along_axis(counts, inside[:, None, :], axis=1)[:, 0, :].astype(np.int64)
    first = np.clip(today - 7 * inside, 0, production_days - 1)
    length = production_days - first
    day = (2 * others + 1) * length // (2 * (others + 1))
    inside_day = production_days * inside + first + day
    return np.asarray(np.where(weeks < horizon, inside_day, production_days * horizon))
