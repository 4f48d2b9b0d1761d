"""What was held for a car is the maker's once the car was handed over."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.payments.models import Bill
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.rules import books

BATCH = 500


def earn(*, now: dt.datetime) -> int:
    """Move the money of orders that were handed over to revenue; returns how many bills. Safe to
    repeat."""
    held = Bill.objects.filter(state="PAID", earned_at=None, order__state="DELIVERED")
    ids = list(held.order_by("id").values_list("id", flat=True)[:BATCH])
    with transaction.atomic():
        for bill in Bill.objects.select_for_update().filter(id__in=ids, earned_at=None):
            left = bill.paid_fen - bill.refunded_fen - bill.kept_fen
            if left:
                post(
                    f"earned:{bill.public_id}",
                    "bill.earned",
                    books.earned([(bill.kind, left)]),
                    order_id=bill.order_id,
                    bill_id=bill.id,
                    now=now,
                )
            bill.earned_at = now
            bill.save(update_fields=["earned_at"])
    return len(ids)
