"""The queue against an order-by-order twin, and the properties its users rely on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.queue_worlds import build_weeks, counted, random_case
from yinuo.engines.queue import build_week_counts, build_week_quantiles, places, simulate

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
@settings(max_examples=120, deadline=None)
def test_counts_equal_the_order_by_order_twin(seed: int) -> None:
    case = random_case(seed)
    run = simulate(case.classes, case.alternatives, case.resources, case.capacity)
    for s in range(case.capacity.shape[0]):
        weeks_of, left = build_weeks(case, s)
        assert (left >= 0).all()
        np.testing.assert_array_equal(run.cumulative[:, :, s], counted(case, weeks_of))


@given(SEEDS, st.integers(0, 60))
@settings(max_examples=60, deadline=None)
@pytest.mark.need(26)
def test_a_later_lock_moves_no_earlier_order(seed: int, kept: int) -> None:
    """P3: adding or taking away later locks changes nothing for those before them."""
    case = random_case(seed)
    full = simulate(case.classes, case.alternatives, case.resources, case.capacity)
    first = case.classes[:kept]
    alone = simulate(first, case.alternatives, case.resources, case.capacity)
    earlier = np.bincount(first, minlength=case.alternatives.size).astype(np.int32)
    np.testing.assert_array_equal(
        np.minimum(full.cumulative, earlier[:, None, None]), alone.cumulative
    )


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_no_resource_is_used_beyond_its_capacity(seed: int) -> None:
    """P6: use stays inside capacity, and no order is built twice."""
    case = random_case(seed)
    only_way = np.ones_like(case.alternatives)
    run = simulate(case.classes, only_way, case.resources, case.capacity)
    built = np.diff(run.cumulative, axis=1, prepend=0)
    for row in range(case.capacity.shape[1]):
        users = np.flatnonzero((case.resources[:, 0, :] == row).any(axis=1))
        assert (case.capacity[:, row, :] >= built[users].sum(axis=0).T).all()
    assert (built >= 0).all()
    sizes = np.bincount(case.classes, minlength=case.alternatives.size)
    assert (run.cumulative.max(axis=(1, 2)) <= sizes).all()


def test_each_scenario_stands_by_itself() -> None:
    case = random_case(7, orders_max=200)
    many = np.concatenate([case.capacity] * 3)
    together = simulate(case.classes, case.alternatives, case.resources, many)
    for s in range(many.shape[0]):
        alone = simulate(case.classes, case.alternatives, case.resources, many[s : s + 1])
        np.testing.assert_array_equal(together.cumulative[:, :, s : s + 1], alone.cumulative)


def test_the_same_orders_give_the_same_bytes_and_leave_the_input_alone() -> None:
    """P8: the same input gives the same bytes."""
    case = random_case(11, orders_max=400)
    before = case.capacity.tobytes()
    runs = [
        simulate(case.classes, case.alternatives, case.resources, case.capacity) for _ in range(3)
    ]
    assert len({run.cumulative.tobytes() for run in runs}) == 1
    assert case.capacity.tobytes() == before


@pytest.mark.need(104)
def test_a_scarce_option_sets_the_pace_of_those_who_chose_it_only() -> None:
    # Plant 10 a week; the option comes at one set a week. Orders alternate with and without.
    classes = np.tile([0, 1], 20)
    run = simulate(
        classes,
        [1, 1],
        [[[0, -1]], [[0, 1]]],
        [[[10] * 20, [1] * 20]],
    )
    weeks = build_week_quantiles(run.cumulative, classes, [0.5])[:, 0]
    with_option, without = weeks[1::2], weeks[0::2]
    np.testing.assert_array_equal(with_option, np.arange(20))
    np.testing.assert_array_equal(without, [0] * 9 + [1] * 9 + [2] * 2)


@pytest.mark.need(113)
def test_dates_follow_the_ramp_not_the_design_capacity() -> None:
    # 150,000 a year by design is 12,500 a month; 10,000 a month are built.
    design, real = 12_500 * 12 // 52, 10_000 * 12 // 52
    classes = np.zeros(30_000, np.int32)
    weeks = {}
    for name, units in (("design", design), ("real", real)):
        run = simulate(classes, [1], [[[0]]], [[[units] * 52]])
        weeks[name] = int(build_week_quantiles(run.cumulative, classes[:30_000], [0.5])[-1, 0])
    assert weeks["design"] == (30_000 - 1) // design
    assert weeks["real"] == (30_000 - 1) // real
    assert weeks["real"] > weeks["design"]


def test_the_preferred_plant_is_taken_first_and_the_other_when_it_is_full() -> None:
    run = simulate([0] * 5, [2], [[[0], [1]]], [[[2, 2], [1, 0]]])
    np.testing.assert_array_equal(run.cumulative[0, :, 0], [3, 5])
    unwilling = simulate([0] * 5, [1], [[[0], [1]]], [[[2, 2], [1, 0]]])
    np.testing.assert_array_equal(unwilling.cumulative[0, :, 0], [2, 4])


def test_without_capacity_nobody_is_built_and_the_week_is_beyond_the_horizon() -> None:
    classes = [0, 0, 0]
    run = simulate(classes, [1], [[[0]]], np.zeros((4, 1, 6), np.int32))
    assert not run.cumulative.any()
    assert (build_week_quantiles(run.cumulative, classes, [0.1, 0.95]) == 6).all()
    assert (build_week_counts(run.cumulative, classes, [0, 5]) == 0).all()


def test_without_orders_the_answers_are_empty() -> None:
    none = np.empty(0, np.int32)
    run = simulate(none, [1], [[[0]]], np.ones((2, 1, 3), np.int32))
    assert run.cumulative.shape == (1, 3, 2)
    assert build_week_quantiles(run.cumulative, none, [0.5]).shape == (0, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": [0, 2]}, "classes must lie in 0..1"),
        ({"classes": [-1]}, "classes must lie in 0..1"),
        ({"classes": [0.5]}, "classes must hold integers"),
        ({"classes": [2**40]}, "classes must fit in 32 bits"),
        ({"classes": [[0]]}, "classes must have 1 dimensions"),
        ({"alternatives": [1]}, "resources describe 2 classes"),
        ({"alternatives": [0, 1]}, "alternatives must lie in 1..1"),
        ({"alternatives": [1, 2]}, "alternatives must lie in 1..1"),
        ({"resources": [[[0, 0]], [[0, 1]]]}, "names a resource twice"),
        ({"resources": [[[-1, -1]], [[0, 1]]]}, "needs no resource"),
        ({"resources": [[[0, 2]], [[0, 1]]]}, "without capacity"),
        ({"capacity": [[[3, -1], [1, 1]]]}, "must not be negative"),
        ({"capacity": np.zeros((0, 2, 2), np.int32)}, "at least one scenario"),
    ],
)
def test_input_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "classes": [0, 1],
        "alternatives": [1, 1],
        "resources": [[[0, -1]], [[0, 1]]],
        "capacity": [[[3, 1], [1, 1]]],
    }
    simulate(**good)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        simulate(**(good | change))  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 4)))
@settings(deadline=None)
def test_places_count_from_zero_in_each_line(lines: list[int]) -> None:
    expected = [lines[:n].count(line) for n, line in enumerate(lines)]
    np.testing.assert_array_equal(places(np.array(lines, np.int32)), expected)
