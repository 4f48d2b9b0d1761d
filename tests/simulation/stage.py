"""The story that is interrupted: told whole once, then from copies, with a kill in each.

A train with 60 cars is cancelled, a plan moves 300 orders, a batch of 30 cars is held. The clock
of the databases stands still, so however often a run is interrupted it must end as the reference.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.simulation import invariants
from tests.simulation.server import Nursery, Server, durable_server, nursery
from tests.simulation.world import (
    DAY,
    NOW,
    make_ground,
    make_orders,
    make_plan,
    make_train,
    report,
)
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Plan
from yinuo.contexts.transit.models import Shipment
from yinuo.jobs import schedule
from yinuo.platform import clock, outbox, schema
from yinuo.workflows import hold, replan

LATER = NOW + dt.timedelta(hours=3)
STORY = "story"
REFERENCE = "reference"
ALL_CAUSES = frozenset({"TRAIN_CANCELLED", "QUALITY_HOLD", "PLANT_STOPPED"})


@dataclass(frozen=True)
class Stage:
    """The server with the story's beginning as a template, and what a run without a kill gives."""

    server: Server
    nursery: Nursery
    changes: Counter[tuple[str, str]]
    promised: list[dict[str, Any]]
    rows: int


def build_story() -> None:
    """60 cars on a train, 30 in a batch, 300 in the queue, everybody promised a date."""
    clock.set_test_clock(at=NOW, running=False)
    ground = make_ground(cars_a_week=20, handovers_a_week=2000)
    long_ago = NOW - 200 * DAY
    train = make_orders(ground, 0, 60, state="IN_TRANSIT", locked_at=long_ago, batch="B16")
    make_train(ground, 0, "X8321", train)
    make_orders(ground, 1, 30, state="BUILT", locked_at=long_ago, batch="B17")
    others = make_orders(
        ground, 1, 6, state="IN_TRANSIT", locked_at=long_ago + 9 * DAY, batch="B18"
    )
    make_train(ground, 1, "X8400", others)
    for line in (0, 1):
        make_orders(ground, line, 150, state="LOCKED", locked_at=long_ago + 40 * DAY)
    plan = make_plan("plan-1", ground.plant, [20, 0, 0] + [20] * 37)
    schedule.sweep(NOW)
    replan.preview(plan_id=plan.id, now=NOW)


def tell_story(*, with_plan: bool = True) -> None:
    """The train is cancelled, the plan put into force, the batch held: rows and nudges."""
    train, staff = Shipment.objects.get(code="X8321"), StaffMember.objects.get()
    hub = Place.objects.get(code="ZZ")
    event = report(train, "CANCELLED", "evt-1", place=hub)
    outbox.nudge("delay.apply", event_id=event.id)
    if with_plan:
        replan.commit_plan(
            plan_id=Plan.objects.get(external_id="plan-1").id,
            cause_code="PLANT_STOPPED",
            evidence="涂装线停产两周，设备检修单 0313",
            staff_id=staff.id,
            now=NOW,
        )
    hold.place(
        batch="B17",
        evidence="后备箱应急拉手 6 台失效",
        expected_release_date=dt.date(2026, 4, 17),
        staff_id=staff.id,
        now=NOW,
    )


# Each cause counts when it is taken up, when its dates have moved and when it is done, and so much
# that the moments are not all at the gateway, where most rows are written.
PROGRESS = """
SELECT (SELECT count(*) FROM orders_queuenote) + (SELECT count(*) FROM notices_noticeentry)
  + 150 * (SELECT count(*) + count(finished_at) FROM promises_forecastrun)
  + 150 * (SELECT count(DISTINCT run_id) FROM promises_promise) AS rows
"""


def progress(server: Server, database: str) -> int:
    """How far the story is, counted in rows."""
    return int(server.ask(database, PROGRESS)[0]["rows"])


@dataclass(frozen=True)
class Moment:
    """A point of the story: so many rows are written, and then a little later.

    Counted in rows, because seconds depend on what else the machine does.
    """

    rows: int
    pause: float


def tell_until(stage: Stage, database: str, moment: Moment) -> None:
    """Tell the story; return when it has come to this moment."""
    before = progress(stage.server, database)
    tell_story()
    deadline = time.monotonic() + 60
    while progress(stage.server, database) - before < moment.rows:
        assert time.monotonic() < deadline, stage.nursery.said()
        time.sleep(0.002)
    time.sleep(moment.pause)


@contextlib.contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    """Everything that the moments share; each moment works on a copy of the template."""
    with durable_server() as server:
        server.create(STORY)
        with server.django_on(STORY):
            schema.ensure_schema()
            build_story()
        server.copy(STORY, REFERENCE)
        with server.django_on(REFERENCE):
            tell_story()
        with nursery(server.url(REFERENCE), folder) as workers:
            ask = partial(server.ask, REFERENCE)
            invariants.check_all(ask)
            changes, promised = invariants.changes(ask), invariants.promised(ask)
            yield Stage(server, workers, changes, promised, rehearse(server, workers))


