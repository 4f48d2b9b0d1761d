"""The two stories of `event_to_notice.py`, told by the functions that the jobs call.

Run as `python -m bench.event_stories ORDERS` with `DATABASE_URL` naming an empty database.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import perf_counter, thread_time
from typing import Any, Final

from django.db import connection

from bench import apps_ready  # noqa: F401 -- before anything that has tables
from bench.event_world import BUILT_SHARE, NOW, TRAIN, lose_a_week, make_world
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery, Notice
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.promises.operations import forecasting
from yinuo.contexts.transit.models import CarrierEvent
from yinuo.platform import schema
from yinuo.workflows import dates, delay, explain, fairness, first_promise, replan, tell
from yinuo.workflows.intake.run import run_feed

MINUTE: Final = dt.timedelta(minutes=1)
# Both gateways are configured, so a released notice is a queued message and not a finished one.
PROVIDERS: Final = {"SMS": "AliyunSms", "MAIL": "Mail"}
SHIPMENT, FORECAST, COMPARE = "event put into effect", "forecast", "compared with what was promised"
WRITTEN, NAMED = "promises", "who answers for each order"
LEDGER, BATCHES = "ledger", "all batches, two lanes"
READ, CHECKED = "open orders read", "lock order checked once more"
PLANNED, UNTOLD = "notices queued", "entries left that nobody was told of"
RELEASED = "notices written out per channel"
KEPT = "what dates followed from, kept for explanations"
# What comes when the last promise is committed and the last notice is queued.
AFTER: Final = (CHECKED, KEPT, RELEASED)


@dataclass
class Took:
    """Seconds of a step: by the clock, and of this process's own work in it."""

    wall_s: float = 0.0
    own_cpu_s: float = 0.0

    def add(self, wall_s: float, own_cpu_s: float) -> None:
        """So much more."""
        self.wall_s += wall_s
        self.own_cpu_s += own_cpu_s


class Watch:
    """Seconds by step. Time in a step that runs inside another counts only for the inner.

    Steps that lanes do side by side are kept apart, as the sum over the lanes.
    """

    def __init__(self) -> None:
        self.steps: dict[str, Took] = {}
        self.lanes: dict[str, Took] = {}
        self._here = threading.local()
        self._main = threading.get_ident()
        self._lock = threading.Lock()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a block."""
        inside: list[Took] = self._here.__dict__.setdefault("inside", [])
        inside.append(Took())
        begun, worked = perf_counter(), thread_time()
        try:
            yield
        finally:
            wall, cpu = perf_counter() - begun, thread_time() - worked
            inner = inside.pop()
            steps = self.steps if threading.get_ident() == self._main else self.lanes
            with self._lock:
                steps.setdefault(name, Took()).add(wall - inner.wall_s, cpu - inner.own_cpu_s)
            if inside:
                inside[-1].add(wall, cpu)

    @contextmanager
    def inside(self, places: Sequence[tuple[Any, str, str]]) -> Iterator[None]:
        """Time functions of modules (module, function, step) wherever they are called meanwhile."""
        before = [getattr(module, name) for module, name, _ in places]
        for (module, name, step), function in zip(places, before, strict=True):
            setattr(module, name, self._timed(step, function))
        try:
            yield
        finally:
            for (module, name, _), function in zip(places, before, strict=True):
                setattr(module, name, function)

    def _timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*words: Any, **named: Any) -> Any:
            with self.step(step):
                return function(*words, **named)

        return run

    def result(
        self, title: str, counts: dict[str, int], after: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The story as it is printed; steps named in `after` come when everything is queued."""
        total = sum(took.wall_s for name, took in self.steps.items() if name not in after)
        return {
            "title": title,
            "counts": counts,
            "steps": _rounded(self.steps),
            "lanes": _rounded(self.lanes),
            "total_s": round(total, 3),
        }


def _rounded(steps: Mapping[str, Took]) -> dict[str, dict[str, float]]:
    return {
        name: {key: round(seconds, 3) for key, seconds in asdict(took).items()}
        for name, took in steps.items()
    }


COMMON: Final = (
    (dates, "compare", COMPARE),
    (dates, "side_by_side", BATCHES),
    (dates, "label_columns", NAMED),
    (forecasting, "revise", WRITTEN),
    (forecasting, "make_first", WRITTEN),
    (forecasting, "record_series", LEDGER),
    (dates, "plan_alike", PLANNED),
)


