"""What an order's customer decided after a change names the entries of its record."""

from __future__ import annotations

from yinuo.contexts.promises.models import Choice


def forget(*, order_id: int) -> int:
    """Remove the choices of an order whose record is destroyed; returns how many."""
    count, _ = Choice.objects.filter(order=order_id).delete()
    return count
