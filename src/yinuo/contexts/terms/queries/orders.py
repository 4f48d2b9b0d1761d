"""What contracts need to know of an order. Asked within this context."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection


def code_of(order_id: int) -> str:
    """The code of an order, which is there."""
    return codes_of([order_id])[order_id]


def codes_of(order_ids: Iterable[int]) -> dict[int, str]:
    """The code of each of these orders, which are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code FROM orders_order WHERE id = ANY(%s)", [list(order_ids)])
        return dict(cursor.fetchall())
