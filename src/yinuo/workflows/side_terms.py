"""What was said in the shop becomes a term of the contract: written down, then agreed by the buyer.

A price binds the bill, a date binds the promise, a scheduling hold binds the planner; each from the
moment of the buyer's consent, and none of them before.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.orders.queries.customer import may_act
from yinuo.contexts.orders.queries.rights import get_leaving
from yinuo.contexts.orders.rules import life
from yinuo.contexts.people.queries.staff import answerer_for, list_staff
from yinuo.contexts.promises.queries.rights import latest_dates
from yinuo.contexts.promises.rules import answer_by_at
from yinuo.contexts.terms.operations import offers, side_terms
from yinuo.contexts.terms.operations.offers import Said
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows import slots


class NotOpenAnyMore(Refusal):
    """Nothing is agreed beside the contract of an order that has ended."""

    code = "order_ended"
    zh = "这个订单已经结束，不能再加补充约定。"
    en = "This order has ended; nothing more is agreed beside its contract."


class BalanceAsked(Refusal):
    """A price is agreed on before the balance is asked for."""

    code = "balance_asked"
    zh = "客户已经签字，尾款账单已经开出。要让价，请在收款页退款。"
    en = "The buyer signed and the balance is asked for. A reduction is a refund now."


class DateNotPossible(Refusal):
    """A date that is earlier than what is promised today would be broken when it is made."""

    code = "date_not_possible"
    zh = "现在承诺的最晚日期是 {latest}，约不了更早的日子。先改计划。"
    en = "The latest date promised today is {latest}. Change the plan before agreeing to less."


class DateOver(Refusal):
    """A date of delivery lies ahead."""

    code = "date_over"
    zh = "交车日期要在今天以后。"
    en = "A date of delivery lies ahead of today."


class TooMuchHeld(Refusal):
    """A scheduling hold is agreed on while the car is not scheduled."""

    code = "already_scheduled"
    zh = "这辆车已经排产，不能再约“申请了才排产”。"
    en = "The car is scheduled already; its slot cannot wait for the buyer's word."


class NotTheBuyer(Refusal):
    """Only the buyer agrees to a term of the contract."""

    code = "not_the_buyer"
    zh = "只有买车的人能同意。"
    en = "Only the buyer agrees to this."


ENDED = ("DELIVERED", "CANCELLED")
ASKED = (life.SIGNED, life.PAID)


def offer(*, order_id: int, term: NewSideTerm, said: Said, staff_id: int, now: dt.datetime) -> str:
    """Put before the buyer what was said; returns the public id of the offer.

    Raises
    ------
    NotOpenAnyMore, BalanceAsked, DateNotPossible, DateOver, TooMuchHeld
    NoContract, SaidByNobody, TermNotComplete, PriceBelowDeposit, PriceAboveMarked
    """
    _check(order_id, term, now)
    leaving = get_leaving(order_id)
    who = answerer_for(list_staff(), leaving.centre_code, leaving.owner_id)
    assert who is not None
    return offers.offer(
        order_id=order_id,
        term=term,
        said=said,
        person_id=leaving.person_id,
        staff_id=staff_id,
        answerer=who.public_id,
        answer_by_at=answer_by_at(now),
        now=now,
    ).public_id


def agree(*, order_id: int, public_id: str, person_id: int, now: dt.datetime) -> None:
    """The buyer agrees: from here on the term binds.

    Raises
    ------
    NotTheBuyer, OfferAnswered, and all that `offer` refuses
    """
    if not may_act(person_id, order_id):
        raise NotTheBuyer
    with transaction.atomic():
        made, term = offers.take_up(public_id=public_id, order_id=order_id)
        signed = NewSideTerm(**{**vars(term), "signed_at": now})
        _check(order_id, signed, now)
        agreed = slots.agree_side_term(order_id=order_id, term=signed, person_id=person_id, now=now)
        offers.close(offer=made, answer="AGREED", term_id=agreed.term_id, now=now)


def decline(*, order_id: int, public_id: str, person_id: int, now: dt.datetime) -> None:
    """The buyer does not agree; the contract stays as it is.

    Raises
    ------
    NotTheBuyer, OfferAnswered
    """
    if not may_act(person_id, order_id):
        raise NotTheBuyer
    with transaction.atomic():
        made, _ = offers.take_up(public_id=public_id, order_id=order_id)
        offers.close(offer=made, answer="DECLINED", term_id=None, now=now)


def withdraw(*, order_id: int, public_id: str, now: dt.datetime) -> None:
    """Staff take back what the buyer has not agreed to.

    Raises
    ------
    OfferAnswered
    """
    with transaction.atomic():
        made, _ = offers.take_up(public_id=public_id, order_id=order_id)
        offers.close(offer=made, answer="WITHDRAWN", term_id=None, now=now)


def _check(order_id: int, term: NewSideTerm, now: dt.datetime) -> None:
    """What the order's state, price and promise leave room for today."""
    state = get_leaving(order_id).state
    if state in ENDED:
        raise NotOpenAnyMore
    if term.kind == "PRICE" and term.amount_fen:
        if state in ASKED:
            raise BalanceAsked
        if contract := get_current(order_id):
            side_terms.check_price(
                term.amount_fen,
                marked_fen=contract.marked_fen,
                deposit_fen=contract.deposit_fen,
            )
    if term.kind == "SCHEDULE_HOLD" and state != life.LOCKED:
        raise TooMuchHeld
    if term.kind == "DELIVERY_BY" and term.until_date:
        if term.until_date <= local_date(now):
            raise DateOver
        latest = latest_dates([order_id]).get(order_id)
        if latest is not None and term.until_date < latest:
            raise DateNotPossible(latest=latest.isoformat())
