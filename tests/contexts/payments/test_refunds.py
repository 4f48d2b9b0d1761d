"""Refunds: back the way it came, once, with interest when late, never more than was paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from tests import factories
from tests.contexts.payments import scenes
from tests.contexts.payments.desk import Desk
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, MoneyTask, Refund, RefundPart, Settled
from yinuo.contexts.payments.operations import bills, refunded, refunds, sending
from yinuo.contexts.payments.operations.earning import earn
from yinuo.contexts.payments.operations.refunds import MoreThanPaid, OrderedRefund
from yinuo.contexts.payments.queries.books import check_books
from yinuo.contexts.payments.queries.customer import get_refundable
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.platform.pay.port import RefundAnswer, RefundAsk
from yinuo.workflows import money

NOW, DAY = scenes.NOW, factories.DAY
LATER = sending.ASK_AGAIN_AFTER + dt.timedelta(seconds=1)


@pytest.fixture
def world(db: None) -> Iterator[factories.World]:
    yield factories.make_world()
    scenes.check_books()


@pytest.fixture
def order(world: factories.World) -> Order:
    return factories.make_order(world, "RF26AA", state="AT_CENTRE")


def order_back(order: Order, amount_fen: int = scenes.DEPOSIT, key: str = "k") -> OrderedRefund:
    return refunds.order_refund(
        order_id=order.id, amount_fen=amount_fen, reason="CANCELLED", request_key=key, now=NOW
    )


def send(refund: OrderedRefund, desk: Desk, now: dt.datetime = NOW) -> Refund:
    sending.send(refund_id=refund.id, providers={desk.name: desk}, now=now)
    scenes.check_deferred()
    return Refund.objects.get(id=refund.id)


def facts() -> list[str]:
    kinds = Entry.objects.order_by("id").values_list("kind", flat=True)
    return [kind for kind in kinds if kind.startswith(("refund", "money", "keep"))]


@pytest.mark.need(117)
def test_a_refund_goes_back_the_way_it_came(order: Order) -> None:
    scenes.paid_deposit(order)
    desk = Desk()
    refund = order_back(order)
    assert refund.due_at == NOW + 5 * DAY
    assert scenes.sums() == {"CLEARING_WECHAT": 500_000, "REFUNDS_PAYABLE": -500_000}
    row = send(refund, desk)
    assert (row.state, row.interest_fen) == ("PAID", 0)
    assert row.bank_reference.startswith("back-R")
    assert scenes.sums() == {}
    assert Settled.objects.filter(kind="REFUND_PAID", refund=row).count() == 1
    assert facts() == ["money.received", "refund.ordered", "refund.paid"]


def test_the_same_key_is_the_same_refund(order: Order) -> None:
    scenes.paid_deposit(order)
    assert order_back(order).id == order_back(order).id
    assert Bill.objects.get().refunded_fen == scenes.DEPOSIT
    assert get_refundable(order.id) == 0


@pytest.mark.need(134)
@pytest.mark.parametrize("amount_fen", [0, -1, 500_001])
def test_more_than_was_paid_is_refused(order: Order, amount_fen: int) -> None:
    scenes.paid_deposit(order)
    with pytest.raises(MoreThanPaid, match=r"5,000\.00"):
        order_back(order, amount_fen)
    order_back(order, 300_000)
    with pytest.raises(MoreThanPaid, match=r"2,000\.00"):
        order_back(order, 200_001, key="other")


def test_nothing_paid_nothing_back(order: Order) -> None:
    scenes.ask_deposit(order)
    with pytest.raises(MoreThanPaid):
        order_back(order, 1)


def test_two_bills_go_back_over_their_own_charges(order: Order) -> None:
    scenes.paid_deposit(order, "ALIPAY")
    scenes.pay(scenes.ask_balance(order), "WECHAT")
    refund = order_back(order, scenes.PRICE - 100_000)
    parts = {part.provider: part.amount_fen for part in RefundPart.objects.all()}
    assert parts == {"WECHAT": scenes.PRICE - scenes.DEPOSIT, "ALIPAY": 400_000}
    wechat, alipay = Desk(), Desk("ALIPAY")
    sending.send(refund_id=refund.id, providers={"WECHAT": wechat, "ALIPAY": alipay}, now=NOW)
    assert Refund.objects.get().state == "PAID"
    assert scenes.sums() == {"CLEARING_ALIPAY": 100_000, "DEPOSITS_HELD": -100_000}


def test_an_answer_that_is_lost_pays_once(order: Order) -> None:
    scenes.paid_deposit(order)
    desk, refund = Desk(silent=True), order_back(order)
    assert send(refund, desk).state == "SENT"
    assert send(refund, desk, NOW).state == "SENT"
    assert desk.calls == 1, "asked again too soon"
    assert sending.list_to_send(NOW + dt.timedelta(seconds=30)) == []
    assert sending.list_to_send(NOW + LATER) == [refund.id]
    desk.silent = False
    assert send(refund, desk, NOW + LATER).state == "PAID"
    assert desk.given_back() == scenes.DEPOSIT
    assert sending.list_to_send(NOW + 2 * LATER) == []


def test_a_request_that_never_arrived_is_sent_again(order: Order) -> None:
    scenes.paid_deposit(order)
    refund = order_back(order)
    RefundPart.objects.update(state="SENT", asked_at=NOW)
    Refund.objects.update(state="SENT")
    desk = Desk()
    assert send(refund, desk, NOW + LATER).state == "PAID"
    assert desk.given_back() == scenes.DEPOSIT


def test_one_that_fails_holds_up_no_other(world: factories.World, order: Order) -> None:
    """A provider names one reference for two parts: the second waits, the third is paid."""

    class Confused(Desk):
        def _refund(self, number: str) -> RefundAnswer:
            return RefundAnswer("PAID", "same" if len(self.refunds) < 3 else f"back-{number}")

    desk, rows = Confused(), [order]
    rows += [factories.make_order(world, f"RF26A{n}", state="AT_CENTRE") for n in "BC"]
    for one in rows:
        scenes.paid_deposit(one)
        order_back(one, key=one.code)
    money.send_refunds(providers={"WECHAT": desk}, now=NOW)
    states = Refund.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["PAID", "SENT", "PAID"]
    assert check_books() == []


def test_an_answer_without_what_belongs_in_it_is_none(order: Order) -> None:
    class Garbled(Desk):
        def refund(self, ask: RefundAsk) -> RefundAnswer:
            raise KeyError("refund_id")

    scenes.paid_deposit(order)
    assert send(order_back(order), Garbled()).state == "SENT"
    assert RefundPart.objects.get().state == "SENT", "what it did is not known"


def test_a_provider_that_takes_its_time(order: Order) -> None:
    scenes.paid_deposit(order)
    desk, refund = Desk(slow=True), order_back(order)
    assert send(refund, desk).state == "SENT"
    assert send(refund, desk, NOW + LATER).state == "SENT"
    assert RefundPart.objects.get().state == "SENT"
    desk.slow = False
    assert send(refund, desk, NOW + 2 * LATER).state == "PAID"


def test_a_provider_that_refuses_leaves_it_to_a_person(
    world: factories.World, order: Order
) -> None:
    scenes.paid_deposit(order)
    desk, refund = Desk(refuse="NOT_ENOUGH"), order_back(order)
    assert send(refund, desk).state == "SENT"
    task = MoneyTask.objects.get(kind="REFUND_FAILED")
    assert "NOT_ENOUGH" in task.about
    number = RefundPart.objects.get().number
    with pytest.raises(NotStaff):
        refunded.transfer_done(number=number, reference="B1", staff_id=0, now=NOW)
    done: dict[str, Any] = {"number": number, "staff_id": world.dora.id, "now": NOW}
    with pytest.raises(refunded.NotByHand):
        refunded.transfer_done(reference="  ", **done)
    assert refunded.transfer_done(reference="B1", **done)
    assert not refunded.transfer_done(reference="B1", **done)
    task.refresh_from_db()
    assert task.outcome == "B1"
    assert Refund.objects.get().bank_reference == "B1"
    # Our bank paid what the customer had given to WeChat.
    assert scenes.sums() == {"CLEARING_WECHAT": 500_000, "CLEARING_BANK": -500_000}


def test_a_reference_stands_for_one_transfer(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order, "BANK")
    first, second = order_back(order, 1_000), order_back(order, 2_000, key="other")
    for one in (first, second):
        send(one, Desk("BANK"))
    numbers = list(RefundPart.objects.order_by("id").values_list("number", flat=True))
    done: dict[str, Any] = {"reference": "B7", "staff_id": world.dora.id, "now": NOW}
    assert refunded.transfer_done(number=numbers[0], **done)
    with pytest.raises(refunded.ReferenceUsed):
        refunded.transfer_done(number=numbers[1], **done)


def test_a_wechat_part_is_not_marked_by_hand(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order)
    order_back(order)
    number = RefundPart.objects.get().number
    with pytest.raises(refunded.NotByHand):
        refunded.transfer_done(number=number, reference="B1", staff_id=world.dora.id, now=NOW)


@pytest.mark.need(117)
def test_a_late_refund_carries_interest_and_says_so(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order)
    desk, refund = Desk(silent=True), order_back(order)
    send(refund, desk)
    assert refunded.tell_late(NOW + 4 * DAY) == 0
    late = NOW + 15 * DAY
    assert refunded.tell_late(late) == 1
    assert refunded.tell_late(late) == 0
    desk.silent = False
    row = send(refund, desk, late)
    # Ten days past the fifth, at 3 % a year: 500,000 x 3 x 10 / 36,500, up to a whole fen.
    assert row.interest_fen == 411
    assert row.state == "SENT", "interest is still on its way"
    extra = RefundPart.objects.get(provider="BANK")
    assert extra.amount_fen == 411
    sending.send(refund_id=refund.id, providers={"WECHAT": desk}, now=late + LATER)
    assert MoneyTask.objects.get(kind="PAY_BY_HAND").amount_fen == 411
    refunded.transfer_done(
        number=extra.number, reference="B2", staff_id=world.dora.id, now=late + 3 * DAY
    )
    row.refresh_from_db()
    assert (row.state, row.interest_fen) == ("PAID", 411)
    assert scenes.sums() == {"INTEREST": 411, "CLEARING_BANK": -411}
    assert facts()[-2:] == ["refund.late", "refund.paid"]


def test_interest_runs_until_a_transfer_by_hand_is_made(
    world: factories.World, order: Order
) -> None:
    scenes.paid_deposit(order, "BANK")
    refund = refunds.order_refund(
        order_id=order.id,
        amount_fen=scenes.DEPOSIT,
        reason="NOT_AS_AGREED",
        interest_from_date=(NOW - 365 * DAY).date(),
        request_key="k",
        now=NOW,
    )
    for day in (0, 1, 2):
        sending.send(refund_id=refund.id, providers={}, now=NOW + day * DAY)
    principal, extra = RefundPart.objects.order_by("id")
    first = Refund.objects.get().interest_fen
    assert 15_000 < first == extra.amount_fen
    for part in (principal, extra):
        refunded.transfer_done(
            number=part.number,
            reference=f"B{part.id}",
            staff_id=world.dora.id,
            now=NOW + 2 * DAY,
        )
    assert Refund.objects.get().state == "PAID"
    scenes.check_deferred()
    assert scenes.sums()["INTEREST"] == first


@pytest.mark.need(85)
def test_a_deposit_is_returned_double(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order)
    how: dict[str, Any] = {"order_id": order.id, "decision_id": scenes.decide(order).id, "now": NOW}
    with pytest.raises(MoreThanPaid):
        refunds.double_deposit(penalty_fen=500_001, request_key="d", **how)
    twice = refunds.double_deposit(penalty_fen=500_000, request_key="d", **how)
    assert refunds.double_deposit(penalty_fen=500_000, request_key="d", **how).id == twice.id
    assert (twice.amount_fen, twice.penalty_fen) == (500_000, 500_000)
    send(twice, Desk())
    extra = RefundPart.objects.get(provider="BANK")
    refunded.transfer_done(
        number=extra.number, reference="B9", staff_id=world.dora.id, now=NOW + DAY
    )
    assert Refund.objects.get().state == "PAID"
    assert scenes.sums() == {"DOUBLE_DEPOSIT": 500_000, "CLEARING_BANK": -500_000}


def test_without_a_deposit_nothing_is_doubled(order: Order) -> None:
    with pytest.raises(MoreThanPaid):
        refunds.double_deposit(
            order_id=order.id,
            penalty_fen=1,
            decision_id=scenes.decide(order).id,
            request_key="d",
            now=NOW,
        )


def test_a_refund_belongs_to_an_order_or_a_ticket() -> None:
    with pytest.raises(ValueError, match="one order or to one ticket"):
        refunds.order_refund(amount_fen=1, reason="x", request_key="k", now=NOW)
    with pytest.raises(ValueError, match="one order or to one ticket"):
        bills.open_bill(
            kind="DEPOSIT", amount_fen=1, contract_amount_fen=1, request_key="k", now=NOW
        )


def test_a_car_that_was_handed_over_is_earned_and_can_still_be_given_back(order: Order) -> None:
    scenes.paid_deposit(order)
    assert earn(now=NOW) == 0
    Order.objects.filter(id=order.id).update(state="DELIVERED", delivered_at=NOW)
    assert earn(now=NOW) == 1
    assert earn(now=NOW) == 0
    assert scenes.sums() == {"CLEARING_WECHAT": 500_000, "REVENUE": -500_000}
    send(order_back(order), Desk())
    assert check_books() == []
    assert scenes.sums() == {}
