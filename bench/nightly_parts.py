"""The pieces of `nightly.py`, each timed; started by it in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter, process_time
from typing import Any

from django.db import connection

from bench import apps_ready  # noqa: F401 -- before anything that has tables
from bench.database_work import database_seconds
from bench.event_stories import come_to_rest
from bench.event_world import BUILT_SHARE, DAY, NOW, make_world
from bench.past_world import TODAY, add_past, let_time_pass, put_table_in_force
from yinuo.contexts.ledger.operations import mark_history_told
from yinuo.contexts.promises.operations.figures import refresh_figures
from yinuo.contexts.promises.operations.held import count_weeks
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.jobs.schedule import STEPS
from yinuo.platform import schema
from yinuo.workflows import drift, first_promise, guard, integrity, owed, ticks


def timed(name: str, do: Callable[[], Any]) -> dict[str, Any]:
    """Do it once; the seconds, and what it says it did."""
    begun, worked, before = perf_counter(), process_time(), database_seconds()
    done = do()
    wall, cpu, server = (
        perf_counter() - begun,
        process_time() - worked,
        database_seconds() - before,
    )
    print(f"{name}: {wall:.2f} s, own {cpu:.2f} s, database {server:.2f} s", file=sys.stderr)
    return {
        "name": name,
        "wall_s": round(wall, 2),
        "own_cpu_s": round(cpu, 2),
        "database_cpu_s": round(server, 2),
        "done": done,
    }


def a_night() -> list[dict[str, Any]]:
    """The pieces in their order; what comes once a week or only at first stands apart."""
    tomorrow, next_week = NOW + DAY, NOW + 7 * DAY
    return [
        timed("promises of cars handed over end", lambda: end_promises(now=NOW)),
        timed("dates that passed are owned up to", lambda: ticks.break_promises(now=NOW)),
        timed("guard: 104 weeks at once", lambda: guard.judge(now=NOW)),
        timed("guard: a week more", lambda: guard.judge(now=next_week)),
        timed("guard: nothing new", lambda: guard.judge(now=next_week)),
        timed("drift: all cells watched", lambda: drift.watch(now=NOW)),
        timed("ranges that held, counted", lambda: count_weeks(today=TODAY)),
        timed("public figures", lambda: refresh_figures(now=NOW)),
        timed("late days: all so far at once", lambda: owed.run(now=NOW)),
        timed("late days: one day more", lambda: owed.run(now=tomorrow)),
        timed("rows that name nothing", lambda: len(integrity.check())),
        timed("the whole nightly look", lambda: ticks.look_again(now=tomorrow)),
    ]


def a_minute() -> list[dict[str, Any]]:
    """Each step of the sweep once its work is done: what every minute pays."""
    now = NOW + DAY
    for name, step in STEPS.items():
        if name.startswith("notices"):
            continue
        timed(f"(first) {name}", partial(step, now))
    mark_history_told(until=now)
    with connection.cursor() as cursor:
        # What these days told was sent: how long that takes is `event_to_notice.py`'s subject.
        cursor.execute(
            "UPDATE notices_notice SET state = 'SENT', code = 'N' || id, public_id = 'ntc_' || id,"
            " sent_at = %s WHERE state = 'WAITING'",
            [now],
        )
    come_to_rest()
    return [timed(name, partial(step, now)) for name, step in STEPS.items()]


def main(orders: int) -> None:
    """Measure; the result as JSON on standard output."""
    schema.ensure_schema()
    make_world(orders)
    first_promise.run(now=NOW - DAY)
    mark_history_told(until=NOW)
    add_past(orders)
    world = let_time_pass(orders, int(orders * BUILT_SHARE))
    put_table_in_force()
    come_to_rest()
    night, minute = a_night(), a_minute()
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(
        json.dumps(
            {
                "orders": orders,
                "world": world,
                "night": night,
                "minute": minute,
                "peak_rss_mb": round(peak / 1e6),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
