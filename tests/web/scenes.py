"""The orders that the browser looks at: one for each state of a page."""

from __future__ import annotations

import datetime as dt
import json

from django.contrib.sessions.backends.db import SessionStore

from tests import factories
from tests.web import (
    centre_scenes,
    claims_scenes,
    handover_scenes,
    log_scenes,
    public_scenes,
    rights_scenes,
    watch_scenes,
)
from yinuo.contexts.orders.models import Order, StaffLook
from yinuo.contexts.planning.operations import keep_growth_study
from yinuo.contexts.production.models import Plan
from yinuo.contexts.promises.models import Undated
from yinuo.contexts.transit.models import CarrierEvent
from yinuo.platform import clock
from yinuo.platform.spoken import write_instant
from yinuo.workflows.inverse import Inverse, write
from yinuo.workflows.stages import Block, Stage

DAY = factories.DAY
PLAN = "pln_yf202608"
# The order's code by what its page shows.
CODES = {
    "empty": "EM26AA",
    "late_empty": "EM26LA",
    "unknown": "UN26AA",
    "expected": "EX26AA",
    "moved": "NC26LU",
    "chosen": "CH26AA",
    "broken": "BR26AA",
    "held": "HD26AA",
    "transit": "TR26AA",
    "centre": "CE26AA",
    "delivered": "DE26AA",
    "cancelled": "CA26AA",
    "stale": "ST26AA",
    "next_year": "NY26AA",
    "beyond": "FA26AA",
}


def _promised(world: factories.World, scene: str, at: str, **promise: object) -> Order:
    line = world.line if scene == "expected" else world.other_line
    order = factories.make_order(world, CODES[scene], state=at, line=line)
    factories.make_promise(order, **promise)  # type: ignore[arg-type]
    return order


def _without_date(world: factories.World) -> None:
    factories.make_order(world, CODES["empty"], locked_at=factories.NOW - DAY)
    factories.make_order(world, CODES["late_empty"], line=world.other_line)
    unknown = factories.make_order(
        world, CODES["unknown"], state="SCHEDULED", line=world.other_line
    )
    factories.hold_for_quality(unknown)
    factories.say_unknown(world, unknown)
    beyond = factories.make_order(world, CODES["beyond"], line=world.other_line)
    factories.say_unknown(world, beyond, why="BEYOND", after="2029-02")
    Undated.objects.create(
        order=beyond, why="BEYOND", after_date=dt.date(2029, 2, 5), tried_at=factories.NOW
    )


def _moved(world: factories.World, scene: str) -> None:
    order = factories.make_order(world, CODES[scene], state="IN_TRANSIT", line=world.other_line)
    factories.make_promise(order)
    factories.move_promise(world, order)
    CarrierEvent.objects.create(
        public_id=f"evt_{scene}",
        sender="rail",
        external_id=f"e-{scene}",
        digest="",
        order=order,
        kind="POSITION",
        place=world.hub,
        at=factories.NOW - dt.timedelta(hours=1),
        received_at=factories.NOW,
        state="APPLIED",
    )
    StaffLook.objects.create(order=order, staff=world.dora, action="OPENED", at=factories.NOW)


def _broken(world: factories.World) -> None:
    order = factories.make_order(world, CODES["broken"], state="IN_TRANSIT", line=world.other_line)
    day = factories.today()
    factories.make_promise(
        order,
        from_date=day - 12 * DAY,
        until_date=day - 5 * DAY,
        latest_date=day - DAY,
        state="BROKEN",
    )
    factories.break_promise(world, order, day - DAY)


def _queue(world: factories.World) -> None:
    """Carol's orders stand around Alice's: 12 ahead, 3 left last week, 4 passed."""
    for n in range(12):
        factories.make_order(
            world, f"AH26{n:02}", person=world.carol, locked_at=factories.NOW - (200 + n) * DAY
        )
    for n in range(3):
        factories.make_order(
            world,
            f"LW26{n:02}",
            person=world.carol,
            state="BUILT",
            locked_at=factories.NOW - (300 + n) * DAY,
        )
    for n, code in enumerate(
        ["RETURNED_CAR_SAME_CITY", "RETURNED_CAR_SAME_CITY", "ACCIDENT_REPLACEMENT", ""]
    ):
        later = factories.make_order(
            world,
            f"PA26{n:02}",
            person=world.carol,
            state="BUILT",
            locked_at=factories.NOW - (20 - n) * DAY,
        )
        if code:
            factories.let_past(later, code)


