"""What a routine look makes of promises: seen twice before anybody is disturbed, told in time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.contexts.promises.rules import Look, Memory, Windows, look, look_for_lost
from yinuo.engines.forecast import BEYOND_HORIZON

DAY = dt.date(2026, 2, 11).toordinal()
NO_DATE = 2 * BEYOND_HORIZON
Ints = npt.NDArray[np.int64]
Range = tuple[int, int, int]


def windows(*rows: Range) -> Windows:
    """Ranges in days from today."""
    table = np.array(rows, np.int64).reshape(len(rows), 3) + DAY
    return Windows(table[:, 0], table[:, 1], table[:, 2])


def remember(
    count: int, outside: int = 0, risk: int = 0, warned: bool = False, known: bool = True
) -> Memory:
    """The same memory of every row."""
    return Memory(
        np.full(count, outside), np.full(count, risk), np.full(count, warned), np.full(count, known)
    )


def even_dots(first: int, last: int) -> Ints:
    """Twenty days spread evenly from `first` to `last`, in days from today."""
    return np.array([[DAY + round(first + (last - first) * n / 19) for n in range(20)]], np.int64)


def see(old: Range, first: int, last: int, memory: Memory | None = None) -> Look:
    """One promise beside a forecast spread from `first` to `last`."""
    none = np.zeros(1, np.bool_)
    new = windows((first, last, last))
    return look(
        np.zeros(1, np.int64),
        none,
        windows(old),
        new,
        even_dots(first, last),
        memory or remember(1),
        today=DAY,
    )


MOVES = [
    # range, forecast, seen outside before, moved, counted
    ((60, 80, 87), (61, 83), 0, False, 0),
    ((60, 80, 87), (70, 92), 0, False, 1),
    ((60, 80, 87), (70, 92), 1, True, 2),
    # On the other side of the range the last time: it flickers.
    ((60, 80, 87), (70, 92), -1, False, 1),
    ((60, 80, 87), (40, 70), 0, False, -1),
    ((60, 80, 87), (40, 70), -1, True, -2),
    ((60, 80, 87), (40, 70), 1, False, -1),
    ((60, 80, 87), (55, 75), -1, False, 0),
    # A later end alone moves nothing while the middle stays inside.
    ((60, 80, 87), (60, 99), 3, False, 0),
    # The last day of the range is here: now only the latest date counts.
    ((-8, 0, 3), (1, 4), 1, False, 0),
    ((-8, 0, 3), (3, 6), 1, True, 2),
    # The latest date has passed: what was promised is told as broken, the new date comes at once.
    ((-9, -4, -2), (3, 6), 0, True, 1),
]


@pytest.mark.need(22)
@pytest.mark.parametrize(("old", "new", "before", "moved", "count"), MOVES)
def test_a_promise_moves_when_two_looks_agree(
    old: Range, new: tuple[int, int], before: int, moved: bool, count: int
) -> None:
    found = see(old, *new, remember(1, outside=before))
    assert (found.move.tolist(), found.outside.tolist()) == ([moved], [count])


WARNINGS = [
    # latest date, dots after it, seen before, warned
    (60, 10, 0, False),
    (60, 11, 0, False),
    (60, 11, 1, True),
    (60, 16, 0, False),
    (60, 17, 0, True),
    # The last two weeks.
    (15, 7, 0, False),
    (14, 6, 0, False),
    (14, 7, 0, True),
    (1, 7, 0, True),
    (0, 7, 0, True),
    # Past: this is no danger any more, it is broken.
    (-1, 20, 5, False),
]


@pytest.mark.need(1, 22)
@pytest.mark.parametrize(("latest", "after", "before", "warned"), WARNINGS)
def test_a_danger_is_told_when_it_is_great_near_or_seen_twice(
    latest: int, after: int, before: int, warned: bool
) -> None:
    days = [latest - 1] * (20 - after) + [latest + 1] * after
    dots = np.array([days], np.int64) + DAY
    none = np.zeros(1, np.bool_)
    memory = remember(1, risk=before)
    old, new = windows((latest - 9, latest, latest)), windows((latest - 1, latest + 1, latest + 1))
    found = look(np.zeros(1, np.int64), none, old, new, dots, memory, today=DAY)
    assert found.late.tolist() == [after / 20]
    assert found.warn.tolist() == [warned]
    again = look(np.zeros(1, np.int64), none, old, new, dots, remember(1, warned=True), today=DAY)
    assert again.warn.tolist() == [False]


CLEARS = [
    # latest date, dots after it, seen low before, cleared: half of the bar, twice.
    (60, 4, 0, False),
    (60, 4, -1, True),
    (60, 5, -1, False),
    (60, 4, 1, False),
    (10, 3, -1, False),
    (10, 2, -1, True),
    (10, 2, 0, False),
]


@pytest.mark.parametrize(("latest", "after", "before", "cleared"), CLEARS)
def test_the_all_clear_needs_two_quiet_looks(
    latest: int, after: int, before: int, cleared: bool
) -> None:
    dots = np.array([[latest] * (20 - after) + [latest + 1] * after], np.int64) + DAY
    found = look(
        np.zeros(1, np.int64),
        np.zeros(1, np.bool_),
        windows((latest - 9, latest, latest)),
        windows((latest, latest, latest + 1)),
        dots,
        remember(1, risk=before, warned=True),
        today=DAY,
    )
    assert found.clear.tolist() == [cleared]
    assert found.warn.tolist() == [False]


@pytest.mark.parametrize(("left", "warned"), [(30, False), (8, False), (7, True), (0, True)])
def test_an_unknown_date_is_a_danger_only_near_the_promise(left: int, warned: bool) -> None:
    nowhere = np.full((1, 20), dt.date.max.toordinal())
    column = np.full(1, NO_DATE)
    memory = remember(1, outside=1, risk=1)
    found = look(
        np.zeros(1, np.int64),
        np.zeros(1, np.bool_),
        windows((left - 9, left - 3, left)),
        Windows(column, column, column),
        nowhere,
        memory,
        today=DAY,
    )
    assert (found.warn.tolist(), found.move.tolist()) == ([warned], [False])
    assert found.risk.tolist() == [1]


@pytest.mark.need(26)
def test_nobody_is_moved_forward_before_an_earlier_lock_of_the_line() -> None:
    lines = np.array([7, 7, 7, 8, 7])
    old = windows(*[(60, 80, 87)] * 5)
    new = windows(*[(40, 50, 52)] * 5)
    dots = np.repeat(even_dots(40, 50), 5, axis=0)
    none = np.zeros(5, np.bool_)
    ready = Memory(np.array([-1, 0, -1, -1, -1]), *(np.zeros(5, np.int64),), none, none)
    found = look(lines, none, old, new, dots, ready, today=DAY)
    # The second of line 7 is early for the first time; those behind it wait for it.
    assert found.move.tolist() == [True, False, False, True, False]
    assert found.outside.tolist() == [-2, -1, -2, -2, -2]
    held = np.array([False, True, False, False, False])
    past = look(lines, held, old, new, dots, ready, today=DAY)
    assert past.move.tolist() == [True, False, True, True, True]


@settings(deadline=None)
@given(
    st.lists(st.integers(-30, 120), min_size=20, max_size=20),
    st.integers(-3, 90),
    st.integers(0, 30),
    st.integers(-2, 2),
    st.integers(-2, 2),
    st.booleans(),
)
def test_a_look_never_warns_and_clears_and_the_same_look_counts_on(
    days: list[int], first: int, width: int, outside: int, risk: int, warned: bool
) -> None:
    """P12 of one look: whoever must be told is told."""
    dots = np.sort(np.array([days], np.int64)) + DAY
    old = windows((first, first + width, first + width + 3))
    new = windows((first, first + width, first + width + 3))
    memory = remember(1, outside, risk, warned)
    line, none = np.zeros(1, np.int64), np.zeros(1, np.bool_)
    one = look(line, none, old, new, dots, memory, today=DAY)
    assert not (one.warn & one.clear).any()
    assert not (one.warn & warned).any()
    assert not (one.clear & ~np.array([warned])).any()
    # Twice the same: whatever lies outside moves at the second look at the latest.
    two = look(
        line, none, old, new, dots, Memory(one.outside, one.risk, memory.warned, none), today=DAY
    )
    assert two.move.tolist() == (one.outside != 0).tolist()
    assert abs(two.outside[0]) in (0, abs(one.outside[0]) + 1)
    # In the last two weeks a chance above three in ten is never left untold.
    left = int(old.latest[0]) - DAY
    if 0 <= left <= 14 and one.late[0] > 0.3:
        assert one.warn[0] or warned


@pytest.mark.need(1, 22)
@settings(deadline=None)
@given(
    st.lists(st.integers(-5, 400), min_size=20, max_size=20),
    st.integers(0, 300),
    st.booleans(),
    st.booleans(),
)
def test_p12_past_the_horizon_the_alarm_sounds_as_if_there_were_a_date(
    days: list[int], left: int, warned: bool, seen: bool
) -> None:
    """P12: a turn that cannot be dated is judged by its dots, in a look and after an event."""
    dots = np.sort(np.array([days], np.int64), axis=1) + DAY
    old = windows((left - 9, left - 3, left))
    nothing = Windows(*[np.full(1, NO_DATE)] * 3)
    memory, row = remember(1, risk=int(seen), warned=warned), np.zeros(1, np.int64)
    beyond = np.ones(1, np.bool_)
    found = look(row, ~beyond, old, nothing, dots, memory, today=DAY, beyond=beyond)
    late = sum(day > left for day in days) / 20
    bar = 0.3 if left <= 14 else 0.5
    must = late > 0.8 or (late > bar and (left <= 14 or seen))
    assert found.warn.tolist() == [must and not warned]
    assert not found.move.any()
    event = look_for_lost(old, dots, memory, beyond=beyond, today=DAY)
    assert event.warn.tolist() == [late > 0.8 and not warned]
    assert not (event.move | event.clear | event.known).any()
    inside = look_for_lost(old, dots, memory, beyond=~beyond, today=DAY)
    assert not inside.warn.any()
