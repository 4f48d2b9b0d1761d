"""Who has been spoken to, and how long ago."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from yinuo.contexts.notices.models import NoticeEntry


def last_told(order_ids: Sequence[int]) -> dict[int, dt.datetime]:
    """When something was last said about each order that was ever spoken of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, max(sent_at) FROM notices_notice"
            " WHERE order_id = ANY(%s) AND sent_at IS NOT NULL GROUP BY 1",
            [list(order_ids)],
        )
        return dict(cursor.fetchall())


def told_among(entry_ids: Sequence[int]) -> set[int]:
    """Those of these entries that a notice tells, or will tell."""
    rows = NoticeEntry.objects.filter(entry_id__in=list(entry_ids))
    return set(rows.values_list("entry_id", flat=True))


def count_told_since(since: dt.datetime) -> int:
    """Open orders whose customer was told something since then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT n.order_id) FROM notices_notice n"
            " JOIN orders_order o ON o.id = n.order_id"
            " AND o.state NOT IN ('DELIVERED', 'CANCELLED') WHERE n.sent_at >= %s",
            [since],
        )
        return int(cursor.fetchone()[0])
