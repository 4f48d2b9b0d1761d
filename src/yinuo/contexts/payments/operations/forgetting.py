"""The books stay when the record of an order is destroyed, and say the day of everything."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from yinuo.contexts.payments.models import (
    Bill,
    Charge,
    Keep,
    MoneyTask,
    Posting,
    ProviderMessage,
    Refund,
    RefundPart,
    Settled,
)
from yinuo.platform.coarser import to_days


@transaction.atomic
def forget(*, order_id: int) -> None:
    """Turn the moments of an order's books into days, and remove what providers said of them.

    The ledger has begun the erasure in this transaction, or the database refuses.
    """
    bills = Bill.objects.filter(order=order_id)
    refunds = Refund.objects.filter(order=order_id)
    charges = Charge.objects.filter(bill__in=bills)
    parts = RefundPart.objects.filter(refund__in=refunds)
    numbers = {*charges.values_list("number", flat=True), *parts.values_list("number", flat=True)}
    ProviderMessage.objects.filter(number__in=numbers).delete()
    either = Q(bill__in=bills) | Q(refund__in=refunds)
    for rows in (
        Posting.objects.filter(Q(order=order_id) | Q(bill__in=bills)),
        Settled.objects.filter(either | Q(charge__in=charges)),
        MoneyTask.objects.filter(either),
        Keep.objects.filter(order=order_id),
        parts,
        charges,
        refunds,
        bills,
    ):
        to_days(rows)
