"""Worlds of queued orders, and the twin that lives through them day by day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import pytest
from numpy.typing import NDArray

from yinuo.engines.forecast import LEVELS, ForecastParameters, Lanes, few, forecast_queued
from yinuo.engines.forecast.arrange import arrange, check_orders
from yinuo.engines.forecast.daymap import DayMap, draw_ways, map_group
from yinuo.engines.forecast.luck import holds, transit_times
from yinuo.engines.forecast.queued import Method


@dataclass(frozen=True)
class Run:
    """What the forecast needs of a queue run."""

    cumulative: NDArray[np.int32]


@dataclass(frozen=True)
class World:
    run: Run
    classes: NDArray[np.int32]
    regions: NDArray[np.int32]
    lanes: Lanes
    centre_capacity: NDArray[np.float64]
    parameters: ForecastParameters
    today: int

    def forecast(
        self, seed: int, levels: NDArray[np.float64] = LEVELS, method: Method = "exact"
    ) -> NDArray[np.int32]:
        return forecast_queued(
            self.run,
            self.classes,
            self.regions,
            self.lanes,
            self.centre_capacity,
            self.parameters,
            np.random.default_rng(seed),
            levels,
            self.today,
            method,
        )


@contextmanager
def as_many() -> Iterator[None]:
    """Small worlds go the way of large ones, which never writes down an order's build days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(few, "FEW_BYTES", -1)
        yield


def random_world(seed: int) -> World:
    """Few cars, scarce hand-over places, closed days, all sorts of lanes."""
    rng = np.random.default_rng(seed)
    kinds, centres, weeks, scenarios = (int(rng.integers(1, top)) for top in (4, 4, 7, 21))
    count = int(rng.integers(0, 60))
    classes = rng.integers(0, kinds, count).astype(np.int32)
    sizes = np.bincount(classes, minlength=kinds)
    built = rng.integers(0, 8, (kinds, weeks, scenarios)) * rng.integers(0, 2, (kinds, weeks, 1))
    cumulative = np.minimum(built.cumsum(axis=1), sizes[:, None, None]).astype(np.int32)
    departs = rng.random((centres, 7)) < 0.4
    departs[np.arange(centres), rng.integers(0, 7, centres)] = True
    transit = rng.choice([0.0, 1.0, 4.5], centres)
    return World(
        run=Run(cumulative),
        classes=classes,
        regions=rng.integers(0, centres, count).astype(np.int32),
        lanes=Lanes(
            departs,
            transit,
            np.where(transit > 0, 1.0, 0.0),
            rng.choice([0.0, 1.5], centres),
            _own_days(rng, centres),
        ),
        centre_capacity=rng.choice([0.0, 0.5, 1.0, 3.0], (centres, int(rng.integers(20, 80)))),
        parameters=ForecastParameters(
            production_days=int(rng.integers(1, 8)),
            finish_days=float(rng.choice([0.0, 1.0])),
            hold_chance=0.3,
            hold_days=3.0,
        ),
        today=int(rng.integers(0, 7)),
    )


def _own_days(rng: np.random.Generator, centres: int) -> NDArray[np.int64] | None:
    if rng.random() < 0.4:
        return None
    return rng.choice([0, 0, 1, 2, 7], (centres, int(rng.integers(1, 5))))


