"""How long a whole re-forecast takes, step by step, and how much memory it needs.

    python bench/forecast.py [--orders 600000] [--scenarios 256 512] [--json]

The world: 72 classes at 2 plants, 6 variant lines, 4 colour rows and one scarce option, a ramp
over the first 20 weeks, 60 regions, 96 weeks. Each number of scenarios runs in a process of its
own, so that the peak of memory is its own. Compiling is done before and told apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.forecast import (
    BEYOND_HORIZON,
    LEVELS,
    ForecastParameters,
    Lanes,
    forecast_built,
    forecast_queued,
)
from yinuo.engines.queue import (
    CapacityParameters,
    QueueRun,
    build_week_quantiles,
    enforce_lock_order,
    sample_capacity,
    simulate,
    unfair_pairs,
)

Answer = TypeVar("Answer")

VARIANTS: Final = 6
COLOURS: Final = 4
CLASSES: Final = 72
REGIONS: Final = 60
WEEKS: Final = 96
DAYS: Final = 7 * WEEKS + 60
BUILT_SHARE: Final = 0.05
OPTION_ROW: Final = 2 + VARIANTS + COLOURS


@dataclass(frozen=True)
class World:
    classes: NDArray[np.int32]
    regions: NDArray[np.int32]
    alternatives: NDArray[np.int32]
    resources: NDArray[np.int32]
    planned: NDArray[np.float64]
    lanes: Lanes
    centre_capacity: NDArray[np.float64]


def make_world(orders: int, seed: int = 20260211) -> World:
    """Orders with uneven demand, and capacity for about nine tenths of them in the horizon."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(CLASSES, 2.0))
    resources = np.full((CLASSES, 2, 4), -1, np.int32)
    kinds = np.arange(CLASSES)
    for plant in range(2):
        resources[:, plant, 0] = plant
        resources[:, plant, 1] = 2 + kinds % VARIANTS
        resources[:, plant, 2] = 2 + VARIANTS + kinds // VARIANTS % COLOURS
    with_option = kinds % 9 == 0
    resources[with_option, :, 3] = OPTION_ROW
    a_week = orders / WEEKS
    ramp = np.minimum(0.4 + 0.03 * np.arange(WEEKS), 1.0)
    planned = np.empty((OPTION_ROW + 1, WEEKS))
    planned[:2] = 0.55 * a_week * ramp
    planned[2 : 2 + VARIANTS] = 1.5 * a_week / VARIANTS
    planned[2 + VARIANTS : OPTION_ROW] = 1.4 * a_week / COLOURS
    planned[OPTION_ROW] = 0.9 * a_week * share[with_option].sum()
    departs = np.zeros((REGIONS, 7), np.bool_)
    departs[:, [1, 4]] = True
    departs[::4] = True
    capacity = np.full((REGIONS, DAYS), 1.5 * a_week / REGIONS / 6)
    capacity[:, 6::7] = 0.0
    transit = rng.uniform(1.0, 9.0, REGIONS)
    return World(
        classes=rng.choice(CLASSES, orders, p=share).astype(np.int32),
        regions=rng.integers(0, REGIONS, orders).astype(np.int32),
        alternatives=np.full(CLASSES, 2, np.int32),
        resources=resources,
        planned=planned,
        lanes=Lanes(departs, transit, 0.2 * transit, np.full(REGIONS, 1.5)),
        centre_capacity=capacity,
    )


