"""What may be asked of launches and tickets. What is left is read from one row, never counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from yinuo.contexts.orders.models import Launch, Ticket
from yinuo.contexts.orders.rules import tickets as rules
from yinuo.contexts.people.queries.people import sees_person


@dataclass(frozen=True)
class GroupSeen:
    """What of a launch is sold from one capacity; `waiting` is how many at most still wait."""

    code: str
    for_sale: int
    taken: int
    waiting: int

    @property
    def left(self) -> int:
        """How many places can still be taken."""
        return self.for_sale - self.taken


@dataclass(frozen=True)
class LaunchSeen:
    """A launch as anybody may see it. `stage` is BEFORE, OPEN or CLOSED."""

    id: int
    code: str
    car_zh: str
    car_en: str
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    finish_hours: int
    deposit_fen: int
    template_code: str
    numbers_given: int
    chain: str
    stage: str
    groups: tuple[GroupSeen, ...]


AVAILABLE = """
SELECT l.id, l.code, m.name_zh, m.name_en, l.opens_at, l.closes_at, l.finish_hours, l.deposit_fen,
       l.template_code, l.numbers_given, l.chain, g.code, coalesce(sum(c.for_sale), 0)::bigint,
       coalesce(sum(c.taken), 0)::bigint, g.waiting_given - g.waiting_served
FROM orders_launch l JOIN catalogue_carmodel m ON m.id = l.car_model_id
LEFT JOIN orders_salesgroup g ON g.launch_id = l.id
LEFT JOIN orders_salescell c ON c.group_id = g.id
WHERE l.code = %s GROUP BY l.id, m.id, g.id ORDER BY g.code
"""


def get_launch(code: str, now: dt.datetime) -> LaunchSeen | None:
    """The launch with what is left of it; its cost does not grow with what was sold."""
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, [code])
        rows = cursor.fetchall()
    if not rows:
        return None
    first = rows[0]
    groups = tuple(GroupSeen(*row[11:]) for row in rows if row[11] is not None)
    return LaunchSeen(*[*first[:11], rules.stage(now, first[4], first[5]), groups])


def list_launches() -> list[tuple[str, dt.datetime, dt.datetime | None]]:
    """Code, beginning and end of every launch, newest first."""
    return list(Launch.objects.order_by("-opens_at").values_list("code", "opens_at", "closes_at"))


def list_group_specs(launch_id: int) -> dict[str, tuple[int, ...]]:
    """The specs of each group of a launch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.code, array_agg(s.spec_id ORDER BY s.spec_id) FROM orders_salesgroup g"
            " JOIN orders_salesgroup_specs s ON s.salesgroup_id = g.id"
            " WHERE g.launch_id = %s GROUP BY g.code",
            [launch_id],
        )
        return {code: tuple(specs) for code, specs in cursor.fetchall()}


@dataclass(frozen=True)
class TicketSeen:
    """A ticket as its holder sees it.

    `ahead_max` is how many at most wait before it for a place, 0 with a place. `missing` are the
    codes of what has to come, until `due_at`. `may_act` is False for the household of its person.
    """

    id: int
    code: str
    number: int
    launch_code: str
    car_zh: str
    car_en: str
    group: str
    state: str
    taken_at: dt.datetime
    chain: str
    signature: str
    ahead_max: int
    missing: tuple[str, ...]
    due_at: dt.datetime | None
    reminded_at: dt.datetime | None
    person_id: int | None
    spec_id: int | None
    centre_id: int | None
    order_id: int | None
    order_code: str
    undo_until_at: dt.datetime | None
    template_code: str
    deposit_fen: int
    may_act: bool


def get_for_holder(code: str, person_id: int | None) -> TicketSeen | None:
    """The ticket, for whoever holds its code while no name stands on it; afterwards only for its
    person and, to read, their household. None for everybody else."""
    # By its code alone and in one simple statement: in a launch every request asks it.
    rows = Ticket.objects.filter(code=code).select_related("launch__car_model", "group", "order")
    row = rows.order_by().first()
    if row is None:
        return None
    may_act = row.person_id is None or row.person_id == person_id
    if not may_act and (person_id is None or not sees_person(person_id, row.person_id)):
        return None
    return _seen(row, may_act=may_act)


