"""Hand-over dates of orders that are not built yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.forecast import kernels
from yinuo.engines.forecast.centre import checked_capacity
from yinuo.engines.forecast.lanes import Lanes, days_until_departure
from yinuo.engines.forecast.levels import BEYOND_HORIZON, scenarios_enough
from yinuo.engines.forecast.luck import holds, transit_times
from yinuo.engines.forecast.parameters import ForecastParameters

SCENARIOS_PER_BLOCK: Final = 16
ORDERS_PER_STRETCH: Final = 4096


class BuiltCounts(Protocol):
    """What is needed of a queue run: orders of class k built by the end of week w in scenario s."""

    @property
    def cumulative(self) -> NDArray[np.int32]:
        """Shape (K, W, S)."""


@dataclass(frozen=True)
class _ByClass:
    """Orders arranged class by class, in lock order inside each class.

    `start[k]` is where class k begins; `order` is each one's place in the input, `region` its
    region. All integers; shapes (K+1,), (N,), (N,).
    """

    start: NDArray[np.int64]
    order: NDArray[np.int64]
    region: NDArray[np.int64]


def forecast_queued(
    run: BuiltCounts,
    classes: ArrayLike,
    regions: ArrayLike,
    lanes: Lanes,
    centre_capacity: ArrayLike,
    parameters: ForecastParameters,
    rng: np.random.Generator,
    levels: ArrayLike,
    today: int = 0,
) -> NDArray[np.int32]:
    """Hand-over days of orders waiting to be built, at the given chances.

    In each scenario: build day (the orders a class builds in a week are spread evenly over its
    production days, in lock order), finishing and perhaps a hold, the lane's next departure,
    transit, preparation, and then a hand-over place, which a centre gives out in order of
    build day.

    Parameters
    ----------
    run : BuiltCounts
        Result of `engines.queue.simulate` for these same orders.
    classes, regions : integers, shape (N,)
        Class 0..K-1 and region 0..G-1 of each order, in lock order.
    lanes : Lanes
        One per region.
    centre_capacity : floats, shape (G, D)
        Hand-over places per day, 0 on closed days; day 0 is the origin, a Monday. Places that
        built cars will take must be gone already: see `capacity_left`.
    parameters : ForecastParameters
    rng : np.random.Generator
        Draws depend on S and on the place of a region among the G only: a region added at the
        end leaves the luck of the others as it was.
    levels : floats, shape (Q,)
        Chances, above 0 and at most 1; `LEVELS` is what callers store.
    today : int
        Day on which the forecast is made, 0 or more: nothing is built or handed over before it.

    Returns
    -------
    NDArray[np.int32], shape (N, Q)
        First day by which at least `level` of the scenarios have handed the car over. Never a
        closed day. `BEYOND_HORIZON` where the weeks of the run or the days of the centre end
        first. Days do not fall with the level, nor with the place among orders of the same
        class and region.

    Raises
    ------
    ValueError
        If shapes disagree or a class, region, capacity or level is out of range.

    Notes
    -----
    All cars of a lane share one hold and one transit time in a scenario. Each order's own
    distribution is right; what is lost is the smoothing of arrivals at the centre by cars that
    are late one by one.
    """
    cumulative = np.ascontiguousarray(run.cumulative, np.int32)
    capacity = checked_capacity(centre_capacity)
    orders = _arrange(classes, regions, cumulative, capacity.shape[0])
    if lanes.transit_days.size != capacity.shape[0]:
        raise ValueError("lanes and centre_capacity must have the same regions")
    if today < 0:
        raise ValueError("today must be 0 or more")
    enough = scenarios_enough(levels, cumulative.shape[2])
    week = today, parameters.production_days
    day_map = _map_days(cumulative, orders, lanes, capacity, parameters, rng, week)
    return _read_days(cumulative, orders, day_map, capacity.shape[1], enough, week)


def map_build_days(
    cumulative: NDArray[np.int32],
    classes: ArrayLike,
    regions: ArrayLike,
    lanes: Lanes,
    centre_capacity: ArrayLike,
    parameters: ForecastParameters,
    rng: np.random.Generator,
    today: int,
) -> tuple[NDArray[np.int16], int]:
    """The map of build days to hand-over days (region, scenario, build day), and what is never.

    The arguments are those of `forecast_queued`, which reads its days from the same map.
    """
    capacity = checked_capacity(centre_capacity)
    orders = _arrange(classes, regions, cumulative, capacity.shape[0])
    if lanes.transit_days.size != capacity.shape[0]:
        raise ValueError("lanes and centre_capacity must have the same regions")
    if today < 0:
        raise ValueError("today must be 0 or more")
    week = today, parameters.production_days
    return _map_days(cumulative, orders, lanes, capacity, parameters, rng, week), capacity.shape[1]


def _map_days(
    cumulative: NDArray[np.int32],
    orders: _ByClass,
    lanes: Lanes,
    capacity: NDArray[np.float64],
    parameters: ForecastParameters,
    rng: np.random.Generator,
    week: tuple[int, int],
) -> NDArray[np.int16]:
    """Hand-over day for each region, scenario and build day; the number of days is never.

    `week` is today and the production days of a week.
    """
    centres, scenarios = capacity.shape[0], cumulative.shape[2]
    before_leaving = parameters.finish_days + holds(scenarios, centres, parameters, rng)
    after_leaving = transit_times(scenarios, lanes, parameters, rng) + lanes.preparation_days
    waits = days_until_departure(lanes)
    # One more build day than there are: where orders that are never built look.
    day_map = np.empty((centres, scenarios, 7 * cumulative.shape[1] + 1), np.int16)

    def map_block(first: int) -> None:
        end = min(first + SCENARIOS_PER_BLOCK, scenarios)
        kernels.map_days(
            cumulative, orders.start, orders.region, before_leaving, after_leaving, waits,
            capacity, *week, first, end, day_map,
        )  # fmt: skip

    with ThreadPoolExecutor() as pool:
        list(pool.map(map_block, range(0, scenarios, SCENARIOS_PER_BLOCK)))
    return day_map


def _read_days(
    cumulative: NDArray[np.int32],
    orders: _ByClass,
    day_map: NDArray[np.int16],
    days: int,
    enough: NDArray[np.int64],
    week: tuple[int, int],
) -> NDArray[np.int32]:
    """Quantiles (orders, levels) read from the map, a stretch of a class at a time."""
    found = np.full((orders.order.size, enough.size), BEYOND_HORIZON, np.int32)
    ascending = np.argsort(enough, kind="stable").astype(np.int64)

    def read_stretch(stretch: tuple[int, int, int]) -> None:
        kernels.read_days(
            cumulative, orders.start, orders.order, orders.region, day_map, *week, days, enough,
            ascending, *stretch, found,
        )  # fmt: skip

    with ThreadPoolExecutor() as pool:
        list(pool.map(read_stretch, _stretches(orders.start)))
    return found


def _arrange(
    classes: ArrayLike, regions: ArrayLike, cumulative: NDArray[np.int32], centres: int
) -> _ByClass:
    kinds, places = np.asarray(classes, np.int32), np.asarray(regions, np.int64)
    if cumulative.ndim != 3 or kinds.ndim != 1 or kinds.shape != places.shape:
        raise ValueError("classes and regions must have the same length")
    if kinds.size and (kinds.min() < 0 or kinds.max() >= cumulative.shape[0]):
        raise ValueError(f"classes must lie in 0..{cumulative.shape[0] - 1}")
    if places.size and (places.min() < 0 or places.max() >= centres):
        raise ValueError(f"regions must lie in 0..{centres - 1}")
    sizes = np.bincount(kinds, minlength=cumulative.shape[0])
    if (cumulative[:, -1, :].max(axis=1, initial=0) > sizes).any():
        raise ValueError("the run built more orders of a class than are given")
    order = np.argsort(kinds, kind="stable").astype(np.int64)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return _ByClass(start=start, order=order, region=np.ascontiguousarray(places[order]))


def _stretches(start: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(class, first rank, rank after the last): pieces of work of about equal size."""
    return [
        (k, first, min(first + ORDERS_PER_STRETCH, size))
        for k, size in enumerate(np.diff(start).tolist())
        for first in range(0, size, ORDERS_PER_STRETCH)
    ]
