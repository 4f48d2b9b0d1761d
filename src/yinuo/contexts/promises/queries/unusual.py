"""Unusual periods in force, and all of them for staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.models import UnusualPeriod
from yinuo.contexts.promises.rules.unusual import Period

LISTED = 100


def list_in_force(today: dt.date) -> list[Period]:
    """Periods that have not ended, the earliest declared first."""
    rows = UnusualPeriod.objects.filter(ended_at=None, until_date__gt=today)
    return [
        Period(
            row.id,
            row.public_id,
            row.place.kind if row.place else "",
            row.place_id or 0,
            row.from_date.toordinal(),
            row.until_date.toordinal(),
            row.factor_percent,
            row.reason_zh,
            row.reason_en,
            row.place.code if row.place else "",
        )
        for row in rows.select_related("place").order_by("id")
    ]


@dataclass(frozen=True)
class PeriodSeen:
    """One declared period as staff read it; `place_zh` is empty for everywhere.

    `last_date` is the last day in it. `over` when it was ended or its days are past.
    """

    id: int
    place_zh: str
    place_en: str
    from_date: dt.date
    last_date: dt.date
    factor_percent: int
    reason_zh: str
    reason_en: str
    evidence: str
    declared_at: dt.datetime
    declarer_zh: str
    declarer_en: str
    ended_at: dt.datetime | None
    over: bool


def list_periods_for_staff(staff_id: int, *, today: dt.date) -> list[PeriodSeen]:
    """The newest hundred periods: those in force first, then the newest.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    places = get_places()
    over = Q(ended_at__isnull=False) | Q(until_date__lte=today)
    rows = UnusualPeriod.objects.annotate(over=over).select_related("declared_by")
    found = []
    for row in rows.order_by("over", "-id")[:LISTED]:
        place = places.get(row.place_id) if row.place_id is not None else None
        found.append(
            PeriodSeen(
                row.id,
                place.name_zh if place else "",
                place.name_en if place else "",
                row.from_date,
                row.until_date - dt.timedelta(days=1),
                row.factor_percent,
                row.reason_zh,
                row.reason_en,
                row.evidence,
                row.declared_at,
                row.declared_by.name_zh,
                row.declared_by.name_en,
                row.ended_at,
                row.over,
            )
        )
    return found
