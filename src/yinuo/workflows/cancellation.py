"""A customer leaves, and comes back: order, promise and money end, and begin again, together."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.handover.operations import visits
from yinuo.contexts.orders.operations import cancelling, postponing
from yinuo.contexts.orders.operations.cancelling import Cancelled
from yinuo.contexts.orders.operations.places import return_place
from yinuo.contexts.orders.operations.progress import Frozen, NotNow
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.orders.queries.rights import CancellationSeen
from yinuo.contexts.orders.rules import life
from yinuo.contexts.payments.operations.bills import OpenedBill, open_bill, void_bill
from yinuo.contexts.payments.operations.refunds import double_deposit, order_refund
from yinuo.contexts.payments.queries.leaving import get_paid, list_open_amounts, list_open_bills
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import at_local, local_date, say_instant
from yinuo.workflows import law
from yinuo.workflows.leaving import DECIDE_HOUR, MOMENT, Offer, look

PLACES_AT_ONCE = 500


class NotCleared(law.Refused):
    """The rules want a person to look first; who does so, and by when, is said."""

    code = "not_cleared"
    zh = "这一步要先有人看过：{name} {by_zh} 前答复您。您填的都在，位置不变。"
    en = "Somebody has to look at this first: {name} answers you by {by_en}. Nothing is lost."


def cancel(*, person_id: int, order_id: int, request_key: str, now: dt.datetime) -> Cancelled:
    """End an order as its customer was shown; order, promise and money in one transaction.

    Asking twice gives the first answer again. Whoever comes second to a car that is just handed
    over is refused.

    Raises
    ------
    NotYours, NotNow, Frozen, NotCleared
    """
    with law.all_or_nothing(now):
        if standing := rights.get_standing_cancellation(order_id):
            terms = cancelling.Terms(standing.ground, 0, 0, 0, standing.refund_by_date)
            return cancelling.cancel(
                person_id=person_id,
                order_id=order_id,
                terms=terms,
                request_key=request_key,
                now=now,
            )
        offer = look(order_id=order_id, now=now)
        done = cancelling.cancel(
            person_id=person_id,
            order_id=order_id,
            terms=offer.terms,
            request_key=request_key,
            now=now,
        )
        if not done.fresh:
            return done
        decision_id = _decide(offer, now)
        postponing.end_with_order(order_id=order_id, now=now)
        visits.drop_for_order(order_id=order_id)
        for bill_id in list_open_bills(order_id):
            void_bill(bill_id=bill_id, now=now)
        if offer.decide_by_at is None:
            _give_back(done, offer, decision_id, now)
        if offer.back_until_at is None:
            end_promises(order_ids=[order_id], now=now)
    return done


def _decide(offer: Offer, now: dt.datetime) -> int:
    decision, decision_id = law.decide_and_keep(
        at=MOMENT, facts=offer.facts, order_id=offer.order_id, on=local_date(now), now=now
    )
    if decision.clearance != "go":
        by = at_local(local_date(now) + dt.timedelta(days=1), DECIDE_HOUR)
        raise NotCleared(
            name=offer.decider.name_zh if offer.decider else "",
            by_zh=say_instant(by, "zh"),
            by_en=say_instant(by, "en"),
        ).by(decision, MOMENT, offer.order_id)
    return decision_id


def _give_back(done: Cancelled, offer: Offer, decision_id: int, now: dt.datetime) -> None:
    """Order what comes back: the deposit twice where the law says so, and the rest as it came."""
    due_at = at_local(offer.refund_by_date + dt.timedelta(days=1), 0)
    if offer.penalty_fen:
        double_deposit(
            order_id=offer.order_id,
            penalty_fen=offer.penalty_fen,
            decision_id=decision_id,
            request_key=f"{done.public_id}:double",
            due_at=due_at,
            now=now,
        )
    if left := get_paid(offer.order_id).fen:
        order_refund(
            order_id=offer.order_id,
            amount_fen=left,
            reason=f"cancel.{offer.remedy.ground}",
            decision_id=decision_id,
            interest_from_date=offer.paid.first_date if offer.interest_fen else None,
            request_key=f"{done.public_id}:refund",
            due_at=due_at,
            now=now,
        )
    cancelling.mark_settled(cancellation_id=done.id, now=now)


def settle_undecided(*, now: dt.datetime) -> int:
    """Nobody said in time that anything is kept: what is left goes back, all of it.

    Returns how many. Safe to repeat.
    """
    done = 0
    for order_id in rights.list_undecided(now):
        with transaction.atomic():
            seen = rights.get_standing_cancellation(order_id)
            if seen is not None and cancelling.mark_settled(cancellation_id=seen.id, now=now):
                give_back_rest(order_id, seen, now)
                done += 1
    return done


def give_back_rest(order_id: int, seen: CancellationSeen, now: dt.datetime) -> None:
    """Order what is left of the money of an order that was left, in the caller's transaction."""
    if left := get_paid(order_id).fen:
        order_refund(
            order_id=order_id,
            amount_fen=left,
            reason=f"cancel.{seen.ground}",
            request_key=f"{seen.public_id}:refund",
            due_at=at_local(seen.refund_by_date + dt.timedelta(days=1), 0),
            now=now,
        )


