"""What the customers of one centre were told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from yinuo.contexts.notices.models import Notice
from yinuo.contexts.notices.queries.report import Told


def count_told_at(centre_id: int, since: dt.datetime) -> int:
    """Notices made from `since` on for orders of this centre."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM notices_notice n JOIN orders_order o ON o.id = n.order_id"
            " JOIN orders_line l ON l.id = o.line_id AND l.centre_id = %s"
            " WHERE n.created_at >= %s",
            [centre_id, since],
        )
        (count,) = cursor.fetchone()
    return int(count)


def list_told_of(order_ids: Sequence[int], since: dt.datetime) -> list[Told]:
    """Notices of these orders from `since` on, by the time when their cause was known."""
    rows = Notice.objects.filter(order__in=list(order_ids), created_at__gte=since)
    told = rows.order_by("known_at", "id")
    return [
        Told(*row) for row in told.values_list("id", "order_id", "known_at", "send_at", "sent_at")
    ]
