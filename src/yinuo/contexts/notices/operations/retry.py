"""Sending again what a gateway did not take."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.notices.models import Delivery
from yinuo.platform import outbox


def retry_deliveries(*, now: dt.datetime, notice_code: str = "") -> int:
    """Queue bounced and waiting messages again, all or those of one notice; returns how many.

    The ledger keeps that they bounced, and calls that were opened stay open.
    """
    wanted = [Delivery.State.BOUNCED, Delivery.State.QUEUED]
    rows = Delivery.objects.filter(state__in=wanted)
    if notice_code:
        rows = rows.filter(notice__code=notice_code)
    with transaction.atomic():
        count = rows.update(
            state=Delivery.State.QUEUED, attempts=0, next_try_at=now, bounced_at=None, problem=""
        )
        if count:
            outbox.nudge("notices.send")
    return count
