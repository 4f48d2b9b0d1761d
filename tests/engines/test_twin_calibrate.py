"""Promises rehearsed in invented launches: the worlds, the rules, the scores, no look-ahead."""

from __future__ import annotations

import json
from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from yinuo.engines.forecast.learner import (
    LearnerParameters,
    Reference,
    levels_at,
    read_history,
    unmeasured_spread,
    weekly_spread,
)
from yinuo.engines.queue import CapacityParameters, sample_capacity
from yinuo.engines.twin.calibrate import (
    PLAN_NOISE,
    REFERENCE,
    by_learning,
    by_plan,
    calibrate,
    mean_of,
    score,
)
from yinuo.engines.twin.market import (
    Market,
    MarketParameters,
    days_of_places,
    even_traits,
    make_market,
)
from yinuo.engines.twin.rehearsal import (
    Rehearsal,
    RehearsalParameters,
    forecast_days,
    rehearse,
)
from yinuo.jobs.management.commands import twin as command

SMALL = MarketParameters(cars_per_unit=1000)
RULES = RehearsalParameters(scenarios=64)
PLAIN = LearnerParameters()


def market(seed: int = 3, parameters: MarketParameters = SMALL) -> Market:
    return make_market(parameters, np.random.default_rng(seed))


def learning(world: Market) -> Any:
    return by_learning(
        read_history(world.planned, world.actual, [REFERENCE] * 2, PLAIN, SMALL.launch_weeks)
    )


def rehearsed(world: Market, rules: RehearsalParameters = RULES) -> Rehearsal:
    return rehearse(world, learning(world), rules, 5)


@pytest.mark.parametrize("seed", range(4))
def test_a_world_is_shaped_like_the_published_ramp(seed: int) -> None:
    world = market(seed, MarketParameters())
    cars = np.cumsum(world.actual[0]) * world.cars_per_unit
    for week, wanted in ((49, 187e3), (87, 473e3), (99, 565e3)):
        assert cars[week - 1] == pytest.approx(wanted, rel=0.25)
    locked = np.bincount(world.lock_week) * world.cars_per_unit
    assert locked.sum() == pytest.approx(870e3, rel=0.001)
    assert locked[:3].sum() > 75e3
    assert locked[64:66].sum() > 230e3
    wait = world.done_day - 7 * world.lock_week - 3.5
    assert 150 < wait.mean() < 270
    assert (world.kind == 1).mean() == pytest.approx(0.15, abs=0.01)
    assert wait[world.kind == 1].mean() > wait[world.kind == 0].mean()


def test_plans_begin_far_too_high_and_grow_honest() -> None:
    excess = []
    for seed in range(12):
        world = market(seed, MarketParameters())
        row = [
            np.nanmean(world.planned[0, week, 20:60])
            / world.actual[0, week + 20 : week + 60].mean()
            for week in (0, 50)
        ]
        excess.append(row)
    first, later = np.mean(excess, axis=0)
    assert 1.5 < first < 2.6
    assert 1.0 < later < 1.4


def test_nobody_is_made_before_the_lock_nor_before_an_earlier_lock_of_the_class() -> None:
    world = market()
    assert (world.done_day > 7 * world.lock_week).all()
    for k in (0, 1):
        assert (np.diff(world.done_day[world.kind == k]) >= 0).all()


def test_the_same_seed_gives_the_same_world_and_another_does_not() -> None:
    first, again, other = market(1), market(1), market(2)
    np.testing.assert_array_equal(first.planned, again.planned)
    np.testing.assert_array_equal(first.done_day, again.done_day)
    assert not np.array_equal(first.actual, other.actual)


