"""After the signature and before the keys: looking again, leaving, money that comes too late."""

from __future__ import annotations

import pytest

from tests import factories, handovers
from tests.contexts.payments.scenes import check_deferred, sums
from yinuo.contexts.handover.models import Inspection, Signature
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations.progress import NotNow
from yinuo.contexts.payments.models import Bill, Refund
from yinuo.contexts.payments.queries.leaving import get_paid
from yinuo.workflows import cancellation, handover, inspecting, settled

NOW = handovers.NOW
BALANCE = handovers.PRICE - handovers.DEPOSIT
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


def take(order: Order, world: factories.World) -> Bill:
    """Inspected, taken and signed; the bill of the balance."""
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    payable = handovers.sign(order)
    assert payable.bill is not None
    return Bill.objects.get(id=payable.bill.id)


def state(order: Order) -> str:
    return Order.objects.get(id=order.id).state


@pytest.mark.need(13, 27)
def test_who_looks_again_after_signing_is_asked_for_nothing(
    world: factories.World, order: Order
) -> None:
    bill = take(order, world)
    inspecting.look_again(order_id=order.id, now=NOW)
    inspecting.look_again(order_id=order.id, now=NOW)
    assert state(order) == "AT_CENTRE"
    bill.refresh_from_db()
    assert bill.state == "VOID"
    assert list(Inspection.objects.order_by("number").values_list("number", "state", "vin")) == [
        (1, "CLOSED", handovers.VIN),
        (2, "OPEN", handovers.VIN),
    ]
    # What was signed stays; the new inspection is signed for itself, with a bill of its own.
    handovers.answer_all(Inspection.objects.get(number=2))
    handovers.decide(order)
    again = handovers.sign(order)
    assert again.bill is not None
    assert (again.why, again.bill.amount_fen, again.bill.state) == ("", BALANCE, "OPEN")
    assert Signature.objects.filter(order=order).count() == 2
    check_deferred()


def test_a_balance_that_was_paid_is_not_taken_back(world: factories.World, order: Order) -> None:
    bill = take(order, world)
    handovers.pay(bill.id)
    with pytest.raises(NotNow):
        inspecting.look_again(order_id=order.id, now=NOW)
    assert settled.run(NOW) >= 1
    assert state(order) == "PAID"
    with pytest.raises(NotNow):
        inspecting.look_again(order_id=order.id, now=NOW)


@pytest.mark.need(27)
def test_a_balance_paid_before_and_told_after_leaving_goes_back_whole(
    world: factories.World, order: Order
) -> None:
    bill = take(order, world)
    handovers.pay(bill.id)
    cancellation.cancel(person_id=order.person_id, order_id=order.id, request_key="c", now=NOW)
    settled.run(NOW)
    settled.run(NOW)
    assert state(order) == "CANCELLED"
    cancellation.settle_undecided(now=NOW + 10 * handovers.DAY)
    back = sum(Refund.objects.filter(order=order).values_list("amount_fen", flat=True))
    assert (back, get_paid(order.id).fen) == (handovers.PRICE, 0)
    assert sums()["REFUNDS_PAYABLE"] == -handovers.PRICE
    check_deferred()


def test_money_for_a_car_that_is_not_signed_for_any_more_goes_back(
    world: factories.World, order: Order
) -> None:
    bill = take(order, world)
    handovers.pay(bill.id)
    Order.objects.filter(id=order.id).update(state="AT_CENTRE")
    assert settled.run(NOW) >= 1
    assert settled.run(NOW) == 0
    assert not handover.balance_paid(order_id=order.id, now=NOW)
    refund = Refund.objects.get(order=order)
    assert (refund.amount_fen, refund.reason) == (BALANCE, "surplus.paid_after_end")
    assert get_paid(order.id).deposit_fen == handovers.DEPOSIT
    check_deferred()


def test_a_bill_that_was_open_when_the_order_was_left_is_void(
    world: factories.World, order: Order
) -> None:
    bill = take(order, world)
    cancellation.cancel(person_id=order.person_id, order_id=order.id, request_key="c", now=NOW)
    bill.refresh_from_db()
    assert bill.state == "VOID"
    assert "BALANCE" not in sums()
