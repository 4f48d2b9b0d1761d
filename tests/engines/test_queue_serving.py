"""Serving by stretches against serving order by order; starting later; odd worlds."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engines.queue_worlds import (
    Case,
    all_build_weeks,
    plants_case,
    random_case,
    serve_one_by_one,
)
from yinuo.engines.queue import ServingParameters, build_week_quantiles, simulate

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 80), st.integers(1, 9), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
@pytest.mark.need(111)
def test_stretches_equal_single_orders_however_the_work_is_cut(
    seed: int, stride: int, top: int, threads: int
) -> None:
    """P2: the same bytes as order by order for any stride, reach and number of threads."""
    case = random_case(seed, orders_max=300)
    counts, left = serve_one_by_one(case)
    run = case.run(keep_state=True, parameters=ServingParameters(stride, top, threads))
    assert run.cumulative.tobytes() == counts.tobytes()
    assert run.state is not None
    np.testing.assert_array_equal(run.state.remaining, left)


@pytest.mark.parametrize("stride", [0, 1, 7, 64, 1000, 100_000])
def test_a_large_queue_equals_single_orders(stride: int) -> None:
    """P2: 30,000 orders of 72 classes at two plants."""
    case = plants_case(30_000, 24)
    counts, left = serve_one_by_one(case)
    run = case.run(keep_state=True, parameters=ServingParameters(stride))
    assert run.cumulative.tobytes() == counts.tobytes()
    assert run.state is not None
    np.testing.assert_array_equal(run.state.remaining, left)
    # The world is one in which resources of every sort run out, or the test would show little.
    assert all((left[:, :, row] == 0).any() for row in (0, 1, 12))
    assert (left[:, :, 2:8] == 0).any()
    assert (left[:, :, 8:12] == 0).any()


def test_the_first_slot_of_each_class_is_the_same_however_the_work_is_cut() -> None:
    """P2: also what the state says of the classes, not only what is left."""
    case = plants_case(8000, 20)
    states = [
        case.run(keep_state=True, parameters=ServingParameters(stride)).state
        for stride in (3, 50, 9000)
    ]
    assert len({state.to_bytes() for state in states if state is not None}) == 1


@given(SEEDS, st.integers(1, 8))
@settings(max_examples=80, deadline=None)
def test_a_later_start_equals_the_whole_run(seed: int, start: int) -> None:
    """P4: counts at the end of a week and the capacity after it are all that is needed."""
    case = random_case(seed, orders_max=200)
    whole = case.run(keep_state=True)
    week = min(start, case.capacity.shape[2] - 1)
    if week == 0:
        return
    later = simulate(
        case.classes, case.alternatives, case.resources, case.capacity[:, :, week:],
        built_before=whole.cumulative[:, week - 1, :], keep_state=True,
    )  # fmt: skip
    np.testing.assert_array_equal(later.cumulative, whole.cumulative[:, week:, :])
    assert whole.state is not None
    assert later.state is not None
    np.testing.assert_array_equal(later.state.remaining, whole.state.remaining[:, week:])


def test_a_large_queue_is_taken_up_again_in_any_week() -> None:
    """P4: 20,000 orders."""
    case = plants_case(20_000, 16)
    whole = case.run().cumulative
    for week in (1, 13, 39):
        later = simulate(
            case.classes, case.alternatives, case.resources, case.capacity[:, :, week:],
            built_before=whole[:, week - 1, :],
        )  # fmt: skip
        np.testing.assert_array_equal(later.cumulative, whole[:, week:, :])


def test_a_changed_week_is_felt_from_that_week_on_only() -> None:
    """P4: a plant that loses week 12 needs no look at the weeks before it."""
    case = plants_case(10_000, 16)
    before = case.run().cumulative
    lost = case.capacity.copy()
    lost[:, 0, 12] = 0
    after = Case(case.classes, case.alternatives, case.resources, lost).run().cumulative
    np.testing.assert_array_equal(after[:, :12], before[:, :12])
    later = simulate(
        case.classes, case.alternatives, case.resources, lost[:, :, 12:],
        built_before=before[:, 11, :],
    )  # fmt: skip
    np.testing.assert_array_equal(later.cumulative, after[:, 12:])
    assert (after[:, 12].sum(axis=0) < before[:, 12].sum(axis=0)).all()


@pytest.mark.parametrize(
    ("built_before", "message"),
    [
        ([[0], [0]], "one count per class and scenario"),
        ([[0, 0], [0, 2]], "between none and all"),
        ([[-1, 0], [0, 0]], "between none and all"),
        ([[0.5, 0], [0, 0]], "integers"),
    ],
)
def test_a_later_start_that_cannot_be_is_refused(built_before: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(
            [0, 1], [1, 1], [[[0]], [[0]]], np.ones((2, 1, 2), np.int32),
            built_before=built_before,  # type: ignore[arg-type]
        )  # fmt: skip


def test_cuts_of_the_work_that_cannot_be_are_refused() -> None:
    for bad in ({"stride": -1}, {"top": 0}, {"threads": -1}):
        with pytest.raises(ValueError, match="must be 0 or more"):
            ServingParameters(**bad)


@pytest.mark.need(123)
def test_a_class_that_can_never_be_built_holds_nobody_up() -> None:
    """P6: unbuilt orders are in no count, and their week is W."""
    classes = np.tile([0, 1], 500)
    capacity = np.zeros((5, 2, 30), np.int32)
    capacity[:, 0] = 40
    run = simulate(classes, [1, 1], [[[0, -1]], [[0, 1]]], capacity)
    assert not run.cumulative[1].any()
    np.testing.assert_array_equal(run.cumulative[0, :, 0], np.minimum(40 * np.arange(1, 31), 500))
    weeks = build_week_quantiles(run.cumulative, classes, [0.1, 0.95])
    assert (weeks[1::2] == 30).all()
    assert weeks[0::2].max() == 12


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_an_order_is_left_out_only_if_no_slot_is_left_for_it(seed: int) -> None:
    """P6: whoever is not built finds nothing left in any week of the horizon."""
    case = random_case(seed, orders_max=150)
    run = case.run(keep_state=True)
    assert run.state is not None
    left = run.state.remaining
    assert (left >= 0).all()
    size = np.bincount(case.classes, minlength=case.alternatives.size)
    for k, s in np.argwhere(run.cumulative[:, -1, :] < size[:, None]):
        for a in range(case.alternatives[k]):
            rows = [row for row in case.resources[k, a] if row >= 0]
            assert (left[s][:, rows].min(axis=1) == 0).all()


def test_two_alternatives_that_share_a_resource_do_not_use_it_twice() -> None:
    """P6: both plants draw on one supply of seats; 7 a week are there for 20 slots."""
    capacity = np.tile(np.array([[10] * 9, [10] * 9, [7] * 9], np.int32), (2, 1, 1))
    run = simulate(np.zeros(50, np.int32), [2], [[[0, 2], [1, 2]]], capacity, keep_state=True)
    np.testing.assert_array_equal(run.cumulative[0, :, 0], np.minimum(7 * np.arange(1, 10), 50))
    assert run.state is not None
    assert (run.state.remaining[:, :7, 2] == 0).all()
    assert (run.state.remaining[:, :, 1] == 10).all()


def test_more_capacity_is_not_earlier_for_everybody() -> None:
    """P15 is no property: an order that is built sooner may take somebody else's slot."""
    # The first needs the plant and the part; the second only the part, of which one comes a week.
    resources = [[[0, 1]], [[1, -1]]]
    tight = np.array([[[0, 1, 1], [1, 1, 1]]], np.int32)
    wide = np.array([[[1, 1, 1], [1, 1, 1]]], np.int32)
    weeks = [
        build_week_quantiles(simulate([0, 1], [1, 1], resources, units).cumulative, [0, 1], [1.0])
        for units in (tight, wide)
    ]
    assert weeks[0][:, 0].tolist() == [1, 0]
    assert weeks[1][:, 0].tolist() == [0, 1]


