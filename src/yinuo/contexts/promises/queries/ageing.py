"""Orders that grow old: how long they wait, how far, and past which promise."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

# The upper ends of the age bands, in days since the lock; the last band is open.
BANDS = (45, 98, 180, 365)


@dataclass(frozen=True)
class Age:
    """Open orders of one age band; `until_days` is None for the oldest."""

    from_days: int
    until_days: int | None
    waiting: int
    built: int
    past_first_promise: int


def count_by_age(today: dt.date) -> list[Age]:
    """Open orders by days since their lock: not built, built, and past their first promise."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT width_bucket(%s::date - (o.locked_at AT TIME ZONE 'Asia/Shanghai')::date,
                                %s::int[]) AS band,
                   count(*) FILTER (WHERE o.state IN ('LOCKED', 'SCHEDULED')),
                   count(*) FILTER (WHERE o.state NOT IN ('LOCKED', 'SCHEDULED')),
                   count(*) FILTER (WHERE p.first_latest_date < %s)
            FROM orders_order o LEFT JOIN promises_promise p ON p.order_id = o.id
            WHERE o.state NOT IN ('DELIVERED', 'CANCELLED')
            GROUP BY 1
            """,
            [today, [days + 1 for days in BANDS], today],
        )
        found = {band: counts for band, *counts in cursor.fetchall()}
    starts = (0, *(days + 1 for days in BANDS))
    ends = (*BANDS, None)
    return [
        Age(start, end, *found.get(band, (0, 0, 0)))
        for band, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


@dataclass(frozen=True)
class Old:
    """One of the orders that have waited longest without being built."""

    order_id: int
    code: str
    locked_at: dt.datetime
    latest_date: dt.date | None
    owner_id: int | None


def list_oldest_unbuilt(limit: int) -> list[Old]:
    """Orders not in production yet, the longest-waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, o.locked_at, p.latest_date, o.owner_id FROM orders_order o"
            " LEFT JOIN promises_promise p ON p.order_id = o.id"
            " WHERE o.state IN ('LOCKED', 'SCHEDULED') ORDER BY o.locked_at, o.id LIMIT %s",
            [limit],
        )
        return [Old(*row) for row in cursor.fetchall()]
