"""Cars that were not taken and whose customers wait for three ways on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Max, OuterRef, QuerySet, Subquery

from yinuo.contexts.handover.models import Inspection
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class Refused:
    """A car that was not taken; `answer_by_at` is when three ways on were to be named."""

    inspection_id: int
    public_id: str
    order_id: int
    order_code: str
    refused_at: dt.datetime
    answer_by_at: dt.datetime


def list_unanswered(now: dt.datetime) -> list[Refused]:
    """Refused cars whose time has passed and whose customers were not told that it has."""
    return _read(_standing().filter(outcomes__answer_by_at__lte=now, ways_late_at=None))


def list_late_for_staff(staff_id: int) -> list[Refused]:
    """Refused cars whose three ways on are late, the longest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return _read(_standing().filter(ways_late_at__isnull=False))


def _standing() -> QuerySet[Inspection]:
    """The newest inspection of each car that stands at its centre, refused; with its outcome."""
    newest = (
        Inspection.objects.filter(order=OuterRef("order"))
        .values("order")
        .annotate(last=Max("number"))
        .values("last")
    )
    return Inspection.objects.filter(
        state="REFUSED",
        order__state="AT_CENTRE",
        number=Subquery(newest),
        outcomes__version=F("version"),
    )


def _read(rows: QuerySet[Inspection]) -> list[Refused]:
    found = rows.order_by("outcomes__answer_by_at", "id").values_list(
        "id",
        "public_id",
        "order_id",
        "order__code",
        "outcomes__decided_at",
        "outcomes__answer_by_at",
    )
    # The database has a refusal without that time refused.
    return [Refused(*row[:5], by_at) for row in found if (by_at := row[5]) is not None]
