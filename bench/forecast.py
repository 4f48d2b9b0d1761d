"""How long a whole re-forecast takes, step by step, and how much memory it needs.

    python bench/forecast.py [--orders 600000] [--scenarios 512] [--simpy-orders 20000] [--json]

The world: 72 classes at 2 plants, 6 variant lines, 4 colour rows and one scarce option, a ramp
over the first 20 weeks, 60 regions, 96 weeks. Each method runs in a process of its own, which has
compiled nothing, so that the peak of memory is its own.

Two bounds stand beside the dates of the queue. Memory: every byte of counts, map and answer moved
once, at the rate at which this machine copies. Arithmetic: every pair of order and scenario counted
once, at the rate at which both processors count into a small table and do nothing else. They are
compared with processor seconds over 2. Marks are judged by the clock: on a machine that does other
work they are missed, and the processor seconds over 2 beside them say more.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.machine_rates import PROCESSORS, rates
from bench.simpy_line import seconds_per_order
from yinuo.engines.forecast import (
    BEYOND_HORIZON,
    LEVELS,
    ForecastParameters,
    Lanes,
    forecast_built,
    forecast_queued,
    forecast_regions,
)
from yinuo.engines.forecast.queued import Method
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
# Marks to reach: seconds by the clock on 2 idle processors, megabytes, and times SimPy.
QUEUE_S, WEEKS_S, REGION_S, PEAK_MB, TIMES_SIMPY = 0.5, 0.02, 0.1, 600, 1000
WHOLE_S: Final[dict[Method, float]] = {"exact": 2.5, "split": 1.8, "mixture": 1.2}
# Enough that the small world goes the way of large ones; with few orders another one is taken.
SMALL_ORDERS: Final = 60_000
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


def run_forecast(world: World, run: QueueRun, method: Method, watch: Watch) -> NDArray[np.int32]:
    """Dates of the queue, and of as many built cars as a maker has on the way."""
    parameters = ForecastParameters(scenarios=run.cumulative.shape[2])
    goal = world.centre_capacity
    days = watch.run(
        "hand-over days, 24 levels",
        lambda: forecast_queued(
            run, world.classes, world.regions, world.lanes, goal, parameters,
            np.random.default_rng(2), LEVELS, method=method,
        ),
    )  # fmt: skip
    rng = np.random.default_rng(3)
    built = int(world.classes.size * BUILT_SHARE)
    ready, spread = rng.uniform(0, 20, built), rng.uniform(0, 3, built)
    region, place = world.regions[:built], np.arange(built)
    watch.run(
        f"{built} built cars, 24 levels",
        lambda: forecast_built(ready, spread, region, region, place, goal, parameters, rng, LEVELS),
    )
    return days


def run_aside(world: World, run: QueueRun, method: Method, watch: Watch) -> None:
    """What is not part of a whole re-forecast: fewer levels, one region."""
    parameters = ForecastParameters(scenarios=run.cumulative.shape[2])
    for name, levels, wanted in [
        ("hand-over days, 4 levels", LEVELS[:4], range(REGIONS)),
        ("one region, 24 levels", LEVELS, [7]),
    ]:
        watch.run(
            name,
            lambda levels=levels, wanted=wanted: forecast_regions(  # type: ignore[misc]
                run, world.classes, world.regions, world.lanes, world.centre_capacity,
                parameters, np.random.default_rng(2), levels, wanted, method=method,
            ),
        )  # fmt: skip


def forecast_all(
    world: World, scenarios: int, method: Method, watch: Watch
) -> tuple[QueueRun, NDArray[np.int32], dict[str, Any]]:
    """Every step from plan to fair dates, each under its own name."""
    run = run_queue(world, scenarios, watch)
    days = run_forecast(world, run, method, watch)
    lines = world.classes.astype(np.int64) * REGIONS + world.regions
    nobody = np.zeros(lines.size, np.bool_)
    fair = watch.run("lock order kept", lambda: enforce_lock_order(lines, days, nobody, nobody))
    latest = np.ascontiguousarray(fair[:, 3])
    pairs = watch.run("unfair pairs", lambda: unfair_pairs(lines, latest, nobody, nobody))
    outcome = {
        "unfair_pairs": len(pairs),
        "without_date_p50": round(float((days[:, 1] == BEYOND_HORIZON).mean()), 4),
        "raised": int((fair != days).any(axis=1).sum()),
    }
    return run, days, outcome


def peak_mb() -> int:
    """The most memory this process has had: what the kernel noted, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return round(int(next(n for n in lines if n.startswith("VmHWM")).split()[1]) * 1024 / 1e6)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def compile_all() -> float:
    """Seconds until all loops are compiled and stored, or loaded."""
    begun = perf_counter()
    for method in WHOLE_S:
        world = make_world(SMALL_ORDERS)
        run, _, _ = forecast_all(world, 16, method, Watch())
        run_aside(world, run, method, Watch())
    return round(perf_counter() - begun, 3)


def measure(orders: int, scenarios: int, method: Method) -> dict[str, Any]:
    """Time one method on the large world, loops loaded before."""
    small = make_world(SMALL_ORDERS)
    run_aside(small, forecast_all(small, 16, method, Watch())[0], method, Watch())
    world, watch, whole = make_world(orders), Watch(), Watch()
    run, days, outcome = whole.run("all", lambda: forecast_all(world, scenarios, method, watch))
    peak = peak_mb()
    aside = Watch()
    run_aside(world, run, method, aside)
    build_days, kinds = 6 * WEEKS, run.cumulative
    moved = kinds.nbytes + 2 * scenarios * build_days * 64 + days.nbytes + 8 * orders
    return {
        "method": method,
        "orders": orders,
        "scenarios": scenarios,
        "steps": watch.steps,
        "aside": aside.steps,
        "total": whole.steps["all"],
        "peak_mb": peak,
        "moved_mb": round(moved / 1e6),
        **outcome,
    }


