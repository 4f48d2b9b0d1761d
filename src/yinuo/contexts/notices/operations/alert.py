"""One line to the staff's chat when an event moves dates."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.notices.models import DirectMessage


def alert_staff(*, ref: str, cause_code: str, orders_count: int, now: dt.datetime) -> None:
    """Write the alert of this event; once, however often it is asked for."""
    cause = CAUSES[cause_code]
    text = (
        f"{cause.zh}，{orders_count} 位客户的日期有变，通知已排队。"
        f" / {cause.en}: dates of {orders_count} customers moved, notices are queued. [{ref}]"
    )
    DirectMessage.objects.bulk_create(
        [DirectMessage(key=f"alert:{ref}", channel="CHAT", address="", text=text, created_at=now)],
        ignore_conflicts=True,
    )
