"""What the finance page shows. Every query asks first whether its reader works here now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Sum

from yinuo.contexts.payments.models import Bill, Keep, MoneyTask, Refund, RefundPart
from yinuo.contexts.people.queries.staff import require_staff

LIMIT = 200


@dataclass(frozen=True)
class PartRow:
    """One way of a refund. `by_hand`: a person sends it and gives the reference."""

    number: str
    provider: str
    amount_fen: int
    state: str
    why: str
    by_hand: bool


@dataclass(frozen=True)
class RefundRow:
    """A refund that is owed."""

    public_id: str
    order_id: int | None
    order_code: str
    total_fen: int
    interest_fen: int
    due_at: dt.datetime
    late: bool
    parts: list[PartRow]


@dataclass(frozen=True)
class KeepRow:
    """A deposit proposed to be kept, or disputed."""

    id: int
    order_code: str
    amount_fen: int
    clause: str
    reason: str
    clearance: str
    who_zh: str
    who_en: str
    may_decide: bool


@dataclass(frozen=True)
class TaskRow:
    """Something for a person to look at."""

    id: int
    kind: str
    about: str
    amount_fen: int
    opened_at: dt.datetime


@dataclass(frozen=True)
class Digest:
    """Yesterday's money and what is owed now, in fen."""

    received_fen: int
    refunded_fen: int
    owed_count: int
    owed_fen: int
    late_count: int


def list_refunds_for_staff(staff_id: int, now: dt.datetime) -> list[RefundRow]:
    """Refunds that are not paid, the longest due first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Refund.objects.exclude(state="PAID").select_related("order", "ticket")
    return [
        RefundRow(
            row.public_id,
            row.order_id,
            row.order.code if row.order else (row.ticket.code if row.ticket else ""),
            row.amount_fen + row.penalty_fen + row.interest_fen,
            row.interest_fen,
            row.due_at,
            row.due_at < now,
            [_part(part) for part in row.parts.all()],
        )
        for row in rows.prefetch_related("parts").order_by("due_at")[:LIMIT]
    ]


def _part(part: RefundPart) -> PartRow:
    open_by_hand = part.provider == "BANK" or part.state == "FAILED"
    return PartRow(
        part.number,
        part.provider,
        part.amount_fen,
        part.state,
        part.why,
        open_by_hand and part.state != "PAID",
    )


def list_keeps_for_staff(staff_id: int, state: str) -> list[KeepRow]:
    """What is PROPOSED or DISPUTED, with whether this reader may decide it.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Keep.objects.filter(state=state).select_related(
        "order", "decision", "proposer", "approver"
    )
    found = []
    for row in rows.order_by("id")[:LIMIT]:
        who = row.approver if state == Keep.State.DISPUTED else row.proposer
        found.append(
            KeepRow(
                row.id,
                row.order.code,
                row.amount_fen,
                row.clause,
                row.reason,
                row.decision.clearance,
                who.name_zh if who else "",
                who.name_en if who else "",
                who is None or who.id != staff_id,
            )
        )
    return found


def list_tasks_for_staff(staff_id: int) -> list[TaskRow]:
    """What waits for a person, oldest first; what the law stopped is in `queries.stopped`.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = MoneyTask.objects.filter(done_at=None).exclude(kind=MoneyTask.Kind.LAW_STOPPED)
    rows = rows.order_by("opened_at", "id")[:LIMIT]
    return [TaskRow(row.id, row.kind, row.about, row.amount_fen, row.opened_at) for row in rows]


def get_digest_for_staff(staff_id: int, now: dt.datetime) -> Digest:
    """The finance digest: the last 24 hours, and what is owed.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    since = now - dt.timedelta(days=1)
    received = Bill.objects.filter(paid_at__range=(since, now)).aggregate(n=Sum("paid_fen"))["n"]
    back = RefundPart.objects.filter(paid_at__range=(since, now)).aggregate(n=Sum("amount_fen"))
    owed = list(
        Refund.objects.exclude(state="PAID").values_list(
            "amount_fen", "penalty_fen", "interest_fen", "due_at"
        )
    )
    return Digest(
        received or 0,
        back["n"] or 0,
        len(owed),
        sum(row[0] + row[1] + row[2] for row in owed),
        sum(row[3] < now for row in owed),
    )