def prepare(orders: int) -> dict[str, Any]:
    """The world, and a first promise for everybody."""
    watch = Watch()
    with watch.step("world built"):
        make_world(orders)
    places = [*COMMON, (first_promise, "work_out", FORECAST)]
    with watch.inside(places), watch.step("the rest of first promises"):
        made = first_promise.run(now=NOW - MINUTE)
    # Who locked in these days is told the first date; that is no part of the stories.
    tell_everybody(Watch(), NOW - MINUTE)
    return watch.result("First promises", {"promises made": made})


def come_to_rest() -> None:
    """What the server does by itself in the minutes after a great load, before the next event.

    Dead rows are cleared and a checkpoint is made: the event then pays for whole pages in the log,
    and not for the clearing of what the making of the world left behind.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def cancel_train() -> dict[str, Any]:
    """A train with 200 cars is cancelled."""
    come_to_rest()
    watch = Watch()
    before = counted()
    with watch.step("event recorded"):
        record = {"id": "evt-1", "shipment": TRAIN, "kind": "CANCELLED", "at": NOW.isoformat(),
                  "cause": "TRAIN_CANCELLED", "place": "ZZ", "condition": "INTACT"}  # fmt: skip
        assert run_feed("events", [record], sender="rail", now=NOW).accepted == 1
    event = CarrierEvent.objects.get()
    places = [*COMMON, (delay, "work_out_built", FORECAST)]
    with watch.inside(places), watch.step(SHIPMENT):
        delay.apply(event_id=event.id, now=NOW + MINUTE)
    tell_everybody(watch, NOW + 2 * MINUTE)
    return watch.result("A train with 200 cars is cancelled", counted(before), AFTER)


def commit_plan(orders: int) -> dict[str, Any]:
    """A plant loses a week."""
    come_to_rest()
    watch = Watch()
    before = counted()
    plan, staff = lose_a_week(orders), StaffMember.objects.get()
    at = NOW + 180 * MINUTE
    places = [
        *COMMON,
        (replan, "load_open", READ),
        (replan, "load_inputs", FORECAST),
        (replan, "outlook_of", FORECAST),
        (explain, "keep_inputs", KEPT),
        (replan, "compare", COMPARE),
        (fairness, "watch", CHECKED),
    ]
    with watch.inside(places), watch.step("impact shown before the commit"):
        replan.preview(plan_id=plan.id, now=at)
    looked, watch = watch, Watch()
    with watch.step("plan put into force"):
        replan.commit_plan(
            plan_id=plan.id, cause_code="PLANT_STOPPED", evidence="涂装线停产一周，检修单 0313",
            staff_id=staff.id, now=at,
        )  # fmt: skip
    with watch.inside(places), watch.step("the rest of the re-plan"):
        replan.apply(plan_id=plan.id, now=at)
    tell_everybody(watch, at + MINUTE)
    result = watch.result("A plant loses a week", counted(before), AFTER)
    return {**result, "preview_s": looked.result("", {})["total_s"]}


def tell_everybody(watch: Watch, now: dt.datetime) -> None:
    """Entries become notices, notices become queued messages."""
    with watch.step(UNTOLD):
        tell.issue_notices(now=now)
    with watch.step(RELEASED):
        tell.release_notices(
            address="car.example.cn/n", site="http://127.0.0.1", providers=PROVIDERS, now=now
        )


def counted(before: dict[str, int] | None = None) -> dict[str, int]:
    """How many rows there are, or how many more than before; nobody may be left untold."""
    now = {
        "promises moved": Entry.objects.filter(kind="promise.revised").count(),
        "notices": Notice.objects.count(),
        "messages queued": Delivery.objects.filter(state="QUEUED").count(),
    }
    if before is None:
        return now
    assert not Notice.objects.filter(state="WAITING").exists()
    return {name: count - before[name] for name, count in now.items()}


def main(orders: int) -> None:
    """Measure; the result as JSON on standard output."""
    schema.ensure_schema()
    result = {
        "orders": orders,
        "built": int(orders * BUILT_SHARE),
        "prepared": prepare(orders),
        "train": cancel_train(),
        "plan": commit_plan(orders),
    }
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({**result, "peak_rss_mb": round(peak / 1e6)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
