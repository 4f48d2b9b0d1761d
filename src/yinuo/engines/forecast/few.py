"""The exact way for few orders: one build day for each order and scenario is written down.

It gives the same days as the way for many, which never writes them down. The compiled loops call
nothing of another file: the store of compiled code looks only at the file of a function.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yinuo.engines.forecast.arrange import Arranged
from yinuo.engines.forecast.own import OwnDays

# The table of build days takes 2 bytes for each order and scenario.
ORDERS_PER_PIECE: Final = 256
FEW_BYTES: Final = 32_000_000
DAYS_MAX: Final = 32_000


def are_few(arranged: Arranged, cumulative: NDArray[np.int32], production_days: int) -> bool:
    """Whether the table stays small and pays: few orders of each class a production day."""
    kinds, weeks, scenarios = cumulative.shape
    orders, days = arranged.order.size, weeks * production_days
    small = 2 * orders * scenarios <= FEW_BYTES and days <= DAYS_MAX
    return bool(small and orders <= kinds * days)


def build_days(
    cumulative: NDArray[np.int32], arranged: Arranged, week: tuple[int, int]
) -> NDArray[np.int16]:
    """Production day of each order of the group in each scenario; the day after the last: never."""
    bounds = arranged.selected_before[arranged.start].tolist()
    days = np.empty((arranged.order.size, cumulative.shape[2]), np.int16)

    def fill(k: int) -> None:
        mine = slice(bounds[k], bounds[k + 1])
        _fill_days(cumulative[k], arranged.rank[mine], week, days[mine])

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, range(cumulative.shape[0])))
    return days


def read_few(
    days: NDArray[np.int16],
    arranged: Arranged,
    base: NDArray[np.int32],
    offsets: NDArray[np.unsignedinteger[Any]],
    own: OwnDays,
    enough: NDArray[np.int64],
    found: NDArray[np.int32],
) -> None:
    """Fill the rows of the group's orders with their quantiles; `enough` in parts of `own`."""
    ascending = np.argsort(enough, kind="stable").astype(np.int64)

    def read(first: int) -> None:
        mine = slice(first, first + ORDERS_PER_PIECE)
        _read_days(
            days[mine], arranged.column[mine], arranged.order[mine], base, offsets, enough,
            ascending, own.days, own.weight, own.count, own.next_open, found,
        )  # fmt: skip

    with ThreadPoolExecutor() as pool:
        list(pool.map(read, range(0, days.shape[0], ORDERS_PER_PIECE)))


@njit(cache=True, nogil=True)
def count_days(
    days: NDArray[np.int16],
    column: NDArray[np.uint8],
    first_scenario: int,
    flow: NDArray[np.int32],
) -> None:
    """Add to `flow[s, production day, column]` the cars built in scenario `first_scenario` + s."""
    for i in range(days.shape[0]):
        for s in range(flow.shape[0]):
            day = days[i, first_scenario + s]
            if day < flow.shape[1]:
                flow[s, day, column[i]] += 1


@njit(cache=True, nogil=True)
def _fill_days(
    built: NDArray[np.int32],
    rank: NDArray[np.int32],
    week: tuple[int, int],
    days: NDArray[np.int16],
) -> None:
    """Order j of a week's n is built on production day floor((j + 1/2) * length / n) of it."""
    today, production_days = week
    weeks, scenarios = built.shape
    w = np.zeros(scenarios, np.int64)
    for i in range(rank.size):
        for s in range(scenarios):
            while w[s] < weeks and built[w[s], s] <= rank[i]:
                w[s] += 1
            if w[s] == weeks:
                days[i, s] = weeks * production_days
            else:
                done = built[w[s] - 1, s] if w[s] > 0 else 0
                gone = min(max(today - 7 * w[s], 0), production_days - 1)
                length = production_days - gone
                # The half keeps the product clear of whole numbers: the division is exact.
                twice = 2.0 * (rank[i] - done) * length + length + 0.5
                inside = int(twice / (2 * (built[w[s], s] - done)))
                days[i, s] = w[s] * production_days + gone + inside


@njit(cache=True, nogil=True)
def _read_days(
    days: NDArray[np.int16],
    column: NDArray[np.uint8],
    order: NDArray[np.int32],
    base: NDArray[np.int32],
    offsets: NDArray[np.unsignedinteger[Any]],
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    own_days: NDArray[np.int64],
    own_weight: NDArray[np.int64],
    own_count: NDArray[np.int64],
    next_open: NDArray[np.int32],
    found: NDArray[np.int32],
) -> None:
    never = base[base.size - 1]
    counts = np.zeros(never + 1, np.int32)
    for i in range(days.shape[0]):
        for s in range(days.shape[1]):
            counts[base[days[i, s]] + np.int64(offsets[s, days[i, s], column[i]])] += 1
        c = column[i]
        day, so_far = -1, 0
        for q in ascending:
            while day < never and so_far < enough[q]:
                day += 1
                for j in range(own_count[c]):
                    before = day - own_days[c, j]
                    if before < 0:
                        break
                    so_far += own_weight[c, j] * counts[before]
            if day >= never or next_open[c, day] >= never:
                break
            found[order[i], q] = next_open[c, day]
        counts[:] = 0
