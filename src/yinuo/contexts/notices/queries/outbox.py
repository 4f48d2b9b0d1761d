"""What waits and what was kept instead of sent, for whoever runs the installation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.notices.models import Delivery, Notice


@dataclass(frozen=True)
class Coming:
    """A notice that goes out at `send_at`."""

    order_code: str
    kind: str
    send_at: dt.datetime


@dataclass(frozen=True)
class Kept:
    """One message exactly as it would have gone out."""

    id: int
    order_code: str
    notice_code: str
    channel: str
    address: str
    subject: str
    text: str
    at: dt.datetime


def list_waiting(*, limit: int) -> list[Coming]:
    """Notices that wait for their time, the next one first."""
    rows = Notice.objects.filter(state=Notice.State.WAITING).select_related("order")
    rows = rows.order_by("send_at", "id")
    return [Coming(row.order.code, row.kind, row.send_at) for row in rows[:limit]]


def list_outbox(*, limit: int, before_id: int | None = None) -> list[Kept]:
    """Messages that no gateway was there for, newest first; those older than `before_id`."""
    rows = Delivery.objects.filter(provider="OUTBOX").select_related("notice__order")
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return [
        Kept(
            row.id,
            row.notice.order.code,
            row.notice.code or "",
            row.channel,
            row.address,
            row.subject,
            row.text,
            row.sent_at or row.next_try_at,
        )
        for row in rows.order_by("-id")[:limit]
    ]
