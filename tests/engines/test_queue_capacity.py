"""Uncertain capacity: learning from output, and drawing scenarios."""

from __future__ import annotations

from math import exp, inf, log, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from yinuo.engines.queue import CapacityParameters, output_level, sample_capacity


def parameters(rows: int = 1, **changes: object) -> CapacityParameters:
    """No uncertainty at all unless asked for."""
    certain: dict[str, object] = {
        "level_log_mean": np.zeros(rows),
        "level_log_sd": np.zeros(rows),
        "unlimited": np.zeros(rows, np.bool_),
        "scenarios": 64,
        "noise_log_sd": 0.0,
        "noise_persistence": 0.0,
        "outage_chance": 0.0,
        "outage_depth": 0.0,
        "cancellation_hazard": 0.0,
    }
    return CapacityParameters(**(certain | changes))  # type: ignore[arg-type]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_without_uncertainty_the_plan_is_the_capacity() -> None:
    planned = np.array([[100.0, 0.0, 250.0], [7.0, 8.0, 9.0]])
    drawn = sample_capacity(planned, parameters(2), rng())
    np.testing.assert_array_equal(drawn, np.broadcast_to(planned, (64, 2, 3)))
    assert drawn.dtype == np.int32


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    planned = np.full((3, 20), 400.0)
    uncertain = parameters(3, level_log_sd=np.full(3, 0.2), noise_log_sd=0.1, outage_chance=0.1)
    draws = [sample_capacity(planned, uncertain, rng(seed)).tobytes() for seed in (4, 4, 5)]
    assert draws[0] == draws[1] != draws[2]


def test_levels_may_differ_by_week_and_one_draw_still_moves_them_together() -> None:
    planned = np.full((1, 3), 10_000.0)
    by_week = parameters(
        1, level_log_mean=np.array([[0.0, -0.5, -0.5]]), level_log_sd=np.array([[0.0, 0.1, 0.2]])
    )
    drawn = sample_capacity(planned, by_week, rng())[:, 0, :]
    assert (drawn[:, 0] == 10_000).all()
    logs = np.log(drawn[:, 1:] / 10_000)
    np.testing.assert_allclose(logs.mean(axis=0), -0.5, atol=0.01)
    np.testing.assert_allclose(logs[:, 1] + 0.5, 2 * (logs[:, 0] + 0.5), atol=1e-3)
    same = parameters(1, level_log_mean=np.array([-0.2]), level_log_sd=np.array([0.1]))
    spread = parameters(1, level_log_mean=np.full((1, 3), -0.2), level_log_sd=np.full((1, 3), 0.1))
    np.testing.assert_array_equal(
        sample_capacity(planned, same, rng()), sample_capacity(planned, spread, rng())
    )


def test_levels_by_week_need_the_weeks_of_the_plan() -> None:
    short = parameters(1, level_log_mean=np.zeros((1, 2)), level_log_sd=np.zeros((1, 2)))
    with pytest.raises(ValueError, match="weeks"):
        sample_capacity(np.ones((1, 3)), short, rng())


@pytest.mark.need(113)
def test_two_plans_meet_the_same_luck() -> None:
    uncertain = parameters(1, level_log_sd=np.array([0.3]), noise_log_sd=0.1)
    design = sample_capacity(np.full((1, 30), 1_500_000.0), uncertain, rng())
    real = sample_capacity(np.full((1, 30), 1_000_000.0), uncertain, rng())
    np.testing.assert_allclose(design / real, 1.5, rtol=1e-5)


def test_a_new_resource_or_a_longer_horizon_leaves_the_others_their_luck() -> None:
    def drawn(rows: int, weeks: int) -> NDArray[np.int32]:
        uncertain = parameters(
            rows, level_log_sd=np.full(rows, 0.3), noise_log_sd=0.1, outage_chance=0.2,
            outage_depth=0.5,
        )  # fmt: skip
        return sample_capacity(np.full((rows, weeks), 70.5), uncertain, rng())

    np.testing.assert_array_equal(drawn(5, 30)[:, :3, :20], drawn(3, 20))


