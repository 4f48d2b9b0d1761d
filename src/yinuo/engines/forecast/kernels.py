"""The compiled loops: build days, hand-over places, the map between them, and quantiles.

They stand in one file because the store of compiled code looks only at the file of a function:
a loop compiled around a function of another file would outlive a change of that file.
"""

from __future__ import annotations

from math import ceil
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

# No day inside the horizon.
NEVER: Final = -1

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
def production_length(week: int, today: int, production_days: int) -> int:
    """Production days of a week that are still to come: weeks that have begun have lost some."""
    return production_days - min(max(today - 7 * week, 0), production_days - 1)


@njit(cache=True, nogil=True)
def built_before(day: int, count: int, days: int) -> int:
    """How many of a week's `count` orders are built before its production day number `day`.

    Order j is built on day floor((j + 1/2) * days / count). The half keeps the product clear of
    whole numbers, so that multiplying in floating point gives the whole division exactly.
    """
    return int((2.0 * day * count + days - 0.5) * (0.5 / days))


@njit(cache=True, nogil=True)
def count_builds(
    cumulative: NDArray[np.int32],
    start: NDArray[np.int64],
    at: NDArray[np.int32],
    column: NDArray[np.uint8],
    week: tuple[int, int],
    first_scenario: int,
    flow: NDArray[np.int32],
) -> None:
    """Add to `flow[s, production day, column]` the cars built in scenario `first_scenario` + s.

    Before position p of all orders stand `at[p]` orders of the group, whose columns are given.
    """
    today, production_days = week
    kinds, weeks, _ = cumulative.shape
    for k in range(kinds):
        for s in range(flow.shape[0]):
            done = 0
            for w in range(weeks):
                count = cumulative[k, w, first_scenario + s] - done
                if count <= 0:
                    continue
                length = production_length(w, today, production_days)
                low = at[start[k] + done]
                for day in range(length):
                    high = at[start[k] + done + built_before(day + 1, count, length)]
                    here = flow[s, production_days * (w + 1) - length + day]
                    for i in range(low, high):
                        here[column[i]] += 1
                    low = high
                done += count


@njit(cache=True, nogil=True)
def map_days(
    flow: NDArray[np.int32],
    before_leaving: NDArray[np.float64],
    after_leaving: NDArray[np.float64],
    waits: NDArray[np.int64],
    capacity: NDArray[np.float64],
    today: int,
    base: NDArray[np.int32],
    production_days: int,
    offsets: NDArray[np.unsignedinteger[Any]],
) -> int:
    """Fill `offsets[s, production day, column]`: days from `base` to the hand-over; returns the
    largest.

    The cars a region gets from one build day share the day on which the middle one of them is
    handed over. The map never falls with the build day, because nothing on the way overtakes.
    The last production day stands for orders that are never built, the number of days for never.
    """
    days = capacity.shape[1]
    largest = 0
    offsets[:, flow.shape[1]] = 0
    for s in range(flow.shape[0]):
        for g in range(capacity.shape[0]):
            places = capacity[g]
            to_leave = ceil(1 + before_leaving[s, g] - TOLERANCE)
            on_the_way = ceil(after_leaving[s, g] - TOLERANCE)
            day = min(today, days)
            left = places[day] if day < days else 0.0
            for p in range(flow.shape[1]):
                leaves = 7 * (p // production_days) + p % production_days + to_leave
                ready = leaves + waits[g, leaves % 7] + on_the_way
                if ready > day and day < days:
                    day = min(ready, days)
                    left = places[day] if day < days else 0.0
                cars = flow[s, p, g]
                to_middle = 0.5 * (cars + 1) if cars > 0 else 0.0
                day, left = take(places, day, left, to_middle)
                offset = day - base[p]
                offsets[s, p, g] = offset
                largest = max(largest, offset)
                if cars > to_middle:
                    day, left = take(places, day, left, cars - to_middle)
    return largest


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
    capacity: NDArray[np.float64],
    own_days: NDArray[np.int64],
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    found: NDArray[np.int32],
) -> None:
    """Quantiles (cars, levels) of what `hand_over` found, with each car's own days behind it.

    `own_days[n]` are equally likely; where they end on a closed day the next open one counts.
    `enough[q]` pairs of scenario and own days make level q true; `ascending` lists the levels from
    the lowest. Levels not reached stay as they are.
    """
    days = capacity.size
    counts = np.zeros(days + 1, np.int32)
    next_open = np.full(days + 1, days, np.int64)
    for day in range(days - 1, -1, -1):
        next_open[day] = day if capacity[day] > 0 else next_open[day + 1]
    for n in range(handed.shape[0]):
        low, high = days, NEVER
        for s in range(handed.shape[1]):
            if handed[n, s] != NEVER:
                for j in range(own_days.shape[1]):
                    day = next_open[min(handed[n, s] + own_days[n, j], days)]
                    counts[day] += 1
                    low, high = min(low, day), max(high, day)
        so_far = 0
        reached = 0
        for day in range(low, high + 1):
            so_far += counts[day]
            counts[day] = 0
            while day < days and reached < ascending.size and so_far >= enough[ascending[reached]]:
                found[n, ascending[reached]] = day
                reached += 1
