"""Shares of a change: they add up, nothing for nothing, equals alike; a permutation twin."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engines.forecast_worlds import plain_world
from yinuo.engines.forecast import BEYOND_HORIZON, Attribution, attribute

SEEDS = st.integers(0, 2**32 - 1)


def shares(values: NDArray[np.int64], n: int) -> list[Fraction]:
    """The twin: let the factors change one by one, in every order there is."""
    count = values.shape[0].bit_length() - 1
    total = [Fraction(0)] * count
    orders = list(permutations(range(count)))
    for order in orders:
        mask = 0
        for factor in order:
            added = int(values[mask | 1 << factor, n] - values[mask, n])
            total[factor] += Fraction(added, len(orders))
            mask |= 1 << factor
    return total


def of(values: NDArray[np.int64]) -> Attribution:
    return attribute(lambda mask: values[mask], values.shape[0].bit_length() - 1)


def random_values(seed: int, factors: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, int(rng.integers(2, 60)), (2**factors, 40))


@given(SEEDS, st.integers(1, 6))
@settings(max_examples=60, deadline=None)
@pytest.mark.need(23)
def test_days_add_up_to_the_change_and_lie_near_the_shares(seed: int, factors: int) -> None:
    """P9: whole days that sum to the change."""
    values = random_values(seed, factors)
    found = of(values)
    np.testing.assert_array_equal(found.change, values[-1] - values[0])
    np.testing.assert_array_equal(found.days.sum(axis=1) + found.other, found.change)
    for n in range(0, 40, 13):
        for share, days in zip(shares(values, n), found.days[n].tolist(), strict=True):
            assert days == 0 if abs(share) < 1 else abs(days - share) < 1
            assert days * share >= 0


@given(SEEDS, st.integers(2, 6), st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.need(23)
def test_a_factor_that_changes_nothing_gets_nothing(
    seed: int, factors: int, data: st.DataObject
) -> None:
    """P9: a factor without a change gets exactly 0."""
    idle = data.draw(st.integers(0, factors - 1))
    values = random_values(seed, factors)
    masks = np.arange(2**factors)
    values = values[masks & ~(1 << idle)]
    assert not of(values).days[:, idle].any()


@given(SEEDS, st.integers(2, 6), st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.need(23)
def test_factors_that_do_the_same_get_the_same(
    seed: int, factors: int, data: st.DataObject
) -> None:
    """P9: two that do the same get the same."""
    a, b = data.draw(st.permutations(range(factors)))[:2]
    values = random_values(seed, factors)
    masks = np.arange(2**factors)
    only_b = (masks >> b & 1 == 1) & (masks >> a & 1 == 0)
    values = values[np.where(only_b, masks ^ (1 << a) ^ (1 << b), masks)]
    found = of(values)
    np.testing.assert_array_equal(found.days[:, a], found.days[:, b])


def test_the_day_that_two_equals_would_have_to_share_goes_to_the_rest() -> None:
    for sign in (1, -1):
        both = of(sign * np.array([[0], [0], [0], [3]]))
        assert both.days.tolist() == [[sign, sign]]
        assert both.other.tolist() == [sign]


def test_the_largest_remainder_is_served_first() -> None:
    # Shares of 2 1/3, 1 5/6 and 1 5/6 days: cut to 2, 1 and 1, then the equals get a day each.
    values = np.zeros((8, 1), np.int64)
    values[:, 0] = [0, 2, 1, 3, 1, 3, 3, 6]
    exact = shares(values, 0)
    found = of(values)
    assert exact == [Fraction(7, 3), Fraction(11, 6), Fraction(11, 6)]
    assert found.days.tolist() == [[2, 2, 2]]
    assert found.other.tolist() == [0]


def test_shares_below_a_day_are_told_as_the_rest() -> None:
    values = np.array([[10], [10], [10], [11]])
    found = of(values)
    assert found.days.tolist() == [[0, 0]]
    assert found.other.tolist() == [1]


def test_one_factor_takes_the_whole_change() -> None:
    asked: list[int] = []

    def values_of(mask: int) -> NDArray[np.int64]:
        asked.append(mask)
        return np.array([[5, 9], [7, 7]]) + 4 * mask

    found = attribute(values_of, 1)
    assert asked == [0, 1]
    assert (found.days == 4).all()
    assert found.days.shape == (2, 2, 1)
    assert not found.other.any()


def test_without_a_date_in_every_combination_there_are_no_shares() -> None:
    values = np.array([[5, 5], [6, BEYOND_HORIZON], [7, 6], [8, 9]])
    found = of(values)
    assert found.known.tolist() == [True, False]
    assert found.days.tolist() == [[1, 2], [0, 0]]
    assert found.change.tolist() == [3, 0]
    assert found.other.tolist() == [0, 0]


def test_what_cannot_be_is_refused() -> None:
    for factors in (0, 7):
        with pytest.raises(ValueError, match="factors must lie in"):
            attribute(lambda _: np.zeros(1, np.int64), factors)
    with pytest.raises(ValueError, match="integers"):
        attribute(lambda _: np.zeros(1), 1)
    with pytest.raises(ValueError, match="keep the shape"):
        attribute(lambda mask: np.zeros(1 + mask, np.int64), 1)


@pytest.mark.need(23)
def test_a_slower_plant_and_a_slower_lane_each_get_their_days() -> None:
    from_plant, from_lane = (plain_world(orders=200, a_week=a_week) for a_week in (20, 10))

    def dates(mask: int) -> NDArray[np.int32]:
        world = from_lane if mask & 1 else from_plant
        world.lanes.transit_days[0] = 9.0 if mask & 2 else 2.0
        return world.forecast(1)[:, 1]

    found = attribute(dates, 2)
    # The train leaves once a week: half the output costs up to ten weeks, the lane seven days.
    assert found.days[-1].tolist() == [70, 7]
    assert (found.days[:, 1] == 7).all()
    assert (np.diff(found.days[::20, 0]) >= 0).all()