def test_levels_are_one_per_scenario_and_cover_the_distribution_evenly() -> None:
    mean, sd = log(0.8), 0.25
    uncertain = parameters(
        2, level_log_mean=np.full(2, mean), level_log_sd=np.full(2, sd), scenarios=512
    )
    drawn = sample_capacity(np.full((2, 4), 1e6), uncertain, rng()) / 1e6
    assert np.ptp(np.log(drawn), axis=2).max() < 1e-4
    logs = np.log(drawn[:, :, 0])
    np.testing.assert_allclose(np.median(logs, axis=0), mean, atol=0.002)
    np.testing.assert_allclose(logs.std(axis=0), sd, rtol=0.01)
    np.testing.assert_allclose(np.quantile(logs, 0.9, axis=0), mean + 1.2816 * sd, atol=0.005)
    assert abs(np.corrcoef(logs.T)[0, 1]) < 0.2


def test_weekly_noise_keeps_the_mean_and_remembers_the_week_before() -> None:
    noisy = parameters(1, noise_log_sd=0.2, noise_persistence=0.7, scenarios=4000)
    logs = np.log(sample_capacity(np.full((1, 12), 1e6), noisy, rng())[:, 0, :] / 1e6)
    assert np.exp(logs).mean() == pytest.approx(1.0, abs=0.01)
    assert logs.std(axis=0) == pytest.approx(0.2, abs=0.015)
    assert np.corrcoef(logs[:, 5], logs[:, 6])[0, 1] == pytest.approx(0.7, abs=0.04)
    assert np.corrcoef(logs[:, 5], logs[:, 8])[0, 1] == pytest.approx(0.7**3, abs=0.06)


def test_outages_take_their_depth_at_their_rate() -> None:
    failing = parameters(1, outage_chance=0.25, outage_depth=0.6, scenarios=1000)
    drawn = sample_capacity(np.full((1, 20), 1000.0), failing, rng())
    assert set(np.unique(drawn)) == {400, 1000}
    assert (drawn == 400).mean() == pytest.approx(0.25, abs=0.02)


def test_places_of_those_who_withdraw_add_capacity_with_time() -> None:
    drawn = sample_capacity(np.full((1, 3), 1e6), parameters(cancellation_hazard=0.1), rng())
    np.testing.assert_allclose(drawn[0, 0], [1e6, 1e6 / 0.9, 1e6 / 0.81], rtol=1e-5)


def test_small_capacities_keep_their_mean_and_closed_weeks_stay_closed() -> None:
    planned = np.array([[0.3, 0.0, 2.5]])
    drawn = sample_capacity(planned, parameters(scenarios=20_000), rng())
    assert drawn[:, 0, 0].mean() == pytest.approx(0.3, abs=0.02)
    assert set(np.unique(drawn[:, 0, 2])) == {2, 3}
    assert not drawn[:, 0, 1].any()


def test_an_unlimited_resource_is_left_as_planned() -> None:
    wild = parameters(
        2,
        level_log_sd=np.full(2, 0.5),
        unlimited=np.array([True, False]),
        noise_log_sd=0.3,
        outage_chance=1.0,
        outage_depth=0.9,
        cancellation_hazard=0.1,
    )
    drawn = sample_capacity(np.array([[2e9, 2e9], [500.0, 500.0]]), wild, rng())
    assert (drawn[:, 0] == 2_000_000_000).all()
    assert (drawn[:, 1] < 500).mean() > 0.9


def test_what_would_not_fit_in_32_bits_stays_at_the_highest_figure() -> None:
    high = parameters(1, level_log_mean=np.array([3.0]))
    assert (sample_capacity(np.full((1, 2), 1e9), high, rng()) == 2_000_000_000).all()


@pytest.mark.parametrize("bad", [-1.0, nan, inf])
def test_a_plan_that_cannot_be_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="planned must be finite"):
        sample_capacity(np.array([[bad]]), parameters(), rng())