def get_by_id(ticket_id: int) -> TicketSeen:
    """The ticket with this row, for workflows whose caller checked who asks."""
    row = Ticket.objects.select_related("launch__car_model", "group", "order").get(id=ticket_id)
    return seen_by_staff(row)


def seen_by_staff(row: Ticket) -> TicketSeen:
    """A ticket that was read with its launch and car model, group and order."""
    return _seen(row, may_act=False)


def _seen(row: Ticket, *, may_act: bool) -> TicketSeen:
    waits = row.state == Ticket.State.WAITING and row.waiting_no is not None
    ahead = (row.waiting_no or 0) - row.group.waiting_served - 1 if waits else 0
    held = rules.Held(
        row.state, row.person_id is not None, row.spec_id is not None, row.centre_id is not None
    )
    return TicketSeen(
        row.id,
        row.code,
        row.number,
        row.launch.code,
        row.launch.car_model.name_zh,
        row.launch.car_model.name_en,
        row.group.code,
        row.state,
        row.taken_at,
        row.chain,
        row.signature,
        max(ahead, 0),
        rules.missing(held),
        row.due_at,
        row.reminded_at,
        row.person_id,
        row.spec_id,
        row.centre_id,
        row.order_id,
        row.order.code if row.order else "",
        row.undo_until_at,
        row.launch.template_code,
        row.launch.deposit_fen,
        may_act,
    )


def list_for_customer(person_id: int) -> list[TicketSeen]:
    """The open tickets of this person, newest first."""
    rows = Ticket.objects.filter(person_id=person_id, state__in=sorted(rules.OPEN))
    found = rows.select_related("launch__car_model", "group", "order").order_by("-taken_at")
    return [_seen(row, may_act=True) for row in found]


def get_undo_until(order_id: int) -> dt.datetime | None:
    """Until when the order can be cancelled freely because it was just locked; None: never was."""
    return Ticket.objects.filter(order_id=order_id).values_list("undo_until_at", flat=True).first()


def list_to_remind(now: dt.datetime, limit: int) -> list[int]:
    """Unfinished tickets whose holders are to be told now what is missing, soonest end first."""
    rows = Ticket.objects.filter(
        state__in=(Ticket.State.TAKEN, Ticket.State.ORDERED),
        reminded_at__isnull=True,
        due_at__lte=now + dt.timedelta(days=1),
    ).order_by("due_at", "id")
    return [
        row_id
        for row_id, taken_at, due_at in rows.values_list("id", "taken_at", "due_at")[:limit]
        if due_at is not None and rules.remind_at(taken_at, due_at) <= now
    ]


@dataclass(frozen=True)
class Miscount:
    """A cell whose row and tickets do not agree."""

    launch: str
    group: str
    taken: int
    held: int


def list_miscounts() -> list[Miscount]:
    """Cells that count other than the tickets that hold their places; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.code, g.code, c.taken, count(t.id) FROM orders_salescell c"
            " JOIN orders_salesgroup g ON g.id = c.group_id"
            " JOIN orders_launch l ON l.id = g.launch_id"
            " LEFT JOIN orders_ticket t ON t.cell_id = c.id"
            " GROUP BY l.code, g.code, c.id HAVING c.taken <> count(t.id)"
        )
        return [Miscount(*row) for row in cursor.fetchall()]


def list_launches_with(template_codes: Collection[str], now: dt.datetime) -> list[str]:
    """The launches that are not over and sell under one of these contract templates, by code."""
    rows = Launch.objects.filter(template_code__in=template_codes)
    going_on = rows.filter(Q(closes_at=None) | Q(closes_at__gt=now))
    return list(going_on.order_by("code").values_list("code", flat=True))


@dataclass(frozen=True)
class ChainHead:
    """How many tickets a launch has given out, and the link of the last of them."""

    launch: str
    number: int
    chain: str


def list_chain_heads() -> list[ChainHead]:
    """The newest link of every launch that has given out tickets, by code."""
    rows = Launch.objects.filter(numbers_given__gt=0).order_by("code")
    return [ChainHead(*row) for row in rows.values_list("code", "numbers_given", "chain")]
