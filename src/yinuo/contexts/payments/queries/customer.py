"""What a customer may see of the money of an order."""

from __future__ import annotations

from yinuo.contexts.payments.models import Bill


def get_refundable(order_id: int) -> int:
    """How much of what was paid for an order could go back, in fen; the caller checked access."""
    return sum(
        bill.paid_fen - bill.refunded_fen - bill.kept_fen
        for bill in Bill.objects.filter(order=order_id, state=Bill.State.PAID)
    )
