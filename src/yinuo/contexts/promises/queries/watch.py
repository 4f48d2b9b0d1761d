"""What the routine looks remember, and who has not been told on the last day."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import connection

from yinuo.contexts.promises.rules import AT_RISK, Ints, Memory


def load_memory(order_ids: Ints, run_id: int) -> Memory:
    """What looks before run `run_id` saw of each order; rows stand as `order_ids` do.

    What this very run has counted before it was interrupted is not counted again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, outside_count - CASE WHEN watched_run_id = %s"
            " THEN sign(outside_count)::int ELSE 0 END,"
            " risk_count - CASE WHEN watched_run_id = %s THEN sign(risk_count)::int ELSE 0 END,"
            " (stage = %s)::int FROM promises_promise"
            " WHERE state = 'ACTIVE' AND (outside_count <> 0 OR risk_count <> 0 OR stage = %s)"
            " ORDER BY order_id",
            [run_id, run_id, AT_RISK, AT_RISK],
        )
        rows = cursor.fetchall()
    table = np.array(rows, np.int64).reshape(len(rows), 4)
    found = np.zeros((order_ids.size, 3), np.int64)
    hit = np.zeros(order_ids.size, np.bool_)
    if len(rows):
        at = np.minimum(np.searchsorted(table[:, 0], order_ids), len(rows) - 1)
        hit = table[at, 0] == order_ids
        found[hit] = table[at[hit], 1:]
    return Memory(found[:, 0].copy(), found[:, 1].copy(), found[:, 2] == 1, hit)


def list_last_day(today: dt.date, limit: int) -> list[int]:
    """Open orders whose promised date is here, or is tomorrow, and that were not warned of it.

    Until the last day a car that stands at its centre is not counted: it will be handed over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.order_id FROM promises_promise p JOIN orders_order o ON o.id = p.order_id"
            " WHERE p.state = 'ACTIVE' AND p.stage <> %s"
            " AND p.latest_date BETWEEN %s AND %s"
            " AND o.state NOT IN ('DELIVERED', 'CANCELLED')"
            " AND (p.latest_date = %s"
            " OR o.state NOT IN ('AT_CENTRE', 'INSPECTED', 'SIGNED', 'PAID'))"
            " ORDER BY p.order_id LIMIT %s",
            [AT_RISK, today, today + dt.timedelta(days=1), today, limit],
        )
        return [row[0] for row in cursor.fetchall()]