class Watch:
    """Wall and processor seconds of named steps."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    def run(self, name: str, work: Callable[[], Answer]) -> Answer:
        wall, processor = perf_counter(), process_time()
        answer = work()
        self.steps[name] = {
            "wall_s": round(perf_counter() - wall, 3),
            "cpu_s": round(process_time() - processor, 3),
        }
        return answer


def run_queue(world: World, scenarios: int, watch: Watch) -> QueueRun:
    """From the plan to build weeks."""
    rows = world.planned.shape[0]
    uncertain = CapacityParameters(
        level_log_mean=np.full(rows, -0.1),
        level_log_sd=np.full(rows, 0.15),
        unlimited=np.zeros(rows, np.bool_),
        scenarios=scenarios,
    )
    rng = np.random.default_rng(1)
    capacity = watch.run("sample capacity", lambda: sample_capacity(world.planned, uncertain, rng))
    run = watch.run(
        "simulate the queue",
        lambda: simulate(world.classes, world.alternatives, world.resources, capacity),
    )
    watch.run(
        "build weeks, 4 levels",
        lambda: build_week_quantiles(run.cumulative, world.classes, LEVELS[:4]),
    )
    return run


def run_forecast(world: World, run: QueueRun, scenarios: int, watch: Watch) -> NDArray[np.int32]:
    """Dates of the queue, and of as many built cars as a maker has on the way."""
    parameters = ForecastParameters(scenarios=scenarios)
    rng = np.random.default_rng(2)
    goal = world.centre_capacity
    days = watch.run(
        "hand-over days, 24 levels",
        lambda: forecast_queued(
            run, world.classes, world.regions, world.lanes, goal, parameters, rng, LEVELS
        ),
    )
    built = int(world.classes.size * BUILT_SHARE)
    ready, spread = rng.uniform(0, 20, built), rng.uniform(0, 3, built)
    region, place = world.regions[:built], np.arange(built)
    watch.run(
        f"{built} built cars, 24 levels",
        lambda: forecast_built(ready, spread, region, region, place, goal, parameters, rng, LEVELS),
    )
    return days


def forecast_all(world: World, scenarios: int, watch: Watch) -> dict[str, Any]:
    """Every step from plan to fair dates, each under its own name."""
    run = run_queue(world, scenarios, watch)
    days = run_forecast(world, run, scenarios, watch)
    lines = world.classes.astype(np.int64) * REGIONS + world.regions
    nobody = np.zeros(lines.size, np.bool_)
    fair = watch.run("lock order kept", lambda: enforce_lock_order(lines, days, nobody, nobody))
    latest = np.ascontiguousarray(fair[:, 3])
    pairs = watch.run("unfair pairs", lambda: unfair_pairs(lines, latest, nobody, nobody))
    return {
        "unfair_pairs": len(pairs),
        "without_date_p50": round(float((days[:, 1] == BEYOND_HORIZON).mean()), 4),
        "raised": int((fair != days).any(axis=1).sum()),
    }


def measure(orders: int, scenarios: int) -> dict[str, Any]:
    """Compile on a small world, then time the large one."""
    compiling = Watch()
    compiling.run("all", lambda: forecast_all(make_world(3000), 16, Watch()))
    world = make_world(orders)
    watch = Watch()
    whole = Watch()
    outcome = whole.run("all", lambda: forecast_all(world, scenarios, watch))
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {
        "orders": orders,
        "scenarios": scenarios,
        "classes": CLASSES,
        "regions": REGIONS,
        "weeks": WEEKS,
        "compile_or_load_s": compiling.steps["all"]["wall_s"],
        "steps": watch.steps,
        "total": whole.steps["all"],
        "peak_rss_mb": round(peak / 1e6),
        **outcome,
    }


def print_table(results: list[dict[str, Any]]) -> None:
    for result in results:
        print(f"{result['orders']} orders, {result['scenarios']} scenarios")
        for name, seconds in {**result["steps"], "whole re-forecast": result["total"]}.items():
            print(f"  {name:32} {seconds['wall_s']:8.3f} s  {seconds['cpu_s']:8.3f} CPU-s")
        print(f"  {'compile or load':32} {result['compile_or_load_s']:8.3f} s")
        print(f"  {'peak memory':32} {result['peak_rss_mb']:8d} MB")
        print(f"  {'unfair pairs':32} {result['unfair_pairs']:8d}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory of a whole re-forecast.")
    parser.add_argument("--orders", type=int, default=600_000)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        results = [pool.apply(measure, (asked.orders, count)) for count in asked.scenarios]
    if asked.json:
        print(json.dumps(results, indent=1))
    else:
        print_table(results)


if __name__ == "__main__":
    main()
