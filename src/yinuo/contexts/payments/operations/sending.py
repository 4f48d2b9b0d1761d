"""Sending refunds: each part is asked for under one number, so asking again pays once.

What a provider did is written down when it answers; a part whose answer was lost is asked about
first, and asked for again only where the provider does not know it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from yinuo.contexts.payments.models import MoneyTask, Refund, RefundPart
from yinuo.contexts.payments.operations import refunded
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.platform.pay.port import UNHEARD, Provider, RefundAnswer, RefundAsk, Refused

ASK_AGAIN_AFTER = dt.timedelta(minutes=2)
State = RefundPart.State


def list_to_send(now: dt.datetime) -> list[int]:
    """Refunds with a part that nobody was asked for, or whose answer is overdue."""
    rows = RefundPart.objects.filter(refund__state__in=["DUE", "SENT"])
    fresh = rows.filter(state=State.DUE)
    silent = rows.filter(state=State.SENT, asked_at__lt=now - ASK_AGAIN_AFTER)
    ids = {*fresh.values_list("refund", flat=True), *silent.values_list("refund", flat=True)}
    return sorted(ids)


def send(*, refund_id: int, providers: Mapping[str, Provider], now: dt.datetime) -> int:
    """Send what is open of a refund, interest with it; returns how many parts are paid now."""
    refunded.add_interest(refund_id=refund_id, now=now)
    parts = RefundPart.objects.filter(refund=refund_id, state__in=[State.DUE, State.SENT])
    return sum(_send_part(part.id, providers, now) for part in parts.order_by("id"))


def _send_part(part_id: int, providers: Mapping[str, Provider], now: dt.datetime) -> bool:
    part = _claim(part_id, now)
    if part is None:
        return False
    if part.provider == "BANK":
        _by_hand(part, now)
        return False
    provider = providers.get(part.provider)
    if provider is None:
        # Not set up any more: a person sends it another way.
        refunded.part_failed(number=part.number, why="NO_PROVIDER", now=now)
        return False
    ask = _ask(part)
    try:
        known = provider.query_refund(ask) if part.asked_at != now else None
        answer = known if known is not None and known.known else provider.refund(ask)
    except UNHEARD:
        return False
    except Refused as refused:
        refunded.part_failed(number=part.number, why=refused.code, now=now)
        return False
    return _take(part, answer, now)


def _claim(part_id: int, now: dt.datetime) -> RefundPart | None:
    """Take a part in hand, unless somebody else just did. A fresh one has `asked_at` now."""
    with transaction.atomic():
        part = RefundPart.objects.select_for_update().get(id=part_id)
        fresh = part.state == State.DUE
        silent = part.state == State.SENT and (
            part.asked_at is None or part.asked_at < now - ASK_AGAIN_AFTER
        )
        if not fresh and not silent:
            return None
        before = part.asked_at
        part.state, part.asked_at = State.SENT, now
        part.save(update_fields=["state", "asked_at"])
        Refund.objects.filter(id=part.refund_id, state=Refund.State.DUE).update(
            state=Refund.State.SENT, sent_at=now
        )
        part.asked_at = now if fresh else before
    return part


def _ask(part: RefundPart) -> RefundAsk:
    charge = part.charge
    return RefundAsk(
        number=part.number,
        charge_number=charge.number if charge else "",
        charge_ref=(charge.provider_ref or "") if charge else "",
        amount_fen=part.amount_fen,
        # What belongs to no bill goes back whole, whatever the charge had asked for.
        charge_amount_fen=charge.amount_fen if charge and part.bill_id else part.amount_fen,
        reason="退款",
    )


def _take(part: RefundPart, answer: RefundAnswer, now: dt.datetime) -> bool:
    if answer.state == "PAID":
        return refunded.part_paid(number=part.number, ref=answer.ref, now=now)
    if answer.state == "FAILED":
        refunded.part_failed(number=part.number, why=answer.why, now=now)
    return False


def _by_hand(part: RefundPart, now: dt.datetime) -> None:
    open_task(
        key=f"by-hand:{part.number}",
        kind=MoneyTask.Kind.PAY_BY_HAND,
        about=part.number,
        amount_fen=part.amount_fen,
        refund_id=part.refund_id,
        now=now,
    )
    MoneyTask.objects.filter(key=f"by-hand:{part.number}", done_at=None).exclude(
        amount_fen=part.amount_fen
    ).update(amount_fen=part.amount_fen, opened_at=F("opened_at"))
