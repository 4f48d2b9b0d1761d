"""Keeping a part of a deposit: by a clause of the contract, a passing rule and two named people."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories, handovers
from tests.contexts.payments.scenes import sums
from tests.factories import NOW, World
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Keep, Refund
from yinuo.contexts.payments.operations.keep import TwoPeople
from yinuo.workflows import cancellation, forfeit
from yinuo.workflows.forfeit import NotLawful

CODE, KEEP_FEN = "FO26AA", 200_000


@pytest.fixture
def world(db: None) -> World:
    return factories.make_world()


@pytest.fixture
def left(world: World) -> Order:
    """Alice left an order with a contract whose car had been begun."""
    order = factories.make_order(
        world, CODE, state="IN_BUILD", locked_at=NOW - dt.timedelta(days=30)
    )
    handovers.make_contract(world, order)
    handovers.pay_deposit(order)
    cancellation.cancel(person_id=order.person_id, order_id=order.id, request_key="a", now=NOW)
    return order


def propose(world: World, order: Order, *, defeats: bool = True, clause: str = "") -> int:
    return forfeit.propose(
        staff_id=world.dora.id,
        order_id=order.id,
        amount_fen=KEEP_FEN,
        clause_code=clause or f"deposit-{CODE}",
        reason="车按客户要求定做，已经开工",
        defeats_purpose=defeats,
        now=NOW,
    )


@pytest.mark.need(134)
def test_two_named_people_and_a_passing_rule_keep_a_part(world: World, left: Order) -> None:
    keep_id = propose(world, left)
    with pytest.raises(TwoPeople):
        forfeit.approve(keep_id=keep_id, order_id=left.id, staff_id=world.dora.id, now=NOW)
    assert not Refund.objects.exists()
    second = handovers.quality()
    forfeit.approve(keep_id=keep_id, order_id=left.id, staff_id=second.id, now=NOW)
    keep = Keep.objects.get()
    assert (keep.state, keep.approver_id, keep.decision.clearance) == ("KEPT", second.id, "go")
    # The rest goes back at once, and the books know both.
    assert Refund.objects.get().amount_fen == handovers.DEPOSIT - KEEP_FEN
    assert sum(sums().values()) == 0


@pytest.mark.need(134)
@pytest.mark.parametrize("why", ["not defeated", "another clause", "void", "we broke it"])
def test_what_the_law_does_not_let_us_keep(world: World, left: Order, why: str) -> None:
    if why == "void":
        handovers.void_clause(left)
    if why == "we broke it":
        past = NOW.date() - dt.timedelta(days=2)
        factories.make_promise(
            left,
            from_date=past - dt.timedelta(days=9),
            until_date=past - dt.timedelta(days=1),
            latest_date=past,
            state="BROKEN",
        )
    with pytest.raises(NotLawful):
        propose(
            world,
            left,
            defeats=why != "not defeated",
            clause="made-up" if why == "another clause" else "",
        )
    assert not Keep.objects.exists()
    # The time passes, and all of it goes back.
    late = NOW + dt.timedelta(days=3)
    assert cancellation.settle_undecided(now=late) == 1
    assert Refund.objects.get().amount_fen == handovers.DEPOSIT
