"""From a ticket to an order: who it is for, which car, agreed, locked. The place never moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from yinuo.contexts.orders.models import Ticket
from yinuo.contexts.orders.operations.late import note_behind_tickets
from yinuo.contexts.orders.operations.places import TicketOver, hold_ticket
from yinuo.contexts.orders.rules import tickets as rules
from yinuo.platform import locks
from yinuo.platform.refusals import Refusal

State = Ticket.State


class TicketOfAnother(Refusal):
    """Somebody else put their name to the ticket."""

    code = "ticket_of_another"
    zh = "这个号已经登记在别人名下。"
    en = "This ticket stands in somebody else's name."


class OneTicketEach(Refusal):
    """This person has an open ticket of the launch already: `number`."""

    code = "one_ticket_each"
    zh = "每人一个号。您已经有 {number:,} 号，这个号还在，可以退掉其中一个。"
    en = (
        "One ticket each. You hold number {number:,} already; this one is still there, and you"
        " can give one of the two back."
    )


class NotInGroup(Refusal):
    """The ticket's group does not sell this car."""

    code = "not_in_group"
    zh = "这个号能选的配置里没有它。您的号还在，请换一个配置。"
    en = "This ticket cannot be used for that car. You keep it; please choose another."


class NoPlaceYet(Refusal):
    """The ticket is in the waiting list."""

    code = "no_place_yet"
    zh = "还没有轮到。有人退回位置时，按号给下一位。"
    en = "It is not your turn yet; a place that comes back goes to the next number."


class StillMissing(Refusal):
    """Something has to be there before this: `what`."""

    code = "still_missing"
    zh = "还缺一样，先把它补上。您的号还在。"
    en = "Something is missing first. You keep your ticket."


@dataclass(frozen=True)
class Ordered:
    """`fresh` is False for a contract that was agreed before; the deposit is due by `due_at`."""

    fresh: bool
    due_at: dt.datetime | None


@transaction.atomic
def claim(*, ticket_id: int, person_id: int) -> bool:
    """Put this person's name to the ticket; False when it stood there already.

    Raises
    ------
    TicketOver, TicketOfAnother, OneTicketEach
        The ticket is not lost by any of them.
    """
    ticket = hold_ticket(ticket_id)
    if ticket.person_id == person_id:
        return False
    if ticket.person_id is not None:
        raise TicketOfAnother
    if ticket.state not in rules.OPEN:
        raise TicketOver
    # Two tickets of one person are two rows: without this each would find no other.
    locks.hold(f"claim:{ticket.launch_id}:{person_id}")
    other = (
        Ticket.objects.filter(
            launch_id=ticket.launch_id, person_id=person_id, state__in=sorted(rules.OPEN)
        )
        .values_list("number", flat=True)
        .first()
    )
    if other is not None:
        raise OneTicketEach(number=other)
    ticket.person_id = person_id
    ticket.save(update_fields=["person"])
    return True


@transaction.atomic
def choose(*, ticket_id: int, person_id: int, spec_id: int, centre_id: int) -> None:
    """Choose the car and where it is handed over; changed freely until the contract is agreed.

    Raises
    ------
    TicketOfAnother, TicketOver, NotInGroup
    """
    ticket = hold_ticket(ticket_id)
    _check_own(ticket, person_id)
    if ticket.state not in (State.WAITING, State.TAKEN):
        raise TicketOver
    if not ticket.group.specs.filter(id=spec_id).exists():
        raise NotInGroup
    ticket.spec_id, ticket.centre_id = spec_id, centre_id
    ticket.save(update_fields=["spec", "centre"])


def _check_own(ticket: Ticket, person_id: int) -> None:
    if ticket.person_id != person_id:
        raise TicketOfAnother


@transaction.atomic
def order(*, ticket_id: int, person_id: int, now: dt.datetime) -> Ordered:
    """The contract was agreed: only the deposit is missing now.

    Raises
    ------
    TicketOfAnother, TicketOver, NoPlaceYet, StillMissing
    """
    ticket = hold_ticket(ticket_id)
    _check_own(ticket, person_id)
    if ticket.state in (State.ORDERED, State.LOCKED):
        return Ordered(False, ticket.due_at)
    if ticket.state == State.WAITING:
        raise NoPlaceYet
    if ticket.state != State.TAKEN:
        raise TicketOver
    if ticket.spec_id is None or ticket.centre_id is None:
        raise StillMissing(what="SPEC" if ticket.spec_id is None else "CENTRE")
    ticket.state, ticket.ordered_at = State.ORDERED, now
    ticket.save(update_fields=["state", "ordered_at"])
    return Ordered(True, ticket.due_at)


@transaction.atomic(savepoint=False)
def bind(*, orders: Mapping[int, int], now: dt.datetime) -> None:
    """These tickets are these orders now; each can be undone freely for 72 hours.

    Raises
    ------
    TicketOver
        One of them does not wait for its order; none is bound.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_ticket t SET state = 'LOCKED', order_id = x.order_id,"
            " undo_until_at = %s FROM unnest(%s::bigint[], %s::bigint[]) AS x(ticket_id, order_id)"
            " WHERE t.id = x.ticket_id AND t.state = 'ORDERED'",
            [now + rules.UNDO, list(orders), list(orders.values())],
        )
        if cursor.rowcount != len(orders):
            raise TicketOver
    # Only now are they known as orders of their tickets, whose places were public before.
    note_behind_tickets(list(orders.values()), cause_ref="tickets", now=now)


@transaction.atomic
def remind(*, ticket_id: int, now: dt.datetime) -> bool:
    """Note that the holder was told what is missing and until when; False when it was noted."""
    ticket = hold_ticket(ticket_id)
    if ticket.reminded_at is not None or ticket.state not in (State.TAKEN, State.ORDERED):
        return False
    ticket.reminded_at = now
    ticket.save(update_fields=["reminded_at"])
    return True


@transaction.atomic
def give_time(*, ticket_id: int, now: dt.datetime) -> bool:
    """The full time to finish from now on, because it was we who could not go on."""
    ticket = hold_ticket(ticket_id)
    if ticket.state not in (State.TAKEN, State.ORDERED):
        return False
    ticket.due_at = now + dt.timedelta(hours=ticket.launch.finish_hours)
    ticket.reminded_at = None
    ticket.save(update_fields=["due_at", "reminded_at"])
    return True
