"""The shortcut: build week and the way behind it taken for independent of each other.

The compiled loops call nothing of another file: the store of compiled code looks only at the file
of a function.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yinuo.engines.forecast.arrange import Arranged
from yinuo.engines.forecast.daymap import DayMap
from yinuo.engines.forecast.own import OwnDays

# The shares of a week's days stay whole numbers for every length of a week: 420 = lcm(1..7).
DAY_PARTS: Final = 420
# Scenarios of the way whose mean is taken; the build weeks still come from all scenarios.
WAYS_MAX: Final = 128
EXACT_WEEKS: Final = 8
ORDERS_PER_STRETCH: Final = 4096
COLUMNS_PER_BLOCK: Final = 8
WEEKS_PER_STEP: Final = 8


@dataclass(frozen=True)
class MeanWay:
    """By when what is built in a week is handed over, mean over scenarios and the week's days.

    `drop[c, d, j]` is the chance that what column c gets of week w is handed over by day d, less
    that of week w + 1, in parts of `whole`, for w = `week[c, d]` + j; it is zero for all other
    weeks.
    """

    drop: NDArray[np.int32]
    week: NDArray[np.int32]
    whole: int


def mean_way(day_map: DayMap, week: tuple[int, int], own: OwnDays) -> MeanWay:
    """The mean of a map over its scenarios, with the days of a car's own by column.

    `week` is today and the production days of a week.
    """
    scenarios, build_days, columns = day_map.offsets.shape
    days, weeks = int(day_map.base[-1]), (build_days - 1) // week[1]
    drop = np.zeros((columns, days, weeks), np.int32)
    first_week = np.zeros((columns, days), np.int32)

    def fill(first: int) -> int:
        block = slice(first, first + COLUMNS_PER_BLOCK)
        _count_days(day_map.offsets[:, :, block], day_map.base, week, drop[block])
        if own.days.any():
            columns = max(0, min(COLUMNS_PER_BLOCK, own.count.size - first))
            drop[block][:columns] = _spread(
                drop[block][:columns], own.days[block], own.weight[block], own.count[block],
                own.next_open[block],
            )  # fmt: skip
        return _fill_way(drop[block], first_week[block])

    with ThreadPoolExecutor() as pool:
        widest = max(pool.map(fill, range(0, columns, COLUMNS_PER_BLOCK)))
    # Widths in steps: most worlds then share one, and the sums of 8 weeks are single instructions.
    packed = np.zeros((columns, days, -(-widest // WEEKS_PER_STEP) * WEEKS_PER_STEP), np.int32)
    _pack(drop, first_week, packed)
    whole = own.whole if own.days.any() else 1
    return MeanWay(packed, first_week, DAY_PARTS * scenarios * whole)


def read_mixture(
    cumulative: NDArray[np.int32],
    arranged: Arranged,
    way: MeanWay,
    enough: NDArray[np.int64],
    near: NDArray[np.int64],
    found: NDArray[np.int32],
) -> None:
    """Fill the rows of orders from position `near[k]` of the group on, class by class.

    No day is earlier than that of an order of the same class and region before `near[k]`, whose
    rows stand in `found` already.
    """
    bounds = arranged.selected_before[arranged.start].tolist()
    ascending = np.argsort(enough, kind="stable").astype(np.int64)
    days = way.drop.shape[1]
    pieces = [
        (k, first, min(first + ORDERS_PER_STRETCH, end))
        for k, (_, end) in enumerate(pairwise(bounds))
        for first in range(int(near[k]), end, ORDERS_PER_STRETCH)
    ]

    def read_piece(piece: tuple[int, int, int]) -> None:
        k, first, end = piece
        floor = np.zeros((arranged.columns, enough.size), np.int32)
        before = slice(bounds[k], int(near[k]))
        # Of several orders of a column the last one stays.
        floor[arranged.column[before]] = np.minimum(found[arranged.order[before]], days)
        _read_days(
            np.sort(cumulative[k], axis=1), arranged.rank, arranged.column, arranged.order,
            way.drop, way.week, enough * way.whole, ascending, first, end, floor, found,
        )  # fmt: skip

    with ThreadPoolExecutor() as pool:
        list(pool.map(read_piece, pieces))


def near_orders(
    cumulative: NDArray[np.int32], arranged: Arranged
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Where the first far order of each class stands, and the run as far as near orders need it.

    Near orders are those that the median scenario builds in the first `EXACT_WEEKS` weeks. The
    run is cut after the week by which every scenario has built them, if there is one.
    """
    kinds, weeks, scenarios = cumulative.shape
    last = min(EXACT_WEEKS, weeks) - 1
    middle = scenarios // 2
    count = np.partition(cumulative[:, last, :], middle, axis=1)[:, middle].astype(np.int64)
    done = (cumulative.min(axis=2) >= count[:, None]).all(axis=0) if kinds else np.ones(weeks)
    needed = int(np.argmax(done)) + 1 if done.any() else weeks
    position = arranged.selected_before[arranged.start[:-1] + count].astype(np.int64)
    return position, np.ascontiguousarray(cumulative[:, :needed, :])