def return_places(*, now: dt.datetime) -> int:
    """Give the places of those who left and cannot come back to whoever waits; returns how many.

    Safe to repeat.
    """
    left = rights.list_places_to_return(now, PLACES_AT_ONCE)
    return sum(return_place(order_id=order_id, now=now) for order_id in left)


def come_back(*, person_id: int, order_id: int, now: dt.datetime) -> OpenedBill | None:
    """Ask for the deposit again, so that the order stands where it stood once it is paid.

    Where none had been paid the order is back at once, and there is no bill.

    Raises
    ------
    NotYours, NotNow, TooLateToReturn, Frozen
    """
    with transaction.atomic():
        seen = rights.get_cancellation(person_id, order_id)
        leaving = rights.get_leaving(order_id)
        if seen is None or leaving.person_id != person_id:
            raise cancelling.NotYours
        if stopped := life.stopped_by("restore", leaving.standing):
            raise Frozen(state=leaving.state, verb="restore", condition=stopped)
        if seen.back_until_at is None:
            raise NotNow(state="CANCELLED", verb="restore")
        if now >= seen.back_until_at:
            raise cancelling.TooLateToReturn(until=say_instant(seen.back_until_at, "zh"))
        if seen.paid_fen == 0:
            cancelling.restore(order_id=order_id, now=now)
            return None
        contract = get_current(order_id)
        amount = contract.deposit_fen if contract else seen.paid_fen
        return open_bill(
            kind="DEPOSIT",
            amount_fen=amount,
            contract_amount_fen=amount,
            price_fen=contract.price_fen if contract else get_paid(order_id).price_fen,
            order_id=order_id,
            due_at=seen.back_until_at,
            request_key=f"{seen.public_id}:again",
            now=now,
        )


def get_bill_to_return(order_id: int) -> int | None:
    """What is asked for the place to be taken again, in fen; None where nothing is asked."""
    return next(iter(list_open_amounts(order_id)), None)


def deposit_paid_again(*, order_id: int, paid_at: dt.datetime, now: dt.datetime) -> bool:
    """The deposit of an order that was left has come again: it stands where it stood.

    What counts is when it was paid. Where that was too late, it goes back whole; False then.
    """
    with transaction.atomic():
        seen = rights.get_standing_cancellation(order_id)
        if seen is None:
            return False
        try:
            with transaction.atomic():
                return cancelling.restore(order_id=order_id, now=now, paid_at=paid_at)
        except Refusal:
            if left := get_paid(order_id).fen:
                order_refund(
                    order_id=order_id,
                    amount_fen=left,
                    reason="cancel.TOO_LATE",
                    request_key=f"{seen.public_id}:late",
                    now=now,
                )
            return False
