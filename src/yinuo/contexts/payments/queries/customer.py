"""What a customer may see of the money of an order."""

from __future__ import annotations

from yinuo.contexts.payments.models import Bill


def get_refundable(order_id: int) -> int:
    """How much of what was paid for an order could go back, in fen; the caller checked access."""
    return sum(
        bill.paid_fen - bill.refunded_fen - bill.kept_fen
        for bill in Bill.objects.filter(order=order_id, state=Bill.State.PAID)
    )


def get_refundable_of_ticket(ticket_id: int) -> int:
    """The same of a ticket that has not become an order, in fen."""
    return sum(
        bill.paid_fen - bill.refunded_fen - bill.kept_fen
        for bill in Bill.objects.filter(ticket=ticket_id, state=Bill.State.PAID)
    )


def get_open_bill_of_ticket(ticket_id: int) -> int | None:
    """The row of the bill that the holder of a ticket can pay now; None when there is none."""
    rows = Bill.objects.filter(ticket=ticket_id, state=Bill.State.OPEN)
    return rows.order_by("-id").values_list("id", flat=True).first()
