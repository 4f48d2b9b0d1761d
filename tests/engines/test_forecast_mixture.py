"""The shortcut against its own sum, against the exact way, and across the seam between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engines.forecast_worlds import (
    World,
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
    forecast_regions,
)
from yinuo.engines.forecast.levels import scenarios_enough
from yinuo.engines.forecast.queued import Method

SEEDS = st.integers(0, 2**32 - 1)


def summed(world: World, seed: int) -> NDArray[np.int64]:
    """The twin: for every order and day, add up the weeks and all ways behind each of them."""
    day_map, per_week = map_of(world, seed), world.parameters.production_days
    _, weeks, scenarios = world.run.cumulative.shape
    days = int(day_map.base[-1])
    # by_day[g, w, d]: the share, in 420ths, of what is built in week w and handed over by day d.
    by_day = np.zeros((world.centre_capacity.shape[0], weeks, days), np.int64)
    for g in range(by_day.shape[0]):
        for w in range(weeks):
            gone = min(max(world.today - 7 * w, 0), per_week - 1)
            for p in range(per_week * w + gone, per_week * (w + 1)):
                handed = day_map.base[p] + day_map.offsets[:, p, g].astype(np.int64)
                places = np.where(handed < days, handed, np.inf)[:, None]
                alone = replace(world, regions=np.array([g], np.int32))
                for day in with_own_days(alone, places).ravel():
                    if day < days:
                        by_day[g, w, int(day) :] += 420 // (per_week - gone)
    whole = 1 if world.lanes.own_days is None else world.lanes.own_days.shape[1]
    enough = scenarios_enough(LEVELS, scenarios)
    found = np.full((world.classes.size, LEVELS.size), BEYOND_HORIZON, np.int64)
    for n, (k, g) in enumerate(zip(world.classes, world.regions, strict=True)):
        rank = int((world.classes[:n] == k).sum())
        by_week = (world.run.cumulative[k] > rank).sum(axis=1)
        in_week = np.diff(by_week, prepend=0)
        chance = in_week @ by_day[g]
        for q, scenarios_needed in enumerate(enough):
            reached = np.flatnonzero(chance >= scenarios_needed * 420 * scenarios * whole)
            if reached.size:
                found[n, q] = reached[0]
    return found


def long_line(seed: int, scenarios: int = 64, capacity: float = 30.0) -> World:
    """40 weeks of orders of three classes at six centres, with plants that run fast or slow."""
    rng = np.random.default_rng(seed)
    orders, kinds, weeks, centres = 3600, 3, 60, 6
    classes = rng.integers(0, kinds, orders).astype(np.int32)
    pace = np.exp(0.15 * rng.standard_normal((1, 1, scenarios)))
    output = rng.poisson(30 * pace, (kinds, weeks, scenarios)).cumsum(axis=1)
    sizes = np.bincount(classes, minlength=kinds)
    departs = np.zeros((centres, 7), np.bool_)
    departs[:, [1, 4]] = True
    transit = rng.uniform(1.0, 9.0, centres)
    places = np.full((centres, 7 * weeks + 60), capacity / 6)
    places[:, 6::7] = 0.0
    world = plain_world(orders=3, a_week=3)
    return replace(
        world,
        run=replace(world.run, cumulative=np.minimum(output, sizes[:, None, None]).astype("i4")),
        classes=classes,
        regions=rng.integers(0, centres, orders).astype(np.int32),
        lanes=Lanes(departs, transit, 0.2 * transit, np.full(centres, 1.5)),
        centre_capacity=places,
        parameters=ForecastParameters(),
    )


@given(SEEDS)
@settings(max_examples=80, deadline=None)
@pytest.mark.need(22)
def test_the_mixture_is_the_sum_over_weeks_and_ways(seed: int) -> None:
    world = random_world(seed)
    np.testing.assert_array_equal(world.forecast(seed, method="mixture"), summed(world, seed))


@pytest.mark.parametrize("method", ["mixture", "split"])
@pytest.mark.need(22)
def test_the_mixture_lies_close_to_the_exact_dates(method: Method) -> None:
    world = long_line(5)
    exact, short = world.forecast(1)[:, :4], world.forecast(1, method=method)[:, :4]
    error = np.abs(exact.astype(np.int64) - short)
    assert (error.mean(axis=0) < [2.0, 1.5, 2.5, 3.5]).all()
    assert np.percentile(error, 99) <= 10
    assert error.max() > 0


def test_with_one_scenario_of_the_way_there_is_nothing_to_mix() -> None:
    # No luck on the way and places for all: the map is the same in all scenarios, and weeks built
    # by a train a week share its day, so that the mixture is exact.
    world = long_line(6, capacity=1e6)
    plain = replace(
        world,
        lanes=replace(
            world.lanes,
            departs=np.tile(np.arange(7) == 0, (6, 1)),
            transit_sd_days=np.zeros(6),
        ),
        parameters=ForecastParameters(
            finish_days=0.0, hold_chance=0.0, lane_shock_sd=0.0, production_days=6
        ),
    )
    np.testing.assert_array_equal(plain.forecast(1), plain.forecast(1, method="mixture"))


@pytest.mark.need(22)
def test_split_is_exact_for_the_next_eight_weeks() -> None:
    world = long_line(7)
    exact, split = world.forecast(1), world.forecast(1, method="split")
    rank = np.zeros(world.classes.size, np.int64)
    for k in range(3):
        rank[world.classes == k] = np.arange((world.classes == k).sum())
    near = (world.run.cumulative[world.classes, 7] > rank[:, None]).mean(axis=1) >= 0.5
    assert 0.1 < near.mean() < 0.3
    np.testing.assert_array_equal(split[near], exact[near])
    assert (split[~near] != exact[~near]).any()


@given(SEEDS, st.sampled_from(["mixture", "split"]))
@settings(max_examples=60, deadline=None)
@pytest.mark.need(22)
def test_dates_keep_their_order_also_across_the_seam(seed: int, method: Method) -> None:
    for world in (random_world(seed), long_line(seed % 100, scenarios=9, capacity=25.0)):
        days = world.forecast(seed, method=method)
        assert (np.diff(days[:, np.argsort(LEVELS, kind="stable")], axis=1) >= 0).all()
        for k in range(world.run.cumulative.shape[0]):
            for g in range(world.centre_capacity.shape[0]):
                line = days[(world.classes == k) & (world.regions == g)]
                assert (np.diff(line, axis=0) >= 0).all()
        for region, row in zip(world.regions, days, strict=True):
            dates = row[row != BEYOND_HORIZON]
            assert (world.centre_capacity[region, dates] > 0).all()
            assert (dates >= world.today).all()


@pytest.mark.parametrize("method", ["mixture", "split"])
def test_beyond_the_horizon_the_mixture_gives_no_date(method: Method) -> None:
    world = plain_world(orders=40, a_week=1)
    days = world.forecast(1, method=method)
    np.testing.assert_array_equal(days == BEYOND_HORIZON, world.forecast(1) == BEYOND_HORIZON)
    nowhere = replace(world, centre_capacity=np.zeros((1, 300)))
    assert (nowhere.forecast(1, method=method) == BEYOND_HORIZON).all()


@pytest.mark.parametrize("method", ["mixture", "split"])
def test_some_regions_alone_get_the_dates_of_the_whole_mixture(method: Method) -> None:
    world = long_line(8)
    rows, days = forecast_regions(
        world.run, world.classes, world.regions, world.lanes, world.centre_capacity,
        world.parameters, np.random.default_rng(1), LEVELS, [4, 1], world.today, method,
    )  # fmt: skip
    np.testing.assert_array_equal(days, world.forecast(1, method=method)[rows])


def test_more_scenarios_than_the_ways_need_are_thinned_alike_every_time() -> None:
    world = long_line(9, scenarios=300)
    first, again = (world.forecast(1, method="mixture") for _ in range(2))
    assert first.tobytes() == again.tobytes()
    error = np.abs(first[:, :4].astype(np.int64) - world.forecast(1)[:, :4])
    assert (error.mean(axis=0) < [2.0, 1.5, 2.5, 3.5]).all()


def test_another_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method must be one of exact, split, mixture"):
        plain_world(orders=5, a_week=5).forecast(1, method="guess")  # type: ignore[arg-type]
