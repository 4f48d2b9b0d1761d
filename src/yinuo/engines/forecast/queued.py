"""Hand-over dates of orders that are not built yet."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.forecast import few, reading
from yinuo.engines.forecast.arrange import REGIONS_PER_GROUP, Arranged, arrange, check_orders
from yinuo.engines.forecast.centre import checked_capacity
from yinuo.engines.forecast.daymap import Ways, check_world, draw_ways, map_group
from yinuo.engines.forecast.lanes import Lanes
from yinuo.engines.forecast.levels import BEYOND_HORIZON, scenarios_enough
from yinuo.engines.forecast.mixture import WAYS_MAX, mean_way, near_orders, read_mixture
from yinuo.engines.forecast.parameters import ForecastParameters

ORDERS_PER_STRETCH: Final = 1024

Method = Literal["exact", "split", "mixture"]


class BuiltCounts(Protocol):
    """What is needed of a queue run: orders of class k built by the end of week w in scenario s."""

    @property
    def cumulative(self) -> NDArray[np.int32]:
        """Shape (K, W, S)."""


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
    method: Method = "exact",
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
    method : "exact", "split" or "mixture"
        "exact" joins each order with each scenario, and what is said below holds for it.
        "mixture" takes the build week and the way behind it for independent: cheaper, and days
        off by less than a day on average. "split" is exact for orders that the median scenario
        builds in the first 8 weeks, and takes the mixture for the others.

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
    everywhere = range(checked_capacity(centre_capacity).shape[0])
    _, found = forecast_regions(
        run, classes, regions, lanes, centre_capacity, parameters, rng, levels, everywhere, today,
        method,
    )  # fmt: skip
    return found


def forecast_regions(
    run: BuiltCounts,
    classes: ArrayLike,
    regions: ArrayLike,
    lanes: Lanes,
    centre_capacity: ArrayLike,
    parameters: ForecastParameters,
    rng: np.random.Generator,
    levels: ArrayLike,
    wanted: Sequence[int],
    today: int = 0,
    method: Method = "exact",
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """What `forecast_queued` would say of the orders of some regions only, in less time.

    For a change that touches some lanes or centres and leaves the queue as it was: a caller who
    kept the run asks with the changed lanes or capacity and the seed used before, and replaces the
    rows returned. They equal those of a whole new forecast.

    Parameters
    ----------
    run, classes, regions, lanes, centre_capacity, parameters, rng, levels, today, method
        As for `forecast_queued`, with all orders and all regions.
    wanted : sequence of int
        Regions asked about, each once.

    Returns
    -------
    rows : NDArray[np.int64], shape (M,)
        Which orders have their region among those wanted, ascending.
    days : NDArray[np.int32], shape (M, Q)
        Their hand-over days.

    Raises
    ------
    ValueError
        As `forecast_queued`, or if a wanted region does not exist or is named twice.
    """
    cumulative = np.ascontiguousarray(run.cumulative, np.int32)
    capacity = checked_capacity(centre_capacity)
    centres = capacity.shape[0]
    kinds, places, start = check_orders(classes, regions, cumulative, centres)
    check_world(lanes, capacity, today)
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, not {method}")
    asked = list(wanted)
    if len(set(asked)) < len(asked) or not set(asked) <= set(range(centres)):
        raise ValueError(f"wanted must name regions 0..{centres - 1}, each once")
    _, weeks, scenarios = cumulative.shape
    enough = scenarios_enough(levels, scenarios)
    ways = draw_ways(scenarios, weeks, lanes, capacity, parameters, rng, today)
    rows, row_of = _rows(places, asked, centres)
    found = np.full((rows.size, enough.size), BEYOND_HORIZON, np.int32)
    for first in range(0, len(asked), REGIONS_PER_GROUP):
        group = asked[first : first + REGIONS_PER_GROUP]
        arranged = arrange(kinds, places, start, group, centres, row_of)
        if method == "exact":
            _read_exactly(cumulative, arranged, ways, group, enough, None, found)
        else:
            _read_shortly(cumulative, arranged, ways, group, enough, method, found)
    return rows, found


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
    """Hand-over days (region, scenario, production day), and which of them is never.

    The arguments are those of `forecast_queued`, which reads its days from the same map. Production
    day p is day p % P of week p // P, P of them in a week; the last one stands for never built.
    """
    capacity = checked_capacity(centre_capacity)
    kinds, places, start = check_orders(classes, regions, cumulative, capacity.shape[0])
    check_world(lanes, capacity, today)
    _, weeks, scenarios = cumulative.shape
    ways = draw_ways(scenarios, weeks, lanes, capacity, parameters, rng, today)
    centres, row_of = capacity.shape[0], np.arange(kinds.size, dtype=np.int32)
    days = np.empty((centres, scenarios, ways.base.size), np.int16)
    for first in range(0, centres, REGIONS_PER_GROUP):
        group = range(first, min(first + REGIONS_PER_GROUP, centres))
        arranged = arrange(kinds, places, start, group, centres, row_of)
        day_map = map_group(cumulative, arranged, ways, group)
        offsets = day_map.offsets[:, :, : len(group)].transpose(2, 0, 1)
        days[first : first + len(group)] = offsets.astype(np.int16) + ways.base.astype(np.int16)
    return days, capacity.shape[1]


def _rows(
    places: NDArray[np.int32], asked: list[int], centres: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Orders of the regions asked about, and for each order its row among them."""
    mine = np.zeros(centres, np.bool_)
    mine[asked] = True
    chosen = mine[places]
    return np.flatnonzero(chosen), np.cumsum(chosen, dtype=np.int32) - 1


