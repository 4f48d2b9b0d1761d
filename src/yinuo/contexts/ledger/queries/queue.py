"""What the ledger says of the queue: its rules, its batches, what they counted.

Every fact stands under the key of its cause, so a few of them are found by the beginning of it.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db import connection

from yinuo.contexts.ledger.models import Entry


def list_rules() -> list[dict[str, Any]]:
    """The rules of the queue that were stated, oldest first, as their leaves say them."""
    rows = Entry.objects.filter(change_key__startswith="rule:", kind="rule.stated")
    return [json.loads(body) for body in rows.order_by("id").values_list("body", flat=True)]


def find_newest_batch() -> str | None:
    """The newest week of which a batch was closed, such as 2026-W07; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(change_key) FROM ledger_entry"
            " WHERE change_key >= 'batch:' AND change_key < 'batch;'"
        )
        [key] = cursor.fetchone()
    return key.split(":")[1] if key else None


def is_closed(order_id: int) -> bool:
    """Whether a car went to this order in a week that is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM ledger_entry a, ledger_entry b WHERE a.change_key = %s"
            " AND b.change_key = 'batch:' || (a.body::json ->> 'batch') || ':'"
            " || (a.body::json ->> 'line'))",
            [f"alloc:{order_id}"],
        )
        return bool(cursor.fetchone()[0])


def find_first_allocation() -> dt.datetime | None:
    """When the first car went to an order, of those whose orders still can be told apart."""
    rows = Entry.objects.filter(change_key__startswith="alloc:", kind="order.allocated")
    return rows.order_by("recorded_at").values_list("recorded_at", flat=True).first()


def count_allocated(week: str, since: dt.datetime, until: dt.datetime) -> dict[str, int]:
    """How many orders of each line got a car in the batch `week`; recorded in [since, until)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body::json ->> 'line', count(*) FROM ledger_entry WHERE kind ="
            " 'order.allocated' AND recorded_at >= %s AND recorded_at < %s"
            " AND body::json ->> 'batch' = %s GROUP BY 1",
            [since, until, week],
        )
        return dict(cursor.fetchall())
