"""The notices of an order, as its customer may read them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from yinuo.contexts.notices.models import Notice
from yinuo.contexts.people.queries.people import sees

# More notices than any order has; a larger number in an address is none of ours.
NUMBER_MAX = 10_000


@dataclass(frozen=True)
class NoticeSeen:
    """One notice; `n` numbers those of its order from 1, as in the page's address.

    `code` is empty while it waits to be written out.
    """

    id: int
    n: int
    order_id: int
    order_code: str
    code: str
    kind: str
    known_at: dt.datetime
    told_at: dt.datetime
    sent_at: dt.datetime | None
    read_at: dt.datetime | None
    entry_ids: tuple[int, ...]


def _of_order() -> QuerySet[Notice]:
    """Notices to the person who ordered; a household reads these, it gets none of its own."""
    return Notice.objects.filter(person=F("order__person")).select_related("order")


def _made_by(row: Notice) -> Q:
    """Notices made before this one, and this one: a later notice may tell an earlier entry."""
    return Q(created_at__lt=row.created_at) | Q(created_at=row.created_at, id__lte=row.id)


def _seen(row: Notice) -> NoticeSeen:
    entries = row.told_entries.order_by("entry_id").values_list("entry_id", flat=True)
    return NoticeSeen(
        id=row.id,
        n=_of_order().filter(_made_by(row), order=row.order_id).count(),
        order_id=row.order_id,
        order_code=row.order.code,
        code=row.code or "",
        kind=row.kind,
        known_at=row.known_at,
        told_at=row.sent_at or row.created_at,
        sent_at=row.sent_at,
        read_at=row.read_at,
        entry_ids=tuple(entries),
    )


def list_for_customer(person_id: int, order_id: int, limit: int = 20) -> list[NoticeSeen]:
    """The newest notices of an order this reader may see, newest first."""
    rows = _of_order().filter(sees(person_id, "order__person"), order=order_id).distinct()
    return [_seen(row) for row in rows.order_by("-created_at", "-id")[:limit]]


def get_for_customer(person_id: int, order_id: int, n: int) -> NoticeSeen | None:
    """Notice number `n` of an order this reader may see."""
    if not 1 <= n <= NUMBER_MAX:
        return None
    rows = _of_order().filter(sees(person_id, "order__person"), order=order_id).distinct()
    row = rows.order_by("created_at", "id")[n - 1 : n].first()
    return _seen(row) if row else None


def get_by_code(code: str) -> NoticeSeen | None:
    """The notice whose code was typed; the code is the right to read this one notice."""
    row = _of_order().filter(code=code).first()
    return _seen(row) if row else None
