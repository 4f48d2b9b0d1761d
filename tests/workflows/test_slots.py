"""“Ask for a slot whenever you like”: the plant's reports wait until the buyer asks."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.contexts.terms.drafts import make_clause, make_template, shown
from tests.factories import DAY, NOW, World, make_order, make_world
from tests.workflows.story import make_story
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.production.models import BuildEvent
from yinuo.contexts.promises.models import Promise, Undated
from yinuo.contexts.terms.models import Decision
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.workflows import first_promise, progress, slots

pytestmark = pytest.mark.django_db
HOLD = NewSideTerm("SCHEDULE_HOLD", "360 日内可随时申请排产", NOW, days=360, beats_code="schedule")


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def order(world: World) -> Order:
    """An order with a contract whose template lets the maker schedule when it likes."""
    clauses = [make_clause("schedule", "卖方按产能安排生产。", NOW)]
    make_template("car-sale", clauses, NOW)
    order = make_order(world, "HK24LI")
    contracts.agree(
        order_id=order.id,
        template_code="car-sale",
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        shown=[shown("schedule", NOW)],
        person_id=world.alice.id,
        now=NOW,
    )
    return order


def report(order: Order, kind: str, at: dt.datetime) -> BuildEvent:
    """What the plant reports of the order's car."""
    return BuildEvent.objects.create(
        sender="factory",
        external_id=f"{kind}-{at}",
        digest="",
        order=order,
        kind=kind,
        at=at,
        received_at=at,
        batch="",
        vin="",
        week_date=dt.date(2026, 3, 2),
        state="RECEIVED",
        problem="",
    )


@pytest.mark.need(133, 135, 160)
def test_violation_3_scheduled_against_the_side_agreement(world: World, order: Order) -> None:
    slots.agree_side_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)
    note = QueueNote.objects.get(order=order)
    assert (note.code, note.until_at) == ("CUSTOMER_WAITS", None)
    event = report(order, "SCHEDULED", NOW)
    assert progress.apply_builds(now=NOW) == 1
    event.refresh_from_db()
    order.refresh_from_db()
    assert (event.state, event.problem, order.state) == ("QUARANTINED", "SLOT_NOT_ASKED", "LOCKED")
    decision = Decision.objects.get(order=order, at="schedule")
    assert decision.clearance == "stop"
    found = {one["rule"]: one["action"] for one in decision.record["findings"]}
    assert found == {"schedule.side_term": "stop", "clause.against_drafter": "tell"}


def test_the_buyer_asks_and_the_order_moves_on_from_its_old_place(
    world: World, order: Order
) -> None:
    slots.agree_side_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)
    rank = order.rank
    slots.ask_for_slot(person_id=world.alice.id, order_id=order.id, now=NOW + DAY)
    assert QueueNote.objects.get(order=order).until_at == NOW + DAY
    kinds = Entry.objects.filter(subject_id=order.id).values_list("kind", flat=True)
    assert {"schedule.requested", "queue.released"} <= set(kinds)
    event = report(order, "SCHEDULED", NOW + DAY)
    progress.apply_builds(now=NOW + DAY)
    event.refresh_from_db()
    order.refresh_from_db()
    assert (event.state, order.state, order.rank) == ("APPLIED", "SCHEDULED", rank)
    with pytest.raises(slots.NothingToAsk):
        slots.ask_for_slot(person_id=world.alice.id, order_id=order.id, now=NOW + DAY)


def test_only_the_buyer_asks(world: World, order: Order) -> None:
    slots.agree_side_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)
    for person in (world.bob, world.carol):
        with pytest.raises(slots.NotYourOrder):
            slots.ask_for_slot(person_id=person.id, order_id=order.id, now=NOW)
    assert QueueNote.objects.get(order=order).until_at is None


def test_after_the_last_day_the_order_is_scheduled_in_its_turn(world: World, order: Order) -> None:
    slots.agree_side_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)
    assert slots.run(now=NOW + 360 * DAY) == 0
    later = NOW + 361 * DAY
    assert slots.run(now=later) == 1
    assert slots.run(now=later) == 0
    event = report(order, "SCHEDULED", later)
    progress.apply_builds(now=later)
    event.refresh_from_db()
    assert event.state == "APPLIED"


def test_the_clock_shows_the_queue_a_hold_that_came_with_the_contract(
    world: World, order: Order
) -> None:
    other = make_order(world, "HK24LJ")
    contracts.agree(
        order_id=other.id,
        template_code="car-sale",
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        side_terms=[HOLD],
        shown=[shown("schedule", NOW)],
        person_id=world.alice.id,
        now=NOW,
    )
    assert slots.run(now=NOW) == 1
    assert slots.run(now=NOW) == 0
    assert QueueNote.objects.get().order_id == other.id


def test_other_orders_are_not_touched(world: World, order: Order) -> None:
    event = report(order, "SCHEDULED", NOW)
    progress.apply_builds(now=NOW)
    event.refresh_from_db()
    assert event.state == "APPLIED"
    assert not Decision.objects.filter(at="schedule").exists()


def test_a_waiting_order_gets_no_first_date_and_the_reason_until_its_buyer_asks() -> None:
    make_story(promised=False)
    order = Order.objects.filter(state="LOCKED").order_by("-rank")[0]
    hold_orders(order_ids=[order.id], code="CUSTOMER_WAITS", cause_ref="trm_x", now=NOW)
    first_promise.run(now=NOW)
    assert not Promise.objects.filter(order=order).exists()
    assert Undated.objects.get(order=order).why == "NOT_ASKED"
    assert Promise.objects.exists()
    release_orders(cause_ref="trm_x", now=NOW)
    first_promise.run(now=NOW + DAY)
    assert Promise.objects.filter(order=order).exists()