def with_own_days(world: World, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Days by scenario and order, shape (S, N), with every own day: shape (S * K, N)."""
    own, calendar = world.lanes.own_days, world.centre_capacity
    if own is None:
        return places
    days = np.full((places.shape[0], own.shape[1], places.shape[1]), np.inf)
    for s, n in zip(*np.nonzero(np.isfinite(places)), strict=True):
        g = int(world.regions[n])
        for j in range(own.shape[1]):
            day = int(places[s, n]) + int(own[g, j])
            while day < calendar.shape[1] and calendar[g, day] <= 0:
                day += 1
            days[s, j, n] = day if day < calendar.shape[1] else np.inf
    return days.reshape(places.shape[0] * own.shape[1], places.shape[1])


def build_days(world: World, scenario: int) -> list[int | None]:
    """Build day of every order: its number among the week's orders of its class decides."""
    found: list[int | None] = []
    for n, k in enumerate(world.classes):
        rank = int((world.classes[:n] == k).sum())
        done, found_day = 0, None
        for week, upto in enumerate(world.run.cumulative[k, :, scenario].tolist()):
            if rank < upto:
                last = world.parameters.production_days - 1
                first = min(max(world.today - 7 * week, 0), last)
                share = (rank - done + 0.5) / (upto - done)
                found_day = 7 * week + first + floor(share * (last - first + 1))
                break
            done = upto
        found.append(found_day)
    return found


def handed_over(world: World, scenario: int, seed: int) -> list[float]:
    """The twin: live through the days at each centre; infinity where nobody is handed over."""
    lanes, parameters = world.lanes, world.parameters
    rng = np.random.default_rng(seed)
    shape = world.run.cumulative.shape[2], lanes.transit_days.size
    hold = holds(*shape, parameters, rng)[scenario]
    transit = transit_times(shape[0], lanes, parameters, rng)[scenario]
    built = build_days(world, scenario)
    day_of: dict[tuple[int, int], int] = {}
    for g in range(lanes.transit_days.size):
        cohorts = [b for b, r in zip(built, world.regions, strict=True) if r == g and b is not None]
        waiting = []
        for b in sorted(set(cohorts)):
            leaves = ceil(b + 1 + parameters.finish_days + hold[g])
            while not lanes.departs[g, leaves % 7]:
                leaves += 1
            ready = ceil(leaves + transit[g] + lanes.preparation_days[g])
            waiting.append([ready, b, cohorts.count(b), 0.0])
        for day in range(world.today, world.centre_capacity.shape[1]):
            places = world.centre_capacity[g, day]
            while places > 0 and waiting and waiting[0][0] <= day:
                _, b, cars, served = waiting[0]
                now = min(places, cars - served)
                waiting[0][3] += now
                places -= now
                if waiting[0][3] >= (cars + 1) / 2:
                    day_of.setdefault((g, b), day)
                if waiting[0][3] == cars:
                    waiting.pop(0)
    pairs = zip(world.regions.tolist(), built, strict=True)
    return [np.inf if b is None else day_of.get((g, b), np.inf) for g, b in pairs]


def plain_world(orders: int, a_week: int, scenarios: int = 8) -> World:
    """One class, one region, no luck: `a_week` cars a week, train on Thursdays, two days."""
    weeks = 30
    cumulative = np.minimum(np.arange(1, weeks + 1) * a_week, orders)
    return World(
        run=Run(np.repeat(cumulative[None, :, None], scenarios, axis=2).astype(np.int32)),
        classes=np.zeros(orders, np.int32),
        regions=np.zeros(orders, np.int32),
        lanes=Lanes(np.arange(7)[None] == 3, np.array([2.0]), np.array([0.0]), np.array([1.0])),
        centre_capacity=np.full((1, 400), 100.0),
        parameters=ForecastParameters(
            production_days=5, finish_days=1.0, hold_chance=0.0, lane_shock_sd=0.0
        ),
        today=0,
    )


def map_of(world: World, seed: int) -> DayMap:
    """The map of all regions of a small world."""
    cumulative, centres = world.run.cumulative, world.centre_capacity.shape[0]
    kinds, places, start = check_orders(world.classes, world.regions, cumulative, centres)
    ways = draw_ways(
        cumulative.shape[2], cumulative.shape[1], world.lanes, world.centre_capacity,
        world.parameters, np.random.default_rng(seed), world.today,
    )  # fmt: skip
    rows = np.arange(kinds.size, dtype=np.int32)
    arranged = arrange(kinds, places, start, range(centres), centres, rows)
    return map_group(cumulative, arranged, ways, range(centres))
