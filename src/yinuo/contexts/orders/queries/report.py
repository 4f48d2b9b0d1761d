"""Counts of orders, and who asked before we told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.orders.models import Inquiry

ABOUT_DATE = "DATE"


@dataclass(frozen=True)
class OrderCounts:
    """Orders by what became of them; means are None where nothing was delivered.

    `mean_days` is the mean of days from lock to hand-over, `promised_days` the mean of the days
    that those buyers were told when they locked.
    """

    open: int
    delivered: int
    mean_days: float | None
    promised_days: float | None


def count_orders() -> OrderCounts:
    """All orders of the maker, cancelled ones left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state <> 'DELIVERED'),"
            " count(*) FILTER (WHERE state = 'DELIVERED'),"
            " avg(extract(epoch FROM delivered_at - locked_at) / 86400)"
            "   FILTER (WHERE state = 'DELIVERED')::float8,"
            " avg(days_told_at_lock) FILTER (WHERE state = 'DELIVERED')::float8"
            " FROM orders_order WHERE state <> 'CANCELLED'"
        )
        row = cursor.fetchone()
    assert row is not None
    return OrderCounts(row[0], row[1], _float(row[2]), _float(row[3]))


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


def list_date_inquiries(since: dt.datetime) -> list[tuple[int, dt.datetime]]:
    """Order and time of every question about the date from `since` on, oldest first."""
    rows = Inquiry.objects.filter(about=ABOUT_DATE, asked_at__gte=since)
    return list(rows.order_by("asked_at", "id").values_list("order_id", "asked_at"))
