"""What providers send by themselves: stored first, then applied, once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.payments.models import MoneyTask, ProviderMessage
from yinuo.contexts.payments.operations import refunded, settle
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.contexts.payments.rules import books
from yinuo.platform.pay.port import Message

# A message can be quicker than our own row; one that is still without it later never had one.
WAITS = dt.timedelta(hours=1)
State = ProviderMessage.State


def take(*, provider: str, message: Message, now: dt.datetime) -> int:
    """Store a message whose signature was checked; its row, also when it came before."""
    row, _ = ProviderMessage.objects.get_or_create(
        provider=provider,
        message_key=message.key,
        defaults={
            "number": message.number,
            "said": {
                "about": message.about,
                "state": message.state,
                "amount_fen": message.amount_fen,
                "ref": message.ref,
            },
            "received_at": now,
        },
    )
    return row.id


def list_waiting() -> list[int]:
    """Messages that are not applied."""
    return list(
        ProviderMessage.objects.filter(state=State.WAITING)
        .order_by("id")
        .values_list("id", flat=True)
    )


def apply(*, message_id: int, now: dt.datetime) -> str:
    """Make true what a message says. Returns what came of it; safe to repeat.

    WAITS: its charge or refund is not there yet.
    """
    with transaction.atomic():
        row = ProviderMessage.objects.select_for_update().get(id=message_id)
        if row.state != State.WAITING:
            return row.why
        try:
            came = _apply(row, now)
        except (settle.UnknownCharge, refunded.UnknownPart):
            if now - row.received_at < WAITS:
                return "WAITS"
            came = _unmatched(row, now)
        row.state = State.REFUSED if came == "UNMATCHED" else State.APPLIED
        row.why, row.applied_at = came, now
        row.save(update_fields=["state", "why", "applied_at"])
    return came


def _apply(row: ProviderMessage, now: dt.datetime) -> str:
    said = row.said
    if said["about"] == "CHARGE":
        if said["state"] == "PAID":
            return settle.charge_paid(
                provider=row.provider,
                number=row.number,
                ref=said["ref"],
                amount_fen=said["amount_fen"],
                now=now,
            )
        if said["state"] == "FAILED":
            settle.charge_failed(provider=row.provider, number=row.number, now=now)
        return str(said["state"])
    if said["state"] == "PAID":
        refunded.part_paid(number=row.number, ref=said["ref"], now=now)
    elif said["state"] == "FAILED":
        refunded.part_failed(number=row.number, why="PROVIDER", now=now)
    return str(said["state"])


def _unmatched(row: ProviderMessage, now: dt.datetime) -> str:
    """Money for no charge of ours: into suspense, and a person looks."""
    said = row.said
    if said["about"] == "CHARGE" and said["state"] == "PAID" and said["amount_fen"] > 0:
        key = f"surplus:{row.provider}:{said['ref']}"
        post(
            key,
            "money.unexplained",
            books.unexplained(row.provider, said["amount_fen"]),
            now=now,
        )
        open_task(
            key=key,
            kind=MoneyTask.Kind.UNMATCHED,
            about=f"{row.number} {said['ref']}",
            amount_fen=said["amount_fen"],
            now=now,
        )
    return "UNMATCHED"
