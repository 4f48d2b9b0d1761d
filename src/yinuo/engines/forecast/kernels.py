"""The compiled loops: build days, hand-over places, the map between them, and quantiles.

They stand in one file because the store of compiled code looks only at the file of a function:
a loop compiled around a function of another file would outlive a change of that file.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

# No day inside the horizon.
NEVER: Final = -1
RANK_MAX: Final = 2**31 - 1

# Days and places are sums of floats: half a place twice must make one.
TOLERANCE: Final = 1e-9


@njit(cache=True, nogil=True)
def take(capacity: NDArray[np.float64], day: int, left: float, places: float) -> tuple[int, float]:
    """Take places from `day` on, of which `left` are free that day.

    Returns the day on which the last of them was taken and what is left of it; the number of
    days if the calendar ends before. Taking no places finds the next day that has one free.
    """
    days = capacity.size
    while day < days:
        if left > TOLERANCE and left >= places - TOLERANCE:
            return day, left - places
        places -= max(left, 0.0)
        day += 1
        left = capacity[day] if day < days else 0.0
    return days, 0.0


@njit(cache=True, nogil=True)
def write_quantiles(
    counts: NDArray[np.int32],
    first: int,
    last: int,
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    row: NDArray[np.int32],
) -> None:
    """Fill `row` from `counts[first..last]`, and clear those counts.

    `enough[q]` scenarios must be counted for level q; `ascending` lists the levels from the
    lowest. Levels not reached stay as they are.
    """
    so_far = 0
    reached = 0
    for day in range(first, last + 1):
        so_far += counts[day]
        counts[day] = 0
        while reached < ascending.size and so_far >= enough[ascending[reached]]:
            row[ascending[reached]] = day
            reached += 1


@njit(cache=True, nogil=True)
def first_production_day(week: int, today: int, production_days: int) -> int:
    """Day of the week on which production may go on: weeks that have begun have lost days."""
    return min(max(today - 7 * week, 0), production_days - 1)


@njit(cache=True, nogil=True)
def built_before(day: int, count: int, days: int) -> int:
    """How many of a week's `count` orders are built before its production day number `day`.

    Order j is built on day floor((j + 1/2) * days / count).
    """
    return (2 * day * count + days - 1) // (2 * days)


@njit(cache=True, nogil=True)
def count_builds(
    cumulative: NDArray[np.int32],
    start: NDArray[np.int64],
    region: NDArray[np.int64],
    today: int,
    production_days: int,
    s: int,
    flow: NDArray[np.int32],
) -> None:
    """Add to `flow[day, region]` the cars built in scenario s."""
    kinds, weeks, _ = cumulative.shape
    for k in range(kinds):
        done = 0
        for w in range(weeks):
            count = cumulative[k, w, s] - done
            if count <= 0:
                continue
            first = first_production_day(w, today, production_days)
            days = production_days - first
            for day in range(days):
                low = start[k] + done + built_before(day, count, days)
                high = start[k] + done + built_before(day + 1, count, days)
                for i in range(low, high):
                    flow[7 * w + first + day, region[i]] += 1
            done += count


@njit(cache=True, nogil=True)
def map_days(
    cumulative: NDArray[np.int32],
    start: NDArray[np.int64],
    region: NDArray[np.int64],
    before_leaving: NDArray[np.float64],
    after_leaving: NDArray[np.float64],
    waits: NDArray[np.int64],
    capacity: NDArray[np.float64],
    today: int,
    production_days: int,
    first_scenario: int,
    scenario_end: int,
    day_map: NDArray[np.int16],
) -> None:
    """Fill `day_map[region, s, build day]` with hand-over days; the number of days is never.

    The cars a region gets from one build day share the day on which the middle one of them is
    handed over. The map never falls with the build day, because nothing on the way overtakes.
    """
    centres, days = capacity.shape
    build_days = day_map.shape[2] - 1
    flow = np.zeros((build_days, centres), np.int32)
    for s in range(first_scenario, scenario_end):
        flow[:] = 0
        count_builds(cumulative, start, region, today, production_days, s, flow)
        for g in range(centres):
            day_map[g, s, build_days] = days
            day = min(today, days)
            left = capacity[g, day] if day < days else 0.0
            for b in range(build_days):
                leaves = ceil(b + 1 + before_leaving[s, g] - TOLERANCE)
                leaves += waits[g, leaves % 7]
                ready = ceil(leaves + after_leaving[s, g] - TOLERANCE)
                if ready > day and day < days:
                    day = min(ready, days)
                    left = capacity[g, day] if day < days else 0.0
                cars = flow[b, g]
                to_middle = 0.5 * (cars + 1) if cars > 0 else 0.0
                day, left = take(capacity[g], day, left, to_middle)
                day_map[g, s, b] = day
                if cars > to_middle:
                    day, left = take(capacity[g], day, left, cars - to_middle)


@njit(cache=True, nogil=True)
def build_day_of(
    cumulative: NDArray[np.int32],
    k: int,
    s: int,
    rank: int,
    week: int,
    today: int,
    production_days: int,
) -> tuple[int, int, int]:
    """Week and day in which rank `rank` of class k is built, and the rank with which it ends.

    Looks from `week` on. A rank that is not built gets the day after the last.
    """
    weeks = cumulative.shape[1]
    while week < weeks and cumulative[k, week, s] <= rank:
        week += 1
    if week == weeks:
        return week, 7 * weeks, RANK_MAX
    done = cumulative[k, week - 1, s] if week > 0 else 0
    count = cumulative[k, week, s] - done
    first = first_production_day(week, today, production_days)
    length = production_days - first
    day = (2 * (rank - done) + 1) * length // (2 * count)
    return week, 7 * week + first + day, done + built_before(day + 1, count, length)


@njit(cache=True, nogil=True)
def read_days(
    cumulative: NDArray[np.int32],
    start: NDArray[np.int64],
    order: NDArray[np.int64],
    region: NDArray[np.int64],
    day_map: NDArray[np.int16],
    today: int,
    production_days: int,
    days: int,
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    k: int,
    first_rank: int,
    rank_end: int,
    found: NDArray[np.int32],
) -> None:
    """Quantiles of a stretch of one class. Each scenario keeps a pointer to its build day."""
    scenarios = cumulative.shape[2]
    week = np.zeros(scenarios, np.int32)
    build_day = np.zeros(scenarios, np.int32)
    valid_until = np.full(scenarios, first_rank, np.int32)
    counts = np.zeros(days + 1, np.int32)
    for rank in range(first_rank, rank_end):
        i = start[k] + rank
        g = region[i]
        low, high = days, 0
        for s in range(scenarios):
            if rank >= valid_until[s]:
                week[s], build_day[s], valid_until[s] = build_day_of(
                    cumulative, k, s, rank, week[s], today, production_days
                )
            handed = day_map[g, s, build_day[s]]
            counts[handed] += 1
            low, high = min(low, handed), max(high, handed)
        counts[days] = 0
        write_quantiles(counts, low, min(high, days - 1), enough, ascending, found[order[i]])


@njit(cache=True, nogil=True)
def hand_over(
    moments: NDArray[np.float64],
    spread: NDArray[np.float64],
    luck_column: NDArray[np.int64],
    luck: NDArray[np.float64],
    capacity: NDArray[np.float64],
    today: int,
) -> NDArray[np.int16]:
    """Hand-over days (cars, scenarios) at one centre; the cars come in order of place."""
    days = capacity.size
    cars = moments.size
    handed = np.empty((cars, luck.shape[0]), np.int16)
    ready = np.empty(cars, np.int64)
    queue = np.empty(cars, np.int64)
    for s in range(luck.shape[0]):
        # A counting sort by the day of readiness keeps the order of places inside a day.
        begins = np.zeros(days + 2, np.int64)
        for n in range(cars):
            moment = moments[n] + spread[n] * luck[s, luck_column[n]]
            ready[n] = ceil(min(max(moment - TOLERANCE, today), days))
            begins[ready[n] + 1] += 1
        begins = np.cumsum(begins)
        for n in range(cars):
            queue[begins[ready[n]]] = n
            begins[ready[n]] += 1
        day, left = 0, capacity[0]
        for position in range(cars):
            n = queue[position]
            if ready[n] > day:
                day = ready[n]
                left = capacity[day] if day < days else 0.0
            day, left = take(capacity, day, left, 1.0)
            handed[n, s] = day if day < days else NEVER
    return handed


@njit(cache=True, nogil=True)
def read_handed(
    handed: NDArray[np.int16],
    days: int,
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    found: NDArray[np.int32],
) -> None:
    """Quantiles (cars, levels) of what `hand_over` found."""
    counts = np.zeros(days, np.int32)
    for n in range(handed.shape[0]):
        low, high = days, NEVER
        for s in range(handed.shape[1]):
            day = handed[n, s]
            if day != NEVER:
                counts[day] += 1
                low, high = min(low, day), max(high, day)
        write_quantiles(counts, low, high, enough, ascending, found[n])
