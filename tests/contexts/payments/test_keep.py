"""Keeping money: by a decision that passes and a named person, never silently, freely disputed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests import factories
from tests.contexts.payments import scenes
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Keep, MoneyTask
from yinuo.contexts.payments.operations import keep, refunds, tasks
from yinuo.contexts.payments.queries.customer import get_refundable
from yinuo.contexts.people.queries.staff import NotStaff

NOW = scenes.NOW
WORDS = {"clause": "合同第 7 条", "reason": "买方不再要车"}


@pytest.fixture
def world(db: None) -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    order = factories.make_order(world, "KP26AA", state="AT_CENTRE")
    scenes.paid_deposit(order)
    return order


@pytest.mark.need(134)
def test_money_is_kept_with_law_name_clause_and_word(world: factories.World, order: Order) -> None:
    scenes.keep_deposit(world, order)
    scenes.check_deferred()
    assert scenes.sums() == {
        "CLEARING_WECHAT": 500_000,
        "DEPOSITS_HELD": -300_000,
        "FORFEITS_KEPT": -200_000,
    }
    assert get_refundable(order.id) == 300_000
    assert Entry.objects.filter(kind="money.kept").count() == 1


@pytest.mark.need(134)
@pytest.mark.parametrize("clearance", ["stop", "cannot_tell", "person", "evidence"])
def test_without_a_decision_that_passes_the_database_refuses(
    world: factories.World, order: Order, clearance: str
) -> None:
    row = propose(world, order, clearance)
    with pytest.raises(IntegrityError, match="order that passes"), transaction.atomic():
        force(world, row)
    assert get_refundable(order.id) == scenes.DEPOSIT


def force(world: factories.World, row: int) -> None:
    """Keep it past every check of the program."""
    Keep.objects.filter(id=row).update(state="KEPT", approver=world.manager.id, kept_at=NOW)


def test_a_decision_on_another_order_does_not_do(world: factories.World, order: Order) -> None:
    row = propose(world, order)
    other = scenes.decide(factories.make_order(world, "KP26BB"))
    Keep.objects.filter(id=row).update(decision=other.id)
    with pytest.raises(IntegrityError, match="on this order"), transaction.atomic():
        force(world, row)


@pytest.mark.parametrize("amount_fen", [0, 500_001])
def test_more_than_there_is(world: factories.World, order: Order, amount_fen: int) -> None:
    with pytest.raises(keep.NothingToKeep):
        scenes.keep_deposit(world, order, amount_fen=amount_fen)


def test_only_staff_keep(world: factories.World, order: Order) -> None:
    row = propose(world, order)
    with pytest.raises(NotStaff):
        keep.approve_keep(keep_id=row, approver_staff_id=0, now=NOW)
    with pytest.raises(NotStaff):
        keep.decline_keep(keep_id=row, staff_id=0, now=NOW)
    assert get_refundable(order.id) == scenes.DEPOSIT


def propose(world: factories.World, order: Order, clearance: str = "go") -> int:
    return keep.propose_keep(
        order_id=order.id,
        amount_fen=200_000,
        decision_id=scenes.decide(order, clearance).id,
        proposer_staff_id=world.dora.id,
        **WORDS,
        now=NOW,
    )


@pytest.mark.need(134)
def test_one_proposes_another_approves_once(world: factories.World, order: Order) -> None:
    row = propose(world, order)
    assert propose(world, order) == row
    assert Bill.objects.get().kept_fen == 0
    with pytest.raises(keep.TwoPeople):
        keep.approve_keep(keep_id=row, approver_staff_id=world.dora.id, now=NOW)
    keep.approve_keep(keep_id=row, approver_staff_id=world.manager.id, now=NOW)
    with pytest.raises(keep.AlreadyDecided):
        keep.approve_keep(keep_id=row, approver_staff_id=world.manager.id, now=NOW)
    with pytest.raises(keep.AlreadyDecided):
        keep.decline_keep(keep_id=row, staff_id=world.manager.id, now=NOW)
    assert Bill.objects.get().kept_fen == 200_000


def test_a_proposal_that_the_law_stops_cannot_be_approved(
    world: factories.World, order: Order
) -> None:
    row = propose(world, order, "stop")
    with pytest.raises(keep.NotByLaw):
        keep.approve_keep(keep_id=row, approver_staff_id=world.manager.id, now=NOW)
    keep.decline_keep(keep_id=row, staff_id=world.manager.id, now=NOW)
    assert Keep.objects.get().state == "DECLINED"
    assert get_refundable(order.id) == scenes.DEPOSIT


def disputed(world: factories.World, order: Order) -> int:
    row = scenes.keep_deposit(world, order)
    with pytest.raises(keep.NotYours):
        keep.dispute_keep(keep_id=row, person_id=world.bob.id, now=NOW)
    assert keep.dispute_keep(keep_id=row, person_id=world.alice.id, now=NOW)
    assert not keep.dispute_keep(keep_id=row, person_id=world.alice.id, now=NOW)
    return row


@pytest.mark.parametrize(("give_back", "kept"), [(True, 0), (False, 200_000)])
def test_somebody_else_looks_again(
    world: factories.World, order: Order, give_back: bool, kept: int
) -> None:
    row = disputed(world, order)
    assert scenes.sums()["FORFEITS_DISPUTED"] == -200_000
    how: dict[str, Any] = {"keep_id": row, "give_back": give_back, "now": NOW}
    with pytest.raises(keep.TwoPeople):
        keep.decide_dispute(staff_id=world.manager.id, **how)
    keep.decide_dispute(staff_id=world.dora.id, **how)
    with pytest.raises(keep.AlreadyDecided):
        keep.decide_dispute(staff_id=world.dora.id, **how)
    assert scenes.sums().get("FORFEITS_KEPT", 0) == -kept
    assert Bill.objects.get().kept_fen == kept
    assert MoneyTask.objects.get().done_at is not None
    # What is the customer's again can be given back.
    refunds.order_refund(
        order_id=order.id,
        amount_fen=500_000 - kept,
        reason="CANCELLED",
        request_key="k",
        now=NOW,
    )


def test_a_task_is_closed_with_words_by_one_of_two(world: factories.World, order: Order) -> None:
    disputed(world, order)
    task = MoneyTask.objects.get()
    close: dict[str, Any] = {"task_id": task.id, "now": NOW}
    with pytest.raises(tasks.SayWhatYouDid):
        tasks.close_task(staff_id=world.dora.id, outcome=" ", **close)
    with pytest.raises(NotStaff):
        tasks.close_task(staff_id=0, outcome="x", **close)
    tasks.close_task(staff_id=world.dora.id, outcome="打过电话", **close)
    with pytest.raises(tasks.AlreadyDone):
        tasks.close_task(staff_id=world.manager.id, outcome="我也办了", **close)
