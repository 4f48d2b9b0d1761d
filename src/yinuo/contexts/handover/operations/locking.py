"""Taking rows in one order, so that no two stories of a car wait for each other."""

from __future__ import annotations

from django.db import connection

from yinuo.contexts.handover.models import Inspection


def lock_order(order_id: int) -> None:
    """Hold the order's row for the caller's transaction: before any row of its hand-over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM orders_order WHERE id = %s FOR UPDATE", [order_id])


def lock_inspection(inspection_id: int) -> Inspection:
    """The inspection, held for the caller's transaction, its order's row before it."""
    lock_order(Inspection.objects.values_list("order_id", flat=True).get(id=inspection_id))
    return Inspection.objects.select_for_update(of=("self",)).get(id=inspection_id)
