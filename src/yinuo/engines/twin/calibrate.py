"""How well promises would have held: many invented launches, two ways of promising, one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast.drift import output_positions, watch
from yinuo.engines.forecast.learner import (
    LearnerParameters,
    OutputHistory,
    Reference,
    levels_at,
    read_history,
    unmeasured_spread,
    weekly_spread,
)
from yinuo.engines.twin.market import Market, MarketParameters, even_traits, make_market
from yinuo.engines.twin.rehearsal import (
    Forecaster,
    Rehearsal,
    RehearsalParameters,
    rehearse,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BLOCK_WEEKS: Final = 9
# What is believed of a launch before it begins: stated, and the same for every world.
REFERENCE: Final = Reference(mean=-0.33, sd=0.20, launches=3)
# The noise that a maker states who believes the plan; of several, the one best for the plan.
PLAN_NOISE: Final = LearnerParameters(spread_start=0.05, spread_growth=0.035)


@dataclass(frozen=True)
class Block:
    """Coverage of the windows given in lock weeks `first_week` .. `first_week + lock_weeks - 1`."""

    first_week: int
    lock_weeks: int
    orders: int
    coverage: float


@dataclass(frozen=True)
class Score:
    """How one way of promising did in one world; shares 0..1, each order counting once.

    Attributes
    ----------
    coverage : made inside the first window.
    coverage_by_week : the same, each lock week counting once.
    late, early : made after, before it.
    width_days, interval_score_days : mean width; mean interval score (Gneiting and Raftery 2007).
    error_days : mean distance between the middle of the window and the day.
    told_before_share : of those made after their first window, told before it ended; 1 if none.
    alarmed_on_time_share : of those not late, told that they would be.
    re_promises_per_order, untouched_share : windows replaced, and orders whose window never was.
    last_coverage : made inside the window that stood last.
    blocks : by nine lock weeks: coverage, orders and lock weeks behind it.
    lock_weeks : weeks with locks: as many independent observations at most.
    weeks_worth : lock weeks that the order-weighted figures are worth, as bursts weigh more.
    """

    coverage: float
    coverage_by_week: float
    late: float
    early: float
    width_days: float
    interval_score_days: float
    error_days: float
    told_before_share: float
    alarmed_on_time_share: float
    re_promises_per_order: float
    untouched_share: float
    last_coverage: float
    blocks: tuple[Block, ...]
    lock_weeks: int
    weeks_worth: float


@dataclass(frozen=True)
class WorldReport:
    """One world: how each way did in it, and what the drift alarm said of the plant's output.

    `plan` believes the plan with a stated noise; `learned` is the learner's; `in_line` is the
    learner's with ends that never lie before those of earlier locks of the class.
    """

    world: int
    orders: int
    mean_wait_days: float
    plan: Score
    learned: Score
    in_line: Score
    interval_score_ratio: float
    drift_alarm_weeks: tuple[int, ...]


def calibrate(
    worlds: int,
    seed: int,
    *,
    market: MarketParameters | None = None,
    rules: RehearsalParameters | None = None,
    learner: LearnerParameters | None = None,
    reference: Reference | None = REFERENCE,
    say: Callable[[WorldReport], None] | None = None,
) -> list[WorldReport]:
    """Draw worlds and rehearse all promises in each, by plan and by the learner.

    Parameters
    ----------
    worlds : int
        1 or more.
    seed : int
        0 or more. The same number of worlds and seed give the same worlds.
    say : called after each world.

    Raises
    ------
    ValueError
        If `worlds` is below 1 or `seed` below 0.
    """
    if worlds < 1 or seed < 0:
        raise ValueError("worlds must be 1 or more and seed 0 or more")
    worlds_like = market or MarketParameters()
    traits = even_traits(worlds, np.random.default_rng([seed, worlds, 0]))
    reports = []
    for world in range(worlds):
        drawn = make_market(worlds_like, np.random.default_rng([seed, world]), traits[world])
        history = read_history(
            drawn.planned,
            drawn.actual,
            [reference, reference],
            learner or LearnerParameters(),
            worlds_like.launch_weeks,
        )
        report = _judge(world, drawn, history, rules or RehearsalParameters(), seed)
        reports.append(report)
        if say is not None:
            say(report)
    return reports


def by_plan(noise: LearnerParameters) -> Forecaster:
    """Believes the plan, with the spread that `noise` states."""

    def levels(_week: int, horizon: int) -> tuple[Floats, Floats]:
        spread = weekly_spread(np.tile(unmeasured_spread(horizon, noise), (2, 1)))
        return np.ones_like(spread), spread

    return levels


def by_learning(history: OutputHistory) -> Forecaster:
    """Corrects the plan by what the learner knows at the start of the week."""

    def levels(week: int, horizon: int) -> tuple[Floats, Floats]:
        known = levels_at(history, week, horizon)
        return known.factor, known.week_log_sd

    return levels


def score(market: Market, kept: Rehearsal, coverage: float) -> Score:
    """Compare what was promised with what came."""
    day, low, high = market.done_day, kept.low, kept.high
    late, early = day > high, day < low
    inside = ~late & ~early
    penalty = np.maximum(low - day, 0) + np.maximum(day - high, 0)
    weeks, where = np.unique(market.lock_week, return_inverse=True)
    orders = np.bincount(where)
    by_week = np.bincount(where, inside) / orders
    told = kept.told_day < high
    return Score(
        coverage=_share(inside),
        coverage_by_week=float(by_week.mean()),
        late=_share(late),
        early=_share(early),
        width_days=float((high - low).mean()),
        interval_score_days=float((high - low + 2 / (1 - coverage) * penalty).mean()),
        error_days=float(np.abs((low + high) / 2 - day).mean()),
        told_before_share=_share(told[late], nothing=1.0),
        alarmed_on_time_share=_share(np.isfinite(kept.told_day[~late]), nothing=0.0),
        re_promises_per_order=float(kept.moves.mean()),
        untouched_share=_share(kept.moves == 0),
        last_coverage=_share((day >= kept.last_low) & (day <= kept.last_high)),
        blocks=_blocks(market, inside),
        lock_weeks=int(weeks.size),
        weeks_worth=float(orders.sum() ** 2 / (orders**2).sum()),
    )


def _judge(
    world: int, market: Market, history: OutputHistory, rules: RehearsalParameters, seed: int
) -> WorldReport:
    own = by_learning(history)

    def judged(forecaster: Forecaster, *, in_line: bool = False) -> Score:
        kept = rehearse(market, forecaster, replace(rules, in_line=in_line), seed)
        return score(market, kept, rules.coverage)

    plan, learned = judged(by_plan(PLAN_NOISE)), judged(own)
    alarms = watch(output_positions(history, 0)[: int(market.lock_week.max()) + 1]).alarm_weeks
    wait = market.done_day - 7.0 * market.lock_week - 3.5
    return WorldReport(
        world=world,
        orders=int(market.kind.size * market.cars_per_unit),
        mean_wait_days=float(wait.mean()),
        plan=plan,
        learned=learned,
        in_line=judged(own, in_line=True),
        interval_score_ratio=learned.interval_score_days / plan.interval_score_days,
        drift_alarm_weeks=tuple(alarms.tolist()),
    )


def _blocks(market: Market, inside: Flags) -> tuple[Block, ...]:
    last = int(market.lock_week.max())
    blocks = []
    for first in range(0, last + 1, BLOCK_WEEKS):
        mine = (market.lock_week >= first) & (market.lock_week < first + BLOCK_WEEKS)
        blocks.append(
            Block(
                first_week=first,
                lock_weeks=int(np.unique(market.lock_week[mine]).size),
                orders=int(mine.sum() * market.cars_per_unit),
                coverage=_share(inside[mine]),
            )
        )
    return tuple(blocks)


def _share(flags: Flags, nothing: float = 0.0) -> float:
    return float(flags.mean()) if flags.size else nothing


def mean_of(scores: Sequence[Score], name: str) -> float:
    """The mean of one figure over worlds, each world counting once."""
    return float(np.mean([getattr(one, name) for one in scores]))
