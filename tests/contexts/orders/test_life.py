"""The table of order lives: what leads where, what stops it, and who else holds to it."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from tests import factories
from tests.factories import NOW, World
from yinuo.contexts.orders.models import Order, Ticket
from yinuo.contexts.orders.operations.progress import (
    Frozen,
    NotNow,
    begin_condition,
    end_condition,
    move,
)
from yinuo.contexts.orders.queries import customer
from yinuo.contexts.orders.rules import diagram, is_forward, life

MANUAL = Path(__file__).parents[3] / "docs" / "order-life.md"


@pytest.fixture
def world(db: None) -> World:
    return factories.make_world()


def test_the_manual_shows_the_table() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    assert diagram.render(manual) == manual
    with pytest.raises(ValueError, match="no place for its diagram"):
        diagram.render("nothing")


def test_every_state_is_reached_and_leads_on_to_an_end() -> None:
    sources = {source for way in life.WAYS for source in way.sources}
    targets = {way.target for way in life.WAYS}
    everything = {*life.TICKET_STATES, *life.STATES, life.CANCELLED}
    assert sources | targets == everything
    assert everything - sources == set(diagram.FINAL)
    assert everything - targets == {life.WAITING_LIST}
    # What is kept of an erased ticket has no life any more.
    assert set(Ticket.State.values) <= {*life.TICKET_STATES, life.LOCKED, Ticket.State.ERASED}
    assert set(Order.State.values) == {*life.STATES, life.CANCELLED}


def test_one_verb_leads_from_a_state_to_one_place() -> None:
    pairs = [(source, way.verb) for way in life.WAYS for source in way.sources]
    assert len(pairs) == len(set(pairs))
    verbs = {way.verb for way in life.WAYS}
    for one in life.CONDITIONS:
        assert one.stops <= verbs


def test_balance_comes_after_the_signature_and_keys_after_the_balance() -> None:
    ways = {way.verb: way for way in life.WAYS}
    assert ways["sign"].sources == (life.INSPECTED,)
    assert ways["pay"].sources == (life.SIGNED,)
    assert ways["hand_over"].sources == (life.PAID,)


def test_a_dispute_stops_money_and_cancellation_and_nothing_else() -> None:
    for verb in ("cancel", "sign", "pay", "restore"):
        assert life.stopped_by(verb, {life.DISPUTED}) == life.DISPUTED
    for verb in ("schedule", "build", "arrive", "inspect"):
        assert life.stopped_by(verb, {life.DISPUTED}) == ""
    assert [way.verb for way in life.list_ways(life.SIGNED, {life.DISPUTED})] == ["inspect_again"]


@pytest.mark.need(11)
def test_no_balance_is_asked_while_the_buyer_is_changed() -> None:
    assert life.stopped_by("pay", {life.BUYER_CHANGE}) == life.BUYER_CHANGE
    assert life.stopped_by("hand_over", {life.BUYER_CHANGE}) == life.BUYER_CHANGE
    assert life.stopped_by("cancel", {life.BUYER_CHANGE}) == ""


def test_an_order_goes_its_way_once(world: World) -> None:
    order = factories.make_order(world, "LI26AA", state="AT_CENTRE")
    for verb in ("inspect", "sign", "pay", "hand_over"):
        moved = move(order_id=order.id, verb=verb, now=NOW)
        order.refresh_from_db()
        assert (order.state, order.state_at) == (moved.after, NOW)
        with pytest.raises(NotNow):
            move(order_id=order.id, verb=verb, now=NOW)
    assert order.delivered_at == NOW
    with pytest.raises(NotNow) as refused:
        move(order_id=order.id, verb="cancel", now=NOW)
    assert refused.value.data == {"state": "DELIVERED", "verb": "cancel"}


def test_cancelled_and_restored_keeps_its_rank(world: World) -> None:
    order = factories.make_order(world, "LI26AB", state="SCHEDULED")
    rank = order.rank
    move(order_id=order.id, verb="cancel", now=NOW)
    order.refresh_from_db()
    assert (order.state, order.cancelled_at) == ("CANCELLED", NOW)
    move(order_id=order.id, verb="restore", now=NOW)
    order.refresh_from_db()
    assert (order.state, order.cancelled_at, order.rank) == ("LOCKED", None, rank)


def test_a_condition_stands_once_and_stops_its_verbs(world: World) -> None:
    order = factories.make_order(world, "LI26AC", state="INSPECTED")

    def begin(cause_ref: str) -> bool:
        return begin_condition(
            order_id=order.id, name=life.BUYER_CHANGE, cause_ref=cause_ref, now=NOW
        )

    def end() -> bool:
        return end_condition(order_id=order.id, name=life.BUYER_CHANGE, cause_ref="a", now=NOW)

    assert (begin("a"), begin("a")) == (True, False)
    with pytest.raises(NotNow):
        begin("b")
    with pytest.raises(Frozen) as stopped:
        move(order_id=order.id, verb="sign", now=NOW)
    assert stopped.value.data["condition"] == life.BUYER_CHANGE
    assert (end(), end()) == (True, False)
    assert move(order_id=order.id, verb="sign", now=NOW).after == "SIGNED"


def _may_become(order: Order, state: str) -> bool:
    try:
        with transaction.atomic():
            Order.objects.filter(id=order.id).update(
                state=state, delivered_at=NOW, cancelled_at=NOW
            )
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


def test_the_database_holds_to_the_table(world: World) -> None:
    everything = (*life.STATES, life.CANCELLED)
    orders = {
        state: factories.make_order(world, f"LI26B{n:X}", state=state)
        for n, state in enumerate(everything)
    }
    for before, after in itertools.permutations(everything, 2):
        lawful = any(way.target == after for way in life.list_ways(before))
        lawful |= after != life.CANCELLED and is_forward(before, after)
        assert _may_become(orders[before], after) is lawful, (before, after)


@pytest.mark.parametrize("state", life.AT_THE_CENTRE)
def test_what_happens_at_the_centre_is_one_step(world: World, state: str) -> None:
    order = factories.make_order(world, "LI26AE", state=state)
    seen = customer.get_by_id(order.id)
    assert (seen.step, seen.steps, seen.at_centre) == (6, 7, True)
    assert customer.get_place_in_line(order.id, NOW).in_line is False


def test_two_at_once_one_is_refused(fresh_database: str) -> None:
    """The keys and the cancellation at the same moment: one happens, the other is told."""
    order = factories.make_order(factories.make_world(), "LI26AF", state="PAID")
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def act(verb: str) -> None:
        try:
            start.wait()
            outcomes.append(move(order_id=order.id, verb=verb, now=NOW).after)
        except NotNow:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(verb,)) for verb in ("hand_over", "cancel")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    order.refresh_from_db()
    assert sorted(outcomes) == sorted(["refused", order.state])
