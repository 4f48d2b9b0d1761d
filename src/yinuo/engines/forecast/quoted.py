"""Hand-over dates of an order that is not locked yet: what the next lock would get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.forecast.centre import checked_capacity
from yinuo.engines.forecast.lanes import Lanes
from yinuo.engines.forecast.levels import BEYOND_HORIZON, scenarios_enough
from yinuo.engines.forecast.own import read_own_days
from yinuo.engines.forecast.parameters import ForecastParameters
from yinuo.engines.forecast.queued import BuiltCounts, map_build_days


@dataclass(frozen=True, eq=False)
class NextWays:
    """From the week in which one more order is built to the day on which it is handed over.

    Attributes
    ----------
    day_map : NDArray[np.int16], shape (G, S, W P + 1)
        Hand-over day by region, scenario and production day, P of them a week; the last one
        stands for never built.
    never : int
        The day that stands for "not inside the calendar".
    today, production_days : int
        As in `forecast_queued`.
    own_days : NDArray[np.int64], shape (G, K)
        Equally likely days of the order's own behind its place: see `Lanes`.
    next_open : NDArray[np.int32], shape (G, D + 1)
        The first day from each day on with hand-over places; D where there is none.
    """

    day_map: NDArray[np.int16]
    never: int
    today: int
    production_days: int
    own_days: NDArray[np.int64]
    next_open: NDArray[np.int32]

    def read(
        self,
        weeks: NDArray[np.int64],
        others: NDArray[np.int64],
        region: int,
        enough: NDArray[np.int64],
    ) -> NDArray[np.int32]:
        """Days (Q,) of one more order, the last of its class in its week.

        `weeks` (S,) is its build week in each scenario, W for none; `others` (S,) how many of its
        class are built in that week before it; `enough` (Q,) the scenarios that make each level
        true, as `scenarios_enough` gives them.
        """
        built = _build_days(weeks, others, self.day_map.shape[2], self.today, self.production_days)
        places = self.day_map[region, np.arange(weeks.size), built].astype(np.int64)
        handed = np.sort((places[:, None] + self.own_days[region]).reshape(-1))
        reached = np.minimum(handed[enough * self.own_days.shape[1] - 1], self.never)
        days = self.next_open[region, reached]
        return np.asarray(np.where(days >= self.never, BEYOND_HORIZON, days), np.int32)


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
    enough = scenarios_enough(levels, run.cumulative.shape[2])
    ways, others = map_next(
        run, next_weeks, classes, regions, lanes, centre_capacity, parameters, rng, today
    )
    weeks = np.asarray(next_weeks, np.int64)
    found = np.empty((weeks.shape[0], ways.day_map.shape[0], enough.size), np.int32)
    for k in range(weeks.shape[0]):
        for g in range(ways.day_map.shape[0]):
            found[k, g] = ways.read(weeks[k], others[k], g, enough)
    return found


def map_next(
    run: BuiltCounts,
    next_weeks: NDArray[np.int32],
    classes: ArrayLike,
    regions: ArrayLike,
    lanes: Lanes,
    centre_capacity: ArrayLike,
    parameters: ForecastParameters,
    rng: np.random.Generator,
    today: int = 0,
) -> tuple[NextWays, NDArray[np.int64]]:
    """The ways on which further orders will go, and how many of their class share their week.

    Arguments, errors and limits are those of `forecast_next`. The second array, shape (K, S),
    counts the waiting orders of the class that are built in the week of `next_weeks`.
    """
    cumulative = np.ascontiguousarray(run.cumulative, np.int32)
    weeks = np.asarray(next_weeks, np.int64)
    if weeks.shape != (cumulative.shape[0], cumulative.shape[2]):
        raise ValueError("next_weeks must have one week for each class and scenario")
    if weeks.size and (weeks.min() < 0 or weeks.max() > cumulative.shape[1]):
        raise ValueError(f"next_weeks must lie in 0..{cumulative.shape[1]}")
    day_map, days = map_build_days(
        cumulative, classes, regions, lanes, centre_capacity, parameters, rng, today
    )
    counts = np.diff(cumulative, axis=1, prepend=0)
    inside = np.minimum(weeks, cumulative.shape[1] - 1)
    others = np.take_along_axis(counts, inside[:, None, :], axis=1)[:, 0, :].astype(np.int64)
    capacity = checked_capacity(centre_capacity)
    own = np.zeros((capacity.shape[0], 1), np.int64) if lanes.own_days is None else lanes.own_days
    next_open = read_own_days(None, capacity).next_open
    length = parameters.production_days
    return NextWays(day_map, days, today, length, own, next_open), others


def _build_days(
    weeks: NDArray[np.int64],
    others: NDArray[np.int64],
    places: int,
    today: int,
    production_days: int,
) -> NDArray[np.int64]:
    """Production day of the last order of its class in the week; the last of `places`: never.

    As the kernels place order j of a week's n: on day floor((j + 1/2) * days / n).
    """
    horizon = (places - 1) // production_days
    first = np.clip(today - 7 * weeks, 0, production_days - 1)
    length = production_days - first
    day = (2 * others + 1) * length // (2 * (others + 1))
    return np.asarray(np.where(weeks < horizon, production_days * weeks + first + day, places - 1))
