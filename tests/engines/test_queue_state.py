"""Locks appended behind a run, quoted and kept in a cache."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.queue_worlds import Case, all_build_weeks, plants_case, random_case
from yinuo.engines.queue import QueueState, append, append_all, quote, quote_all

SEEDS = st.integers(0, 2**32 - 1)


def state_of(case: Case, orders: int) -> QueueState:
    state = case.first(orders).run(keep_state=True).state
    assert state is not None
    return state


@given(SEEDS, st.integers(0, 60))
@settings(max_examples=100, deadline=None)
@pytest.mark.need(26, 160)
def test_an_appended_lock_equals_a_whole_new_simulation(seed: int, known: int) -> None:
    """P5 and P3: the weeks found behind the queue are those of the full run."""
    case = random_case(seed, orders_max=90)
    brute = all_build_weeks(case)
    state = state_of(case, known)
    for n in range(min(known, case.classes.size), case.classes.size):
        kind = int(case.classes[n])
        before = state.to_bytes()
        quoted = quote(state, kind)
        assert state.to_bytes() == before
        np.testing.assert_array_equal(append(state, kind), quoted)
        np.testing.assert_array_equal(quoted, brute[:, n])
    whole = state_of(case, case.classes.size)
    np.testing.assert_array_equal(state.remaining, whole.remaining)
    np.testing.assert_array_equal(state.orders, whole.orders)


@pytest.mark.need(160)
def test_a_burst_appended_at_once_equals_one_by_one_and_the_full_run() -> None:
    """P5: 600 locks behind 5,000."""
    case = plants_case(5600, 24)
    state = state_of(case, 5000)
    one_by_one = state.copy()
    burst = case.classes[5000:]
    together = append_all(state, burst)
    np.testing.assert_array_equal(
        together, np.stack([append(one_by_one, int(kind)) for kind in burst])
    )
    assert state.to_bytes() == one_by_one.to_bytes()
    whole = state_of(case, 5600)
    np.testing.assert_array_equal(state.remaining, whole.remaining)
    full = case.run().cumulative
    built = case.first(5000).run().cumulative
    for kind, weeks in zip(burst, together, strict=True):
        built[kind] += np.arange(40)[:, None] >= weeks
    np.testing.assert_array_equal(built, full)


@pytest.mark.need(22)
def test_all_classes_are_quoted_each_by_itself() -> None:
    """P5: what each class would get if its order were the next, also after later locks."""
    case = plants_case(4000, 12)
    state = state_of(case, 3900)
    append_all(state, case.classes[3900:])
    quoted = quote_all(state)
    assert quoted.shape == (72, 12)
    for kind in (0, 18, 44, 71):
        next_one = Case(
            np.append(case.classes, np.int32(kind)), case.alternatives, case.resources,
            case.capacity,
        )  # fmt: skip
        counts = next_one.run().cumulative[kind]
        rank = (case.classes == kind).sum()
        np.testing.assert_array_equal(quoted[kind], (counts <= rank).sum(axis=0))


def test_where_nothing_is_left_the_week_is_beyond_the_horizon() -> None:
    """P6: no date is made up, and a full queue stays as it is."""
    case = Case(
        np.zeros(3, np.int32), np.ones(1, np.int32), np.zeros((1, 1, 1), np.int32),
        np.ones((4, 1, 2), np.int32),
    )  # fmt: skip
    state = state_of(case, 3)
    np.testing.assert_array_equal(quote(state, 0), [2] * 4)
    np.testing.assert_array_equal(append(state, 0), [2] * 4)
    assert not state.remaining.any()
    assert state.orders.tolist() == [4]


def test_a_copy_and_the_capacity_are_left_alone() -> None:
    case = plants_case(2000, 8)
    capacity = case.capacity.tobytes()
    state = state_of(case, 2000)
    kept = state.copy()
    held = kept.to_bytes()
    append_all(state, [1, 2, 3] * 30)
    assert kept.to_bytes() == held != state.to_bytes()
    assert case.capacity.tobytes() == capacity


@pytest.mark.need(160)
def test_a_state_out_of_a_cache_answers_as_before() -> None:
    """P8: the same state is the same bytes, and the same bytes the same answers."""
    case = plants_case(3000, 16)
    state = state_of(case, 3000)
    data = state.to_bytes()
    again = QueueState.from_bytes(data)
    assert again.to_bytes() == data == state_of(case, 3000).to_bytes()
    assert again.weeks == state.weeks
    for kind in (0, 9, 35):
        np.testing.assert_array_equal(append(again, kind), append(state, kind))


def test_bytes_that_are_no_state_are_refused() -> None:
    state = state_of(plants_case(100, 4), 100)
    for broken in (
        {"weeks": np.asarray(state.weeks)},
        {**vars(state), "week": state.week[:2]},
        {**vars(state), "orders": state.orders[:5]},
        {**vars(state), "left": state.left[:, :-3]},
        {**vars(state), "weeks": np.asarray(0)},
    ):
        stream = BytesIO()
        np.savez(
            stream, allow_pickle=False, **{name: np.asarray(part) for name, part in broken.items()}
        )
        with pytest.raises(ValueError, match="queue state"):
            QueueState.from_bytes(stream.getvalue())
    stream = BytesIO()
    np.savez(stream, **{**vars(state), "orders": np.array([{}], object)})
    with pytest.raises(ValueError, match="allow_pickle"):
        QueueState.from_bytes(stream.getvalue())


def test_a_class_that_does_not_exist_is_refused_and_nothing_changes() -> None:
    state = state_of(plants_case(500, 4), 500)
    before = state.to_bytes()
    for kind in (-1, 72):
        with pytest.raises(ValueError, match=r"0\.\.71"):
            quote(state, kind)
        with pytest.raises(ValueError, match=r"0\.\.71"):
            append(state, kind)
        with pytest.raises(ValueError, match=r"0\.\.71"):
            append_all(state, [0, kind])
    assert append_all(state, []).shape == (0, 4)
    assert state.to_bytes() == before
