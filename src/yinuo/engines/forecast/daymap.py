"""The map from build day to hand-over day, for each scenario and each region of a group."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast import few, kernels
from yinuo.engines.forecast.arrange import Arranged, aligned
from yinuo.engines.forecast.lanes import Lanes, days_until_departure
from yinuo.engines.forecast.luck import holds, transit_times
from yinuo.engines.forecast.own import OwnDays, read_own_days
from yinuo.engines.forecast.parameters import ForecastParameters

# The flows of a block and the counts of a class fit the second-level cache together.
SCENARIOS_PER_BLOCK: Final = 4
OFFSET_MAX: Final = 254


@dataclass(frozen=True)
class Ways:
    """The ways from the end of the line to the customers' hands in all scenarios and regions.

    `before_leaving` and `after_leaving`, shape (S, G), are days from the end of the build day to
    readiness for a departure, and from departure to readiness for hand-over; `waits`, shape
    (G, 7), days to the next departure; `capacity`, shape (G, D), hand-over places. `week` is
    today and the production days of a week; `base` the day of each production day, and as its
    last element the number of days, which is never. `own` are the days of a car's own.
    """

    before_leaving: NDArray[np.float64]
    after_leaving: NDArray[np.float64]
    waits: NDArray[np.int64]
    capacity: NDArray[np.float64]
    week: tuple[int, int]
    base: NDArray[np.int32]
    own: OwnDays

    def first_weeks(self, weeks: int) -> Ways:
        """The same ways for a run that ends after `weeks` weeks."""
        return replace(self, base=np.append(self.base[: self.week[1] * weeks], self.base[-1]))

    def every(self, step: int) -> Ways:
        """The ways of every `step`-th scenario."""
        return replace(
            self,
            before_leaving=self.before_leaving[::step],
            after_leaving=self.after_leaving[::step],
        )


@dataclass(frozen=True)
class DayMap:
    """`base[p] + offsets[s, p, c]` is the hand-over day of what is built on production day p.

    `offsets` have 8 bits if no way is longer than 254 days, else 16.
    """

    base: NDArray[np.int32]
    offsets: NDArray[np.unsignedinteger[Any]]


def check_world(lanes: Lanes, capacity: NDArray[np.float64], today: int) -> None:
    """Refuses lanes and centres that do not belong together, and days before the origin."""
    if lanes.transit_days.size != capacity.shape[0]:
        raise ValueError("lanes and centre_capacity must have the same regions")
    if today < 0:
        raise ValueError("today must be 0 or more")


def draw_ways(
    scenarios: int,
    weeks: int,
    lanes: Lanes,
    capacity: NDArray[np.float64],
    parameters: ForecastParameters,
    rng: np.random.Generator,
    today: int,
) -> Ways:
    """Draw the luck of all regions; a group of regions later takes its own columns."""
    centres, days = capacity.shape
    length = parameters.production_days
    before_leaving = parameters.finish_days + holds(scenarios, centres, parameters, rng)
    after_leaving = transit_times(scenarios, lanes, parameters, rng) + lanes.preparation_days
    day = (7 * np.arange(weeks)[:, None] + np.arange(length)).reshape(-1)
    base = np.append(np.minimum(day, days), days).astype(np.int32)
    waits = days_until_departure(lanes)
    own = read_own_days(lanes.own_days, capacity)
    return Ways(before_leaving, after_leaving, waits, capacity, (today, length), base, own)


def map_group(
    cumulative: NDArray[np.int32],
    arranged: Arranged,
    ways: Ways,
    group: Sequence[int],
    days: NDArray[np.int16] | None = None,
) -> DayMap:
    """The map for the regions of `group`, whose orders `arranged` has.

    `days` are the production days of these orders, where they are written down: see `few`.
    """
    # One layout in memory, so that the loops are compiled once.
    before_leaving = np.ascontiguousarray(ways.before_leaving[:, group])
    after_leaving = np.ascontiguousarray(ways.after_leaving[:, group])
    waits, capacity = ways.waits[group], ways.capacity[group]
    today, length = ways.week
    scenarios, columns = cumulative.shape[2], arranged.columns
    build_days = ways.base.size - 1

    def map_all(offsets: NDArray[Any]) -> int:
        def map_block(first: int) -> int:
            block = slice(first, first + SCENARIOS_PER_BLOCK)
            flow = np.zeros((min(SCENARIOS_PER_BLOCK, scenarios - first), build_days, columns))
            flow = flow.astype(np.int32)
            if days is None:
                kernels.count_builds(
                    cumulative, arranged.start, arranged.selected_before, arranged.column,
                    ways.week, first, flow,
                )  # fmt: skip
            else:
                few.count_days(days, arranged.column, first, flow)
            return kernels.map_days(
                flow, before_leaving[block], after_leaving[block], waits, capacity, today,
                ways.base, length, offsets[block],
            )  # fmt: skip

        with ThreadPoolExecutor() as pool:
            return max(pool.map(map_block, range(0, scenarios, SCENARIOS_PER_BLOCK)), default=0)

    shape = scenarios, build_days + 1, columns
    narrow = aligned(shape, np.uint8)
    if map_all(narrow) <= OFFSET_MAX:
        return DayMap(ways.base, narrow)
    wide = aligned(shape, np.uint16)
    map_all(wide)
    return DayMap(ways.base, wide)