def mixture_errors(orders: int, scenarios: int) -> dict[str, dict[str, float]]:
    """Days between the mixture and the exact dates at the four levels."""
    world = make_world(orders)
    run = run_queue(world, scenarios, Watch())
    exact, short = (run_forecast(world, run, method, Watch()) for method in ("exact", "mixture"))
    found = {}
    for column, level in enumerate(LEVELS[:4]):
        both = (exact[:, column] < BEYOND_HORIZON) & (short[:, column] < BEYOND_HORIZON)
        error = np.abs(exact[both, column] - short[both, column])
        found[f"P{round(100 * level)}"] = {
            "mean": round(float(error.mean()), 2),
            "p99": float(np.percentile(error, 99)),
            "max": float(error.max()),
        }
    return found


def judge(result: dict[str, Any], rate: dict[str, float], simpy_s: float) -> dict[str, Any]:
    """Bounds, the comparison with SimPy, and which marks are met."""
    dates = result["steps"]["hand-over days, 24 levels"]
    idle_s = dates["cpu_s"] / PROCESSORS
    pairs = result["orders"] * result["scenarios"]
    times = simpy_s / (result["total"]["cpu_s"] / pairs)
    marks = {
        "queue, s": (result["steps"]["simulate the queue"], QUEUE_S),
        "build weeks, s": (result["steps"]["build weeks, 4 levels"], WEEKS_S),
        "one region, s": (result["aside"]["one region, 24 levels"], REGION_S),
        "whole re-forecast, s": (result["total"], WHOLE_S[result["method"]]),
    }
    judged = {
        name: {
            "found": seconds["wall_s"],
            "processors_alone": round(seconds["cpu_s"] / PROCESSORS, 3),
            "mark": mark,
            "met": seconds["wall_s"] <= mark,
        }
        for name, (seconds, mark) in marks.items()
    }
    peak = result["peak_mb"]
    judged["peak, MB"] = {"found": peak, "mark": PEAK_MB, "met": peak <= PEAK_MB}
    judged["times SimPy"] = {
        "found": round(times),
        "mark": TIMES_SIMPY,
        "met": times >= TIMES_SIMPY,
    }
    return {
        "times_memory_bound": round(
            idle_s / (result["moved_mb"] * 1e6 / rate["copied_bytes_a_s"]), 1
        ),
        "times_arithmetic_bound": round(idle_s / (pairs / rate["counted_pairs_a_s"]), 1),
        "ns_cpu_a_pair": round(1e9 * dates["cpu_s"] / pairs, 2),
        "times_simpy": round(times),
        "marks": judged,
    }


def print_table(answer: dict[str, Any]) -> None:
    for result in answer["results"]:
        print(f"{result['method']}: {result['orders']} orders, {result['scenarios']} scenarios")
        for name, seconds in {
            **result["steps"], "whole re-forecast": result["total"], **result["aside"]
        }.items():  # fmt: skip
            print(f"  {name:32} {seconds['wall_s']:8.3f} s  {seconds['cpu_s']:8.3f} CPU-s")
        judged = result["judged"]
        print(
            f"  dates of the queue: {judged['ns_cpu_a_pair']} CPU-ns a pair of order and scenario,"
        )
        print(
            f"    {judged['times_memory_bound']} x the memory bound,"
            f" {judged['times_arithmetic_bound']} x the arithmetic bound"
        )
        for name, mark in judged["marks"].items():
            met = "met" if mark["met"] else "not met"
            alone = mark.get("processors_alone")
            aside = "" if alone is None else f"; CPU-s over {PROCESSORS}: {alone}"
            print(f"  mark {name:27} {mark['found']:>8} of {mark['mark']}: {met}{aside}")
    print(f"compile or load {answer['compile_or_load_s']} s")
    print(f"SimPy: {1e6 * answer['simpy_s_an_order']:.1f} us an order and scenario")
    for level, error in answer["mixture_error_days"].items():
        print(f"mixture less exact, {level}: mean {error['mean']} days, 99 % {error['p99']:.0f},"
              f" most {error['max']:.0f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory of a whole re-forecast.")
    parser.add_argument("--orders", type=int, default=600_000)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[512])
    parser.add_argument("--simpy-orders", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        compiled = pool.apply(compile_all)
        rate = pool.apply(rates)
        simpy_s = pool.apply(seconds_per_order, (asked.simpy_orders,))
        results = [
            pool.apply(measure, (asked.orders, count, method))
            for count in asked.scenarios
            for method in WHOLE_S
        ]
        errors = pool.apply(mixture_errors, (asked.orders, asked.scenarios[-1]))
    for result in results:
        result["judged"] = judge(result, rate, simpy_s)
    answer = {
        "results": results,
        "rates": rate,
        "simpy_s_an_order": simpy_s,
        "compile_or_load_s": compiled,
        "mixture_error_days": errors,
    }
    if asked.json:
        print(json.dumps(answer, indent=1))
    else:
        print_table(answer)


if __name__ == "__main__":
    main()
