"""The world of `quote.py`: many open orders, measured output, tables of quotes; engine timings."""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any, Final

import bench.apps_ready  # noqa: F401  first: Django's apps must be ready before any table
from bench.event_world import MONDAY, NOW, WEEK, make_world
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.production.models import Plan, PlanWeek, Resource
from yinuo.contexts.promises.queries import quotes
from yinuo.platform import clock
from yinuo.workflows import first_promise, quote
from yinuo.workflows.next_lock import NextLocks

PAST_WEEKS: Final = 8
LOCKS: Final = 2000


def main() -> None:
    """Build the world of so many orders; print what was measured and a key for the API."""
    orders, promised = int(sys.argv[1]), sys.argv[2] == "promised"
    clock.set_test_clock(at=NOW, running=False)
    make_world(orders)
    plan = Plan.objects.get(state="COMMITTED")
    PlanWeek.objects.filter(week_date__lt=MONDAY).delete()
    PlanWeek.objects.bulk_create(
        PlanWeek(
            plan=plan,
            resource=plant,
            week_date=MONDAY - n * WEEK,
            cars=PlanWeek.objects.filter(plan=plan, resource=plant).first().cars,  # type: ignore[union-attr]
        )
        for plant in Resource.objects.filter(kind="PLANT")
        for n in range(1, PAST_WEEKS + 1)
    )
    if promised:
        first_promise.run(now=NOW)
    found: dict[str, Any] = {"orders": orders, "promised": promised}
    begun, used = time.perf_counter(), time.process_time()
    quote.refresh(now=NOW)
    found["refresh_s"] = round(time.perf_counter() - begun, 2)
    found["refresh_cpu_s"] = round(time.process_time() - used, 2)
    base = quotes.get_base()
    assert base is not None
    found["archive_mb"] = round(len(base.tables.live) / 1e6, 1)
    begun = time.perf_counter()
    live = NextLocks.from_bytes(base.tables.live)
    found["unpack_s"] = round(time.perf_counter() - begun, 2)
    found["engine_ms"] = _time_locks(live)
    found["key"] = create_key(sender="bench", feeds=["quotes"], signed=False, now=NOW).key
    print(json.dumps(found))


def _time_locks(live: NextLocks) -> dict[str, float]:
    """One lock appended and the next one quoted, in milliseconds."""
    rng, took = random.Random(7), []
    kinds, regions = live.weeks.shape[0], live.ways.day_map.shape[0]
    for number in range(LOCKS):
        kind, region = rng.randrange(kinds), rng.randrange(regions)
        begun = time.perf_counter()
        live.append([(live.newest_order_id + 1, kind)])
        live.quote(kind, region)
        if number >= LOCKS // 10:
            took.append(1e3 * (time.perf_counter() - begun))
    took.sort()
    return {"p50": round(took[len(took) // 2], 3), "p95": round(took[len(took) * 95 // 100], 3)}


if __name__ == "__main__":
    main()