def weeks_by_simpy(case: Case, scenario: int) -> NDArray[np.int64]:
    """Every order a process that asks once a week, in lock order, until it is built."""
    world = simpy.Environment()
    units = case.capacity[scenario]
    shelves = [simpy.Container(world, init=0, capacity=2**31) for _ in range(units.shape[0])]
    found = np.full(case.classes.size, units.shape[1])

    def deliver() -> simpy.events.ProcessGenerator:
        for week in range(units.shape[1]):
            for shelf, row in zip(shelves, units, strict=True):
                if shelf.level:
                    yield shelf.get(shelf.level)
                if row[week]:
                    yield shelf.put(int(row[week]))
            yield world.timeout(1)

    def order(n: int) -> simpy.events.ProcessGenerator:
        kind = case.classes[n]
        yield world.timeout((n + 1) / (case.classes.size + 2))
        for week in range(units.shape[1]):
            for way in case.resources[kind, : case.alternatives[kind]]:
                wanted = [shelves[row] for row in way if row >= 0]
                if all(shelf.level > 0 for shelf in wanted):
                    for shelf in wanted:
                        yield shelf.get(1)
                    found[n] = week
                    return
            yield world.timeout(1)

    world.process(deliver())
    for n in range(case.classes.size):
        world.process(order(n))
    world.run()
    return found


def test_two_thousand_orders_agree_with_a_process_simulation() -> None:
    """Another library, another way to say it: week by week instead of order by order."""
    case = plants_case(2000, 3, weeks=20)
    cumulative = case.run().cumulative
    for scenario in range(3):
        weeks = weeks_by_simpy(case, scenario)
        alone = build_week_quantiles(cumulative[:, :, scenario : scenario + 1], case.classes, [1.0])
        np.testing.assert_array_equal(alone[:, 0], weeks)
        assert (weeks == 20).any()
        assert (weeks < 20).mean() > 0.5


def test_the_slow_twins_agree() -> None:
    """The quick twin is itself held against the one that looks through all slots."""
    for seed in range(40):
        case = random_case(seed, orders_max=80)
        counts, _ = serve_one_by_one(case)
        brute = all_build_weeks(case)
        for k in range(case.alternatives.size):
            for week in range(counts.shape[1]):
                built = (brute[:, case.classes == k] <= week).sum(axis=1)
                np.testing.assert_array_equal(counts[k, week], built)
