"""Invented launches with optimistic plans, shocks and bursts of orders, to judge promises in.

Weeks count from the week in which orders open. Row 0 is the plant, row 1 the scarce option; class
0 needs the plant, class 1 both. One unit stands for `cars_per_unit` cars throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.queue import simulate
from yinuo.engines.twin.ramp import monotone_cubic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Plans speak of a second launch so many weeks before its orders come.
NOTICE_WEEKS: Final = 5
TRAITS: Final = 5
ALTERNATIVES: Final = np.array([1, 1], np.int32)
NEEDS: Final = np.array([[[0, -1]], [[0, 1]]], np.int32)


@dataclass(frozen=True)
class MarketParameters:
    """What is known of a world before it is drawn; pairs are the limits of an even draw.

    Attributes
    ----------
    weeks : weeks that are simulated.
    lock_weeks : weeks in which orders are locked.
    cars_per_unit : cars that one unit of demand and output stands for.
    anchor_weeks, anchor_cars : cars made by the end of these weeks, before luck.
    growth_per_year : growth of the rate after the last anchor.
    total_cars : orders locked in all.
    bursts : (week, cars) locked at once.
    demand_slope : orders a week outside bursts grow by this factor from first to last.
    option_demand, option_supply : share of orders with the option, share of output that can have
        it; from `relief_weeks` on supply grows until it serves `option_relief` of output.
    optimism : a plan of week 0 exceeds the truth by this share far ahead.
    optimism_decay : weeks in which that falls by a factor e.
    optimism_left : what remains of it.
    second_optimism : added to plans from the second burst on, decaying alike.
    option_optimism : the option's optimism as a share of the plant's range.
    lead_weeks : the error of a plan grows with its lead as 1 - exp(-lead / lead_weeks).
    trend_sd, trend_memory : yearly-scale wandering of the truth: weekly innovation of its logarithm
        and how much of it is left after a week; a plan knows it up to its own week.
    weekly_sd : luck of one week, in logarithms.
    plan_sd : revisions of plans without a reason, in logarithms.
    shocks, shock_weeks, shock_depth : unforeseen stops: how many, how long, and the share lost.
    festival_weeks, festival_rate : short weeks that plans know, and the output left in them.
    autumn_weeks, autumn_rate : the same for the October holiday.
    """

    weeks: int = 230
    lock_weeks: int = 100
    cars_per_unit: int = 50
    anchor_weeks: tuple[int, ...] = (0, 5, 22, 39, 49, 87, 99)
    anchor_cars: tuple[float, ...] = (0, 7e3, 47e3, 135e3, 187e3, 473e3, 565e3)
    growth_per_year: float = 0.12
    total_cars: float = 870e3
    bursts: tuple[tuple[int, float], ...] = (
        (0, 45e3), (1, 20e3), (2, 10e3), (64, 150e3), (65, 80e3),
    )  # fmt: skip
    demand_slope: float = 3.0
    option_demand: float = 0.15
    option_supply: float = 0.10
    option_relief: float = 0.20
    relief_weeks: tuple[int, int] = (100, 130)
    optimism: tuple[float, float] = (0.6, 1.4)
    optimism_decay: tuple[float, float] = (18.0, 42.0)
    optimism_left: tuple[float, float] = (0.02, 0.10)
    second_optimism: tuple[float, float] = (0.15, 0.65)
    option_optimism: float = 0.5
    lead_weeks: tuple[float, float] = (4.0, 12.0)
    trend_sd: float = 0.02
    trend_memory: float = 0.98
    weekly_sd: float = 0.06
    plan_sd: float = 0.03
    shocks: int = 6
    shock_weeks: tuple[int, int] = (1, 3)
    shock_depth: tuple[float, float] = (0.3, 0.8)
    festival_weeks: tuple[int, ...] = (44, 45, 98, 99, 150, 151, 202, 203)
    festival_rate: tuple[float, float] = (0.25, 0.40)
    autumn_weeks: tuple[int, ...] = (27, 79, 131, 183)
    autumn_rate: float = 0.6

    @property
    def launch_weeks(self) -> tuple[int, int]:
        """When plans begin that earlier plans say nothing of; their maker knows it."""
        return 0, self.second_week

    @property
    def second_week(self) -> int:
        """The week in which plans begin to speak of the second launch."""
        return max(week for week, _ in self.bursts) - NOTICE_WEEKS


@dataclass(frozen=True)
class Market:
    """One world, all of it: what a forecaster may see of it at a week is the caller's business.

    Attributes
    ----------
    actual : Floats, shape (2, T)
        Units made (or supplied) in each week.
    planned : Floats, shape (2, T, T)
        `planned[r, v, l]`: the plan of week v for week v + l; not-a-number beyond the end.
    lock_week, kind : Ints, shape (N,)
        Week of lock and class of each unit of demand, in lock order.
    done_day : Floats, shape (N,)
        Day on which it leaves the line, from the start of week 0.
    cars_per_unit : int
    """

    actual: Floats
    planned: Floats
    lock_week: Ints
    kind: Ints
    done_day: Floats
    cars_per_unit: int


def make_market(
    parameters: MarketParameters, rng: np.random.Generator, traits: Floats | None = None
) -> Market:
    """Draw a world. The same generator state gives the same world.

    Parameters
    ----------
    parameters : MarketParameters
    rng : np.random.Generator
    traits : Floats, shape (2, 5), optional
        How far the plans of the plant and of the option go wrong: where between its limits each of
        `lead_weeks`, `optimism_decay`, `optimism`, `optimism_left` and `second_optimism` lies,
        0..1. Drawn if not given; see `even_traits`.

    Raises
    ------
    ValueError
        If some unit of demand would be made before it is locked, or never: the parameters then
        describe no queue.
    """
    plant_rng, option_rng, demand_rng = rng.spawn(3)
    if traits is None:
        traits = rng.random((2, TRAITS))
    smooth = _smooth_output(parameters, plant_rng)
    share = np.interp(
        np.arange(parameters.weeks),
        parameters.relief_weeks,
        (parameters.option_supply, parameters.option_relief),
    )
    plant = _row(smooth, 1.0, parameters, traits[0], plant_rng)
    option = _row(smooth * share, parameters.option_optimism, parameters, traits[1], option_rng)
    actual = np.stack([plant[0], option[0]])
    lock_week, kind = _demand(parameters, demand_rng)
    done = done_days(actual, kind)
    if not (done > 7.0 * lock_week).all() or np.isinf(done).any():
        raise ValueError("some orders would be made before they are locked, or never")
    return Market(
        actual, np.stack([plant[1], option[1]]), lock_week, kind, done, parameters.cars_per_unit
    )


def even_traits(worlds: int, rng: np.random.Generator) -> Floats:
    """Traits of several worlds, shape (worlds, 2, 5): each trait is spread evenly over them.

    A Latin hypercube (McKay, Beckman and Conover 1979): a dozen worlds drawn freely may by luck be
    a dozen good planners.
    """
    order = np.argsort(rng.random((worlds, 2, TRAITS)), axis=0)
    return np.asarray((order + rng.random(order.shape)) / worlds)


def _between(limits: tuple[float, float], part: float) -> float:
    return limits[0] + part * (limits[1] - limits[0])


def done_days(actual: Floats, kind: Ints) -> Floats:
    """When each unit of demand leaves the line, infinite for never; weeks are filled evenly."""
    capacity = np.round(actual).astype(np.int32)[None]
    run = simulate(kind, ALTERNATIVES, NEEDS, capacity)
    done = np.full(kind.size, np.inf)
    for k in range(ALTERNATIVES.size):
        mine = np.flatnonzero(kind == k)
        done[mine] = days_of_places(run.cumulative[k, :, 0], np.arange(mine.size))
    return done


def days_of_places(counts: NDArray[np.int32], places: Ints) -> Floats:
    """The day on which a count, given at the ends of weeks, passes each place; infinite: never.

    Parameters
    ----------
    counts : NDArray[np.int32], shape (W,)
        Never falling.
    places : Ints, shape (N,)
        From 0.
    """
    ends = np.concatenate([[0.0], counts])
    day = 7.0 * np.interp(places + 0.5, ends, np.arange(ends.size))
    return np.asarray(np.where(places + 0.5 > ends[-1], np.inf, day))


def _smooth_output(parameters: MarketParameters, rng: np.random.Generator) -> Floats:
    """Units a week without luck, through the anchors, with the holidays that everybody knows."""
    weeks = np.arange(parameters.weeks)
    anchors = np.array(parameters.anchor_weeks)
    made = monotone_cubic(
        anchors.astype(np.float64), np.array(parameters.anchor_cars), np.arange(anchors[-1] + 1)
    )
    rate = np.diff(made)
    last = rate[-8:].mean()
    after = last * (1 + parameters.growth_per_year) ** ((weeks[anchors[-1] :] - anchors[-1]) / 52)
    rate = np.concatenate([rate, after])
    holiday = np.ones(parameters.weeks)
    festival = np.array(parameters.festival_weeks)
    holiday[festival] = rng.uniform(*parameters.festival_rate, festival.size)
    holiday[np.array(parameters.autumn_weeks)] = parameters.autumn_rate
    shaped = rate * holiday
    for first, until in pairwise(anchors.tolist()):
        shaped[first:until] *= rate[first:until].sum() / shaped[first:until].sum()
    return np.asarray(shaped / parameters.cars_per_unit)


def _row(
    smooth: Floats,
    optimism_share: float,
    parameters: MarketParameters,
    traits: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """What a resource really gives, and every week's plan for it."""
    weeks = parameters.weeks
    trend = _wandering(weeks, parameters.trend_sd, parameters.trend_memory, rng)
    kept, begun = _shocks(parameters, rng)
    luck = rng.normal(0.0, parameters.weekly_sd, weeks)
    actual = smooth * np.exp(trend + luck) * kept
    vintage, lead = np.arange(weeks)[:, None], np.arange(weeks)[None, :]
    week = vintage + lead
    inside = week < weeks
    week = np.minimum(week, weeks - 1)
    optimism = optimism_share * _optimism(parameters, traits)
    grows = -np.expm1(-(lead + 0.5) / _between(parameters.lead_weeks, traits[0]))
    revision = _wandering(weeks, parameters.plan_sd * 0.6, 0.8, rng)
    known = trend[:, None] * parameters.trend_memory**lead + revision[:, None]
    # A stop is in the plans made after its first week.
    foreseen = np.where(begun[week] < vintage, kept[week], 1.0)
    plan = smooth[week] * np.exp(known) * (1 + optimism[:, None] * grows) * foreseen
    return actual, np.where(inside, plan, np.nan)


