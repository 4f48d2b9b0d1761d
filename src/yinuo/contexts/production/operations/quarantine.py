"""Deciding about reports that wait: use them after all, or set them aside."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.production.models import BuildEvent, HeldSupply, SupplyWeek
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal


class NotWaiting(Refusal):
    """Somebody decided already, or it never waited."""

    code = "not_waiting"
    zh = "这条报告已经有人处理过了。"
    en = "Somebody has decided about this report already."


def release_build(*, event_id: int, staff_id: int, now: dt.datetime) -> None:
    """Use the report as it stands; it is not judged again.

    Raises
    ------
    NotWaiting
        It does not wait.
    """
    with transaction.atomic():
        _decide_build(event_id, BuildEvent.State.RECEIVED, staff_id, now)
        outbox.nudge("progress.apply")


def set_aside_build(*, event_id: int, staff_id: int, now: dt.datetime) -> None:
    """Never use the report. Raises `NotWaiting` when it does not wait."""
    with transaction.atomic():
        _decide_build(event_id, BuildEvent.State.SET_ASIDE, staff_id, now)


def _decide_build(event_id: int, state: str, staff_id: int, now: dt.datetime) -> None:
    waiting = BuildEvent.objects.filter(id=event_id, state=BuildEvent.State.QUARANTINED)
    if not waiting.update(state=state, decided_by_id=staff_id, decided_at=now):
        raise NotWaiting


def release_supply(*, supply_id: int, staff_id: int, now: dt.datetime) -> None:
    """Use the quantity after all; it counts as the newest of its week.

    Raises
    ------
    NotWaiting
        It does not wait.
    """
    with transaction.atomic():
        held = _decide_supply(supply_id, HeldSupply.State.RELEASED, staff_id, now)
        SupplyWeek.objects.create(
            resource_id=held.resource_id,
            week_date=held.week_date,
            quantity=held.quantity,
            sender=held.sender,
            external_id=held.external_id,
            digest=held.digest,
            received_at=held.received_at,
        )


def set_aside_supply(*, supply_id: int, staff_id: int, now: dt.datetime) -> None:
    """Never use the quantity. Raises `NotWaiting` when it does not wait."""
    with transaction.atomic():
        _decide_supply(supply_id, HeldSupply.State.SET_ASIDE, staff_id, now)


def _decide_supply(supply_id: int, state: str, staff_id: int, now: dt.datetime) -> HeldSupply:
    waiting = HeldSupply.objects.filter(id=supply_id, state=HeldSupply.State.QUARANTINED)
    if not waiting.update(state=state, decided_by_id=staff_id, decided_at=now):
        raise NotWaiting
    return HeldSupply.objects.get(id=supply_id)
