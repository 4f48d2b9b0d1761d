"""Ending attempts at a bill that is over, so that nobody pays it a second time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from yinuo.contexts.payments.models import Bill, Charge
from yinuo.contexts.payments.operations import asking
from yinuo.platform.pay.port import UNHEARD, Provider

BATCH = 200


def close(*, providers: Mapping[str, Provider], now: dt.datetime) -> int:
    """End every attempt at a bill that was paid another way or is void; returns how many ended.

    A provider that does not answer, or does not know the charge yet, is told again the next time,
    until the charge runs out. Who paid all the same gets it back: `settle.charge_paid`.
    """
    left = Charge.objects.filter(state=Charge.State.STARTED).exclude(bill__state=Bill.State.OPEN)
    return sum(_close(charge, providers, now) for charge in left.order_by("id")[:BATCH])


def _close(charge: Charge, providers: Mapping[str, Provider], now: dt.datetime) -> bool:
    provider = providers.get(charge.provider)
    if provider is None:
        return False
    try:
        answer = provider.close(charge.number)
    except UNHEARD:
        return False
    if answer.state != "FAILED":
        return asking.believe(charge, answer, now)
    with transaction.atomic():
        ended = Charge.objects.filter(id=charge.id, state=Charge.State.STARTED)
        return bool(ended.update(state=Charge.State.CLOSED, settled_at=now))
