"""What was handed out of an order's record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.orders.models import IssuedCopy, ShareLink
from yinuo.contexts.people.queries.people import acts


@dataclass(frozen=True)
class Issued:
    """A file that we gave out: when, and with how many entries."""

    issued_at: dt.datetime
    entries: int


@dataclass(frozen=True)
class Link:
    """A link that runs."""

    token: str
    made_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True)
class Shared:
    """What a link leads to; `over` when it has ended or run out."""

    order_id: int
    over: bool
    expires_at: dt.datetime


def get_issued(digest: bytes) -> Issued | None:
    """The file with this SHA-256, if we gave it out; says nothing of whose it is."""
    row = IssuedCopy.objects.filter(digest=digest).first()
    return Issued(row.issued_at, row.entries) if row else None


def list_links(person_id: int, order_id: int, now: dt.datetime) -> list[Link]:
    """The running links of an order that this person acts on, newest first."""
    rows = ShareLink.objects.filter(
        acts(person_id, "order__person"), order=order_id, ended_at=None, expires_at__gt=now
    )
    return [Link(row.token, row.made_at, row.expires_at) for row in rows.order_by("-id")]


def get_shared(token: str, now: dt.datetime) -> Shared | None:
    """Where a link leads; None for a token that was never made."""
    row = ShareLink.objects.filter(token=token).first()
    if row is None:
        return None
    return Shared(row.order_id, row.ended_at is not None or row.expires_at <= now, row.expires_at)
