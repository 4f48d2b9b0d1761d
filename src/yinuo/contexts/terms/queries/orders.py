"""What contracts need to know of an order. Asked within this context."""

from __future__ import annotations

from django.db import connection


def code_of(order_id: int) -> str:
    """The code of an order, which is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code FROM orders_order WHERE id = %s", [order_id])
        [code] = cursor.fetchone()
    return str(code)