def test_each_trait_is_spread_evenly_over_the_worlds() -> None:
    traits = even_traits(12, np.random.default_rng(1))
    assert traits.shape == (12, 2, 5)
    ladder = np.broadcast_to(np.arange(12)[:, None, None], traits.shape)
    np.testing.assert_array_equal(np.sort(np.floor(traits * 12), axis=0), ladder)
    drawn = make_market(SMALL, np.random.default_rng(1), traits[0])
    again = make_market(SMALL, np.random.default_rng(1), traits[0])
    other = make_market(SMALL, np.random.default_rng(1), traits[1])
    np.testing.assert_array_equal(drawn.planned, again.planned)
    np.testing.assert_array_equal(drawn.actual, other.actual)
    assert not np.array_equal(drawn.planned[0, 0], other.planned[0, 0])


def test_a_world_without_a_queue_is_refused() -> None:
    with pytest.raises(ValueError, match="before they are locked"):
        market(0, replace(SMALL, bursts=((0, 1000.0),), demand_slope=40.0))


def test_days_are_read_between_the_ends_of_weeks() -> None:
    counts = np.array([2, 2, 6], np.int32)
    days = days_of_places(counts, np.arange(7))
    np.testing.assert_allclose(days[:6], [1.75, 5.25, 14.875, 16.625, 18.375, 20.125])
    assert np.isinf(days[6])


@pytest.mark.need(22)
def test_a_forecast_of_somebody_alone_equals_counting_scenario_by_scenario() -> None:
    world = market()
    forecaster, week = learning(world), 12
    waiting = np.flatnonzero((world.done_day > 7 * week) & (world.lock_week <= week))
    days = forecast_days(world, waiting, week, forecaster, RULES, 5)
    assert (np.diff(days, axis=1) >= 0).all()
    factor, spread = forecaster(week, RULES.horizon_weeks)
    capacity = CapacityParameters(np.zeros_like(spread), spread, np.zeros(2, np.bool_), 64)
    planned = world.planned[:, week, : RULES.horizon_weeks] * factor
    drawn = sample_capacity(planned, capacity, np.random.default_rng(5))
    plain = world.kind[waiting] == 0
    option = int((~plain).sum())
    # Nobody of the plain class has to wait for the option; at most all of the others go before.
    place = int(plain.sum()) - 1
    made = np.cumsum(drawn[:, 0, :], axis=1)
    last = np.array([np.searchsorted(row, place, "right") for row in made]) * 7.0 + 7 * week
    latest = np.array([np.searchsorted(row, place + option, "right") + 1 for row in made]) * 7.0
    level = int(np.ceil(0.5 * 64)) - 1
    assert np.sort(last)[level] <= days[plain][-1, 2] <= np.sort(latest)[level] + 7 * week


@pytest.mark.need(113)
@pytest.mark.parametrize("week", [6, 30])
def test_p13_no_look_ahead(week: int) -> None:
    """P13: output, plans and locks after a week change nothing that was promised by then."""
    world = market()
    before = rehearsed(world)
    rng = np.random.default_rng(9)
    actual, planned = world.actual.copy(), world.planned.copy()
    actual[:, week:] *= rng.uniform(0.2, 0.9, actual[:, week:].shape)
    planned[:, week + 1 :] *= rng.uniform(0.2, 3.0, planned[:, week + 1 :].shape)
    known = world.lock_week <= week
    kind = np.where(known, world.kind, 1 - world.kind)
    late = np.where(world.done_day > 7 * week, world.done_day + 7 * 30, world.done_day)
    changed = Market(actual, planned, world.lock_week, kind, late, world.cars_per_unit)
    after = rehearsed(changed)
    np.testing.assert_array_equal(before.low[known], after.low[known])
    np.testing.assert_array_equal(before.high[known], after.high[known])
    later = world.lock_week > week + 20
    assert (before.high[later] != after.high[later]).any()
    told = before.told_day < 7 * week
    np.testing.assert_array_equal(before.told_day[told], after.told_day[told])


