"""Behind the tickets of a launch: who holds them, what they are told, whose time is over."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.notices.operations import direct
from yinuo.contexts.orders.operations import buying, places
from yinuo.contexts.orders.queries.tickets import TicketSeen, get_by_id, list_to_remind
from yinuo.contexts.orders.rules.tickets import TOLD_BEFORE
from yinuo.contexts.payments.operations.bills import void_bill
from yinuo.contexts.payments.queries.customer import (
    get_open_bill_of_ticket,
    get_refundable_of_ticket,
)
from yinuo.contexts.people.operations.customers import Customer, find_or_create
from yinuo.contexts.people.operations.login import CodeTooSoon
from yinuo.contexts.people.queries.people import get_person
from yinuo.platform.spoken import say_instant
from yinuo.workflows import login
from yinuo.workflows.confirm import NotAllowedYet, NothingToAgree, show
from yinuo.workflows.lock import Look, deposit_paid

# What a key must be allowed, to take tickets over the API.
PERMISSION = "tickets"
# So many in one go; the next minute takes the next ones.
LOT = 500

REMINDER = {
    "zh": (
        "您的 {number:,} 号还没办完，{by} 前办完，位置就是您的。还差：{missing}。"
        "到时没办完，位置给下一位。"
    ),
    "en": (
        "Your ticket {number:,} is not finished. Finish by {by} and the place is yours. Missing:"
        " {missing}. After that the place goes to the next in line."
    ),
}
MISSING = {
    "NAME": ("姓名和手机号", "name and phone"),
    "SPEC": ("配置", "configuration"),
    "CENTRE": ("交车地点", "place of hand-over"),
    "CONTRACT": ("看合同并确认", "the contract"),
    "DEPOSIT": ("定金", "the deposit"),
}


def know_buyer(*, phone: str, name: str, language: str) -> None:
    """Somebody with a ticket gave name and telephone: they can log in from now on.

    Who is known already keeps the name they have, and the caller cannot tell.
    """
    with transaction.atomic():
        find_or_create([Customer(phone, name, "", language)])


def register(*, phone: str, name: str, language: str, now: dt.datetime) -> dt.datetime | None:
    """The same, and a code to log in with goes out; until when it is good, None where the number
    had one less than a minute ago."""
    know_buyer(phone=phone, name=name, language=language)
    try:
        return login.send_code(phone=phone, language=language, now=now)
    except CodeTooSoon:
        return None


def run(*, now: dt.datetime) -> int:
    """Tell those whose time runs out, then end what is over; returns how many tickets moved."""
    told = sum(remind(ticket_id=one, now=now) for one in list_to_remind(now, LOT))
    return told + sum(end(ticket_id=one, now=now) for one in places.list_to_lapse(now, LOT))


def remind(*, ticket_id: int, now: dt.datetime) -> bool:
    """Tell the holder of an unfinished ticket what is missing and until when, once.

    Nobody who has paid is asked for the deposit. Somebody who gave no name has it on the ticket's
    page, from the first moment.
    """
    with transaction.atomic():
        if not buying.remind(ticket_id=ticket_id, now=now):
            return False
        ticket = get_by_id(ticket_id)
        person = get_person(ticket.person_id) if ticket.person_id else None
        if person is not None and not get_refundable_of_ticket(ticket_id):
            text = reminder(ticket, person.language, now)
            direct.write_of_ticket(
                key=f"{ticket.code}:due", address=person.phone, text=text, now=now
            )
    return True


def reminder(ticket: TicketSeen, language: str, now: dt.datetime) -> str:
    """The words of the reminder."""
    assert ticket.due_at is not None
    by = say_instant(max(ticket.due_at, now + TOLD_BEFORE), language)
    column = 0 if language == "zh" else 1
    joint = "、" if language == "zh" else ", "
    missing = joint.join(MISSING[code][column] for code in ticket.missing)
    return REMINDER[language].format(number=ticket.number, by=by, missing=missing)


def end(*, ticket_id: int, now: dt.datetime) -> bool:
    """End a ticket whose time is over; one whose deposit was paid is locked instead."""
    if get_refundable_of_ticket(ticket_id):
        return deposit_paid(ticket_id=ticket_id, now=now) is not None
    if _held_up_by_us(ticket_id, now):
        return buying.give_time(ticket_id=ticket_id, now=now)
    with transaction.atomic():
        ended = places.lapse(ticket_id=ticket_id, now=now)
        if ended:
            _ask_no_more(ticket_id, now)
    return ended


def _held_up_by_us(ticket_id: int, now: dt.datetime) -> bool:
    """Whether only the contract is missing, and it is we who cannot make it yet."""
    ticket = get_by_id(ticket_id)
    if ticket.missing != ("CONTRACT", "DEPOSIT"):
        return False
    try:
        show(ticket, now=now)
    except (NothingToAgree, NotAllowedYet):
        return True
    return False


def give_back(*, ticket_id: int, look: Look | None = None, now: dt.datetime) -> bool:
    """Give a ticket back, and with it every fen that was paid for it; False when it was back.

    `look` says which colleague did so and why, where it was not its holder.

    Raises
    ------
    TicketOver
        It is an order already.
    """
    with transaction.atomic():
        gone = places.withdraw(ticket_id=ticket_id, now=now)
        if gone:
            _ask_no_more(ticket_id, now)
            deposit_paid(ticket_id=ticket_id, look=look, now=now)
    return gone


def _ask_no_more(ticket_id: int, now: dt.datetime) -> None:
    bill_id = get_open_bill_of_ticket(ticket_id)
    if bill_id is not None:
        void_bill(bill_id=bill_id, now=now)
