"""The questions of `planner.py`, each timed; started by it in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

from bench import apps_ready  # noqa: F401 -- before anything that has tables
from bench.event_world import BUILT_SHARE, DAY, NOW, lose_a_week, make_world
from yinuo.platform import schema
from yinuo.workflows import explain, first_promise, inverse, replan, whatif
from yinuo.workflows.supposed import ClosedWeek, Growth


def timed(name: str, ask: Callable[[], Any], say: Callable[[Any], str]) -> dict[str, Any]:
    """Ask once; the seconds, and the answer in a few words."""
    begun, worked = perf_counter(), process_time()
    found = ask()
    wall, cpu = perf_counter() - begun, process_time() - worked
    print(f"{name}: {wall:.2f} s", file=sys.stderr)
    return {
        "name": name,
        "wall_s": round(wall, 2),
        "own_cpu_s": round(cpu, 2),
        "answer": say(found),
    }


def ask_all(orders: int) -> list[dict[str, Any]]:
    """Every question once, on warm compiled code."""
    explain.take_snapshot(ref="before", now=NOW - DAY)
    plan = lose_a_week(orders)
    first_look = timed("compiled code fetched", lambda: whatif.ask([Growth("P1", 5.0)], now=NOW),
                       lambda found: f"{found.orders} orders")  # fmt: skip
    return [
        first_look,
        timed("what do you do to people (impact)", lambda: replan.preview(plan_id=plan.id, now=NOW),
              lambda found: f"{found['moved']} promises move"),
        timed("what if: 5 % more of a plant", lambda: whatif.ask([Growth("P1", 5.0)], now=NOW),
              lambda found: f"{found.earlier} earlier, {found.later} later"),
        timed("what if: a closed week, an option",
              lambda: whatif.ask([ClosedWeek("P1", (NOW + 14 * DAY).date()),
                                  Growth("CARBON", 10.0)], now=NOW),
              lambda found: f"{found.earlier} earlier, {found.later} later"),
        timed("snapshot taken", lambda: explain.take_snapshot(ref="again", now=NOW),
              lambda _: "kept"),
        timed("why dates change (explanation)", lambda: explain.run(now=NOW),
              lambda found: f"{found} plans explained"),
        timed("what must grow (study)", lambda: inverse.work_out(growth=0.05, now=NOW),
              lambda found: f"{len(found.stages)} stages, bottleneck {found.bottleneck}"),
    ]  # fmt: skip


def main(orders: int) -> None:
    """Measure; the result as JSON on standard output."""
    schema.ensure_schema()
    make_world(orders)
    first_promise.run(now=NOW)
    questions = ask_all(orders)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(
        json.dumps(
            {
                "orders": orders,
                "built": int(orders * BUILT_SHARE),
                "questions": questions,
                "peak_rss_mb": round(peak / 1e6),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
