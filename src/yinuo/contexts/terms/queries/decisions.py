"""Stored decisions, told from their own records."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.terms.models import Decision
from yinuo.engines import rules as law


@dataclass(frozen=True)
class Told:
    """A decision in plain words: the verdict first, then each rule with its articles."""

    public_id: str
    at: str
    decided_at: dt.datetime
    clearance: str
    lines: tuple[str, ...]


def explain_for_customer(person_id: int, order_id: int, language: str = "zh") -> list[Told]:
    """The decisions on an order, newest first; none for a stranger."""
    rows = Decision.objects.filter(sees(person_id, "order__person"), order_id=order_id)
    return _told(rows.distinct(), language)


def explain_for_staff(order_id: int, language: str = "zh") -> list[Told]:
    """The decisions on an order, newest first."""
    return _told(Decision.objects.filter(order_id=order_id), language)


def explain_lock_of_ticket(ticket_id: int, language: str = "zh") -> Told | None:
    """What the law said last when a ticket was to become an order; the caller checked who asks."""
    rows = Decision.objects.filter(ticket_id=ticket_id, at="lock")
    return next(iter(_told(rows, language)), None)


def _told(rows: QuerySet[Decision], language: str) -> list[Told]:
    return [
        Told(
            row.public_id,
            row.at,
            row.decided_at,
            row.clearance,
            tuple(law.explain(law.Decision.from_record(row.record), language)),
        )
        for row in rows.order_by("-decided_at", "-id")
    ]
