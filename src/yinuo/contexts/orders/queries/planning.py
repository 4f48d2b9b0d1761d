"""Orders taken and cars in use, as a planner counts them. Asked by workflows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
from django.db import connection

Ints = npt.NDArray[np.int64]


def count_locks_by_line(since: dt.datetime, until: dt.datetime) -> dict[int, int]:
    """Orders locked in a span of time and not cancelled since, by line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line_id, count(*) FROM orders_order WHERE locked_at >= %s AND locked_at < %s"
            " AND state <> 'CANCELLED' GROUP BY 1 ORDER BY 1",
            [since, until],
        )
        return dict(cursor.fetchall())


def lines_of(line_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Spec and centre of each line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, spec_id, centre_id FROM orders_line WHERE id = ANY(%s)", [line_ids]
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def lock_days_since(since: dt.datetime) -> dict[int, int]:
    """Proleptic day number of the lock of each open order locked since then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, (locked_at AT TIME ZONE 'Asia/Shanghai')::date FROM orders_order"
            " WHERE locked_at >= %s AND state NOT IN ('DELIVERED', 'CANCELLED')",
            [since],
        )
        return {order_id: day.toordinal() for order_id, day in cursor.fetchall()}


def count_fleet_by_centre() -> dict[int, int]:
    """Cars handed over so far, by the centre that did it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.centre_id, count(*) FROM orders_order o JOIN orders_line l"
            " ON l.id = o.line_id WHERE o.state = 'DELIVERED' GROUP BY 1"
        )
        return dict(cursor.fetchall())
