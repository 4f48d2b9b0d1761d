"""What goes from an order when its record is destroyed; what stays says days and no moments."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Concat

from yinuo.contexts.orders.models import (
    Amendment,
    AmendmentPaper,
    AmendmentTask,
    Buyer,
    Cancellation,
    Condition,
    Dispute,
    ExitOffer,
    Inquiry,
    IssuedCopy,
    LineMove,
    Order,
    Postponement,
    QueueNote,
    ShareLink,
    StaffLook,
    Ticket,
)
from yinuo.platform.coarser import to_days

GONE = (
    IssuedCopy,
    ShareLink,
    LineMove,
    QueueNote,
    Condition,
    StaffLook,
    Inquiry,
    Dispute,
    Postponement,
    ExitOffer,
    Cancellation,
)


@transaction.atomic
def forget(*, order_id: int) -> list[str]:
    """Remove what was asked, answered, looked at and handed out; cut the order from its ticket.

    The order itself stays under its code, without moment and place in line. Returns the digests of
    papers that nobody needs any more. The ledger has begun the erasure in this transaction, or the
    database refuses.
    """
    for model in GONE:
        model._default_manager.filter(order=order_id).delete()
    papers = AmendmentPaper.objects.filter(amendment__order=order_id)
    digests = set(papers.values_list("digest", flat=True))
    papers.delete()
    AmendmentTask.objects.filter(amendment__order=order_id).delete()
    Amendment.objects.filter(order=order_id).delete()
    to_days(Buyer.objects.filter(order=order_id))
    _forget_ticket(order_id)
    # A rank is a moment, in microseconds. No other order stands at its own row's negative number.
    to_days(Order.objects.filter(id=order_id), rank=0 - F("id"), quote_ref=Value(""))
    elsewhere = AmendmentPaper.objects.filter(digest__in=digests)
    return sorted(digests - set(elsewhere.values_list("digest", flat=True)))


def _forget_ticket(order_id: int) -> None:
    """The number was used; by whom, for which car and when it was paid, nobody can say."""
    nobody = Concat(Value("erased:"), Cast("id", TextField()))
    Ticket.objects.filter(order=order_id).update(
        code=nobody,
        request_key=nobody,
        signature="",
        state=Ticket.State.ERASED,
        waiting_no=None,
        person=None,
        spec=None,
        centre=None,
        order=None,
        due_at=None,
        reminded_at=None,
        ordered_at=None,
        undo_until_at=None,
        ended_at=None,
    )
