"""Paid, and the law stopped the order: the doors out of it, for a colleague and for the customer.

A colleague asks the law again, decides what it leaves to a person, or gives everything back when
the customer wants out. The customer agrees to the contract as it is issued today, at the same
price. Place and money are kept meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from yinuo.contexts.notices.operations import direct
from yinuo.contexts.orders.operations.places import TicketOver, hold_ticket
from yinuo.contexts.orders.queries.tickets import TicketSeen, get_by_id
from yinuo.contexts.payments.operations.tasks import SayWhatYouDid
from yinuo.contexts.payments.queries.customer import get_refundable_of_ticket
from yinuo.contexts.payments.queries.stopped import get_stopped
from yinuo.contexts.people.queries.people import get_person
from yinuo.contexts.people.queries.staff import NotStaff, get_staff
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.queries.contracts import get_current_of_tickets
from yinuo.contexts.terms.queries.decisions import explain_lock_of_ticket
from yinuo.contexts.terms.rules import Shown
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows import confirm, launch, lock
from yinuo.workflows.confirm import Offer
from yinuo.workflows.law import decide_and_keep

# Who decides what the law leaves to a person.
DECIDERS = ("MANAGER", "EXECUTIVE")
BACK = {
    "zh": "您的 {number:,} 号退了，定金 {yuan:,.0f} 元全额退给您，原路退回。",
    "en": "Ticket {number:,} was given back. Your deposit of {yuan:,.0f} yuan goes back whole.",
}


class StillStopped(Refusal):
    """The law does not say yes, and it is not a person's to decide."""

    code = "still_stopped"
    zh = "规则还是不让锁单，理由在下面。把条款或合同改对，或者请客户确认新合同。"
    en = "The rules still stop it, for the reasons below. Put the clause or contract right, or ask"
    " the customer to agree to the new one."


class ManagersCall(Refusal):
    """The law leaves it to a person, and that is a manager."""

    code = "managers_call"
    zh = "这一条规则交给专人定，要经理来办。"
    en = "The rules leave this to a person: a manager has to decide."


class NotStopped(Refusal):
    """Somebody else dealt with it, or it was never stopped."""

    code = "not_stopped"
    zh = "这一单已经办好了，或者钱已经退了。"
    en = "This one is done, or its money has gone back."


def look_again(*, ticket_id: int, staff_id: int, words: str, now: dt.datetime) -> int:
    """Ask the law again; the row of the order that it became.

    `words` are the colleague's own, and enough where the law leaves it to a person and they are a
    manager.

    Raises
    ------
    NotStaff, SayWhatYouDid, NotStopped, StillStopped, ManagersCall
    """
    look = _look(ticket_id, staff_id, words, now)
    order_id = lock.deposit_paid(ticket_id=ticket_id, look=look, now=now)
    if order_id is not None:
        return order_id
    if get_stopped(ticket_id, now) is None:
        raise NotStopped
    told = explain_lock_of_ticket(ticket_id)
    raise ManagersCall if told is not None and told.clearance == "person" else StillStopped


def give_back(*, ticket_id: int, staff_id: int, words: str, now: dt.datetime) -> None:
    """The customer wants out: place and every fen go back, and they are told.

    A contract that stands is not the seller's to end alone; `words` say how and when they asked.

    Raises
    ------
    NotStaff, SayWhatYouDid, NotStopped, TicketOver
    """
    look = _look(ticket_id, staff_id, words, now)
    with transaction.atomic():
        ticket = get_by_id(ticket_id)
        paid_fen = get_refundable_of_ticket(ticket_id)
        if not launch.give_back(ticket_id=ticket_id, look=look, now=now):
            raise NotStopped
        person = get_person(ticket.person_id) if ticket.person_id else None
        assert person is not None, "who paid has a name"
        text = BACK[person.language].format(number=ticket.number, yuan=paid_fen / 100)
        direct.write_of_ticket(key=f"{ticket.code}:back", address=person.phone, text=text, now=now)


def _look(ticket_id: int, staff_id: int, words: str, now: dt.datetime) -> lock.Look:
    card = get_staff(staff_id)
    if card is None:
        raise NotStaff
    if not words.strip():
        raise SayWhatYouDid
    if get_stopped(ticket_id, now) is None:
        raise NotStopped
    return lock.Look(staff_id, words.strip(), decides=card.role in DECIDERS)


def show(ticket: TicketSeen, *, now: dt.datetime) -> Offer:
    """The contract as it is issued today, at the price and deposit that were agreed.

    Raises
    ------
    NotStopped, StillMissing, NothingToAgree, NotAllowedYet
    """
    current = get_current_of_tickets([ticket.id]).get(ticket.id)
    if current is None or get_stopped(ticket.id, now) is None:
        raise NotStopped
    offer = confirm.show(ticket, now=now)
    return replace(offer, price_fen=current.price_fen, deposit_fen=current.deposit_fen)


def may_agree(ticket: TicketSeen, *, now: dt.datetime) -> bool:
    """Whether there is a contract today that the law lets them agree to."""
    try:
        show(ticket, now=now)
    except Refusal:
        return False
    return True


def agree(
    *, offer: Offer, person_id: int, language: str, shown: Sequence[Shown], now: dt.datetime
) -> int | None:
    """Agree to it: the next version of the contract, then the lock. Returns the order's row.

    What was promised with the first version, its window too, goes on. The deposit is paid already.

    Raises
    ------
    NotStopped, NotAllowedYet
        And what `contracts.agree` refuses.
    """
    ticket_id = offer.ticket.id
    confirm.require_shown(offer, shown)
    with transaction.atomic():
        if hold_ticket(ticket_id).person_id != person_id:
            raise TicketOver
        if get_stopped(ticket_id, now) is None:
            raise NotStopped
        decide_and_keep(
            at="order", facts=offer.facts(), ticket_id=ticket_id, on=local_date(now), now=now
        )
        contracts.agree(
            ticket_id=ticket_id,
            template_code=offer.template_code,
            language=language,
            price_fen=offer.price_fen,
            deposit_fen=offer.deposit_fen,
            shown=shown,
            person_id=person_id,
            now=now,
        )
        return lock.deposit_paid(ticket_id=ticket_id, now=now)
