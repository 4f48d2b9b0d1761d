"""Dates of built cars against a car-by-car twin; a cancelled train and what it moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yinuo.engines.forecast import (
    BEYOND_HORIZON,
    LEVELS,
    ForecastParameters,
    Lanes,
    capacity_left,
    forecast_built,
    next_departure,
)
from yinuo.engines.forecast.luck import stratified_normals

TWENTY = ForecastParameters(scenarios=20)
SEEDS = st.integers(0, 2**32 - 1)
FEW = ForecastParameters(scenarios=19, preparation_days=0.5)


@dataclass(frozen=True)
class Cars:
    ready_day: NDArray[np.float64]
    sd_days: NDArray[np.float64]
    lane: NDArray[np.int64]
    regions: NDArray[np.int64]
    places: NDArray[np.int64]
    centre_capacity: NDArray[np.float64]
    today: int = 0
    parameters: ForecastParameters = FEW

    def forecast(self, seed: int = 1) -> NDArray[np.int32]:
        return forecast_built(
            self.ready_day,
            self.sd_days,
            self.lane,
            self.regions,
            self.places,
            self.centre_capacity,
            self.parameters,
            np.random.default_rng(seed),
            LEVELS,
            self.today,
        )


def random_cars(seed: int) -> Cars:
    rng = np.random.default_rng(seed)
    count, centres = int(rng.integers(0, 40)), int(rng.integers(1, 4))
    ready = rng.uniform(-5, 30, count)
    ready[rng.random(count) < 0.1] = inf
    return Cars(
        ready_day=ready,
        sd_days=rng.choice([0.0, 0.5, 4.0], count),
        lane=rng.integers(0, 3, count),
        regions=rng.integers(0, centres, count),
        places=rng.integers(0, 10, count),
        centre_capacity=rng.choice([0.0, 0.5, 1.0, 4.0], (centres, int(rng.integers(5, 50)))),
        today=int(rng.integers(0, 7)),
    )


def handed_over(cars: Cars, scenario: int, seed: int) -> list[float]:
    """The twin: sort the cars of a centre by readiness and place, then give out the days."""
    lanes = int(cars.lane.max()) + 1 if cars.lane.size else 0
    rng = np.random.default_rng(seed)
    luck = stratified_normals(cars.parameters.scenarios, lanes, rng)[scenario]
    found = [inf] * cars.ready_day.size
    for g in range(cars.centre_capacity.shape[0]):
        queue = []
        for n in np.flatnonzero((cars.regions == g) & np.isfinite(cars.ready_day)).tolist():
            moment = cars.ready_day[n] + cars.parameters.preparation_days
            moment += cars.sd_days[n] * luck[cars.lane[n]]
            queue.append((max(ceil(moment), cars.today), int(cars.places[n]), n))
        queue.sort()
        missing = 1.0
        for day, places in enumerate(cars.centre_capacity[g].tolist()):
            while queue and queue[0][0] <= day and places > 0:
                now = min(places, missing)
                places, missing = places - now, missing - now
                if missing == 0:
                    found[queue.pop(0)[2]] = day
                    missing = 1.0
    return found


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_quantiles_equal_the_car_by_car_twin(seed: int) -> None:
    cars = random_cars(seed)
    scenarios = cars.parameters.scenarios
    days = np.array([handed_over(cars, s, seed) for s in range(scenarios)])
    ordered = np.sort(days.reshape(scenarios, -1), axis=0)
    needed = np.maximum(np.ceil(LEVELS * scenarios - 1e-9).astype(int), 1)
    expected = ordered[needed - 1].T
    expected[np.isinf(expected)] = BEYOND_HORIZON
    np.testing.assert_array_equal(cars.forecast(seed), expected)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_dates_rise_with_the_level_and_fall_on_open_days_from_today(seed: int) -> None:
    cars = random_cars(seed)
    days = cars.forecast(seed)
    assert (np.diff(days[:, np.argsort(LEVELS, kind="stable")], axis=1) >= 0).all()
    for region, row in zip(cars.regions, days, strict=True):
        dates = row[row != BEYOND_HORIZON]
        assert (cars.centre_capacity[region, dates] > 0).all()
        assert (dates >= cars.today).all()


def one_train(cars: int, ready_day: float, sd_days: float = 0.0) -> Cars:
    return Cars(
        ready_day=np.full(cars, ready_day),
        sd_days=np.full(cars, sd_days),
        lane=np.zeros(cars, np.int64),
        regions=np.zeros(cars, np.int64),
        places=np.arange(cars)[::-1].copy(),
        centre_capacity=np.full((1, 200), 20.0),
        parameters=replace(FEW, scenarios=256, preparation_days=1.0),
    )


@pytest.mark.need(22)
def test_a_cancelled_train_moves_its_cars_to_the_next_one() -> None:
    lanes = Lanes(
        departs=np.arange(7)[None] % 4 == 1,  # Tuesdays and Saturdays
        transit_days=np.array([3.0]),
        transit_sd_days=np.array([0.0]),
        preparation_days=np.array([1.0]),
    )
    planned = next_departure(np.full(40, 7.2), np.zeros(40, np.int64), lanes)
    instead = next_departure(planned + 1, np.zeros(40, np.int64), lanes)
    assert (planned == 8).all()
    assert (instead == 12).all()
    before = one_train(40, float(planned[0]) + 3).forecast()
    after = one_train(40, float(instead[0]) + 3).forecast()
    np.testing.assert_array_equal(after - before, 4)
    # Forty cars, twenty places a day, lowest place first; the places were given in reverse.
    np.testing.assert_array_equal(before[:, 1], [13] * 20 + [12] * 20)


def test_a_wider_spread_gives_wider_dates_about_the_same_middle() -> None:
    sure, unsure = one_train(1, 30.0).forecast(), one_train(1, 30.0, 4.0).forecast()
    assert sure[0, 0] == sure[0, 3] == 31
    assert abs(int(unsure[0, 1]) - 31) <= 1
    assert unsure[0, 0] <= 27
    assert unsure[0, 3] >= 36


def test_cars_of_one_train_keep_the_order_of_their_places() -> None:
    days = one_train(100, 12.0, 2.5).forecast()
    assert (np.diff(days[::-1], axis=0) >= 0).all()


def test_an_unknown_arrival_has_no_date_and_takes_no_place() -> None:
    cars = one_train(21, 10.0)
    held = cars.ready_day.copy()
    held[20] = inf
    without = replace(cars, ready_day=held).forecast()
    assert (without[20] == BEYOND_HORIZON).all()
    assert (without[:20] == 11).all()
    assert (cars.forecast()[0] == 12).all()


def test_each_centre_may_prepare_at_its_own_pace() -> None:
    cars = one_train(2, 10.0)
    apart = replace(cars, regions=np.array([0, 1]), centre_capacity=np.full((2, 50), 5.0))
    days = forecast_built(
        apart.ready_day, apart.sd_days, apart.lane, apart.regions, apart.places,
        apart.centre_capacity, apart.parameters, np.random.default_rng(1), [0.5],
        preparation_days=[0.0, 4.0],
    )  # fmt: skip
    np.testing.assert_array_equal(days[:, 0], [10, 14])


def test_a_car_of_a_new_lane_leaves_the_dates_of_the_others() -> None:
    cars = one_train(8, 12.0, 2.5)
    joined = replace(cars, lane=np.array([0] * 7 + [5]))
    np.testing.assert_array_equal(joined.forecast()[:7], cars.forecast()[:7])


def test_the_same_seed_gives_the_same_bytes() -> None:
    cars = replace(one_train(500, 12.0, 2.5), lane=np.arange(500) % 7)
    answers = [cars.forecast(seed).tobytes() for seed in (3, 3, 4)]
    assert answers[0] == answers[1] != answers[2]


def test_input_that_cannot_be_is_refused() -> None:
    cars = one_train(2, 10.0)
    for change, message in [
        ({"ready_day": np.array([1.0, nan])}, "ready_day"),
        ({"ready_day": np.array([1.0, -inf])}, "ready_day"),
        ({"ready_day": np.array([1.0])}, "same length"),
        ({"sd_days": np.array([1.0, -1.0])}, "sd_days"),
        ({"sd_days": np.array([1.0, inf])}, "sd_days"),
        ({"lane": np.array([0, -1])}, "lane"),
        ({"regions": np.array([0, 1])}, "regions"),
        ({"today": -1}, "today"),
    ]:
        with pytest.raises(ValueError, match=message):
            replace(cars, **change).forecast()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="preparation_days"):
        forecast_built(
            cars.ready_day, cars.sd_days, cars.lane, cars.regions, cars.places,
            cars.centre_capacity, cars.parameters, np.random.default_rng(1), [0.5],
            preparation_days=[-1.0],
        )  # fmt: skip


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_built_cars_leave_the_rest_of_the_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    capacity = rng.choice([0.0, 1.0, 2.5], (2, 15))
    days, regions = rng.integers(-2, 20, 12), rng.integers(0, 2, 12)
    left = capacity_left(capacity, days, regions)
    assert (left >= 0).all()
    assert (left <= capacity).all()
    for g in range(2):
        mine = np.sort(days[(regions == g) & (days >= 0) & (days < 15)])
        expected, waiting = capacity[g].copy(), 0.0
        for day in range(15):
            waiting += (mine == day).sum()
            while waiting > 0 and expected[day] > 0:
                used = min(waiting, expected[day], 0.5)
                expected[day], waiting = expected[day] - used, waiting - used
        np.testing.assert_allclose(left[g], expected)


def test_places_left_check_their_regions() -> None:
    with pytest.raises(ValueError, match="regions"):
        capacity_left(np.ones((1, 5)), [1], [1])
    with pytest.raises(ValueError, match="same length"):
        capacity_left(np.ones((1, 5)), [1, 2], [0])


def test_own_days_are_every_cars_own_and_end_on_open_days() -> None:
    capacity = np.zeros((1, 60))
    capacity[0, [3, 4, 10, 11, 12, 13, 14, 15]] = 5.0
    days = forecast_built(
        [2.0, 2.0, 2.0], [0.0] * 3, [0] * 3, [0] * 3, [0, 1, 2], capacity, TWENTY,
        np.random.default_rng(1), [0.25, 0.5, 0.75, 1.0],
        preparation_days=[1.0], own_days=[[0, 0, 0, 0], [0, 1, 2, 8], [3, 3, 60, 60]],
    )  # fmt: skip
    # Day 5 is closed, and the next open one is day 10; day 63 lies beyond the calendar.
    assert days[0].tolist() == [3, 3, 3, 3]
    assert days[1].tolist() == [3, 4, 10, 11]
    assert days[2].tolist() == [10, 10, BEYOND_HORIZON, BEYOND_HORIZON]


@pytest.mark.parametrize("own", [[[1]], [[-1], [0]], [[], []], [1, 2]])
def test_own_days_that_cannot_be_are_refused(own: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="own_days"):
        forecast_built(
            [1.0, 1.0], [0.0] * 2, [0] * 2, [0] * 2, [0, 1], np.ones((1, 9)), FEW,
            np.random.default_rng(1), [0.5], own_days=own,
        )  # fmt: skip
