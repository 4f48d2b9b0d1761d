"""Leaving: what comes back on which ground, once, and the way back to the same place."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection

from tests import factories, handovers
from tests.contexts.handover.centre_worlds import book, make_centre, row, tomorrow
from tests.contexts.payments.scenes import ask_balance
from tests.factories import NOW, World
from tests.workflows.leaving_story import DEPOSIT_FEN, ordered, pay_bill, pay_deposit
from yinuo.contexts.orders.models import Cancellation, Order
from yinuo.contexts.orders.operations import cancelling, disputing
from yinuo.contexts.orders.operations.cancelling import NotYours, TooLateToReturn
from yinuo.contexts.orders.operations.progress import (
    Frozen,
    NotNow,
    begin_condition,
    end_condition,
    move,
)
from yinuo.contexts.orders.rules import life, remedies
from yinuo.contexts.payments.models import Bill, Refund
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.terms.models import Decision
from yinuo.platform.spoken import local_date
from yinuo.rulepacks import load_pack
from yinuo.workflows import cancellation, settled
from yinuo.workflows.cancellation import cancel, come_back, deposit_paid_again
from yinuo.workflows.leaving import look

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
TODAY = local_date(NOW)


@pytest.fixture
def world(db: None) -> World:
    return factories.make_world()


def leave(order: Order, key: str = "k1", now: dt.datetime = NOW) -> cancelling.Cancelled:
    return cancel(person_id=order.person_id, order_id=order.id, request_key=key, now=now)


def promised(order: Order, latest: dt.date) -> None:
    """A promise whose latest day has passed without the car."""
    factories.make_promise(
        order,
        from_date=latest - 13 * DAY,
        until_date=latest - 3 * DAY,
        latest_date=latest,
        state="BROKEN",
    )


@pytest.mark.need(45)
def test_every_ground_rests_on_rules_of_the_pack() -> None:
    names = {rule.id for rule in load_pack().rules}
    for one in remedies.REMEDIES:
        assert one.rules
        assert set(one.rules) <= names, one.ground
        assert set(one.states) <= set(life.STATES)
    # There is an answer in every state before the keys: nobody is told "no way out".
    for state in life.OPEN:
        case = remedies.Case(state, NOW - 30 * DAY, NOW - 27 * DAY)
        assert remedies.find_remedy(case, NOW) is not None, state


@pytest.mark.need(117)
def test_within_72_hours_everything_comes_back_and_the_place_is_kept(world: World) -> None:
    order = ordered(world, "LV26AA", locked_at=NOW - HOUR)
    offer = look(order_id=order.id, now=NOW)
    assert (offer.remedy.ground, offer.refund_fen) == ("UNDO", DEPOSIT_FEN)
    assert offer.refund_by_date == TODAY + 5 * DAY
    assert offer.back_until_at == NOW + 72 * HOUR
    assert offer.decide_by_at is None
    done = leave(order)
    order.refresh_from_db()
    assert (order.state, done.fresh) == ("CANCELLED", True)
    refund = Refund.objects.get(order=order)
    assert (refund.amount_fen, refund.penalty_fen) == (DEPOSIT_FEN, 0)
    assert Decision.objects.get(order=order).clearance == "go"


@pytest.mark.need(141)
def test_no_ground_is_worse_before_the_car_is_begun(world: World) -> None:
    for n, state in enumerate(("LOCKED", "SCHEDULED")):
        order = ordered(world, f"LV26B{n}A", state)
        offer = look(order_id=order.id, now=NOW)
        assert (offer.remedy.ground, offer.refund_fen) == ("EARLY", DEPOSIT_FEN)


def test_asking_twice_gives_the_first_answer(world: World) -> None:
    order = ordered(world, "LV26AC")
    first, again, other = leave(order), leave(order), leave(order, "k2")
    assert (first.fresh, again.fresh, other.fresh) == (True, False, False)
    assert first.public_id == again.public_id == other.public_id
    assert Refund.objects.filter(order=order).count() == 1


def test_a_broken_promise_opens_the_way_out_with_interest(world: World) -> None:
    order = ordered(world, "LV26AD", "IN_TRANSIT", NOW - 300 * DAY)
    promised(order, TODAY - 3 * DAY)
    offer = look(order_id=order.id, now=NOW)
    assert offer.remedy.ground == "BROKEN"
    # 5,000 yuan for 300 days, 33 of them at 3.10 % and the rest at 3.00 %, rounded up.
    assert offer.interest_fen == -(-DEPOSIT_FEN * (33 * 310 + 267 * 300) // (10_000 * 365))
    assert offer.penalty_fen == 0
    leave(order)
    refund = Refund.objects.get(order=order)
    assert refund.interest_from_date == local_date(NOW - 300 * DAY)


@pytest.mark.need(45)
def test_a_long_broken_promise_returns_the_deposit_twice(world: World) -> None:
    order = ordered(world, "LV26AE", "BUILT", NOW - 300 * DAY)
    promised(order, TODAY - 30 * DAY)
    offer = look(order_id=order.id, now=NOW)
    assert offer.decision.find("deposit.double").answer == "holds"
    # Twice, or interest: whoever has the one has chosen against the other.
    assert (offer.penalty_fen, offer.interest_fen) == (DEPOSIT_FEN, 0)
    leave(order)
    refund = Refund.objects.get(order=order)
    assert (refund.amount_fen, refund.penalty_fen) == (DEPOSIT_FEN, DEPOSIT_FEN)


def test_a_moved_promise_gives_all_of_it_back(world: World) -> None:
    order = ordered(world, "LV26AF", "IN_TRANSIT")
    factories.make_promise(order)
    factories.move_promise(world, order)
    after = NOW + 60 * DAY
    assert look(order_id=order.id, now=NOW).remedy.ground == "MOVED"
    # "You can still change later": also when the time to choose is long over.
    Promise.objects.filter(order=order).update(latest_date=TODAY + 90 * DAY)
    assert look(order_id=order.id, now=after).remedy.ground == "MOVED"


@pytest.mark.need(134)
def test_own_wish_after_the_start_is_decided_by_a_named_person_or_goes_back(world: World) -> None:
    order = ordered(world, "LV26AG", "IN_BUILD")
    offer = look(order_id=order.id, now=NOW)
    assert offer.remedy.ground == "OWN_WISH"
    assert offer.decider is not None
    assert offer.decide_by_at is not None
    assert offer.back_until_at is None
    leave(order)
    assert not Refund.objects.filter(order=order).exists()
    assert cancellation.settle_undecided(now=offer.decide_by_at - HOUR) == 0
    assert cancellation.settle_undecided(now=offer.decide_by_at) == 1
    assert cancellation.settle_undecided(now=offer.decide_by_at) == 0
    assert Refund.objects.get(order=order).amount_fen == DEPOSIT_FEN


def test_a_dispute_freezes_leaving_and_the_money(world: World) -> None:
    order = ordered(world, "LV26AH", "IN_BUILD")
    offer = look(order_id=order.id, now=NOW)
    leave(order)
    opened = disputing.open_dispute(
        person_id=order.person_id,
        order_id=order.id,
        about="KEPT",
        words="不同意",
        answerer_id=world.dora.id,
        answer_by_at=NOW + DAY,
        request_key="d1",
        now=NOW,
    )
    assert offer.decide_by_at is not None
    assert cancellation.settle_undecided(now=offer.decide_by_at) == 0
    disputing.settle_dispute(
        dispute_id=opened.id, staff_id=world.dora.id, outcome="全部退给您", now=NOW + HOUR
    )
    assert cancellation.settle_undecided(now=offer.decide_by_at) == 1


def test_nobody_cancels_while_it_is_disputed(world: World) -> None:
    order = ordered(world, "LV26AI")
    begin_condition(order_id=order.id, name=life.DISPUTED, cause_ref="d", now=NOW)
    with pytest.raises(Frozen):
        leave(order)
    assert not Cancellation.objects.exists()
    assert not Decision.objects.exists()


def test_leaving_is_for_who_ordered(world: World) -> None:
    order = ordered(world, "LV26AJ")
    for stranger in (world.bob, world.carol):
        with pytest.raises(NotYours):
            cancel(person_id=stranger.id, order_id=order.id, request_key="x", now=NOW)
    assert Order.objects.get(id=order.id).state == "LOCKED"


def test_the_deposit_paid_again_in_time_brings_the_old_place_back(world: World) -> None:
    order = ordered(world, "LV26AK", "SCHEDULED")
    factories.make_promise(order)
    rank = order.rank
    leave(order)
    # The promise rests, so that who comes back is promised what was promised.
    assert end_promises(now=NOW + HOUR) == 0
    bill = come_back(person_id=order.person_id, order_id=order.id, now=NOW + HOUR)
    assert bill is not None
    assert (bill.kind, bill.amount_fen) == ("DEPOSIT", DEPOSIT_FEN)
    pay_bill(Bill.objects.get(id=bill.id), NOW + HOUR)
    late = NOW + 100 * HOUR
    # Paid in time, and told to us later.
    assert deposit_paid_again(order_id=order.id, paid_at=NOW + HOUR, now=late) is True
    assert deposit_paid_again(order_id=order.id, paid_at=NOW + HOUR, now=late) is False
    order.refresh_from_db()
    assert (order.state, order.rank, order.cancelled_at) == ("LOCKED", rank, None)
    assert Promise.objects.get(order=order).state == "ACTIVE"
    # And may be left once more.
    assert leave(order, "k9", late).fresh is True


def test_too_late_to_come_back_the_deposit_goes_back_whole(world: World) -> None:
    order = ordered(world, "LV26AL")
    leave(order)
    late = NOW + 73 * HOUR
    with pytest.raises(TooLateToReturn):
        come_back(person_id=order.person_id, order_id=order.id, now=late)
    pay_deposit(order, paid_at=late)
    assert deposit_paid_again(order_id=order.id, paid_at=late, now=late) is False
    assert Order.objects.get(id=order.id).state == "CANCELLED"
    sums = sorted(Refund.objects.filter(order=order).values_list("amount_fen", flat=True))
    assert sums == [DEPOSIT_FEN, DEPOSIT_FEN]
    assert end_promises(now=late) == 0


def test_who_paid_nothing_is_back_at_once(world: World) -> None:
    order = factories.make_order(world, "LV26AM")
    leave(order)
    assert not Refund.objects.exists()
    assert come_back(person_id=order.person_id, order_id=order.id, now=NOW + HOUR) is None
    assert Order.objects.get(id=order.id).state == "LOCKED"


def test_a_promise_ends_with_an_order_that_cannot_come_back(world: World) -> None:
    order = ordered(world, "LV26AN", "BUILT")
    factories.make_promise(order)
    leave(order)
    assert Promise.objects.get(order=order).state == "CLOSED"
    waiting = ordered(world, "LV26AO")
    factories.make_promise(waiting)
    leave(waiting)
    assert Promise.objects.get(order=waiting).state == "ACTIVE"
    assert end_promises(now=NOW + 73 * HOUR) == 1


def test_open_bills_are_asked_for_no_longer(world: World) -> None:
    order = factories.make_order(world, "LV26AP")
    bill = Bill.objects.create(
        public_id="bil_open",
        request_key="open",
        kind="DEPOSIT",
        order=order,
        amount_fen=1,
        contract_amount_fen=1,
        opened_at=NOW,
    )
    leave(order)
    bill.refresh_from_db()
    assert bill.state == "VOID"


def test_after_the_keys_there_is_another_way(world: World) -> None:
    order = ordered(world, "LV26AQ", "DELIVERED")
    with pytest.raises(NotNow):
        leave(order)


def test_the_keys_and_the_cancellation_at_the_same_moment(fresh_database: str) -> None:
    """One happens whole, the other is refused whole: no refund for a car that was handed over."""
    order = ordered(factories.make_world(), "LV26AR", "PAID")
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def act(what: str) -> None:
        try:
            start.wait()
            if what == "keys":
                move(order_id=order.id, verb="hand_over", now=NOW)
            else:
                leave(order)
            outcomes.append(what)
        except NotNow:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(what,)) for what in ("keys", "leave")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    order.refresh_from_db()
    assert outcomes.count("refused") == 1
    assert Cancellation.objects.exists() == (order.state == "CANCELLED")
    assert order.state in ("CANCELLED", "DELIVERED")


def test_a_balance_paid_while_it_is_disputed_waits_and_holds_up_nobody(world: World) -> None:
    order = factories.make_order(world, "LV26AS", state="SIGNED")
    bill = ask_balance(order)
    begin_condition(order_id=order.id, name=life.DISPUTED, cause_ref="d", now=NOW)
    handovers.pay(bill.id)
    assert settled.run(NOW) == 0
    assert Order.objects.get(id=order.id).state == "SIGNED"
    end_condition(order_id=order.id, name=life.DISPUTED, cause_ref="d", now=NOW)
    assert settled.run(NOW) == 1
    assert settled.run(NOW) == 0
    assert Order.objects.get(id=order.id).state == "PAID"


def test_the_visit_of_a_cancelled_order_ends_with_it(world: World) -> None:
    centre = make_centre(world)
    order = ordered(world, "VS26AA", state="AT_CENTRE", locked_at=NOW - 30 * DAY)
    visit = book(order, tomorrow(10))
    leave(order)
    assert row(visit).state == "CANCELLED"
    other = factories.make_order(world, "VT26AA", state="AT_CENTRE")
    assert book(other, tomorrow(10)).bay_id in {bay.id for bay in centre.bays}
