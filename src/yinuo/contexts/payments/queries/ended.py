"""Whether the money of an order is settled, and since when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max

from yinuo.contexts.payments.models import Bill, Charge, Keep, Refund


@dataclass(frozen=True)
class MoneyEnd:
    """`open` while anybody owes anything or it is not decided; `last_at` is the last movement."""

    open: bool
    last_at: dt.datetime | None


def get_money_end(order_id: int, *, delivered: bool) -> MoneyEnd:
    """The end of an order's money; asked by workflows.

    What was paid for an order that was not `delivered` is open until it went back or is kept.
    """
    bills = Bill.objects.filter(order=order_id)
    refunds = Refund.objects.filter(order=order_id)
    open_ = (
        bills.filter(state__in=["OPEN", "BLOCKED"]).exists()
        or Charge.objects.filter(bill__in=bills, state="STARTED").exists()
        or refunds.exclude(state="PAID").exists()
        or Keep.objects.filter(order=order_id, state__in=["PROPOSED", "DISPUTED"]).exists()
        or (not delivered and any(one.paid_fen > one.refunded_fen + one.kept_fen for one in bills))
    )
    moments = [
        bills.aggregate(last=Max("paid_at"))["last"],
        refunds.aggregate(last=Max("paid_at"))["last"],
    ]
    return MoneyEnd(open_, max((one for one in moments if one), default=None))
