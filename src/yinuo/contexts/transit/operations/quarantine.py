"""Deciding about carriers' reports that wait: use them after all, or set them aside."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.transit import rules
from yinuo.contexts.transit.models import CarrierEvent
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal


class NotWaiting(Refusal):
    """Somebody decided already, or it never waited."""

    code = "not_waiting"
    zh = "这条报告已经有人处理过了。"
    en = "Somebody has decided about this report already."


def release_event(*, event_id: int, staff_id: int, now: dt.datetime) -> None:
    """Use the report as it stands; it is not judged again, and keeps what was wrong with it.

    Raises
    ------
    NotWaiting
        It does not wait.
    """
    with transaction.atomic():
        kind = _decide(event_id, CarrierEvent.State.RECEIVED, staff_id, now)
        if kind in rules.DELAYS:
            outbox.nudge("delay.apply", event_id=event_id)
        else:
            outbox.nudge("progress.apply")


def set_aside_event(*, event_id: int, staff_id: int, now: dt.datetime) -> None:
    """Never use the report. Raises `NotWaiting` when it does not wait."""
    with transaction.atomic():
        _decide(event_id, CarrierEvent.State.SET_ASIDE, staff_id, now)


def _decide(event_id: int, state: str, staff_id: int, now: dt.datetime) -> str:
    waiting = CarrierEvent.objects.filter(id=event_id, state=CarrierEvent.State.QUARANTINED)
    if not waiting.update(state=state, decided_by_id=staff_id, decided_at=now):
        raise NotWaiting
    return CarrierEvent.objects.get(id=event_id).kind
