"""Places that come back, and who gets them: always the one who has waited longest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import F

from yinuo.contexts.orders.models import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.orders.queries.tickets import TicketSeen, seen_by_staff
from yinuo.contexts.orders.rules import tickets as rules
from yinuo.platform.refusals import Refusal

State = Ticket.State


class TicketOver(Refusal):
    """The ticket was given back, has lapsed, or is an order already."""

    code = "ticket_over"
    zh = "这个号已经不在等了，不能再办这一步。"
    en = "This ticket is no longer open, so this cannot be done."


def hold_ticket(ticket_id: int) -> Ticket:
    """The ticket, locked, for what moves no place; those who take tickets do not wait for it."""
    return Ticket.objects.select_for_update(of=("self",)).get(id=ticket_id)


def hold_tickets(ticket_ids: Sequence[int]) -> list[TicketSeen]:
    """These tickets as they stand, locked in the order of their rows as by `hold_ticket`."""
    rows = Ticket.objects.select_for_update(of=("self",)).filter(id__in=ticket_ids)
    rows = rows.select_related("launch__car_model", "group", "order").order_by("id")
    return [seen_by_staff(row) for row in rows]


def hold_place(ticket_id: int) -> Ticket:
    """The ticket, locked behind its launch: whoever moves a place takes the two in this order."""
    launch_id = Ticket.objects.values_list("launch_id", flat=True).get(id=ticket_id)
    Launch.objects.select_for_update(no_key=True).get(id=launch_id)
    return hold_ticket(ticket_id)


@transaction.atomic
def withdraw(*, ticket_id: int, now: dt.datetime) -> bool:
    """Give the ticket back; the place goes to whoever waits longest. False when it was back.

    Raises
    ------
    TicketOver
        It has become an order: that is cancelled, not withdrawn.
    """
    ticket = hold_place(ticket_id)
    if ticket.state == State.WITHDRAWN:
        return False
    if ticket.state not in rules.OPEN:
        raise TicketOver
    _end(ticket, State.WITHDRAWN, now)
    return True


@transaction.atomic
def return_place(*, order_id: int, now: dt.datetime) -> bool:
    """An order that came from a ticket was cancelled: its place is free again.

    False when the order came from no ticket, or its place was given back before.
    """
    found = Ticket.objects.filter(order_id=order_id).values_list("id", flat=True).first()
    if found is None:
        return False
    ticket = hold_place(found)
    if ticket.state != State.LOCKED:
        return False
    _end(ticket, State.WITHDRAWN, now)
    return True


def list_to_lapse(now: dt.datetime, limit: int) -> list[int]:
    """Tickets whose time is over and whose holders were told so in good time, oldest first."""
    rows = Ticket.objects.filter(
        state__in=(State.TAKEN, State.ORDERED),
        due_at__lte=now,
        reminded_at__lte=now - rules.TOLD_BEFORE,
    )
    return list(rows.order_by("due_at", "id").values_list("id", flat=True)[:limit])


@transaction.atomic
def lapse(*, ticket_id: int, now: dt.datetime) -> bool:
    """End an unfinished ticket whose time is over; the place goes to whoever waits longest."""
    ticket = hold_place(ticket_id)
    if ticket.state not in (State.TAKEN, State.ORDERED) or ticket.due_at is None:
        return False
    ends_at = rules.lapses_at(ticket.due_at, ticket.reminded_at)
    if ends_at is None or now < ends_at:
        return False
    _end(ticket, State.LAPSED, now)
    return True


def _end(ticket: Ticket, state: str, now: dt.datetime) -> None:
    cell_id = ticket.cell_id
    ticket.state, ticket.cell, ticket.ended_at = state, None, now
    ticket.save(update_fields=["state", "cell", "ended_at"])
    if cell_id is not None:
        SalesCell.objects.filter(id=cell_id).update(taken=F("taken") - 1)
        give_to_waiting(launch_id=ticket.launch_id, group_id=ticket.group_id, now=now)


GIVE = """
WITH next AS (
    SELECT id, row_number() OVER (ORDER BY waiting_no) AS place FROM orders_ticket
    WHERE group_id = %(group)s AND state = 'WAITING' ORDER BY waiting_no LIMIT %(count)s
), free AS (
    SELECT c.id, row_number() OVER (ORDER BY c.day NULLS FIRST, c.id) AS place
    FROM orders_salescell c, generate_series(1, least(c.for_sale - c.taken, %(count)s))
    WHERE c.group_id = %(group)s
), given AS (
    UPDATE orders_ticket t SET state = 'TAKEN', cell_id = free.id,
        due_at = %(now)s + make_interval(hours => %(hours)s)
    FROM next JOIN free USING (place) WHERE t.id = next.id AND t.state = 'WAITING'
    RETURNING t.cell_id, t.waiting_no
), counted AS (
    UPDATE orders_salescell c SET taken = c.taken + n.n
    FROM (SELECT cell_id, count(*) AS n FROM given GROUP BY cell_id) n
    WHERE c.id = n.cell_id
)
UPDATE orders_salesgroup SET waiting_served = greatest(waiting_served,
    (SELECT max(waiting_no) FROM given))
WHERE id = %(group)s AND EXISTS (SELECT FROM given) RETURNING (SELECT count(*) FROM given)
"""


def give_to_waiting(*, launch_id: int, group_id: int, now: dt.datetime) -> int:
    """Give what is free in a group to those who wait, in their order; returns how many got one.

    The caller holds the launch. They get the launch's full time to finish from now on.
    """
    hours = Launch.objects.values_list("finish_hours", flat=True).get(id=launch_id)
    free = SalesCell.objects.filter(group_id=group_id, taken__lt=F("for_sale"))
    count = sum(free.values_list(F("for_sale") - F("taken"), flat=True))
    if not count or not SalesGroup.objects.filter(
        id=group_id, waiting_given__gt=F("waiting_served")
    ):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            GIVE, {"group": group_id, "count": min(count, 100_000), "now": now, "hours": hours}
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
