"""Lock order: raising dates, finding those who were passed, recorded exceptions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yinuo.engines.queue import enforce_lock_order, places, unfair_pairs

Orders = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]


@st.composite
def orders(draw: st.DrawFn, exempt: bool = True) -> Orders:
    """Few lines, few dates: ties and overtaking are common."""
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 6), st.booleans(), st.booleans()),
            max_size=40,
        )
    )
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    flags = [np.array(column, np.bool_) & exempt for column in columns[2:]]
    return np.array(columns[0], np.int32), np.array(columns[1], np.int64), flags[0], flags[1]


def pairs_by_comparison(
    lines: NDArray[np.int32],
    dates: NDArray[np.int64],
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
) -> list[tuple[int, int]]:
    """The oracle: compare every order with every earlier lock of its line."""
    found = []
    for n in range(lines.size):
        ahead = [i for i in range(n) if lines[i] == lines[n] and not before[i]]
        later = [i for i in ahead if dates[i] > dates[n]]
        if later and not after[n]:
            latest = max(dates[i] for i in later)
            found.append((next(i for i in later if dates[i] == latest), n))
    return found


def raised_by_comparison(
    lines: NDArray[np.int32],
    dates: NDArray[np.int64],
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
) -> list[int]:
    raised: list[int] = []
    for n in range(lines.size):
        ahead = [raised[i] for i in range(n) if lines[i] == lines[n] and not before[i]]
        own = int(dates[n])
        raised.append(own if after[n] else max([own, *ahead]))
    return raised


@given(orders())
@settings(max_examples=300, deadline=None)
def test_pairs_equal_the_comparison_of_everybody_with_everybody(given_orders: Orders) -> None:
    found = unfair_pairs(*given_orders)
    assert [tuple(row) for row in found.tolist()] == pairs_by_comparison(*given_orders)
    assert found.shape[1:] == (2,)


@given(orders())
@settings(max_examples=300, deadline=None)
@pytest.mark.need(26)
def test_after_raising_nobody_is_passed_and_no_date_fell(given_orders: Orders) -> None:
    """P10: no inversion without a recorded exception."""
    lines, dates, before, after = given_orders
    raised = enforce_lock_order(lines, dates, before, after)
    assert raised.tolist() == raised_by_comparison(*given_orders)
    assert (raised >= dates).all()
    np.testing.assert_array_equal(raised[after], dates[after])
    assert unfair_pairs(lines, raised, before, after).size == 0
    np.testing.assert_array_equal(enforce_lock_order(lines, raised, before, after), raised)


@given(orders(exempt=False))
@settings(deadline=None)
@pytest.mark.need(26)
def test_the_same_specification_locked_earlier_is_never_later(given_orders: Orders) -> None:
    lines, dates, before, after = given_orders
    raised = enforce_lock_order(lines, dates, before, after)
    for line in np.unique(lines):
        assert (np.diff(raised[lines == line]) >= 0).all()


@given(orders())
@settings(deadline=None)
def test_columns_are_treated_one_by_one(given_orders: Orders) -> None:
    lines, dates, before, after = given_orders
    both = np.stack([dates, 6 - dates], axis=1)
    raised = enforce_lock_order(lines, both, before, after)
    for column in range(2):
        alone = enforce_lock_order(lines, both[:, column], before, after)
        np.testing.assert_array_equal(raised[:, column], alone)


@pytest.mark.need(26)
def test_a_planted_swap_is_found_with_both_names() -> None:
    rng = np.random.default_rng(5)
    lines = rng.integers(0, 40, 5000)
    dates = 100 + 3 * places(lines).astype(np.int64)
    nobody = np.zeros(lines.size, np.bool_)
    assert unfair_pairs(lines, dates, nobody, nobody).size == 0
    first, second = np.flatnonzero(lines == 17)[[20, 21]]
    dates[[first, second]] = dates[[second, first]]
    assert unfair_pairs(lines, dates, nobody, nobody).tolist() == [[first, second]]


def test_a_held_order_pushes_nobody_but_is_pushed_itself() -> None:
    lines = np.zeros(4, np.int32)
    held = np.array([False, True, False, True])
    nobody = np.zeros(4, np.bool_)
    dates = np.array([10, 90, 12, 5])
    np.testing.assert_array_equal(enforce_lock_order(lines, dates, held, nobody), [10, 90, 12, 12])
    np.testing.assert_array_equal(
        enforce_lock_order(lines, dates, nobody, nobody), [10, 90, 90, 90]
    )


def test_a_recorded_exception_may_go_earlier_without_being_reported() -> None:
    lines = np.zeros(3, np.int32)
    nobody = np.zeros(3, np.bool_)
    excepted = np.array([False, True, False])
    dates = np.array([50, 20, 50])
    assert unfair_pairs(lines, dates, nobody, nobody).tolist() == [[0, 1]]
    assert unfair_pairs(lines, dates, nobody, excepted).size == 0
    np.testing.assert_array_equal(enforce_lock_order(lines, dates, nobody, excepted), dates)


def test_equal_dates_are_fair_and_the_first_of_equals_is_named() -> None:
    lines = np.zeros(4, np.int32)
    nobody = np.zeros(4, np.bool_)
    assert unfair_pairs(lines, np.array([7, 7, 7, 7]), nobody, nobody).size == 0
    assert unfair_pairs(lines, np.array([7, 9, 9, 8]), nobody, nobody).tolist() == [[1, 3]]


def test_line_numbers_may_be_far_apart() -> None:
    lines = np.array([2**31 - 1, 5, 2**31 - 1, 5])
    nobody = np.zeros(4, np.bool_)
    dates = np.array([9, 1, 3, 2])
    assert unfair_pairs(lines, dates, nobody, nobody).tolist() == [[0, 2]]
    np.testing.assert_array_equal(places(lines), [0, 0, 1, 1])
    np.testing.assert_array_equal(enforce_lock_order(lines, dates, nobody, nobody), [9, 1, 9, 2])


def test_day_numbers_keep_their_type() -> None:
    nobody = np.zeros(2, np.bool_)
    rows = [[2**30], [7]]
    short, long = np.array(rows, np.int32), np.array(rows, np.int64)
    line = np.zeros(2, np.int32)
    assert enforce_lock_order(line, short, nobody, nobody).dtype == np.int32
    raised = enforce_lock_order(line, long, nobody, nobody)
    assert raised.dtype == np.int64
    assert raised.tolist() == [[2**30], [2**30]]


def test_nothing_in_nothing_out() -> None:
    none, no_flags = np.empty(0, np.int64), np.empty(0, np.bool_)
    assert enforce_lock_order(none, none, no_flags, no_flags).shape == (0,)
    assert enforce_lock_order(none, np.empty((0, 3), np.int64), no_flags, no_flags).shape == (0, 3)
    assert unfair_pairs(none, none, no_flags, no_flags).shape == (0, 2)
    assert places(none).shape == (0,)


def test_lengths_and_lines_are_checked() -> None:
    two, flags = np.zeros(2, np.int64), np.zeros(2, np.bool_)
    with pytest.raises(ValueError, match="one row per order"):
        enforce_lock_order(two, np.zeros(3, np.int64), flags, flags)
    with pytest.raises(ValueError, match="integers"):
        enforce_lock_order(two, np.zeros(2), flags, flags)  # type: ignore[type-var]
    with pytest.raises(ValueError, match="one value per order"):
        unfair_pairs(two, np.zeros((2, 1), np.int64), flags, flags)
    with pytest.raises(ValueError, match="one flag per order"):
        unfair_pairs(two, two, flags, flags[:1])
    with pytest.raises(ValueError, match="not be negative"):
        places(np.array([0, -1]))
    with pytest.raises(ValueError, match="1 dimension"):
        places(np.zeros((2, 2), np.int64))
