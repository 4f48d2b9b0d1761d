"""Dates of queued orders against a day-by-day twin, and the promises of the method."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engines.forecast_worlds import (
    Run,
    as_many,
    build_days,
    handed_over,
    map_of,
    plain_world,
    random_world,
    with_own_days,
)
from yinuo.engines.forecast import (
    BEYOND_HORIZON,
    LEVELS,
    ForecastParameters,
    Lanes,
    forecast_queued,
)
from yinuo.engines.forecast.daymap import OFFSET_MAX

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_quantiles_equal_the_day_by_day_twin(seed: int) -> None:
    world = random_world(seed)
    scenarios = world.run.cumulative.shape[2]
    days = np.array([handed_over(world, s, seed) for s in range(scenarios)])
    ordered = np.sort(with_own_days(world, days.reshape(scenarios, -1)), axis=0)
    needed = np.maximum(np.ceil(LEVELS * scenarios - 1e-9).astype(int), 1)
    needed *= ordered.shape[0] // scenarios
    expected = ordered[needed - 1].T
    expected[np.isinf(expected)] = BEYOND_HORIZON
    np.testing.assert_array_equal(world.forecast(seed), expected)
    with as_many():
        np.testing.assert_array_equal(world.forecast(seed), expected)


@given(SEEDS)
@settings(max_examples=100, deadline=None)
@pytest.mark.need(22)
def test_quantiles_rise_with_the_level_and_with_the_place_in_line(seed: int) -> None:
    world = random_world(seed)
    with as_many():
        days = world.forecast(seed)
    by_level = days[:, np.argsort(LEVELS, kind="stable")]
    assert (np.diff(by_level, axis=1) >= 0).all()
    for k in range(4):
        for g in range(4):
            line = days[(world.classes == k) & (world.regions == g)]
            assert (np.diff(line, axis=0) >= 0).all()


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_p16_the_day_map_never_falls_and_its_offsets_fit(seed: int) -> None:
    """P16: cars built later are handed over no earlier; 8 bits are used only where they suffice."""
    world = random_world(seed)
    found = map_of(world, seed)
    # Columns behind those of the regions only fill a cache line.
    offsets = found.offsets[:, :, : world.centre_capacity.shape[0]]
    days = found.base[None, :, None].astype(np.int64) + offsets
    # The last production day stands for orders that are never built.
    assert (np.diff(days[:, :-1], axis=1) >= 0).all()
    horizon = world.centre_capacity.shape[1]
    assert days.max(initial=0) <= horizon
    assert int(offsets.max(initial=0)) <= OFFSET_MAX or found.offsets.dtype == np.uint16


def test_p16_a_way_longer_than_eight_bits_is_kept_whole() -> None:
    """P16: a backlog of more than 254 days is neither cut off nor wrapped around."""
    slow = replace(plain_world(280, 100), centre_capacity=np.full((1, 400), 1.0))
    found = map_of(slow, 3)
    assert found.offsets.dtype == np.uint16
    offsets = found.offsets[:, :, :1]
    assert int(offsets.max()) > OFFSET_MAX
    days = found.base[None, :, None].astype(np.int64) + offsets
    assert (np.diff(days[:, :-1], axis=1) >= 0).all()


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_no_date_lies_on_a_closed_day_or_before_today(seed: int) -> None:
    world = random_world(seed)
    for region, row in zip(world.regions, world.forecast(seed), strict=True):
        dates = row[row != BEYOND_HORIZON]
        assert (world.centre_capacity[region, dates] > 0).all()
        assert (dates >= world.today).all()


def test_a_car_without_luck_takes_exactly_the_stated_steps() -> None:
    # Five cars in week 0, one each working day. Complete at the end of the day, a day to finish:
    # Monday's car may leave from Wednesday on, takes Thursday's train (day 3), arrives on day 5,
    # is prepared for a day. Tuesday's car is ready on Thursday and joins it. The others wait.
    days = plain_world(orders=5, a_week=5).forecast(1)
    np.testing.assert_array_equal(days[:, 1], [6, 6, 13, 13, 13])
    assert (days == days[:, :1]).all()


def test_the_middle_of_a_week_begins_where_today_is() -> None:
    world = replace(plain_world(orders=4, a_week=4), today=3)
    # Only Thursday and Friday are left: two cars each day, all for the next Thursday's train.
    assert build_days(world, 0) == [3, 3, 4, 4]
    np.testing.assert_array_equal(world.forecast(1)[:, 1], [13] * 4)


def test_a_train_full_of_cars_waits_for_hand_over_places() -> None:
    world = plain_world(orders=10, a_week=10)
    world.centre_capacity[:] = 1.0
    world.centre_capacity[0, 8] = 0.0
    # Built two a day; Monday's and Tuesday's four arrive for day 6, the other six for day 13.
    # Places: 6, 7, (8 closed), 9, 10; then 13 to 18. Two of a day share the day of the second.
    days = world.forecast(1)[:, 1]
    np.testing.assert_array_equal(days, [7, 7, 10, 10, 14, 14, 16, 16, 18, 18])


@pytest.mark.need(22)
def test_a_backlog_is_told_in_the_first_promise() -> None:
    # 14 weeks of cars stand in front: nobody may be told 45 days.
    world = plain_world(orders=15 * 70, a_week=70)
    days = world.forecast(1)[:, 1]
    assert days[-1] >= 98
    assert (np.diff(days) >= 0).all()
    assert (days <= 45).sum() == pytest.approx(5.4 * 70, abs=70)


@pytest.mark.need(113)
def test_half_the_output_is_twice_the_wait() -> None:
    design = plain_world(orders=1000, a_week=100).forecast(1)[-1, 1]
    real = plain_world(orders=1000, a_week=50).forecast(1)[-1, 1]
    assert real - design == 70


def test_beyond_the_last_week_or_the_last_day_no_date_is_given() -> None:
    world = plain_world(orders=40, a_week=1)
    days = world.forecast(1)
    assert (days[30:] == BEYOND_HORIZON).all()
    assert (days[:30] < 400).all()
    shorter = replace(world, centre_capacity=np.full((1, 50), 100.0))
    cut = shorter.forecast(1)
    np.testing.assert_array_equal(cut[days < 50], days[days < 50])
    assert (cut[days >= 50] == BEYOND_HORIZON).all()


def test_a_centre_without_places_gives_no_dates() -> None:
    world = plain_world(orders=5, a_week=5)
    world.centre_capacity[:] = 0.0
    assert (world.forecast(1) == BEYOND_HORIZON).all()


@pytest.mark.need(22)
def test_the_stated_odds_are_the_share_of_scenarios() -> None:
    # In three of eight scenarios the plant stands still for the first two weeks.
    world = plain_world(orders=5, a_week=5)
    world.run.cumulative[:, :2, 5:] = 0
    levels = np.array([3 / 8, 5 / 8, 0.63, 1.0])
    days = world.forecast(1, levels)
    np.testing.assert_array_equal(days[0], [6, 6, 20, 20])


def test_luck_widens_the_dates_and_slow_transit_is_more_likely_than_its_mean_says() -> None:
    world = plain_world(orders=5, a_week=5, scenarios=256)
    uncertain = replace(
        world,
        lanes=replace(world.lanes, transit_days=np.array([8.0]), transit_sd_days=np.array([3.0])),
        parameters=replace(world.parameters, hold_chance=0.1, lane_shock_sd=0.2),
    )
    p10, p50, p80, p95 = uncertain.forecast(1)[0, :4]
    assert 3 + 1 + 8 - 5 <= p10 < p50 < p80 < p95
    assert p95 - p50 > p50 - p10


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_dates() -> None:
    rng = np.random.default_rng(3)
    world = plain_world(orders=9000, a_week=400, scenarios=48)
    mixed = replace(
        world,
        regions=rng.integers(0, 2, 9000).astype(np.int32),
        lanes=Lanes(
            np.ones((2, 7), np.bool_), np.array([3.0, 6.0]), np.array([1.0, 2.0]), np.zeros(2)
        ),
        centre_capacity=np.full((2, 300), 40.0),
        parameters=ForecastParameters(),
    )
    answers = [mixed.forecast(seed).tobytes() for seed in (8, 8, 8, 9)]
    assert answers[0] == answers[1] == answers[2] != answers[3]


def test_a_new_region_leaves_the_dates_of_the_others() -> None:
    count = 900

    def dates(regions: int) -> NDArray[np.int32]:
        world = plain_world(orders=count, a_week=60, scenarios=32)
        return replace(
            world,
            regions=np.arange(count, dtype=np.int32) % 2,
            lanes=Lanes(
                np.ones((regions, 7), np.bool_),
                np.full(regions, 5.0),
                np.full(regions, 2.0),
                np.zeros(regions),
            ),
            centre_capacity=np.full((regions, 300), 40.0),
            parameters=ForecastParameters(),
        ).forecast(4)

    np.testing.assert_array_equal(dates(2), dates(3))


def test_a_later_lock_in_line_changes_no_median_while_places_suffice() -> None:
    world = plain_world(orders=50, a_week=10)
    first = replace(
        world,
        run=Run(np.minimum(world.run.cumulative, 30).astype(np.int32)),
        classes=world.classes[:30],
        regions=world.regions[:30],
    )
    np.testing.assert_array_equal(world.forecast(1)[:30], first.forecast(1))


def test_levels_may_come_in_any_order() -> None:
    world = random_world(12)
    turned = world.forecast(1, LEVELS[::-1])
    np.testing.assert_array_equal(turned[:, ::-1], world.forecast(1))


def test_input_that_cannot_be_is_refused() -> None:
    world = plain_world(orders=5, a_week=5)
    for change, message in [
        ({"classes": np.ones(5, np.int32)}, "classes must lie in 0..0"),
        ({"classes": np.zeros(4, np.int32)}, "same length"),
        ({"regions": np.ones(5, np.int32)}, "regions must lie in 0..0"),
        (
            {"classes": np.zeros(4, np.int32), "regions": np.zeros(4, np.int32)},
            "more orders of a class",
        ),
        ({"centre_capacity": np.full((2, 9), 1.0)}, "same regions"),
        ({"centre_capacity": np.full((1, 9), -1.0)}, "not negative"),
        ({"centre_capacity": np.full((1, 9), np.nan)}, "finite"),
        ({"centre_capacity": np.full((1, 0), 1.0)}, "32767 days"),
        ({"today": -1}, "today"),
    ]:
        with pytest.raises(ValueError, match=message):
            replace(world, **change).forecast(1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="levels"):
        world.forecast(1, np.array([0.0]))


def test_a_forecast_may_be_asked_for_from_several_threads_at_once() -> None:
    world = plain_world(orders=9000, a_week=400, scenarios=40)
    alone = world.forecast(4).tobytes()
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(lambda _: world.forecast(4).tobytes(), range(8)))
    assert answers == [alone] * 8


def test_no_classes_and_no_regions_no_dates() -> None:
    nowhere = Lanes(np.ones((0, 7), np.bool_), np.empty(0), np.empty(0), np.empty(0))
    days = forecast_queued(
        Run(np.empty((0, 3, 2), np.int32)), np.empty(0, np.int32), np.empty(0, np.int32), nowhere,
        np.ones((0, 5)), ForecastParameters(), np.random.default_rng(1), LEVELS,
    )  # fmt: skip
    assert days.shape == (0, LEVELS.size)


def test_no_orders_no_dates() -> None:
    world = plain_world(orders=0, a_week=5)
    assert world.forecast(1).shape == (0, LEVELS.size)
    assert all(a <= b for a, b in pairwise(sorted(LEVELS)))
