"""Asking providers what became of charges whose answer was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from yinuo.contexts.payments.models import Charge
from yinuo.contexts.payments.operations import settle
from yinuo.platform.pay.port import UNHEARD, Answer, Provider

ASK_AFTER = dt.timedelta(minutes=2)
# Past its end a charge cannot be paid at the provider; a little later nothing is under way.
CLOSE_AFTER = dt.timedelta(minutes=10)
BATCH = 200


def ask(*, providers: Mapping[str, Provider], now: dt.datetime) -> int:
    """Ask about every charge that was begun a while ago; returns how many were settled."""
    due = Charge.objects.filter(state="STARTED", started_at__lt=now - ASK_AFTER).exclude(
        asked_at__gt=now - ASK_AFTER
    )
    settled = 0
    for charge in due.order_by("started_at")[:BATCH]:
        settled += _ask(charge, providers, now)
    return settled


def ask_about_bill(*, bill_id: int, providers: Mapping[str, Provider], now: dt.datetime) -> int:
    """Ask about every open attempt at one bill, at once; returns how many were settled."""
    charges = Charge.objects.filter(bill=bill_id, state="STARTED").order_by("id")
    return sum(_ask(charge, providers, now) for charge in charges)


def _ask(charge: Charge, providers: Mapping[str, Provider], now: dt.datetime) -> bool:
    with transaction.atomic():
        Charge.objects.filter(id=charge.id).update(asked_at=now)
    provider = providers.get(charge.provider)
    if provider is None:
        return False
    try:
        answer = provider.query(charge.number)
    except UNHEARD:
        return False
    return believe(charge, answer, now)


def believe(charge: Charge, answer: Answer, now: dt.datetime) -> bool:
    """Make true what a provider answered about a charge; False while it is open."""
    if answer.state == "PAID":
        settle.charge_paid(
            provider=charge.provider,
            number=charge.number,
            ref=answer.ref,
            amount_fen=answer.amount_fen,
            now=now,
        )
        return True
    if answer.state == "FAILED" or now > charge.expires_at + CLOSE_AFTER:
        return settle.charge_failed(provider=charge.provider, number=charge.number, now=now)
    return False
