"""Own days against known worlds and a car-by-car twin; nothing is known before its day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yinuo.engines.forecast import CentreHistory, learn_lane, learn_own_days, still_own_days
from yinuo.engines.forecast.wip import OWN_DAYS

SEEDS = st.integers(0, 2**32 - 1)
DAYS = 60


def history(seed: int, cars: int, regions: int = 2, places: float = 2.0) -> CentreHistory:
    """Cars that come on any day and are handed over 0 to 8 days after preparation."""
    rng = np.random.default_rng(seed)
    arrived = rng.uniform(0, DAYS - 5, cars)
    return CentreHistory(
        arrived_day=arrived,
        handed_day=arrived + 1 + rng.uniform(0, 8, cars),
        region=rng.integers(0, regions, cars),
        places=rng.permutation(cars),
        capacity=rng.choice([0.0, 0.5, places], (regions, DAYS)),
        preparation_days=np.ones(regions),
        today=DAYS - 10,
    )


def turns(world: CentreHistory) -> NDArray[np.int64]:
    """The twin: each day the cars that are ready take what places there are, by place in line."""
    found = np.full(world.arrived_day.size, world.today)
    for g in range(world.capacity.shape[0]):
        ready = np.clip(np.ceil(world.arrived_day + world.preparation_days[g]), 0, world.today)
        waiting: list[tuple[float, int, int]] = []
        kept = 0.0
        for day in range(world.today + 1):
            waiting += [
                (float(ready[n]), int(world.places[n]), n)
                for n in np.flatnonzero((world.region == g) & (ready == day)).tolist()
            ]
            waiting.sort()
            free = world.capacity[g, day] + kept
            while waiting and free >= 1 - 1e-9:
                found[waiting.pop(0)[2]] = day
                free -= 1
            kept = free % 1.0 if waiting else 0.0
    return found


@given(SEEDS, st.integers(0, 80))
@settings(max_examples=60, deadline=None)
def test_how_long_a_turn_is_past_equals_the_twin(seed: int, cars: int) -> None:
    world = history(seed, cars)
    waited = learn_own_days(world).waited
    assert waited.tolist() == (world.today - turns(world)).tolist()


@given(SEEDS, st.integers(0, 80))
@settings(max_examples=60, deadline=None)
@pytest.mark.need(22)
def test_what_happens_after_today_changes_nothing(seed: int, cars: int) -> None:
    world = history(seed, cars)
    later = np.where(world.handed_day < world.today + 1, world.handed_day, np.nan)
    blind = replace(world, handed_day=later)
    assert learn_own_days(world).own_days.tolist() == learn_own_days(blind).own_days.tolist()


def test_without_any_car_the_place_is_the_hand_over() -> None:
    assert not learn_own_days(history(1, 0)).own_days.any()


def test_many_cars_teach_what_they_took() -> None:
    rng = np.random.default_rng(3)
    arrived = rng.uniform(0, 40, 4000)
    own = rng.integers(0, 8, 4000)
    turn = np.ceil(arrived + 1)
    handed = np.asarray(turn + own + 0.5, np.float64)
    world = CentreHistory(
        arrived, handed, np.zeros(4000, np.int64), np.arange(4000),
        np.full((1, 60), 1e6), np.ones(1), 45,
    )  # fmt: skip
    learned = learn_own_days(world).own_days[0]
    # Cars that still wait are not forgotten: leaving them out would make the days too few.
    assert np.abs(np.sort(learned) - (np.arange(OWN_DAYS) + 0.5) / OWN_DAYS * 8).max() <= 1.0
    assert learned.mean() == pytest.approx(3.5, abs=0.3)


def test_a_centre_with_few_cars_leans_on_all_centres() -> None:
    arrived = np.linspace(0, 30, 404)
    region = np.array([0] * 400 + [1] * 4)
    world = CentreHistory(
        arrived, np.ceil(arrived + 1) + 3.5, region, np.arange(404), np.full((2, 60), 1e6),
        np.ones(2), 50,
    )  # fmt: skip
    sure, few = learn_own_days(world).own_days
    assert np.median(sure) == 3
    assert np.median(few) == 3
    alone = replace(
        world, arrived_day=arrived[400:], handed_day=world.handed_day[400:],
        region=region[400:], places=np.arange(4),
    )  # fmt: skip
    # Four cars alone weigh less than what is stated without any.
    assert np.median(learn_own_days(alone).own_days) == 0


def test_what_is_left_of_own_days() -> None:
    own = np.array([[0, 1, 2, 5], [0, 1, 2, 5], [0, 1, 2, 5]])
    left = still_own_days(own, np.array([0.0, 2.0, 9.0]))
    assert left[0].tolist() == [0, 1, 2, 5]
    assert left[1].tolist() == [0, 0, 3, 3]
    assert left[2].tolist() == [1, 1, 1, 1]


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_who_waited_longer_waits_no_less_in_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own = np.repeat(rng.integers(0, 9, (1, OWN_DAYS)), 6, axis=0)
    waited = np.arange(6.0)
    total = still_own_days(own, waited) + waited[:, None]
    assert (np.diff(total.min(axis=1)) >= 0).all()


def test_a_lane_is_what_is_stated_until_trains_have_run() -> None:
    assert learn_lane(np.zeros(0), 3.0, 0.5) == pytest.approx((3.0, 0.5))
    mean, sd = learn_lane(np.full(400, 4.0), 3.0, 0.5)
    assert mean == pytest.approx(4.0, abs=0.03)
    assert sd == pytest.approx(0.15, abs=0.1)
    half, _ = learn_lane(np.full(8, 4.0), 3.0, 0.5)
    assert half == pytest.approx(3.5)


@pytest.mark.parametrize("region", [[0, 2], [-1, 0], [0]])
def test_cars_of_no_centre_are_refused(region: list[int]) -> None:
    world = history(1, 2)
    with pytest.raises(ValueError, match=r"cent|place"):
        learn_own_days(replace(world, region=np.array(region)))