def rehearse(server: Server, workers: Nursery) -> int:
    """How many rows the story writes when nobody is killed."""
    server.copy(STORY, "rehearsal")
    with server.django_on("rehearsal"):
        pid = workers.start("rehearsal")
        wait_for_worker(server, "rehearsal")
        before = progress(server, "rehearsal")
        begun = time.monotonic()
        tell_story()
        while step_of(server, "rehearsal") != "all told":
            assert time.monotonic() < begun + 60, workers.said()
            time.sleep(0.02)
        rows = progress(server, "rehearsal") - before
        workers.kill(pid)
    server.drop("rehearsal")
    return rows


def wait_for_worker(server: Server, database: str) -> None:
    """Until the worker takes jobs."""
    deadline = time.monotonic() + 20
    while not server.ask(database, "SELECT id FROM procrastinate_workers"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


STEP = """
SELECT concat_ws('; ',
  (SELECT 'train ' || CASE
     WHEN NOT EXISTS (SELECT 1 FROM orders_queuenote n WHERE n.cause_ref = e.public_id)
     THEN 'reported' ELSE coalesce(r.step, 'cars noted') END
   FROM transit_carrierevent e LEFT JOIN runs r ON r.cause_ref = e.public_id
   WHERE e.state = 'RECEIVED'),
  (SELECT 'plan ' || coalesce(r.step, 'committed')
   FROM production_plan p LEFT JOIN runs r ON r.cause_ref = p.public_id
   WHERE p.state = 'COMMITTED' AND p.applied_at IS NULL),
  (SELECT 'hold ' || CASE
     WHEN NOT EXISTS (SELECT 1 FROM orders_queuenote n WHERE n.cause_ref = h.public_id)
     THEN 'placed' ELSE coalesce(r.step, 'cars noted') END
   FROM production_qualityhold h LEFT JOIN runs r ON r.cause_ref = h.public_id
   WHERE h.applied_at IS NULL),
  (SELECT 'entries untold' FROM ledger_untold LIMIT 1),
  (SELECT 'notices waiting' FROM notices_notice WHERE state = 'WAITING' LIMIT 1),
  (SELECT 'a message at the gateway' FROM notices_delivery WHERE state = 'SENDING' LIMIT 1),
  (SELECT 'messages queued' FROM notices_delivery WHERE state = 'QUEUED' LIMIT 1)) AS step
FROM (SELECT 1) one
"""
RUNS = """
WITH runs AS (
  SELECT cause_ref, CASE WHEN finished_at IS NOT NULL THEN 'worked out'
    WHEN EXISTS (SELECT 1 FROM promises_promise p WHERE p.run_id = f.id) THEN 'dates moved'
    ELSE 'being worked out' END AS step FROM promises_forecastrun f)
"""


def step_of(server: Server, database: str) -> str:
    """Which steps of the story are open, by the rows."""
    return str(server.ask(database, RUNS + STEP)[0]["step"]) or "all told"


def moments(count: int, seed: int, rows: int) -> list[Moment]:
    """One random moment in each of `count` equal parts of the story."""
    lots = random.Random(seed)
    return [
        Moment(int((n + lots.random()) / count * rows), lots.uniform(0, 0.08)) for n in range(count)
    ]


def finish(stage: Stage, database: str, environment: Mapping[str, str] | None = None) -> None:
    """Restart: what the supervisor and the scheduler do, twice at once, then three hours later.

    Twice, because a step that failed is found again a minute later, when dates are still the same.
    """
    for at in (NOW, NOW, LATER):
        clock.set_test_clock(at=at, running=False)
        schedule.beat(at)
        pid = stage.nursery.start(database, environment=environment, one_shot=True)
        assert stage.nursery.wait(pid, 60) == 0, stage.nursery.said()


def tend(stage: Stage, database: str, pid: int) -> int:
    """Supervisor and scheduler until all is told: the worker is started again only if it died.

    Returns the worker that is left. The scheduler's minute is half a second here.
    """
    begun = beaten = time.monotonic()
    schedule.beat(NOW)
    while step_of(stage.server, database) != "all told":
        if stage.nursery.wait(pid, 0) is not None:
            pid = stage.nursery.start(database)
        if time.monotonic() - beaten > 0.5:
            beaten = time.monotonic()
            schedule.beat(NOW)
        assert beaten - begun < 30, stage.nursery.said()
        time.sleep(0.02)
    return pid


def check(stage: Stage, database: str, causes: frozenset[str] = ALL_CAUSES) -> None:
    """As if nobody had been killed; `causes` are those that were told."""
    ask = partial(stage.server.ask, database)
    invariants.check_all(ask)
    expected = {change: 1 for change in stage.changes if change[0] in causes}
    found = invariants.changes(ask)
    differ = sorted(set(found.items()) ^ set(expected.items()))
    assert found == expected, (len(found), len(expected), differ[:10])
    moved = {order for _, order in expected}
    for mine, theirs in zip(invariants.promised(ask), stage.promised, strict=True):
        if mine["code"] in moved:
            assert mine == theirs


@contextlib.contextmanager
def moment_on(stage: Stage, name: str, template: str = STORY) -> Iterator[str]:
    """A database of the moment's own, removed again when the moment went well."""
    stage.server.copy(template, name)
    with stage.server.django_on(name):
        yield name
    stage.server.drop(name)


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """What is needed to see a failure again, with the failure."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(what)
        raise
