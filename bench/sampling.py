"""How much dates move from one seed to the next, by the way capacity levels are drawn.

    python bench/sampling.py [--orders 60000] [--scenarios 512] [--seeds 12] [--json]

The world of bench/forecast.py. For each way and seed: the week quantiles of orders all along the
queue, read between whole weeks, in days; then their standard deviation over the seeds, averaged
over orders that every seed builds inside the horizon. Beside it, the seconds of drawing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import process_time
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.forecast import World, make_world
from yinuo.engines.queue import (
    CapacityParameters,
    places,
    sample_capacity,
    simulate,
    sort_counts,
)

WAYS: Final[tuple[Literal["chance", "strata", "sobol"], ...]] = ("chance", "strata", "sobol")
LEVELS: Final = (0.1, 0.5, 0.8, 0.95)
EVERY: Final = 97


def week_quantiles(
    counts: NDArray[np.int32], classes: NDArray[np.int32], asked: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Quantiles (orders, levels) in weeks with fractions; NaN beyond the horizon."""
    rank = places(classes)[asked]
    found = np.full((asked.size, len(LEVELS)), np.nan)
    weeks = np.arange(counts.shape[1] + 1)
    for column, level in enumerate(LEVELS):
        surely = counts[:, :, counts.shape[2] - int(np.ceil(level * counts.shape[2]))]
        built = np.concatenate([np.zeros((surely.shape[0], 1)), surely], axis=1)
        for k in np.unique(classes[asked]):
            mine = classes[asked] == k
            # Weeks in which nothing is built must not make the curve flat.
            rising = built[k] + 1e-6 * weeks
            found[mine, column] = np.interp(rank[mine] + 0.5, rising, weeks, right=np.nan)
    return found


def measure(world: World, way: str, scenarios: int, seeds: int) -> dict[str, Any]:
    """Standard deviations over the seeds, in days, one per level."""
    rows = world.planned.shape[0]
    asked = np.arange(0, world.classes.size, EVERY)
    found, drawing = [], 0.0
    for seed in range(seeds):
        uncertain = CapacityParameters(
            level_log_mean=np.full(rows, -0.1),
            level_log_sd=np.full(rows, 0.15),
            unlimited=np.zeros(rows, np.bool_),
            scenarios=scenarios,
            spread=way,  # type: ignore[arg-type]
        )
        begun = process_time()
        capacity = sample_capacity(world.planned, uncertain, np.random.default_rng(seed))
        drawing += process_time() - begun
        run = simulate(world.classes, world.alternatives, world.resources, capacity)
        found.append(week_quantiles(sort_counts(run.cumulative), world.classes, asked))
    days = 7 * np.stack(found)
    inside = np.isfinite(days).all(axis=(0, 2))
    spread = days[:, inside].std(axis=0, ddof=1).mean(axis=0).round(2).tolist()
    names = [f"p{round(100 * level)}" for level in LEVELS]
    return {
        "way": way,
        "scenarios": scenarios,
        "orders_compared": int(inside.sum()),
        "sd_days": dict(zip(names, spread, strict=True)),
        "drawing_cpu_s": round(drawing / seeds, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Standard deviation of dates over seeds.")
    parser.add_argument("--orders", type=int, default=60_000)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[512])
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    world = make_world(asked.orders)
    results = [measure(world, way, count, asked.seeds) for count in asked.scenarios for way in WAYS]
    if asked.json:
        print(json.dumps(results, indent=1))
        return
    print(f"{'way':8} {'scenarios':>9} {'P10':>6} {'P50':>6} {'P80':>6} {'P95':>6}  CPU-s to draw")
    for result in results:
        days = " ".join(f"{sd:6.2f}" for sd in result["sd_days"].values())
        print(f"{result['way']:8} {result['scenarios']:9d} {days}  {result['drawing_cpu_s']:.4f}")


if __name__ == "__main__":
    main()