def well_specified(draw: np.random.Generator, weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """A plan and the output that the learner's own assumptions say may come of it."""
    plan = np.full((1, weeks), 1000.0)
    shortfall = draw.normal(np.log1p(REFERENCE.mean), REFERENCE.sd / (1 + REFERENCE.mean))
    gain = 1 - np.exp(-(np.arange(weeks) + 0.5) / PLAIN.lead_scale)
    spread = weekly_spread(unmeasured_spread(weeks, PLAIN)[None])[0]
    made = plan[0] * np.exp(shortfall * gain + spread * draw.normal())
    return plan, made


@pytest.mark.need(22)
def test_p14_in_a_well_specified_world_windows_hold_as_often_as_they_say() -> None:
    """P14: 90 of 100 within what chance allows for 300 worlds, each world counting once."""
    weeks, worlds, place = 80, 300, 20_000
    draw = np.random.default_rng(14)
    none = read_history(np.zeros((1, 0, 0)), np.zeros((1, 0)), [REFERENCE], PLAIN)
    known = levels_at(none, 0, weeks)
    held = 0
    for _ in range(worlds):
        plan, made = well_specified(draw, weeks)
        capacity = CapacityParameters(
            np.zeros_like(known.week_log_sd), known.week_log_sd, np.zeros(1, np.bool_), 256,
            noise_log_sd=0.0, outage_chance=0.0,
        )  # fmt: skip
        drawn = sample_capacity(plan * known.factor, capacity, np.random.default_rng(1))
        built = np.sort(np.cumsum(drawn[:, 0, :], axis=1), axis=0)
        low, high = (
            days_of_places(built[256 - int(np.ceil(level * 256))], np.array([place]))[0]
            for level in (0.05, 0.95)
        )
        day = days_of_places(np.cumsum(made).astype(np.int32), np.array([place]))[0]
        held += int(low <= day <= min(high, 7.0 * weeks))
    assert binomial_at_most(held, worlds, 0.9) > 0.0005
    assert 1 - binomial_at_most(held - 1, worlds, 0.9) > 0.0005


def binomial_at_most(count: int, total: int, share: float) -> float:
    return sum(
        comb(total, number) * share**number * (1 - share) ** (total - number)
        for number in range(count + 1)
    )


@pytest.mark.need(24, 111)
@pytest.mark.parametrize("seed", range(3))
def test_nobody_learns_from_the_calendar_that_a_window_is_over(seed: int) -> None:
    world = market(seed)
    for forecaster in (by_plan(PLAN_NOISE), learning(world)):
        kept = rehearse(world, forecaster, RULES, 5)
        late = world.done_day > kept.high
        assert (kept.told_day[late] < kept.high[late]).all()
        late_last = world.done_day > kept.last_high
        assert (kept.told_last_day[late_last] < kept.last_high[late_last]).all()
    assert (rehearse(world, by_plan(PLAN_NOISE), RULES, 5).high < world.done_day).any()


def test_with_plans_that_always_come_true_hardly_anybody_is_alarmed() -> None:
    world = market(3, MarketParameters(cars_per_unit=200))
    sure = world.planned.copy()
    weeks = world.actual.shape[1]
    for vintage in range(weeks):
        sure[:, vintage, : weeks - vintage] = world.actual[:, vintage:]
    truth = replace(world, planned=sure)
    kept = rehearse(truth, by_plan(PLAN_NOISE), RULES, 5)
    inside = (truth.done_day >= kept.low) & (truth.done_day <= kept.high)
    assert inside.mean() > 0.98
    assert kept.moves.mean() < 0.02
    assert np.isfinite(kept.told_day).mean() < 0.02


@pytest.mark.need(26)
def test_in_line_no_first_window_ends_before_that_of_an_earlier_lock_still_waiting() -> None:
    world = market(1)
    kept = rehearsed(world, replace(RULES, in_line=True, settle_runs=999))
    for k in (0, 1):
        mine = np.flatnonzero(world.kind == k)
        for later in mine[:: max(1, mine.size // 60)]:
            earlier = mine[(mine < later) & (world.done_day[mine] > 7 * world.lock_week[later])]
            assert (kept.high[earlier] <= kept.high[later]).all()


@pytest.mark.need(25)
def test_a_window_is_replaced_only_after_two_runs_outside() -> None:
    world = market(2)
    hasty = rehearsed(world, replace(RULES, settle_runs=1))
    calm = rehearsed(world)
    assert calm.moves.sum() < hasty.moves.sum()
    np.testing.assert_array_equal(calm.low, hasty.low)


def test_scores_of_a_case_counted_by_hand() -> None:
    done = np.array([10.0, 30.0, 5.0, 20.0])
    world = Market(
        np.ones((2, 3)), np.ones((2, 3, 3)), np.array([0, 0, 0, 1]), np.zeros(4, np.int64), done, 50
    )
    low, high = np.full(4, 8.0), np.full(4, 25.0)
    told = np.array([np.inf, 24.0, np.inf, 9.0])
    kept = Rehearsal(low, high, low, high + 6, told, told, np.array([0, 2, 0, 0]))
    found = score(world, kept, 0.9)
    assert found.coverage == 0.5
    assert found.coverage_by_week == pytest.approx((1 / 3 + 1) / 2)
    assert (found.late, found.early, found.last_coverage) == (0.25, 0.25, 0.75)
    assert found.width_days == 17.0
    assert found.interval_score_days == pytest.approx(17 + 20 * (5 + 3) / 4)
    assert found.told_before_share == 1.0
    assert found.alarmed_on_time_share == pytest.approx(1 / 3)
    assert (found.re_promises_per_order, found.untouched_share) == (0.5, 0.75)
    assert found.lock_weeks == 2
    assert found.weeks_worth == pytest.approx(16 / 10)
    assert [(block.orders, block.coverage) for block in found.blocks] == [(200, 0.5)]


@pytest.mark.need(22, 23)
def test_learning_beats_the_plan_and_the_report_is_the_same_twice() -> None:
    coarse = MarketParameters(cars_per_unit=800)
    seen: list[int] = []
    reports = calibrate(
        2, 20, market=coarse, rules=RULES, say=lambda report: seen.append(report.world)
    )
    assert seen == [0, 1]
    learned, plan = [one.learned for one in reports], [one.plan for one in reports]
    assert mean_of(learned, "interval_score_days") < 0.7 * mean_of(plan, "interval_score_days")
    assert mean_of(learned, "coverage") > mean_of(plan, "coverage") + 0.2
    assert mean_of(learned, "told_before_share") == 1.0
    one = calibrate(1, 21, market=coarse, rules=RULES)
    assert one == calibrate(1, 21, market=coarse, rules=RULES)
    assert one[0] != reports[0]


def test_less_than_one_world_is_refused() -> None:
    with pytest.raises(ValueError, match="worlds"):
        calibrate(0, 1)
    with pytest.raises(ValueError, match="seed"):
        calibrate(1, -1)


def test_without_a_reference_class_the_first_windows_are_wider() -> None:
    world = market()
    told = read_history(world.planned, world.actual, [None, None], PLAIN)
    unknown = rehearse(world, by_learning(told), RULES, 5)
    known = rehearsed(world)
    first = world.lock_week == 0
    assert (unknown.high - unknown.low)[first].mean() > (known.high - known.low)[first].mean()
    assert Reference(-0.33, 0.2, 3) == REFERENCE


@pytest.mark.need(22)
def test_the_report_names_every_figure_and_the_weeks_behind_it() -> None:
    reports = calibrate(1, 4, market=SMALL, rules=RULES)
    found = command.as_json(reports, seed=4, has_reference=True)
    mean = found["mean"]
    assert isinstance(mean, dict)
    assert set(mean) == {"plan", "learned", "in_line", "interval_score_ratio"}
    assert mean["learned"]["coverage"] == round(reports[0].learned.coverage, 4)
    assert mean["interval_score_ratio"] == round(reports[0].interval_score_ratio, 4)
    assert len(mean["learned"]["coverage_by_block"]) == 12
    assert found["independent_weeks"] == 100
    assert json.loads(json.dumps(found)) is not None
    table = "\n".join(command.table(reports))
    assert f"{reports[0].learned.coverage:.3f}" in table
    assert "100" in table
    with pytest.raises(CommandError):
        call_command("twin", "calibrate", "--worlds", "0")
