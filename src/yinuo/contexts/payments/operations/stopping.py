"""Money that came while the law stopped what it was paid for: a named person looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from yinuo.contexts.payments.models import Bill, MoneyTask

KIND = MoneyTask.Kind.LAW_STOPPED


def open_stopped(*, ticket_id: int, now: dt.datetime) -> bool:
    """Put a paid deposit whose order the law stopped before a person; False if it lies there.

    A ticket that is stopped again after somebody dealt with it comes back to the list.
    """
    with transaction.atomic():
        bill = Bill.objects.filter(ticket=ticket_id, state=Bill.State.PAID).order_by("-id").first()
        if bill is None or MoneyTask.objects.filter(kind=KIND, bill=bill, done_at=None).exists():
            return False
        times = MoneyTask.objects.filter(kind=KIND, bill=bill).count()
        MoneyTask.objects.create(
            key=f"law:{bill.public_id}:{times + 1}",
            kind=KIND,
            about=bill.public_id,
            amount_fen=bill.paid_fen,
            bill=bill,
            opened_at=now,
        )
    return True


def end_stopped(
    *, ticket_ids: Sequence[int], outcome: str, staff_id: int | None, now: dt.datetime
) -> None:
    """The orders were made after all, or their money goes back: nobody has to look any more."""
    rows = MoneyTask.objects.filter(kind=KIND, bill__ticket__in=ticket_ids, done_at=None)
    with transaction.atomic():
        rows.update(done_at=now, done_by=staff_id, outcome=outcome)
