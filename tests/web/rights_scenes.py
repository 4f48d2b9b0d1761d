"""What a customer may do, for the browser: a launch, a car to see, a place left, a void clause."""

from __future__ import annotations

import datetime as dt

from tests import factories, handovers
from tests.contexts.orders.launch_worlds import KEY
from tests.contexts.terms.drafts import SEVEN_DAYS, make_clause, make_template
from tests.contexts.terms.test_haikou import SEVEN_DAYS_FACTS as VOID_FACTS
from tests.contexts.terms.test_haikou import before_the_law_was_asked, hold_void, write
from tests.web.test_other_car import list_one
from tests.workflows.leaving_story import ordered
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.operations.launches import offer, open_launch
from yinuo.contexts.orders.operations.tickets import Taken, Wanted, take_many
from yinuo.contexts.terms.operations import matters
from yinuo.contexts.terms.rules import SETTLE_FIRST
from yinuo.contexts.vehicles.models import StockCar
from yinuo.contexts.vehicles.operations import keeping
from yinuo.workflows import cancellation

NOW, DAY, HOUR = factories.NOW, factories.DAY, dt.timedelta(hours=1)
LAUNCH = "S7-2026"
# Tickets are named by their numbers here: their codes are drawn by lot.
NAMELESS, OWN_TICKET = "<1>", "<2>"
ORDER, LEFT, CAR, CLAUSE = "RT26AA", "RT26LF", "car_scene", "balance-7-days"
CUSTOMER_PAGES = [
    f"/launch/{LAUNCH}",
    f"/t/{OWN_TICKET}",
    f"/t/{OWN_TICKET}/confirm",
    f"/o/{ORDER}/configuration",
    f"/o/{ORDER}/buyer",
    f"/o/{ORDER}/postpone",
    f"/o/{ORDER}/special",
    f"/o/{ORDER}/cars",
    f"/o/{ORDER}/cars/{CAR}",
    f"/o/{ORDER}/money",
    f"/o/{ORDER}/pay",
    f"/o/{ORDER}/cancel",
    f"/o/{LEFT}",
    f"/o/{LEFT}/cancel",
    f"/o/{LEFT}/money",
    "/public/terms",
    f"/public/terms/{CLAUSE}",
]
STAFF_PAGES = [
    "/staff/terms",
    f"/staff/terms/{CLAUSE}",
    "/staff/quality/signals",
    f"/staff/orders/{LEFT}",
]
MANAGERS_PAGES = [f"/staff/terms/{CLAUSE}", "/staff/matters", "/staff/money", "/staff/cars"]


def build(world: factories.World) -> None:
    """Everything that these pages show; the orders are Alice's."""
    _launch(world)
    order = ordered(world, ORDER, line=world.other_line)
    factories.make_promise(order)
    list_one(world, place_id=world.other_line.centre_id)
    StockCar.objects.update(public_id=CAR)
    keeping.keep_car(
        public_id=CAR,
        order_id=order.id,
        order_code=ORDER,
        city=world.other_line.centre.city_zh,
        now=NOW,
    )
    left = ordered(world, LEFT, line=world.other_line)
    handovers.make_contract(world, left)
    cancellation.cancel(
        person_id=world.alice.id, order_id=left.id, request_key="scene", now=NOW - HOUR
    )
    _terms(world)


def _launch(world: factories.World) -> None:
    """Three cars, two of them taken: one ticket without a name, one of Alice's with her wishes."""
    spec = world.line.spec
    launch_id = open_launch(
        code=LAUNCH,
        car_model_id=spec.car_model_id,
        opens_at=NOW - HOUR,
        template_code="retail",
        now=NOW - 2 * HOUR,
    )
    offer(launch_id=launch_id, group_code="S7", spec_ids=[spec.id], for_sale=3, now=NOW - HOUR)
    clauses = [
        make_clause("deposit-72", "定金按法律办，72 小时内取消全退。", NOW - 9 * DAY),
        make_clause("inspect-first", "先验车，再付尾款。", NOW - 9 * DAY),
    ]
    make_template("retail", clauses, NOW - 9 * DAY)
    wanted = [Wanted(f"scene|{n}", NOW, "") for n in range(2)]
    _, own = take_many(launch_code=LAUNCH, wanted=wanted, signing_key=KEY)
    assert isinstance(own, Taken)
    buying.claim(ticket_id=own.id, person_id=world.alice.id)
    buying.choose(
        ticket_id=own.id,
        person_id=world.alice.id,
        spec_id=spec.id,
        centre_id=world.line.centre_id,
    )


def _terms(world: factories.World) -> None:
    """A clause that a court held void, and a dispute in which somebody wants to go to court."""
    write(CLAUSE, SEVEN_DAYS, VOID_FACTS)
    before_the_law_was_asked("car-sale-2024", [CLAUSE])
    hold_void(world)
    matter = matters.open_matter(title="定金返还纠纷", claims_fen=120_000, now=NOW - DAY)
    matters.take_step(
        matter_id=matter.id,
        tactic="JURISDICTION_OBJECTION",
        why="先例一边倒",
        cost_fen=40_000,
        trust="拖长诉讼，伤信任",
        answers=dict.fromkeys(SETTLE_FIRST, "写明了"),
        staff_id=world.manager.id,
        now=NOW,
    )