def _impact(day: dt.date, samples: list[dict[str, str]]) -> dict[str, object]:
    """What the plan does to people, as it is kept beside it."""
    return {
        "moved": 1292,
        "later": 1204,
        "later_days_max": 9,
        "later_days_p50": 5,
        "earlier": 88,
        "earlier_days_max": 4,
        "steps": [
            {"from": 1, "until": 2, "later": 210, "earlier": 61},
            {"from": 3, "until": 6, "later": 702, "earlier": 27},
            {"from": 7, "until": 13, "later": 292, "earlier": 0},
            {"from": 14, "until": None, "later": 0, "earlier": 0},
        ],
        "centres": [
            {
                "code": "NC",
                "name_zh": "南昌交付中心",
                "name_en": "Nanchang centre",
                "later": 1204,
                "earlier": 88,
                "later_days_max": 9,
            }
        ],
        "missed_deadlines": 17,
        "missed": [
            {
                "order": CODES["expected"],
                "date": (day + 38 * DAY).isoformat(),
                "reason": "PLATE",
                "chance": 6,
                "days": 9,
            }
        ],
        "lost_range": 1,
        "lost": [CODES["stale"]],
        "late_people": 310,
        "late_people_after": 1502,
        "late_days": 1240,
        "late_days_after": 9120,
        "against_lock_order": 3,
        "undated": 0,
        "orders": 11_430,
        "samples": samples,
        "worked_out_at": write_instant(factories.NOW),
    }


def _plan() -> None:
    """A plan that was uploaded and looked at: what it does to people, with three samples."""
    day = factories.today()
    samples = [
        {
            "order": CODES[scene],
            "old_from": (day + ahead * DAY).isoformat(),
            "old_until": (day + (ahead + 10) * DAY).isoformat(),
            "old_latest": (day + (ahead + 13) * DAY).isoformat(),
            "window_from": (day + (ahead + later) * DAY).isoformat(),
            "window_until": (day + (ahead + later + 10) * DAY).isoformat(),
            "latest": (day + (ahead + later + 13) * DAY).isoformat(),
        }
        for scene, ahead, later in (("expected", 30, 9), ("stale", 45, 7), ("held", 20, 3))
    ]
    Plan.objects.create(
        public_id=PLAN,
        sender="plant",
        external_id="YF-2026-08",
        digest="",
        uploaded_at=factories.NOW,
        impact=_impact(day, samples),
    )


def _growth() -> None:
    """A study of the night: one stage that is short, one that nobody stated, one that is enough."""
    day = factories.today()
    stages = [
        Stage(
            stage,
            code,
            zh,
            en,
            have,
            need,
            gap,
            day if gap else None,
            gain,
            [Block(day + 28 * n * DAY, cars, have) for n, cars in enumerate(months)],
        )
        for stage, code, zh, en, have, need, gap, gain, months in (
            ("PLANT", "P1", "一厂", "Plant 1", 900.0, 1104.5, 204.5, 0.0004, [900.0, 940.0]),
            ("PDI", "NC", "南昌交付中心", "Nanchang centre", None, 11.0, None, None, [9.0, 11.0]),
            ("HOTLINE", "", "客服热线", "Hotline", 30.0, 25.0, 0.0, None, [22.0, 25.0]),
        )
    ]
    study = Inverse(0.9, 0.0, 11_430, 98, 0.913, 0.872, 1.08, -0.031, 4210, 3650, "P1", stages)
    keep_growth_study(result=write(study), now=factories.NOW)


def build() -> factories.World:
    """All scenes, with the clock at the story's first moment."""
    clock.set_test_clock(at=factories.NOW, running=False)
    world = factories.make_world()
    _without_date(world)
    _promised(world, "expected", "LOCKED")
    _moved(world, "moved")
    _moved(world, "chosen")
    _broken(world)
    held = _promised(world, "held", "BUILT")
    factories.hold_for_quality(held)
    _promised(world, "transit", "IN_TRANSIT")
    _promised(world, "centre", "AT_CENTRE")
    _promised(world, "delivered", "DELIVERED", state="CLOSED")
    factories.make_order(world, CODES["cancelled"], state="CANCELLED", line=world.other_line)
    _promised(world, "stale", "SCHEDULED", next_update_at=factories.NOW - DAY)
    _promised(
        world,
        "next_year",
        "LOCKED",
        from_date=dt.date(2026, 12, 20),
        until_date=dt.date(2027, 1, 20),
        latest_date=dt.date(2027, 2, 1),
    )
    _queue(world)
    _plan()
    _growth()
    public_scenes.build(world)
    watch_scenes.build(world)
    centre_scenes.add_centre(world)
    rights_scenes.build(world)
    return world


def _session(**who: int) -> str:
    store = SessionStore()
    store.update({"person_id": None, "staff_id": None, **who})
    store.save()
    assert store.session_key
    return store.session_key


def print_sessions() -> None:
    """Build the scenes in this process's database and print a session for each reader."""
    world = build()
    people = {"alice": world.alice, "bob": world.bob, "carol": world.carol}
    people["yaqi"] = handover_scenes.build(world)
    lawyer = claims_scenes.build(world).lawyer
    log_scenes.build()
    sessions = {name: _session(person_id=person.id) for name, person in people.items()}
    staff = {"dora": world.dora, "manager": world.manager, "lawyer": lawyer}
    sessions |= {name: _session(staff_id=member.id) for name, member in staff.items()}
    print(json.dumps(sessions))
