"""What the next lock would get, against locking it and forecasting everybody again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yinuo.engines import queue
from yinuo.engines.forecast import (
    BEYOND_HORIZON,
    LEVELS,
    ForecastParameters,
    Lanes,
    forecast_next,
    forecast_queued,
    map_next,
)
from yinuo.workflows.next_lock import NextLocks

SEEDS = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Maker:
    """A plant or two, a scarce option, some centres, and orders that wait."""

    classes: NDArray[np.int64]
    regions: NDArray[np.int64]
    alternatives: NDArray[np.int32]
    resources: NDArray[np.int32]
    capacity: NDArray[np.int32]
    lanes: Lanes
    places: NDArray[np.float64]
    today: int

    def run(self, classes: NDArray[np.int64]) -> queue.QueueRun:
        return queue.simulate(classes, self.alternatives, self.resources, self.capacity)

    def with_one_more(self, k: int, g: int) -> NDArray[np.int32]:
        """Days of one more order of the class and region, forecast together with all others."""
        classes, regions = np.append(self.classes, k), np.append(self.regions, g)
        days = forecast_queued(
            self.run(classes), classes, regions, self.lanes, self.places,
            ForecastParameters(), np.random.default_rng(5), LEVELS, self.today,
        )  # fmt: skip
        return np.asarray(days[-1])

    def quoted(self) -> NDArray[np.int32]:
        run = self.run(self.classes)
        return forecast_next(
            run, self.next_weeks(), self.classes, self.regions, self.lanes, self.places,
            ForecastParameters(), np.random.default_rng(5), LEVELS, self.today,
        )  # fmt: skip

    def next_weeks(self) -> NDArray[np.int32]:
        """Found the slow way: each class locks one more, everybody is served again."""
        weeks = np.zeros((self.alternatives.size, self.capacity.shape[0]), np.int32)
        for k in range(self.alternatives.size):
            counts = self.run(np.append(self.classes, k)).cumulative[k]
            weeks[k] = (counts <= np.count_nonzero(self.classes == k)).sum(axis=0)
        return weeks


def random_maker(seed: int, places: float) -> Maker:
    rng = np.random.default_rng(seed)
    kinds, centres, weeks, scenarios = 3, 2, 6, int(rng.integers(2, 12))
    count = int(rng.integers(0, 50))
    resources = np.array([[[0, -1], [1, -1]], [[0, 2], [1, 2]], [[1, -1], [-1, -1]]], np.int32)
    departs = np.zeros((centres, 7), np.bool_)
    departs[np.arange(centres), rng.integers(0, 7, centres)] = True
    return Maker(
        classes=rng.integers(0, kinds, count),
        regions=rng.integers(0, centres, count),
        alternatives=np.array([2, 2, 1], np.int32),
        resources=resources,
        capacity=rng.integers(0, 7, (scenarios, 3, weeks)).astype(np.int32),
        lanes=Lanes(departs, np.array([2.0, 5.0]), np.array([0.5, 1.0]), np.array([1.0, 0.0])),
        places=np.full((centres, 120), places),
        today=int(rng.integers(0, 7)),
    )


@given(SEEDS)
@settings(max_examples=25, deadline=None)
def test_it_is_what_a_lock_would_be_given(seed: int) -> None:
    maker = random_maker(seed, places=1000.0)
    quoted = maker.quoted()
    for k in range(3):
        for g in range(2):
            np.testing.assert_array_equal(quoted[k, g], maker.with_one_more(k, g))


@given(SEEDS)
@settings(max_examples=25, deadline=None)
def test_at_a_tight_centre_it_differs_by_one_departure_at_most(seed: int) -> None:
    maker = random_maker(seed, places=1.0)
    quoted = maker.quoted()
    for k in range(3):
        for g in range(2):
            locked = maker.with_one_more(k, g)
            both = (locked < BEYOND_HORIZON) & (quoted[k, g] < BEYOND_HORIZON)
            # A build day earlier or later is at most the next departure, a week away.
            assert (np.abs(locked - quoted[k, g])[both] <= 8).all()


def test_days_do_not_fall_with_the_level() -> None:
    quoted = random_maker(3, 2.0).quoted()
    assert (np.diff(quoted[..., 4:], axis=2) >= 0).all()
    assert (np.diff(quoted[..., :4], axis=2) >= 0).all()


def test_a_class_that_can_never_be_built_has_no_date() -> None:
    maker = random_maker(1, 5.0)
    maker.capacity[:, 2, :] = 0
    quoted = maker.quoted()
    assert (quoted[1] == BEYOND_HORIZON).all()


def test_wrong_input_is_refused() -> None:
    maker = random_maker(2, 5.0)
    run, rng = maker.run(maker.classes), np.random.default_rng(1)
    weeks = maker.next_weeks()
    for bad, words in ((weeks[:2], "one week"), (weeks - 7, "must lie"), (weeks + 7, "must lie")):
        with pytest.raises(ValueError, match=words):
            forecast_next(
                run, bad, maker.classes, maker.regions, maker.lanes, maker.places,
                ForecastParameters(), rng, LEVELS, 0,
            )  # fmt: skip
    with pytest.raises(ValueError, match="today"):
        forecast_next(
            run, weeks, maker.classes, maker.regions, maker.lanes, maker.places,
            ForecastParameters(), rng, LEVELS, -1,
        )  # fmt: skip
    with pytest.raises(ValueError, match="same regions"):
        forecast_next(
            run, weeks, maker.classes, maker.regions, maker.lanes, np.ones((5, 9)),
            ForecastParameters(), rng, LEVELS, 0,
        )  # fmt: skip


@given(SEEDS, st.lists(st.integers(0, 2), max_size=12))
@settings(max_examples=25, deadline=None)
def test_p5_locks_appended_one_by_one_are_what_a_whole_run_gives(
    seed: int, locks: list[int]
) -> None:
    """P5 to the day: a quote after appended locks equals serving and forecasting everybody anew."""
    maker = random_maker(seed, places=1000.0)
    run = queue.simulate(
        maker.classes, maker.alternatives, maker.resources, maker.capacity, keep_state=True
    )
    assert run.state is not None
    weeks = queue.quote_all(run.state)
    ways, others = map_next(
        run, weeks, maker.classes, maker.regions, maker.lanes, maker.places,
        ForecastParameters(), np.random.default_rng(5), maker.today,
    )  # fmt: skip
    live = NextLocks(run.state, ways, weeks.astype(np.int64), others, 0)
    live.append([(number, kind) for number, kind in enumerate(locks, 1)])
    live.append([(number, kind) for number, kind in enumerate(locks, 1)])
    again = NextLocks.from_bytes(live.to_bytes())
    later = replace(
        maker,
        classes=np.append(maker.classes, locks).astype(np.int64),
        regions=np.append(maker.regions, [0] * len(locks)).astype(np.int64),
    )
    for k in range(3):
        for g in range(2):
            whole = later.with_one_more(k, g)
            np.testing.assert_array_equal(live.quote(k, g), whole)
            np.testing.assert_array_equal(again.quote(k, g), whole)
