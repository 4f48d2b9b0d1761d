"""Chances and quantiles of build weeks, and kept promises, against sorting every week of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.queue_worlds import all_build_weeks, plants_case, random_case
from yinuo.engines.queue import (
    build_week_counts,
    build_week_quantiles,
    kept_counts,
    kept_share,
    places,
    simulate,
    sort_counts,
    weekly_rates,
)

SEEDS = st.integers(0, 2**32 - 1)
LEVELS = [0.5, 0.1, 0.95, 0.8, 1.0]


@given(SEEDS)
@settings(max_examples=60, deadline=None)
@pytest.mark.need(111)
def test_weeks_of_single_orders_follow_from_counts(seed: int) -> None:
    """P1: an order of rank n is built by week w where its class has more than n built."""
    case = random_case(seed)
    cumulative = case.run().cumulative
    scenarios, _, weeks = case.capacity.shape
    brute = all_build_weeks(case)
    rank = places(case.classes)
    for week in range(weeks):
        more = cumulative[case.classes, week, :] > rank[:, None]
        np.testing.assert_array_equal(more, (brute <= week).T)
    enough = [max(int(np.ceil(q * scenarios - 1e-9)), 1) for q in LEVELS]
    expected = np.stack([np.sort(brute, axis=0)[count - 1] for count in enough], axis=1)
    np.testing.assert_array_equal(build_week_quantiles(cumulative, case.classes, LEVELS), expected)
    np.testing.assert_array_equal(
        build_week_counts(cumulative, case.classes, range(weeks)),
        (brute[:, :, None] <= np.arange(weeks)).sum(axis=0).reshape(-1, weeks),
    )


@given(SEEDS)
@settings(max_examples=40, deadline=None)
@pytest.mark.need(102)
def test_kept_promises_equal_a_count_of_all_weeks(seed: int) -> None:
    case = random_case(seed)
    cumulative = case.run().cumulative
    rng = np.random.default_rng(seed)
    promised = rng.integers(-1, cumulative.shape[1], case.classes.size)
    brute = all_build_weeks(case) <= promised
    found = kept_counts(cumulative, case.classes, promised)
    np.testing.assert_array_equal(found, brute.sum(axis=0))
    counted = rng.random(case.classes.size) < 0.7
    if counted.any():
        # Without a promise any figure may stand there, also one beyond the horizon.
        promised[~counted] = 10_000
        share = kept_share(cumulative, case.classes, promised, counted)
        assert share == pytest.approx(brute[:, counted].mean())


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_scenarios_in_another_order_change_no_answer(seed: int) -> None:
    """P8: quantiles, chances and kept shares do not know which scenario is which."""
    case = random_case(seed)
    cumulative = case.run().cumulative
    mixed = cumulative[:, :, np.random.default_rng(seed).permutation(cumulative.shape[2])]
    promised = np.zeros(case.classes.size, np.int32)
    for read in (
        lambda counts: build_week_quantiles(counts, case.classes, LEVELS),
        lambda counts: build_week_counts(counts, case.classes, [0]),
        lambda counts: kept_counts(counts, case.classes, promised),
        lambda counts: weekly_rates(counts, case.classes, 1),
    ):
        assert read(cumulative).tobytes() == read(mixed).tobytes()


@pytest.mark.need(26, 101)
def test_quantiles_rise_with_the_level_and_with_the_place_in_line() -> None:
    """P7: P10 <= P50 <= P80 <= P95, and never falling along a class."""
    case = plants_case(6000, 40)
    weeks = build_week_quantiles(case.run().cumulative, case.classes, [0.1, 0.5, 0.8, 0.95])
    assert (np.diff(weeks, axis=1) >= 0).all()
    assert (np.diff(weeks, axis=1) > 0).any()
    for k in range(72):
        assert (np.diff(weeks[case.classes == k], axis=0) >= 0).all()


def test_counts_sorted_once_serve_all_readings() -> None:
    case = plants_case(4000, 32)
    cumulative = case.run().cumulative
    kinds, counts = case.classes, sort_counts(cumulative)
    promised = np.full(kinds.size, 20)
    for read in (build_week_quantiles, build_week_counts):
        given_weeks = [1] if read is build_week_counts else [0.9]
        np.testing.assert_array_equal(
            read(counts, kinds, given_weeks, is_sorted=True), read(cumulative, kinds, given_weeks)
        )
    np.testing.assert_array_equal(
        kept_counts(counts, kinds, promised, is_sorted=True),
        kept_counts(cumulative, kinds, promised),
    )
    assert kept_share(counts, kinds, promised, is_sorted=True) == kept_share(
        cumulative, kinds, promised
    )


def test_a_promise_at_the_level_quantile_is_kept_at_least_that_often() -> None:
    case = plants_case(5000, 50)
    cumulative = case.run().cumulative
    weeks = build_week_quantiles(cumulative, case.classes, [0.9])[:, 0]
    inside = weeks < cumulative.shape[1]
    kept = kept_counts(cumulative, case.classes, np.where(inside, weeks, -1))
    assert (kept[inside] >= 45).all()
    assert kept_share(cumulative, case.classes, weeks, inside) >= 0.9
    earlier = kept_counts(cumulative, case.classes, np.where(inside, weeks - 1, -1))
    assert (earlier[inside] < 45).all()


@pytest.mark.need(8)
def test_the_rate_of_a_kind_is_what_the_scarcest_of_its_needs_lets_through() -> None:
    classes = np.tile([0, 1], 60)
    capacity = np.tile(np.array([[10] * 12, [2] * 12], np.int32), (3, 1, 1))
    run = simulate(classes, [1, 1], [[[0, -1]], [[0, 1]]], capacity)
    np.testing.assert_array_equal(weekly_rates(run.cumulative, classes, 4), [8.0, 2.0])
    # The first class has 60 orders and needs 8 weeks for them, not 12.
    np.testing.assert_array_equal(weekly_rates(run.cumulative, classes, 12), [7.5, 2.0])


def test_a_kind_without_orders_or_capacity_has_rate_zero() -> None:
    run = simulate([0], [1, 1], [[[0]], [[1]]], np.array([[[0, 0], [5, 5]]], np.int32))
    np.testing.assert_array_equal(weekly_rates(run.cumulative, [0], 2), [0.0, 0.0])


def test_quantiles_refuse_levels_weeks_and_classes_out_of_range() -> None:
    run = simulate([0], [1], [[[0]]], np.ones((2, 1, 3), np.int32))
    for level in (0.0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="levels"):
            build_week_quantiles(run.cumulative, [0], [level])
    with pytest.raises(ValueError, match="weeks"):
        build_week_counts(run.cumulative, [0], [3])
    with pytest.raises(ValueError, match="classes"):
        build_week_quantiles(run.cumulative, [1], [0.5])


def test_a_level_counts_scenarios_without_rounding_noise() -> None:
    # One order, built in week 0 in 55 of 100 scenarios, else in week 1: exactly 0.55.
    assert 0.55 * 100 > 55
    capacity = np.zeros((100, 1, 2), np.int32)
    capacity[:55, 0, 0] = 1
    capacity[55:, 0, 1] = 1
    run = simulate([0], [1], [[[0]]], capacity)
    np.testing.assert_array_equal(
        build_week_quantiles(run.cumulative, [0], [0.55, 0.551, 1.0])[0], [0, 1, 1]
    )


def test_kept_promises_refuse_what_the_run_says_nothing_about() -> None:
    run = simulate([0], [1], [[[0]]], np.ones((2, 1, 3), np.int32))
    with pytest.raises(ValueError, match="before week 3"):
        kept_counts(run.cumulative, [0], [3])
    with pytest.raises(ValueError, match="one week per order"):
        kept_counts(run.cumulative, [0], [1, 1])
    with pytest.raises(ValueError, match="no order"):
        kept_share(run.cumulative, [0], [1], np.zeros(1, np.bool_))
    with pytest.raises(ValueError, match=r"1\.\.3"):
        weekly_rates(run.cumulative, [0], 4)
