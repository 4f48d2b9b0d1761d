"""Alarms of drift: raised once for a cell, decided by a person, ended when dates hold again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.promises.models import DriftAlarm, UnusualPeriod
from yinuo.contexts.promises.operations.unusual import Declared, declare_unusual
from yinuo.contexts.promises.rules import explains_itself
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal

ACCEPTED, REJECTED = "ACCEPTED", "REJECTED"


class AlreadyDecided(Refusal):
    """Somebody decided it, or dates hold again."""

    code = "already_decided"
    zh = "这条信号已经处理过，或者已经恢复。"
    en = "This signal was decided already, or dates hold again."


class RejectionNeedsReason(Refusal):
    """Who leaves ranges as they are says why."""

    code = "rejection_needs_reason"
    zh = "不放宽，请写明为什么。只写节假日不算。"
    en = "Say why ranges stay as they are. A holiday alone is no reason."


@dataclass(frozen=True)
class Found:
    """What the nightly watch found of one cell; fields as in `DriftAlarm`."""

    kind: str
    code: str
    name_zh: str
    name_en: str
    place_id: int | None
    week_date: dt.date
    weeks: int
    evidence: float
    limit: float
    due_count: int
    late_count: int
    recent_weeks: int
    factor_percent: int


def raise_alarm(*, found: Found, now: dt.datetime) -> str | None:
    """Write the alarm; its public id, or None where one of this cell is open. Safe to repeat."""
    with transaction.atomic():
        rows = DriftAlarm.objects.bulk_create(
            [DriftAlarm(public_id=new_id("alm"), raised_at=now, **vars(found))],
            ignore_conflicts=True,
        )
        public_id = rows[0].public_id
        return public_id if DriftAlarm.objects.filter(public_id=public_id).exists() else None


def end_alarm(*, alarm_id: int, now: dt.datetime) -> int:
    """Dates hold again: another alarm of the cell may come. Returns 1 if it was open."""
    return DriftAlarm.objects.filter(id=alarm_id, ended_at=None).update(ended_at=now)


def accept_alarm(*, alarm_id: int, what: Declared, staff_id: int, now: dt.datetime) -> str:
    """Declare the unusual period that the alarm asks for; returns the period's public id.

    Raises
    ------
    AlreadyDecided, NotStaff, and what `declare_unusual` raises
    """
    with transaction.atomic():
        row = _lock(alarm_id, staff_id)
        public_id = declare_unusual(what=what, staff_id=staff_id, now=now)
        row.period = UnusualPeriod.objects.get(public_id=public_id)
        _decide(row, ACCEPTED, "", staff_id, now)
    return public_id


def reject_alarm(*, alarm_id: int, reason: str, staff_id: int, now: dt.datetime) -> None:
    """Leave ranges as they are, for a stated reason; the alarm stays until dates hold again.

    Raises
    ------
    AlreadyDecided, RejectionNeedsReason, NotStaff
    """
    if not explains_itself(reason):
        raise RejectionNeedsReason
    with transaction.atomic():
        _decide(_lock(alarm_id, staff_id), REJECTED, reason.strip(), staff_id, now)


def _lock(alarm_id: int, staff_id: int) -> DriftAlarm:
    require_staff(staff_id)
    row = DriftAlarm.objects.select_for_update().filter(id=alarm_id).first()
    if row is None or row.decision or row.ended_at is not None:
        raise AlreadyDecided
    return row


def _decide(row: DriftAlarm, decision: str, reason: str, staff_id: int, now: dt.datetime) -> None:
    row.decision, row.reason = decision, reason
    row.decided_by_id, row.decided_at = staff_id, now
    row.save(update_fields=["decision", "reason", "decided_by", "decided_at", "period"])