def _read_shortly(
    cumulative: NDArray[np.int32],
    arranged: Arranged,
    ways: Ways,
    group: Sequence[int],
    enough: NDArray[np.int64],
    method: Method,
    found: NDArray[np.int32],
) -> None:
    """Fill the rows of a group of regions by the mixture, those of near orders exactly if asked."""
    near = arranged.selected_before[arranged.start[:-1]].astype(np.int64)
    if method == "split":
        near, cut = near_orders(cumulative, arranged)
        _read_exactly(cut, arranged, ways.first_weeks(cut.shape[1]), group, enough, near, found)
    step = max(1, cumulative.shape[2] // WAYS_MAX)
    some = np.ascontiguousarray(cumulative[:, :, ::step])
    day_map = map_group(some, arranged, ways.every(step), group)
    way = mean_way(day_map, ways.week, ways.own.pick(list(group)))
    read_mixture(cumulative, arranged, way, enough, near, found)


def _read_exactly(
    cumulative: NDArray[np.int32],
    arranged: Arranged,
    ways: Ways,
    group: Sequence[int],
    enough: NDArray[np.int64],
    until: NDArray[np.int64] | None,
    found: NDArray[np.int32],
) -> None:
    """Fill the rows of a group of regions; those of class k up to order `until[k]` only."""
    own = ways.own.pick(list(group))
    parts = enough * own.whole
    if until is None and few.are_few(arranged, cumulative, ways.week[1]):
        days = few.build_days(cumulative, arranged, ways.week)
        day_map = map_group(cumulative, arranged, ways, group, days)
        few.read_few(days, arranged, day_map.base, day_map.offsets, own, parts, found)
        return
    day_map = map_group(cumulative, arranged, ways, group)
    ascending = np.argsort(enough, kind="stable").astype(np.int64)
    map_words = day_map.offsets.view(np.uint64)

    def read_stretch(stretch: tuple[int, int, int]) -> None:
        k, first, end = stretch
        near_words = np.zeros((map_words.shape[0], map_words.shape[2]), np.uint64)
        reading.read_days(
            cumulative[k], arranged.selected_before[arranged.start[k] :], arranged.column,
            arranged.order, map_words, near_words, near_words.view(day_map.offsets.dtype),
            day_map.base, ways.week, parts, ascending, first, end, own.days, own.weight,
            own.count, own.next_open, found,
        )  # fmt: skip

    with ThreadPoolExecutor() as pool:
        list(pool.map(read_stretch, _stretches(arranged, until)))


def _stretches(arranged: Arranged, until: NDArray[np.int64] | None) -> list[tuple[int, int, int]]:
    """(class, first order, order after the last): pieces of work of about equal size.

    They follow each other by place in line, not by class: orders about as far from their turn read
    the same part of the map, which then still lies in the cache.
    """
    bounds = arranged.selected_before[arranged.start]
    ends = bounds[1:] if until is None else until
    pieces = [
        ((first - begin) / (end - begin), k, first, min(first + ORDERS_PER_STRETCH, end))
        for k, (begin, end) in enumerate(zip(bounds[:-1].tolist(), ends.tolist(), strict=True))
        for first in range(begin, end, ORDERS_PER_STRETCH)
    ]
    return [(k, first, end) for _, k, first, end in sorted(pieces)]
