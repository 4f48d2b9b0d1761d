"""The queue step by step at full size, beside serving order by order.

    python bench/serving.py [--orders 600000] [--scenarios 512] [--repeat 3] [--json]

The world of bench/forecast.py. Each step is done `repeat` times; the quickest wall time is told
with its processor seconds. Single locks are told by their median and 95th percentile. Before
anything is told, the counts are compared with those of the order-by-order twin.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final, TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.forecast import make_world
from tests.engines.queue_worlds import Case, serve_one_by_one
from yinuo.engines.queue import (
    CapacityParameters,
    QueueState,
    append,
    append_all,
    build_week_quantiles,
    kept_share,
    quote,
    sample_capacity,
    simulate,
    sort_counts,
)

Answer = TypeVar("Answer")

LOCKS: Final = 5000
RESTART_WEEK: Final = 48


class Table:
    """Steps with their seconds."""

    def __init__(self, repeat: int) -> None:
        self.repeat = repeat
        self.steps: dict[str, dict[str, float]] = {}

    def time(self, name: str, work: Callable[[], Answer]) -> Answer:
        runs = []
        for _ in range(self.repeat):
            wall, processor = perf_counter(), process_time()
            answer = work()
            runs.append((perf_counter() - wall, process_time() - processor))
        wall, processor = min(runs)
        self.steps[name] = {"wall_s": round(wall, 4), "cpu_s": round(processor, 4)}
        return answer

    def single(self, name: str, work: Callable[[int], object], kinds: list[int]) -> None:
        spent = []
        for kind in kinds:
            begun = perf_counter()
            work(kind)
            spent.append(1e6 * (perf_counter() - begun))
        median, high = np.quantile(spent, [0.5, 0.95])
        self.steps[name] = {"median_us": round(float(median), 2), "p95_us": round(float(high), 2)}


def make_case(orders: int, scenarios: int) -> Case:
    world = make_world(orders)
    rows = world.planned.shape[0]
    uncertain = CapacityParameters(
        level_log_mean=np.full(rows, -0.1),
        level_log_sd=np.full(rows, 0.15),
        unlimited=np.zeros(rows, np.bool_),
        scenarios=scenarios,
    )
    capacity = sample_capacity(world.planned, uncertain, np.random.default_rng(1))
    return Case(world.classes, world.alternatives, world.resources, capacity)


def measure(orders: int, scenarios: int, repeat: int) -> dict[str, Any]:
    table = Table(repeat)
    small = make_case(2000, 4)
    serve_one_by_one(small)
    case = make_case(orders, scenarios)
    world = (case.alternatives, case.resources)
    for world_size in (small, case):
        table.steps.clear()
        run_steps(world_size, world, table)
    return {"orders": orders, "scenarios": scenarios, "steps": table.steps}


def run_steps(case: Case, world: tuple[Any, Any], table: Table) -> None:
    """All steps on one world; the first call of each compiles or loads it."""
    run = table.time("simulate", case.run)
    counts, _ = table.time("order by order, one thread", lambda: serve_one_by_one(case))
    if counts.tobytes() != run.cumulative.tobytes():
        raise SystemExit("stretches and single orders disagree")
    capacity = case.capacity[:, :, RESTART_WEEK:]
    built = run.cumulative[:, RESTART_WEEK - 1, :]
    table.time(
        f"taken up again in week {RESTART_WEEK}",
        lambda: simulate(case.classes, *world, capacity, built_before=built),
    )
    ordered = table.time("sort counts", lambda: sort_counts(run.cumulative))
    weeks = table.time(
        "build weeks, 4 levels",
        lambda: build_week_quantiles(ordered, case.classes, [0.1, 0.5, 0.8, 0.95], is_sorted=True),
    )
    promised = np.minimum(weeks[:, 3], case.capacity.shape[2] - 1)
    table.time("kept share", lambda: kept_share(ordered, case.classes, promised, is_sorted=True))
    single_locks(case, table)


def single_locks(case: Case, table: Table) -> None:
    """Locks behind two thirds of the queue, where there is still something to take."""
    known = 2 * case.classes.size // 3
    state = case.first(known).run(keep_state=True).state
    if state is None:
        raise SystemExit("no state was kept")
    kinds = case.classes[known : known + LOCKS].tolist()
    table.single("quote one lock", lambda kind: quote(state, kind), kinds)
    burst = state.copy()
    table.single("append one lock", lambda kind: append(state, kind), kinds)
    table.time(f"append {len(kinds)} locks at once", lambda: append_all(burst.copy(), kinds))
    data = table.time("state to bytes", state.to_bytes)
    table.time("state from bytes", lambda: QueueState.from_bytes(data))


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of the queue, step by step.")
    parser.add_argument("--orders", type=int, default=600_000)
    parser.add_argument("--scenarios", type=int, default=512)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = measure(asked.orders, asked.scenarios, asked.repeat)
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['orders']} orders, {result['scenarios']} scenarios")
    for name, figures in result["steps"].items():
        print(f"  {name:32}", "  ".join(f"{key} {value:9.4f}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
