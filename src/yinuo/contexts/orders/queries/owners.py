"""What a member of staff answers for, and the open changes of an order that somebody decides."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.orders.models import Amendment, Inquiry


@dataclass(frozen=True)
class AmendmentOwed:
    """A change that its customer asked for and this person decides by `answer_by_at`."""

    id: int
    order_id: int
    kind: str
    answer_by_at: dt.datetime


def list_amendments_of(staff_id: int) -> list[AmendmentOwed]:
    """Running changes that this person decides, the most urgent first."""
    rows = Amendment.objects.filter(
        owner=staff_id, state__in=Amendment.RUNNING, answer_by_at__isnull=False
    ).order_by("answer_by_at", "id")
    return [
        AmendmentOwed(row.id, row.order_id, row.kind, row.answer_by_at)
        for row in rows
        if row.answer_by_at is not None
    ]


def list_inquiries_of_centre(
    centre_id: int, about: str, since: dt.datetime
) -> list[tuple[int, dt.datetime]]:
    """Order and time of every question of this sort at a centre from `since` on, oldest first."""
    rows = Inquiry.objects.filter(
        about=about, asked_at__gte=since, order__line__centre=centre_id
    ).order_by("asked_at", "id")
    return list(rows.values_list("order_id", "asked_at"))
