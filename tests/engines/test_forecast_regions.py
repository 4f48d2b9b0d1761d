"""A new forecast of some regions only, and the map behind the dates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engines.forecast_worlds import World, as_many, map_of, plain_world, random_world
from yinuo.engines.forecast import LEVELS, ForecastParameters, Lanes, forecast_regions

SEEDS = st.integers(0, 2**32 - 1)


def of_regions(
    world: World, wanted: list[int], seed: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    return forecast_regions(
        world.run, world.classes, world.regions, world.lanes, world.centre_capacity,
        world.parameters, np.random.default_rng(seed), LEVELS, wanted, world.today,
    )  # fmt: skip


def many_regions(count: int, orders: int = 3000) -> World:
    """One class, `count` regions of a few orders each."""
    rng = np.random.default_rng(count)
    world = plain_world(orders=orders, a_week=150, scenarios=12)
    departs = rng.random((count, 7)) < 0.5
    departs[:, 2] = True
    transit = rng.uniform(1, 9, count)
    return replace(
        world,
        regions=rng.integers(0, count, orders).astype(np.int32),
        lanes=Lanes(departs, transit, 0.2 * transit, np.ones(count)),
        centre_capacity=rng.choice([0.0, 0.5, 3.0], (count, 300)),
        parameters=ForecastParameters(),
    )


@given(SEEDS, st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.need(24)
def test_some_regions_alone_get_the_dates_of_the_whole_forecast(
    seed: int, data: st.DataObject
) -> None:
    world = random_world(seed)
    centres = range(world.centre_capacity.shape[0])
    wanted = data.draw(st.lists(st.sampled_from(centres), unique=True))
    rows, days = of_regions(world, wanted, seed)
    np.testing.assert_array_equal(rows, np.flatnonzero(np.isin(world.regions, wanted)))
    with as_many():
        np.testing.assert_array_equal(days, world.forecast(seed)[rows])
        np.testing.assert_array_equal(days, of_regions(world, wanted, seed)[1])


def test_a_lane_that_changed_moves_only_its_own_region() -> None:
    world = many_regions(20)
    departs = world.lanes.departs.copy()
    departs[7] = np.arange(7) == 5
    changed = replace(world, lanes=replace(world.lanes, departs=departs))
    rows, days = of_regions(changed, [7])
    kept = world.forecast(1)
    assert (days != kept[rows]).any()
    kept[rows] = days
    np.testing.assert_array_equal(kept, changed.forecast(1))


def test_more_regions_than_one_group_holds_change_nothing() -> None:
    world = many_regions(130)
    with as_many():
        whole = world.forecast(3)
    np.testing.assert_array_equal(world.forecast(3), whole)
    for wanted in ([129, 3], [64], list(range(60, 70))):
        rows, days = of_regions(world, wanted, 3)
        np.testing.assert_array_equal(days, whole[rows])


def test_regions_that_do_not_exist_or_come_twice_are_refused() -> None:
    world = many_regions(3, orders=30)
    for wanted in ([3], [-1], [1, 1]):
        with pytest.raises(ValueError, match="wanted must name regions"):
            of_regions(world, wanted)
    rows, days = of_regions(world, [])
    assert rows.shape == (0,)
    assert days.shape == (0, LEVELS.size)


@given(SEEDS)
@settings(max_examples=80, deadline=None)
@pytest.mark.need(22)
def test_the_map_never_falls_with_the_build_day(seed: int) -> None:
    world = random_world(seed)
    day_map = map_of(world, seed)
    centres = world.centre_capacity.shape[0]
    days = day_map.base[:, None] + day_map.offsets[:, :, :centres].astype(np.int64)
    assert (np.diff(days, axis=1) >= 0).all()
    assert (days >= world.today).all()
    assert (days[:, -1] == world.centre_capacity.shape[1]).all()


def test_ways_longer_than_eight_bits_get_sixteen() -> None:
    world = plain_world(orders=20, a_week=10)
    assert map_of(world, 1).offsets.dtype == np.uint8
    # The centre opens only on day 350: nobody of week 0 is handed over before.
    closed = world.centre_capacity.copy()
    closed[:, :350] = 0.0
    late = replace(world, centre_capacity=closed)
    assert map_of(late, 1).offsets.dtype == np.uint16
    assert (late.forecast(1) == 350).all()
    with as_many():
        assert (late.forecast(1) == 350).all()


def test_the_longest_way_of_eight_bits_is_told_from_the_next() -> None:
    for opens, kind in ((254, np.uint8), (255, np.uint16)):
        world = plain_world(orders=1, a_week=1)
        closed = world.centre_capacity.copy()
        # The one car is built on Wednesday; the map's longest way begins on Monday.
        closed[:, :opens] = 0.0
        late = replace(world, centre_capacity=closed)
        assert map_of(late, 1).offsets.dtype == kind
        assert (late.forecast(1) == opens).all()
        with as_many():
            assert (late.forecast(1) == opens).all()
