"""What staff see of hand-overs: all of one, and the safety signals that wait."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.handover.models import Evidence, SafetySignal
from yinuo.contexts.handover.queries.seen import (
    EvidenceSeen,
    HandoverSeen,
    evidence_seen,
    read_handover,
)
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class SignalSeen:
    """A safety signal: the check that failed, the car, whether it is held, who cleared it."""

    id: int
    order_code: str
    vin: str
    check_zh: str
    check_en: str
    system: str
    raised_at: dt.datetime
    held_at: dt.datetime | None
    cleared_at: dt.datetime | None


def get_for_staff(staff_id: int, order_id: int) -> HandoverSeen:
    """The whole hand-over of an order, damage that was not told yet included.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return read_handover(order_id)


def find_evidence_for_staff(staff_id: int, order_id: int, ref: str) -> EvidenceSeen | None:
    """A picture or film of an order.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = Evidence.objects.filter(order_id=order_id, public_id=ref).first()
    return evidence_seen(row) if row else None


def list_signals_for_staff(staff_id: int, *, limit: int = 500) -> list[SignalSeen]:
    """Safety signals, those that wait first, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = SafetySignal.objects.select_related("inspection", "order")
    found = []
    for row in rows.order_by("-cleared_at", "-raised_at")[:limit]:
        check = checking.all_checks(checking.from_record(row.inspection.checklist))[row.code]
        found.append(
            SignalSeen(
                row.id,
                row.order.code,
                row.vin,
                check.zh,
                check.en,
                row.system,
                row.raised_at,
                row.held_at,
                row.cleared_at,
            )
        )
    return sorted(found, key=lambda one: one.cleared_at is not None)
