"""Departures, dots, and the draws behind the dates."""

from __future__ import annotations

from math import ceil, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.forecast import (
    BEYOND_HORIZON,
    LEVELS,
    ForecastParameters,
    Lanes,
    chance_by,
    next_departure,
)
from yinuo.engines.forecast.levels import scenarios_enough
from yinuo.engines.forecast.luck import holds, stratified_normals, transit_times


def lanes(weekdays: list[int], transit: float = 3.0, sd: float = 0.0) -> Lanes:
    departs = np.zeros((1, 7), np.bool_)
    departs[0, weekdays] = True
    return Lanes(departs, np.array([transit]), np.array([sd]), np.array([1.0]))


@given(st.sets(st.integers(0, 6), min_size=1), st.floats(-40, 400))
@settings(deadline=None)
def test_the_next_departure_is_the_first_allowed_day(weekdays: set[int], moment: float) -> None:
    day = ceil(moment)
    while day % 7 not in weekdays:
        day += 1
    found = next_departure(np.array([moment]), np.array([0]), lanes(sorted(weekdays)))
    assert found.tolist() == [float(day)]


def test_departures_of_several_lanes_are_looked_up_each_in_its_own() -> None:
    both = Lanes(
        departs=np.array([[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]], np.bool_),
        transit_days=np.array([2.0, 2.0]),
        transit_sd_days=np.zeros(2),
        preparation_days=np.zeros(2),
    )
    found = next_departure(np.array([0.0, 0.0, 0.1, 7.0]), np.array([0, 1, 0, 1]), both)
    np.testing.assert_array_equal(found, [0, 6, 7, 13])
    assert next_departure(np.empty(0), np.empty(0, np.int64), both).shape == (0,)


def test_departures_refuse_what_cannot_be() -> None:
    one = lanes([0])
    for day, lane, message in [
        (np.array([nan]), np.array([0]), "finite"),
        (np.array([1.0]), np.array([1]), "lane must lie"),
        (np.array([1.0, 2.0]), np.array([0]), "same length"),
    ]:
        with pytest.raises(ValueError, match=message):
            next_departure(day, lane, one)


def test_lanes_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="at least one weekday"):
        lanes([])
    with pytest.raises(ValueError, match="not negative"):
        lanes([1], transit=-1.0)
    with pytest.raises(ValueError, match="spread"):
        lanes([1], transit=0.0, sd=1.0)
    with pytest.raises(ValueError, match="7 weekdays"):
        Lanes(np.ones((2, 7), np.bool_), np.ones(1), np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="one value per lane"):
        Lanes(np.ones((1, 7), np.bool_), np.ones(1), np.ones(2), np.ones(1))


@pytest.mark.need(22)
def test_dots_count_the_times_out_of_twenty() -> None:
    days = np.repeat([10, 20, 30, BEYOND_HORIZON], 5)
    asked = {9: 0, 10: 5, 19: 5, 20: 10, 29: 10, 30: 15, 10_000: 15}
    assert {day: chance_by(days, day) for day in asked} == asked
    with pytest.raises(ValueError, match="20"):
        chance_by(days[:19], 10)


def test_the_levels_are_four_and_twenty_and_cannot_be_changed() -> None:
    np.testing.assert_array_equal(LEVELS[:4], [0.10, 0.50, 0.80, 0.95])
    np.testing.assert_allclose(np.diff(LEVELS[4:]), 0.05)
    assert LEVELS[4] == 0.025
    assert LEVELS.size == 24
    with pytest.raises(ValueError, match="read-only"):
        LEVELS[0] = 0.2


def test_a_level_needs_its_share_of_scenarios_without_rounding_noise() -> None:
    assert 0.55 * 100 > 55
    assert scenarios_enough([0.55, 0.551, 0.001, 1.0], 100).tolist() == [55, 56, 1, 100]
    for level in (0.0, 1.01, nan):
        with pytest.raises(ValueError, match="levels"):
            scenarios_enough([level], 20)


def test_a_column_of_normals_holds_every_stratum_once() -> None:
    drawn = stratified_normals(200, 3, np.random.default_rng(2))
    np.testing.assert_array_equal(np.sort(drawn[:, 0]), np.sort(drawn[:, 2]))
    assert not np.array_equal(drawn[:, 0], drawn[:, 2])
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(drawn.std(axis=0), 1, atol=0.01)


def test_holds_have_their_chance_and_their_mean() -> None:
    parameters = ForecastParameters(hold_chance=0.2, hold_days=5.0)
    drawn = holds(5000, 2, parameters, np.random.default_rng(2))
    assert ((drawn > 0).mean(axis=0) == 0.2).all()
    assert drawn[drawn > 0].mean() == pytest.approx(5.0, rel=0.01)
    for chance, held in ((0.0, 0.0), (1.0, 1.0)):
        sure = ForecastParameters(hold_chance=chance)
        assert (holds(50, 1, sure, np.random.default_rng(2)) > 0).mean() == held


def test_transit_times_have_their_mean_and_spread() -> None:
    parameters = ForecastParameters(lane_shock_sd=0.0)
    drawn = transit_times(4000, lanes([0], 6.0, 2.0), parameters, np.random.default_rng(2))
    assert drawn.mean() == pytest.approx(6.0, rel=0.01)
    assert drawn.std() == pytest.approx(2.0, rel=0.03)
    shocked = ForecastParameters(lane_shock_sd=0.3)
    wide = transit_times(4000, lanes([0], 6.0, 2.0), shocked, np.random.default_rng(2))
    assert wide.mean() == pytest.approx(6.0, rel=0.02)
    assert wide.std() > 1.2 * drawn.std()
    still = transit_times(50, lanes([0], 0.0), shocked, np.random.default_rng(2))
    assert not still.any()


@pytest.mark.parametrize(
    "change",
    [
        {"scenarios": 1},
        {"scenarios": 40_000},
        {"production_days": 0},
        {"production_days": 8},
        {"finish_days": -1.0},
        {"hold_days": nan},
        {"hold_chance": 1.5},
        {"lane_shock_sd": -0.1},
        {"preparation_days": float("inf")},
    ],
)
def test_parameters_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        ForecastParameters(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize("own", [[[1]], [[-1], [0]], [[121], [0]], [[], []]])
def test_own_days_of_lanes_have_one_row_for_each_in_range(own: list[list[int]]) -> None:
    two = np.ones((2, 7), np.bool_), np.ones(2), np.zeros(2), np.zeros(2)
    with pytest.raises(ValueError, match="own_days"):
        Lanes(*two, np.array(own, np.int64))