def test_shapes_and_ranges_of_parameters_are_checked() -> None:
    with pytest.raises(ValueError, match="one row per resource"):
        sample_capacity(np.ones((2, 3)), parameters(1), rng())
    refused: list[tuple[dict[str, object], str]] = [
        ({"level_log_sd": np.zeros(2)}, "one value a resource"),
        ({"level_log_sd": np.array([-0.1])}, "must not be negative"),
        ({"level_log_mean": np.array([nan])}, "finite"),
        ({"scenarios": 1}, "2 or more"),
        ({"noise_persistence": 1.0}, "noise_persistence"),
        ({"outage_chance": -0.1}, "outage_chance"),
        ({"cancellation_hazard": 0.5}, "cancellation_hazard"),
        ({"noise_log_sd": nan}, "noise_log_sd"),
    ]
    for change, message in refused:
        with pytest.raises(ValueError, match=message):
            parameters(1, **change)


PRIOR: dict[str, float] = {"prior_mean": log(0.7), "prior_sd": 0.3, "half_life": 3.0}


@pytest.mark.need(113)
def test_before_any_output_the_stated_prior_is_the_answer() -> None:
    none = np.empty(0)
    assert output_level(none, none, **PRIOR) == (log(0.7), 0.3)
    assert output_level(np.array([5.0]), np.array([0.0]), **PRIOR) == (log(0.7), 0.3)


@pytest.mark.need(113)
def test_output_far_under_plan_is_learnt_within_weeks() -> None:
    planned = np.full(12, 12_500 / 4.33)
    mean, sd = output_level(planned * 0.8, planned, log(1.0), 0.3, 6.0)
    assert exp(mean) == pytest.approx(0.8, abs=0.015)
    assert sd < 0.1


def test_one_week_is_joined_with_the_prior_by_precision() -> None:
    mean, sd = output_level(
        np.array([50.0]), np.array([100.0]), prior_mean=0.0, prior_sd=0.2, half_life=3.0
    )
    assert mean == pytest.approx(log(0.5) / 2)
    assert sd == pytest.approx(0.2 / sqrt(2))


def test_recent_weeks_count_more() -> None:
    planned = np.full(20, 100.0)
    risen = np.concatenate([np.full(10, 50.0), np.full(10, 100.0)])
    quick = output_level(risen, planned, 0.0, 5.0, 2.0)[0]
    slow = output_level(risen, planned, 0.0, 5.0, inf)[0]
    assert exp(slow) == pytest.approx(0.75, abs=0.01)
    assert exp(quick) == pytest.approx(1.0, abs=0.04)


def test_a_week_without_output_does_not_sink_the_level() -> None:
    planned = np.full(10, 100.0)
    actual = planned.copy()
    actual[4] = 0.0
    mean, sd = output_level(actual, planned, 0.0, 1.0, inf)
    assert exp(mean) == pytest.approx(0.9, abs=0.01)
    assert 0 < sd < 0.2


def test_no_output_at_all_is_finite_and_low() -> None:
    mean, sd = output_level(np.zeros(8), np.full(8, 100.0), 0.0, 0.5, 4.0)
    assert log(0.02) <= mean < log(0.2)
    assert 0 < sd <= 0.5


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=20),
    st.floats(0.01, 2),
    st.floats(0.5, 50),
)
def test_the_answer_is_finite_and_never_less_sure_than_the_prior(
    weeks: list[tuple[float, float]], prior_sd: float, half_life: float
) -> None:
    figures = np.array(weeks).reshape(-1, 2)
    mean, sd = output_level(figures[:, 0], figures[:, 1], -0.3, prior_sd, half_life)
    assert np.isfinite(mean)
    assert 0 < sd <= prior_sd


def test_output_that_cannot_be_is_refused() -> None:
    one = np.ones(1)
    for actual, planned, message in [
        (one, np.ones(2), "same weeks"),
        (-one, one, "actual must be finite"),
        (one, one * nan, "planned must be finite"),
    ]:
        with pytest.raises(ValueError, match=message):
            output_level(actual, planned, 0.0, 0.2, 3.0)
    for name, value in {"prior_sd": 0.0, "half_life": 0.0, "weekly_sd": nan}.items():
        with pytest.raises(ValueError, match=name):
            output_level(one, one, **{**PRIOR, name: value})
