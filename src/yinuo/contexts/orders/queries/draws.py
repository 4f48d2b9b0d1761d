"""What may be asked of draws."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.orders.models import Draw, DrawnPlace

# Tickets whose place is still to be drawn: of a window that runs, or that has ended.
UNDRAWN = """
SELECT t.order_id FROM orders_draw d JOIN orders_ticket t
    ON t.launch_id = d.launch_id AND t.number <= coalesce(d.number, t.number)
WHERE d.ended_at IS NULL AND t.order_id IS NOT NULL
"""


@dataclass(frozen=True)
class DrawSeen:
    """A draw as anybody may see it; `number` is the last ticket that shares it, once known."""

    source: str
    until_at: dt.datetime
    drawn_at: dt.datetime
    number: int | None
    value: str
    outcome: str

    def shares(self, number: int, taken_at: dt.datetime) -> bool:
        """Whether ticket `number`, taken at `taken_at`, has its place by this draw."""
        return taken_at < self.until_at if self.number is None else number <= self.number


def get_draw(launch_code: str) -> DrawSeen | None:
    """The draw of a launch, None where places follow the numbers of the tickets."""
    row = Draw.objects.filter(launch__code=launch_code).first()
    if row is None:
        return None
    return DrawSeen(row.source, row.until_at, row.drawn_at, row.number, row.value, row.outcome)


def get_place(ticket_id: int) -> int | None:
    """The place that a ticket drew in its window."""
    return DrawnPlace.objects.filter(ticket_id=ticket_id).values_list("place", flat=True).first()


def list_undrawn() -> list[int]:
    """Orders whose place is still to be drawn."""
    with connection.cursor() as cursor:
        cursor.execute(UNDRAWN)
        return [row[0] for row in cursor.fetchall()]


def is_undrawn(order_id: int) -> bool:
    """Whether the place of this order is still to be drawn."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({UNDRAWN} AND t.order_id = %s)", [order_id])
        [found] = cursor.fetchone()
    return bool(found)


def list_drawn_ranks(ticket_ids: list[int]) -> dict[int, int]:
    """The rank that each of these tickets drew; those without a drawn place are not in it."""
    rows = DrawnPlace.objects.filter(ticket_id__in=ticket_ids)
    return dict(rows.values_list("ticket_id", "rank"))