def _optimism(parameters: MarketParameters, traits: Floats) -> Floats:
    """By how much the plan of each week exceeds the truth far ahead, shape (T,)."""
    week = np.arange(parameters.weeks)
    limits = (
        parameters.optimism_decay,
        parameters.optimism,
        parameters.optimism_left,
        parameters.second_optimism,
    )
    decay, first, left, again = map(_between, limits, traits[1:])
    second = parameters.second_week
    since = np.maximum(week - second - NOTICE_WEEKS, 0)
    later = np.where(week >= second, again * np.exp(-since / decay), 0.0)
    return np.asarray(left + (first - left) * np.exp(-week / decay) + later)


def _shocks(parameters: MarketParameters, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Output left in each week, and the week in which its stop began."""
    kept, begun = np.ones(parameters.weeks), np.arange(parameters.weeks)
    last = parameters.lock_weeks + 30
    for week in rng.choice(np.arange(4, last), parameters.shocks, replace=False):
        length = int(rng.integers(parameters.shock_weeks[0], parameters.shock_weeks[1] + 1))
        kept[week : week + length] = 1 - rng.uniform(*parameters.shock_depth)
        begun[week : week + length] = week
    return kept, begun


def _wandering(weeks: int, sd: float, memory: float, rng: np.random.Generator) -> Floats:
    steps = rng.normal(0.0, sd, weeks)
    path = np.zeros(weeks)
    for week in range(1, weeks):
        path[week] = memory * path[week - 1] + steps[week]
    return path


def _demand(parameters: MarketParameters, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Week of lock and class of every unit of demand, in lock order."""
    week = np.arange(parameters.lock_weeks)
    steady = np.linspace(1.0, parameters.demand_slope, week.size) * rng.lognormal(
        0.0, 0.08, week.size
    )
    burst = np.zeros(week.size)
    for at, cars in parameters.bursts:
        burst[at] += cars
    steady *= (parameters.total_cars - burst.sum()) / steady.sum()
    units = np.round((steady + burst) / parameters.cars_per_unit).astype(np.int64)
    lock_week = np.repeat(week, units)
    kind = (rng.random(lock_week.size) < parameters.option_demand).astype(np.int64)
    return lock_week, kind


__all__ = [
    "Market",
    "MarketParameters",
    "days_of_places",
    "done_days",
    "even_traits",
    "make_market",
]