@njit(cache=True, nogil=True)
def _count_days(
    offsets: NDArray[np.unsignedinteger[Any]],
    base: NDArray[np.int32],
    week: tuple[int, int],
    drop: NDArray[np.int32],
) -> None:
    """Add to `drop[c, d, w]` the parts of week w that are handed over on day d."""
    today, production_days = week
    columns, days, weeks = drop.shape
    for s in range(offsets.shape[0]):
        for w in range(weeks):
            gone = min(max(today - 7 * w, 0), production_days - 1)
            parts = DAY_PARTS // (production_days - gone)
            for p in range(production_days * w + gone, production_days * (w + 1)):
                for c in range(columns):
                    day = base[p] + np.int64(offsets[s, p, c])
                    if day < days:
                        drop[c, day, w] += parts


@njit(cache=True, nogil=True)
def _spread(
    drop: NDArray[np.int32],
    own_days: NDArray[np.int64],
    own_weight: NDArray[np.int64],
    own_count: NDArray[np.int64],
    next_open: NDArray[np.int32],
) -> NDArray[np.int32]:
    """The same counts with the days of a car's own added, moved on to open days."""
    columns, days, weeks = drop.shape
    spread = np.zeros_like(drop)
    for c in range(columns):
        for day in range(days):
            for j in range(own_count[c]):
                if day + own_days[c, j] >= days:
                    break
                to = next_open[c, day + own_days[c, j]]
                if to < days:
                    weight = np.int32(own_weight[c, j])
                    for w in range(weeks):
                        spread[c, to, w] += weight * drop[c, day, w]
    return spread


@njit(cache=True, nogil=True)
def _fill_way(drop: NDArray[np.int32], first_week: NDArray[np.int32]) -> int:
    """Turn counts by day into drops from week to week, for one block of columns.

    Fills the first week in which a drop is not zero and returns the largest number of weeks from
    the first such week to the last.
    """
    columns, days, weeks = drop.shape
    for c in range(columns):
        for day in range(1, days):
            for w in range(weeks):
                drop[c, day, w] += drop[c, day - 1, w]
    widest = 1
    for c in range(columns):
        for day in range(days):
            begin, end = weeks, 0
            for w in range(weeks):
                if w + 1 < weeks:
                    drop[c, day, w] -= drop[c, day, w + 1]
                if drop[c, day, w] != 0:
                    begin, end = min(begin, w), w + 1
            first_week[c, day] = min(begin, end)
            widest = max(widest, end - begin)
    return widest


@njit(cache=True, nogil=True)
def _pack(
    drop: NDArray[np.int32], first_week: NDArray[np.int32], packed: NDArray[np.int32]
) -> None:
    """Copy each row of `drop` from its first week on."""
    columns, days, weeks = drop.shape
    for c in range(columns):
        for day in range(days):
            for j in range(min(packed.shape[2], weeks - first_week[c, day])):
                packed[c, day, j] = drop[c, day, first_week[c, day] + j]


@njit(cache=True, nogil=True)
def _chance(
    built: NDArray[np.int32],
    drop: NDArray[np.int32],
    first_week: NDArray[np.int32],
    c: int,
    day: int,
) -> int:
    """The chance of hand-over by a day at one column, in parts."""
    parts = 0
    w = first_week[c, day]
    for step in range(0, drop.shape[2], WEEKS_PER_STEP):
        for j in range(step, step + WEEKS_PER_STEP):
            parts += int(built[w + j]) * int(drop[c, day, j])
    return parts


@njit(cache=True, nogil=True)
def _read_days(
    ordered: NDArray[np.int32],
    rank: NDArray[np.int32],
    column: NDArray[np.uint8],
    order: NDArray[np.int32],
    drop: NDArray[np.int32],
    first_week: NDArray[np.int32],
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    first: int,
    end: int,
    reached: NDArray[np.int32],
    found: NDArray[np.int32],
) -> None:
    """Quantiles of the orders first..end - 1 of a class whose counts `ordered[w]` rise.

    `built[w]` scenarios have built the order by the end of week w: the chance of a day is the sum
    of `built[w]` times the drop of that week. `reached[c, q]` is the day of the order before.
    """
    weeks, scenarios = ordered.shape
    days = drop.shape[1]
    passed = np.zeros(weeks, np.int64)
    # Behind the last week nobody asks, but the sums reach there.
    built = np.full(weeks + drop.shape[2], scenarios, np.int32)
    begun = 0
    for i in range(first, end):
        for w in range(begun, weeks):
            below = passed[w]
            while below < scenarios and ordered[w, below] <= rank[i]:
                below += 1
            passed[w], built[w] = below, scenarios - below
            if below == 0:
                break
        while begun < weeks and built[begun] == 0:
            begun += 1
        c = column[i]
        day, chance = -1, 0
        for q in ascending:
            # Days fall neither along a line nor with the level, so the search only goes on.
            if reached[c, q] > day:
                day = reached[c, q]
                chance = _chance(built, drop, first_week, c, day) if day < days else 0
            while day < days and chance < enough[q]:
                day += 1
                if day < days:
                    chance = _chance(built, drop, first_week, c, day)
            if day < days:
                found[order[i], q] = day
            reached[c, q] = day
