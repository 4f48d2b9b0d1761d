"""On what somebody leaves is read from what is on record of car and contract, not from who asks."""

from __future__ import annotations

import pytest

from tests import cars, factories, handovers
from tests.web.people import read, send, sign_in
from yinuo.contexts.handover.queries.work import list_open_signals
from yinuo.contexts.orders.models import Cancellation, Order
from yinuo.contexts.payments.models import Refund
from yinuo.contexts.terms.models import Contract, Remedy
from yinuo.contexts.terms.operations import overturning, rulings
from yinuo.platform import clock
from yinuo.workflows import cancellation, inspecting, leaving

NOW, DAY = handovers.NOW, handovers.DAY
pytestmark = pytest.mark.django_db
KEY = {"code": "key", "zh": "手机钥匙", "en": "phone key"}


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


def offer(order: Order) -> leaving.Offer:
    return leaving.look(order_id=order.id, now=NOW)


def refuse(order: Order, world: factories.World, **problems: str) -> None:
    """The car is inspected with these problems, and not taken."""
    inspection = handovers.begin(order, world)
    handovers.answer_with(inspection, problems)
    handovers.decide(order, "REFUSE", "不要这台")


def told(made: leaving.Offer) -> tuple[object, ...]:
    """What the law was told of the car and of the breach."""
    names = ("car.quality_defect", "car.purpose_defeated", "deposit.receiver_breach")
    return tuple(made.facts[name] for name in (*names, "prepay.not_as_agreed"))


@pytest.mark.need(27, 30, 45)
def test_recorded_refusal_is_the_ground_and_a_faultless_car_adds_no_interest(
    world: factories.World, order: Order
) -> None:
    assert offer(order).remedy.ground == "OWN_WISH"
    refuse(order, world)
    made = offer(order)
    assert (made.remedy.ground, made.refund_fen) == ("REFUSED", handovers.DEPOSIT)
    assert told(made) == (False, False, False, False)
    assert (made.decide_by_at, made.interest_fen, made.penalty_fen) == (None, 0, 0)
    alice = sign_in(world.alice)
    assert "您没有收车，钱全部退给您。" in read(alice, "/o/SH26XN/cancel")
    send(alice, "/o/SH26XN/cancel", 302, do="cancel", request_key="k1")
    assert Cancellation.objects.get().ground == "REFUSED"
    assert Refund.objects.get().amount_fen == handovers.DEPOSIT


@pytest.mark.need(27)
def test_refused_for_a_fault_carries_interest(world: factories.World, order: Order) -> None:
    refuse(order, world, paint="右后门有划痕")
    made = offer(order)
    assert (made.remedy.ground, told(made)) == ("REFUSED", (True, False, True, True))
    assert made.decision.find("prepay.refund").answer == "holds"
    assert made.decision.find("reject.fundamental").answer == "not"
    assert made.penalty_fen == 0


@pytest.mark.need(27, 45)
def test_failed_safety_check_opens_the_way_out_before_any_decision(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection, brake="刹车发软")
    made = offer(order)
    assert (made.remedy.ground, told(made)) == ("UNSAFE", (True, True, True, True))
    assert made.decision.find("reject.fundamental").answer == "holds"
    # The purpose is defeated: the deposit comes back twice, and that is instead of interest.
    assert (made.penalty_fen, made.interest_fen) == (handovers.DEPOSIT, 0)
    assert "影响安全的问题" in read(sign_in(world.alice), "/o/SH26XN/cancel")
    done = cancellation.cancel(
        person_id=order.person_id, order_id=order.id, request_key="k", now=NOW
    )
    assert done.fresh
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.penalty_fen) == (handovers.DEPOSIT, handovers.DEPOSIT)


@pytest.mark.need(27)
def test_a_fault_that_quality_cleared_is_none(world: factories.World, order: Order) -> None:
    handovers.answer_all(handovers.begin(order, world), brake="刹车发软")
    number = list_open_signals(order.id)[0]
    staff_id = handovers.quality().id
    inspecting.clear(number=number, words="换了刹车片，试过", staff_id=staff_id, now=NOW)
    assert offer(order).remedy.ground == "OWN_WISH"


def test_fault_of_a_car_that_was_given_up_is_no_ground(
    world: factories.World, order: Order
) -> None:
    refuse(order, world, brake="刹车发软")
    cars.take(order, cars.list_car(world))
    made = offer(order)
    assert (made.remedy.ground, told(made)[:2]) == ("OWN_WISH", (False, False))


def test_refusal_is_over_once_the_car_is_inspected_again(
    world: factories.World, order: Order
) -> None:
    refuse(order, world, paint="划痕")
    handovers.begin(order, world, NOW + DAY)
    assert offer(order).remedy.ground == "OWN_WISH"


@pytest.mark.need(136)
def test_promised_feature_that_fails_is_a_ground_and_one_that_nobody_promised_is_none(
    world: factories.World,
) -> None:
    order = handovers.make_car(world)
    handovers.make_contract(world, order, {"features": [KEY]})
    handovers.pay_deposit(order)
    other = handovers.make_car(world, "SH26XP", vin="LYNS7ANC0S0000002")
    handovers.make_contract(world, other, {"features": []})
    for one in (order, other):
        handovers.answer_all(handovers.begin(one, world), feature_key="打不开")
    made = offer(order)
    assert (made.remedy.ground, made.facts["prepay.not_as_agreed"]) == ("DEFECT", True)
    assert made.facts["deposit.purpose_defeated"] is False
    assert offer(other).remedy.ground == "OWN_WISH"


@pytest.mark.need(20, 21, 151)
@pytest.mark.parametrize("how", ["settled", "overturned"])
def test_clause_held_void_gives_everything_back_until_it_is_put_right(
    world: factories.World, order: Order, how: str
) -> None:
    void = handovers.void_clause(order)
    remedy = Remedy.objects.create(
        ruling=void.ruling,
        order=order,
        contract=Contract.objects.get(order=order),
        owner=world.dora,
        opened_at=NOW,
        due_at=NOW + 5 * DAY,
    )
    made = offer(order)
    assert (made.remedy.ground, made.refund_fen) == ("VOID", handovers.DEPOSIT)
    assert (made.decide_by_at, made.interest_fen) == (None, 0)
    if how == "settled":
        rulings.settle(remedy_ids=[remedy.id], outcome="STRUCK", staff_id=world.dora.id, now=NOW)
    else:
        overturning.overturn(
            ruling_id=void.ruling_id,
            why="二审改判，条款有效",
            source="（2026）琼01民终1号",
            staff_id=world.dora.id,
            now=NOW,
        )
    assert offer(order).remedy.ground == "OWN_WISH"
