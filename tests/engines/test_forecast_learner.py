"""Learning from output: the shortfall of plans, and how far sums of output may lie."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yinuo.engines.forecast.learner import (
    LearnedLevels,
    LearnerParameters,
    OutputHistory,
    Reference,
    levels_at,
    read_history,
    unmeasured_spread,
    weekly_spread,
)
from yinuo.engines.forecast.shortfall import FAR, ROUNDS, lead_gain
from yinuo.engines.queue import CapacityParameters, sample_capacity

Floats = NDArray[np.float64]
PRIOR = Reference(mean=-0.33, sd=0.20, launches=3)
# The ratio is easier to reckon with by hand; the default averages its logarithm.
PLAIN = LearnerParameters(logarithmic=False)


def plans(weeks: int, reach: int, optimism: float, level: float = 1000.0) -> Floats:
    """Plans of one resource that exceed a steady output by a share that grows with the lead."""
    grows = 1 - np.exp(-(np.arange(reach) + 0.5) / PLAIN.lead_scale)
    return np.tile(level * (1 + optimism * grows), (1, weeks, 1))


def history(
    planned: Floats,
    actual: Floats,
    reference: Reference | None = PRIOR,
    parameters: LearnerParameters = PLAIN,
) -> OutputHistory:
    return read_history(planned, actual, [reference] * len(actual), parameters)


def same(left: LearnedLevels, right: LearnedLevels) -> bool:
    return all(
        np.array_equal(getattr(left, name), getattr(right, name))
        for name in left.__dataclass_fields__
    )


@pytest.mark.need(22)
def test_before_any_output_the_answer_is_the_reference_class() -> None:
    known = levels_at(history(np.zeros((1, 0, 0)), np.zeros((1, 0))), 0, 40)
    assert known.shortfall[0] == pytest.approx(-0.33)
    assert known.shortfall_sd[0] == pytest.approx(0.20)
    assert known.weeks_seen[0] == 0
    assert known.factor[0, 39] == pytest.approx(1 - 0.33, abs=0.01)
    assert known.factor[0, 0] > 0.95
    believed = unmeasured_spread(40, PLAIN)
    assert (known.total_log_sd[0] > believed).all()


@pytest.mark.need(22)
def test_without_earlier_launches_it_says_so_and_knows_little() -> None:
    known = levels_at(history(np.zeros((1, 0, 0)), np.zeros((1, 0)), None), 0, 30)
    other = levels_at(history(np.zeros((1, 0, 0)), np.zeros((1, 0))), 0, 30)
    assert not known.has_reference[0]
    assert other.has_reference[0]
    assert (known.factor == 1.0).all()
    assert (known.total_log_sd[0, 5:] > other.total_log_sd[0, 5:]).all()


@pytest.mark.need(23)
@pytest.mark.parametrize("optimism", [0.0, 0.4, 1.0])
def test_a_steady_optimism_is_found_and_taken_off(optimism: float) -> None:
    weeks, reach = 60, 40
    wide = Reference(mean=0.0, sd=1.0, launches=1)
    told = history(plans(weeks, reach, optimism), np.full((1, weeks), 1000.0), wide)
    known = levels_at(told, weeks, reach)
    expected = told.planned[0, 0] * known.factor[0]
    # 1 / (1 + optimism g) is no straight line in g, hence the allowance.
    np.testing.assert_allclose(expected, 1000.0, rtol=0.01 + 0.2 * optimism)
    assert abs(expected.sum() / 40_000 - 1) < 0.01 + 0.15 * optimism


def test_a_week_without_output_hardly_moves_it() -> None:
    weeks, reach = 40, 30
    actual = np.full((1, weeks), 1000.0)
    steady = levels_at(history(plans(weeks, reach, 0.5), actual), weeks, reach)
    actual[0, 36] = 0.0
    stopped = levels_at(history(plans(weeks, reach, 0.5), actual), weeks, reach)
    assert 0 < steady.shortfall[0] - stopped.shortfall[0] < 0.06


def test_plans_of_one_week_share_its_luck() -> None:
    """Thirty plans that speak of the only week seen tell no more than one week can."""
    planned = np.full((1, 1, 30), 1000.0)
    known = levels_at(history(planned, np.array([[500.0]])), 1, 10)
    gain = lead_gain(1, PLAIN)[0]
    assert known.shortfall_sd[0] == pytest.approx(
        (0.20**-2 + gain**2 * PLAIN.output_sd**-2 * _trust(gain)) ** -0.5, rel=0.02
    )


def _trust(gain: float) -> float:
    """How much a single week at half of plan is believed when the line stays near the prior."""
    return FAR * PLAIN.output_sd / abs(-0.5 - (-0.36) * gain)


def slow_shortfall(
    planned: Floats, actual: Floats, week: int, parameters: LearnerParameters
) -> float:
    """The definition, pair by pair."""
    pairs = []
    span = int(10 * parameters.half_life)
    for made in range(max(0, week - span), week):
        found = []
        for vintage in range(max(0, made - span), made + 1):
            plan = planned[vintage, made - vintage]
            weight = 2 ** (-(week - 1 - vintage) / parameters.half_life)
            gain = 1 - np.exp(-(made - vintage + 0.5) / parameters.lead_scale)
            found.append((weight, gain, actual[made] / plan - 1))
        total = max(1.0, sum(weight for weight, _, _ in found))
        pairs += [(weight / total, gain, seen) for weight, gain, seen in found]
    mean, trust = PRIOR.mean, [1.0] * len(pairs)
    for _ in range(ROUNDS):
        top = PRIOR.mean / PRIOR.sd**2
        bottom = 1 / PRIOR.sd**2
        for (weight, gain, seen), believed in zip(pairs, trust, strict=True):
            precise = weight * believed / parameters.output_sd**2
            top += precise * gain * seen
            bottom += precise * gain * gain
        mean = top / bottom
        trust = [
            1 / max(1.0, abs(seen - mean * gain) / (FAR * parameters.output_sd))
            for _, gain, seen in pairs
        ]
    return float(mean)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), weeks=st.integers(1, 40))
def test_it_equals_the_definition_pair_by_pair(seed: int, weeks: int) -> None:
    rng = np.random.default_rng(seed)
    planned = rng.uniform(500, 1500, (1, weeks, weeks + 2))
    actual = rng.uniform(0, 1500, (1, weeks))
    told = history(planned, actual)
    at = int(rng.integers(0, weeks + 1))
    assert told.shortfall[0, at] == pytest.approx(
        slow_shortfall(planned[0], actual[0], at, PLAIN), rel=1e-9
    )


@pytest.mark.need(113)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), logarithmic=st.booleans())
def test_p13_nothing_after_a_week_changes_what_was_known_at_it(
    seed: int, logarithmic: bool
) -> None:
    """P13: output of later weeks and later plans change no answer."""
    rng = np.random.default_rng(seed)
    weeks, reach, at = 24, 30, int(rng.integers(0, 24))
    parameters = LearnerParameters(logarithmic=logarithmic)
    planned = rng.uniform(500, 1500, (2, weeks, reach))
    actual = rng.uniform(0, 1500, (2, weeks))
    before = levels_at(history(planned, actual, PRIOR, parameters), at, 20)
    planned[:, at:] = rng.uniform(0, 9000, planned[:, at:].shape)
    actual[:, at:] = rng.uniform(0, 9000, actual[:, at:].shape)
    assert same(before, levels_at(history(planned, actual, PRIOR, parameters), at, 20))
    shorter = history(planned[:, :at], actual[:, :at], PRIOR, parameters)
    assert same(before, levels_at(shorter, at, 20))


def test_the_spread_grows_when_forecasts_have_missed() -> None:
    weeks, reach = 52, 30
    rng = np.random.default_rng(4)
    calm = levels_at(history(plans(weeks, reach, 0.3), np.full((1, weeks), 1000.0)), weeks, 12)
    restless = np.full((1, weeks), 1000.0) * np.exp(np.repeat(rng.normal(0, 0.4, 13), 4))
    wild = levels_at(history(plans(weeks, reach, 0.3), restless), weeks, 12)
    assert (wild.total_log_sd > 1.3 * calm.total_log_sd).all()


def test_it_narrows_only_after_six_weeks() -> None:
    weeks, reach = 20, 30
    parameters = replace(PLAIN, spread_weight=0.5)
    told = history(plans(weeks, reach, 0.0), np.full((1, weeks), 1000.0), PRIOR, parameters)
    believed = unmeasured_spread(8, parameters)
    assert (levels_at(told, 5, 8).total_log_sd[0] >= believed).all()
    assert (levels_at(told, 20, 4).total_log_sd < levels_at(told, 5, 4).total_log_sd).all()
    eager = replace(parameters, narrow_after=0)
    early = levels_at(history(told.planned, told.actual, PRIOR, eager), 5, 4)
    assert (early.total_log_sd < levels_at(told, 5, 4).total_log_sd).any()


@pytest.mark.need(114)
def test_sums_of_output_get_the_spread_asked_for() -> None:
    """The weekly spread, one draw for all weeks, gives sums over h weeks their own spread."""
    total = unmeasured_spread(60, PLAIN)[None]
    spread = weekly_spread(total)
    calm = CapacityParameters(
        np.zeros_like(spread), spread, np.zeros(1, np.bool_), scenarios=512,
        noise_log_sd=0.0, outage_chance=0.0,
    )  # fmt: skip
    drawn = sample_capacity(np.full((1, 60), 10_000.0), calm, np.random.default_rng(1))
    sums = np.log(np.cumsum(drawn[:, 0, :], axis=1) / (10_000.0 * np.arange(1, 61)))
    np.testing.assert_allclose(sums.std(axis=0), total[0], rtol=0.06)


def test_a_launch_lets_the_reference_class_speak_again() -> None:
    weeks, reach = 50, 40
    planned, actual = plans(weeks, reach, 0.0), np.full((1, weeks), 1000.0)
    one = read_history(planned, actual, [PRIOR], PLAIN)
    two = read_history(planned, actual, [PRIOR], PLAIN, launch_weeks=(0, 40))
    np.testing.assert_array_equal(one.shortfall[:, :40], two.shortfall[:, :40])
    assert one.shortfall[0, 40] > -0.1
    assert two.shortfall[0, 40] == pytest.approx(PRIOR.mean)
    assert two.shortfall_sd[0, 40] == pytest.approx(PRIOR.sd)
    # Ten weeks later plans of the launch have been seen, and no others.
    fresh = read_history(planned[:, 40:], actual[:, 40:], [PRIOR], PLAIN)
    assert two.shortfall[0, 50] == pytest.approx(fresh.shortfall[0, 10])


def test_the_logarithmic_setting_is_more_cautious() -> None:
    rng = np.random.default_rng(8)
    weeks, reach = 40, 30
    actual = 1000.0 * rng.lognormal(-0.2, 0.5, (1, weeks))
    planned = plans(weeks, reach, 0.2)
    ratio = levels_at(history(planned, actual, replace(PRIOR, mean=-0.2)), weeks, 30)
    cautious = levels_at(
        history(planned, actual, replace(PRIOR, mean=-0.2), replace(PLAIN, logarithmic=True)),
        weeks,
        30,
    )
    assert cautious.factor[0, -1] < ratio.factor[0, -1]
    assert cautious.shortfall[0] == pytest.approx(log(cautious.factor[0, -1]), abs=0.02)


def test_weeks_without_a_plan_say_nothing() -> None:
    weeks, reach = 20, 20
    planned = np.full((1, weeks, reach), np.nan)
    known = levels_at(history(planned, np.full((1, weeks), 700.0)), weeks, 10)
    assert known.shortfall[0] == pytest.approx(-0.33)
    assert known.weeks_seen[0] == 0
    assert np.isfinite(known.total_log_sd).all()


def test_no_output_at_all_stays_finite_and_above_zero() -> None:
    weeks, reach = 30, 30
    for parameters in (PLAIN, replace(PLAIN, logarithmic=True)):
        known = levels_at(
            history(plans(weeks, reach, 0.5), np.zeros((1, weeks)), PRIOR, parameters), weeks, 30
        )
        assert (known.factor > 0).all()
        assert np.isfinite(known.week_log_sd).all()


def test_shapes_and_figures_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="agree"):
        read_history(np.ones((1, 3, 3)), np.ones((1, 4)), [PRIOR], PLAIN)
    with pytest.raises(ValueError, match="agree"):
        read_history(np.ones((1, 3, 3)), np.ones((1, 3)), [], PLAIN)
    with pytest.raises(ValueError, match="negative"):
        read_history(np.ones((1, 3, 3)), np.array([[1.0, -1.0, 1.0]]), [PRIOR], PLAIN)
    told = history(np.ones((1, 3, 3)), np.ones((1, 3)))
    with pytest.raises(ValueError, match="week"):
        levels_at(told, 4, 3)
    with pytest.raises(ValueError, match="leads"):
        levels_at(told, 3, 0)
    for wrong in ({"mean": -1.0}, {"sd": 0.0}, {"launches": 0}):
        with pytest.raises(ValueError, match="must"):
            replace(PRIOR, **wrong)
    for settings_wrong in ({"half_life": 0.0}, {"spread_start": -1.0}):
        with pytest.raises(ValueError, match="must"):
            replace(PLAIN, **settings_wrong)  # type: ignore[arg-type]
