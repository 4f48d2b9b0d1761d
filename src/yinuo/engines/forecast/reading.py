"""The compiled loop that reads quantiles of all pairs of order and scenario off the day map.

It calls nothing of another file: the store of compiled code looks only at the file of a function.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

WORDS_PER_LINE: Final = 8


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
def list_moves(
    built: NDArray[np.int32],
    at: NDArray[np.int32],
    week: tuple[int, int],
    first: int,
    end: int,
    begins: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which scenario enters which build day before each of the orders first..end - 1.

    `built[w, s]` orders of the class are built by the end of week w, and before rank r of the
    class stand `at[r]` orders of the group. Returns scenarios and production days, sorted by
    order; those of order i end at `begins[i - first]`.
    """
    today, production_days = week
    weeks, scenarios = built.shape
    most = scenarios * min(end - first, production_days * weeks + 1)
    when = np.empty(most, np.int32)
    what = np.empty(most, np.int32)
    ends = np.empty(scenarios, np.int64)
    total = 0
    for s in range(scenarios):
        done = 0
        w = 0
        while w < weeks and at[built[w, s]] <= first:
            done = built[w, s]
            w += 1
        low = at[done]
        while w < weeks and low < end:
            count = built[w, s] - done
            if count > 0:
                length = production_length(w, today, production_days)
                for day in range(length):
                    high = at[done + built_before(day + 1, count, length)]
                    if high > low and high > first and low < end:
                        i = max(low - first, 0)
                        when[total] = i
                        what[total] = production_days * (w + 1) - length + day
                        begins[i + 1] += 1
                        total += 1
                    low = high
                done += count
            w += 1
        if low < end:
            i = max(low - first, 0)
            when[total] = i
            what[total] = production_days * weeks
            begins[i + 1] += 1
            total += 1
        ends[s] = total
    for i in range(end - first):
        begins[i + 1] += begins[i]
    who = np.empty(total, np.int32)
    where = np.empty(total, np.int32)
    move = 0
    for s in range(scenarios):
        while move < ends[s]:
            place = begins[when[move]]
            begins[when[move]] = place + 1
            who[place] = s
            where[place] = what[move]
            move += 1
    return who, where


@njit(cache=True, nogil=True)
def read_levels(
    counts: NDArray[np.int32],
    begin: int,
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    own_days: NDArray[np.int64],
    own_weight: NDArray[np.int64],
    own_count: NDArray[np.int64],
    next_open: NDArray[np.int32],
    c: int,
    row: int,
    found: NDArray[np.int32],
) -> None:
    """Fill a row of `found` from the scenarios by day, of which `begin` is the first with any."""
    days = counts.size - 1
    day, so_far = begin - 1, 0
    for q in ascending:
        while day < days and so_far < enough[q]:
            day += 1
            for j in range(own_count[c]):
                before = day - own_days[c, j]
                if before < begin:
                    break
                so_far += own_weight[c, j] * counts[before]
        if day >= days or next_open[c, day] >= days:
            break
        found[row, q] = next_open[c, day]


@njit(cache=True, nogil=True)
def read_days(
    built: NDArray[np.int32],
    at: NDArray[np.int32],
    column: NDArray[np.uint8],
    order: NDArray[np.int32],
    map_words: NDArray[np.uint64],
    near_words: NDArray[np.uint64],
    near: NDArray[np.unsignedinteger[Any]],
    base: NDArray[np.int32],
    week: tuple[int, int],
    enough: NDArray[np.int64],
    ascending: NDArray[np.int64],
    first: int,
    end: int,
    own_days: NDArray[np.int64],
    own_weight: NDArray[np.int64],
    own_count: NDArray[np.int64],
    next_open: NDArray[np.int32],
    found: NDArray[np.int32],
) -> None:
    """Quantiles of the orders first..end - 1, which are of one class.

    `map_words[s, p]` are the offsets of all columns on production day p, as whole words; day
    `base[p]` plus the offset is the hand-over day, and the last day of `counts` is never. Each
    scenario keeps a copy of the line of its build day in `near`, so that the loop over the
    scenarios stays inside the nearest cache. `own_days` and what follows are those of `OwnDays`
    by column; `enough` counts parts of its whole.
    """
    scenarios, _, words = map_words.shape
    columns = near.shape[1]
    days = base[base.size - 1]
    begins = np.zeros(end - first + 2, np.int64)
    who, where = list_moves(built, at, week, first, end, begins)
    since = np.zeros(scenarios, np.int32)
    day_of = np.zeros(scenarios, np.uint32)
    counts = np.zeros(days + 1, np.int32)
    lowest = np.zeros(columns, np.int32)
    move = 0
    for i in range(first, end):
        while move < begins[i - first]:
            s, p = who[move], where[move]
            if words == WORDS_PER_LINE:
                # A loop of known length becomes four instructions.
                for word in range(WORDS_PER_LINE):
                    near_words[s, word] = map_words[s, p, word]
            else:
                for word in range(words):
                    near_words[s, word] = map_words[s, p, word]
            since[s] = base[p]
            move += 1
        c = column[i]
        for s in range(scenarios):
            day_of[s] = since[s] + near[s, c]
        for s in range(scenarios):
            counts[day_of[s]] += 1
        # Days do not fall along a line, so the search begins where the one before began.
        day = lowest[c]
        while counts[day] == 0:
            day += 1
        lowest[c] = day
        read_levels(
            counts, day, enough, ascending, own_days, own_weight, own_count, next_open, c,
            order[i], found,
        )  # fmt: skip
        counts[:] = 0
