"""What was said to people about an order whose record is destroyed goes with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from yinuo.contexts.notices.models import CallTask, Delivery, DirectMessage, FurtherEntry, Notice


@transaction.atomic
def forget(*, order_id: int, addresses: Collection[str]) -> int:
    """Remove the notices of an order, as sent, with what led from them to its entries.

    What was sent to one of these `addresses` without being about an order, such as reminders of a
    ticket, goes too.

    Returns how many. The caller has made sure that they need not be kept.
    """
    notices = list(Notice.objects.filter(order=order_id).values_list("id", flat=True))
    for table in (FurtherEntry, Delivery, CallTask):
        table.objects.filter(notice__in=notices).delete()
    Notice.objects.filter(id__in=notices).update(corrects=None)
    Notice.objects.filter(id__in=notices).delete()
    DirectMessage.objects.filter(address__in=addresses, sent_at__isnull=False).delete()
    return len(notices)


def forget_direct_before(moment: dt.datetime) -> int:
    """Empty what was sent before `moment` without being about an order; how many messages.

    The key stays: what is written once is not written again.
    """
    rows = DirectMessage.objects.filter(sent_at__lt=moment).exclude(text="")
    return rows.update(address="", text="")
