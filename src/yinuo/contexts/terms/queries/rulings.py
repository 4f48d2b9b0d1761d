"""Rulings, the remedies they opened, and how long it took until nothing held the clause."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Max, Q

from yinuo.contexts.terms.models import Clause, ClauseVersion, Remedy, Ruling, Template
from yinuo.platform.spoken import local_date


@dataclass(frozen=True)
class Waiting:
    """A remedy whose customer was not told yet."""

    id: int
    ruling_id: int
    order_id: int
    code: str
    owner: str
    opened_at: dt.datetime
    due_at: dt.datetime


@dataclass(frozen=True)
class RulingSeen:
    """A ruling, and how far its clause is gone.

    Attributes
    ----------
    open_templates, open_orders : int
        What still holds the clause.
    settled_orders : int
    days : int
        From the ruling until nothing held the clause any more, or until today.
    clean_date : date or None
        The day on which the last template and order were put right.
    """

    id: int
    public_id: str
    court: str
    case_no: str
    ruled_date: dt.date
    source: str
    summary_zh: str
    summary_en: str
    overturned_at: dt.datetime | None
    overturned_why: str
    overturned_by_zh: str
    overturned_by_en: str
    open_templates: int
    open_orders: int
    settled_orders: int
    days: int
    clean_date: dt.date | None

    def summary(self, language: str) -> str:
        """What was held, in `zh` or `en`."""
        return self.summary_zh if language == "zh" else self.summary_en


def list_waiting(limit: int) -> list[Waiting]:
    """Remedies of one ruling that were not entered into the ledger, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, m.ruling_id, m.order_id, o.code, s.public_id, m.opened_at, m.due_at"
            " FROM terms_remedy m JOIN orders_order o ON o.id = m.order_id"
            " JOIN people_staffmember s ON s.id = m.owner_id"
            " WHERE m.entered_at IS NULL AND m.ruling_id ="
            " (SELECT min(ruling_id) FROM terms_remedy WHERE entered_at IS NULL)"
            " ORDER BY m.order_id LIMIT %s",
            [limit],
        )
        return [Waiting(*row) for row in cursor.fetchall()]


def has_open_remedy(order_id: int) -> bool:
    """Whether the contract of an order holds a void clause that nobody has put right yet."""
    rows = Remedy.objects.filter(order=order_id, done_at=None, ruling__overturned_at=None)
    return rows.exists()


def titles_of(ruling_id: int) -> tuple[str, str, str]:
    """The number of the case, and the name of the clause it made void in both languages."""
    ruling = Ruling.objects.get(id=ruling_id)
    clause = Clause.objects.filter(versions__void__ruling_id=ruling_id).order_by("id").first()
    assert clause is not None
    return ruling.case_no, clause.title_zh, clause.title_en


def list_rulings(clause_id: int | None = None, *, today: dt.date) -> list[RulingSeen]:
    """Every ruling, or those on one clause, the newest first."""
    rows = Ruling.objects.select_related("overturned_by").order_by("-ruled_date", "-id")
    if clause_id is not None:
        rows = rows.filter(void__clause_version__clause_id=clause_id).distinct()
    return [_seen(row, today) for row in rows]


def _seen(row: Ruling, today: dt.date) -> RulingSeen:
    void = ClauseVersion.objects.filter(void__ruling=row)
    held = Template.objects.filter(places__clause_version__in=void).distinct()
    live = held.filter(state=Template.State.ISSUED).count()
    counted = Remedy.objects.filter(ruling=row).aggregate(
        left=Count("id", filter=Q(done_at=None)),
        done=Count("id", filter=Q(done_at__isnull=False)),
        last=Max("done_at"),
    )
    gone = held.aggregate(last=Max("withdrawn_at"))["last"]
    clean_at = max((at for at in (counted["last"], gone, row.recorded_at) if at), default=None)
    clean = local_date(clean_at) if clean_at and not live and not counted["left"] else None
    return RulingSeen(
        row.id,
        row.public_id,
        row.court,
        row.case_no,
        row.ruled_date,
        row.source,
        row.summary_zh,
        row.summary_en,
        row.overturned_at,
        row.overturned_why,
        row.overturned_by.name_zh if row.overturned_by else "",
        row.overturned_by.name_en if row.overturned_by else "",
        live,
        counted["left"],
        counted["done"],
        ((clean or today) - row.ruled_date).days,
        clean,
    )


@dataclass(frozen=True)
class Reopened:
    """What overturning a ruling sets free, and what it leaves as it is.

    Attributes
    ----------
    templates : tuple of str
        Withdrawn because of it; they may be drafted and issued again, none comes back by itself.
    open_orders : int
        Remedies that end without being done; those customers are told.
    struck_orders : int
        From these contracts the clause stays struck.
    still_void : bool
        Another ruling that stands holds the same words void.
    """

    templates: tuple[str, ...]
    open_orders: int
    struck_orders: int
    still_void: bool


def get_reopened(ruling_id: int) -> Reopened:
    """What overturning this ruling sets free, or has set free."""
    void = ClauseVersion.objects.filter(void__ruling_id=ruling_id)
    case_no = Ruling.objects.values_list("case_no", flat=True).get(id=ruling_id)
    gone = Template.objects.filter(
        places__clause_version__in=void, state=Template.State.WITHDRAWN, withdrawn_why=case_no
    )
    remedies = Remedy.objects.filter(ruling_id=ruling_id)
    others = Ruling.objects.exclude(id=ruling_id).filter(overturned_at=None)
    return Reopened(
        tuple(f"{one.code}-{one.version}" for one in gone.distinct().order_by("code", "version")),
        remedies.filter(done_at=None).count(),
        remedies.exclude(outcome__in=("", Remedy.Outcome.OVERTURNED)).count(),
        others.filter(void__clause_version__in=void).exists(),
    )


@dataclass(frozen=True)
class RemedySeen:
    """A remedy as staff see it."""

    id: int
    order_id: int
    order_code: str
    owner_zh: str
    owner_en: str
    due_at: dt.datetime
    done_at: dt.datetime | None
    outcome: str


def list_open_remedies(ruling_id: int, limit: int) -> list[RemedySeen]:
    """Remedies of a ruling that nobody settled, the ones due first."""
    rows = Remedy.objects.filter(ruling_id=ruling_id, done_at=None).select_related("order", "owner")
    return [
        RemedySeen(
            row.id,
            row.order_id,
            row.order.code,
            row.owner.name_zh,
            row.owner.name_en,
            row.due_at,
            row.done_at,
            row.outcome,
        )
        for row in rows.order_by("due_at", "order_id")[:limit]
    ]
