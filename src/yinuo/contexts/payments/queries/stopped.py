"""What was paid and could not go on: by the law, or because something about it stands open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from yinuo.contexts.payments.models import MoneyTask, Settled
from yinuo.contexts.people.queries.staff import require_staff

# A person has looked by then, and the customer reads what they found.
ANSWER_WITHIN = dt.timedelta(days=1)
# What follows from money takes seconds; what takes longer does not get on by itself.
USUAL = dt.timedelta(minutes=10)
LIMIT = 200


@dataclass(frozen=True)
class Stopped:
    """A paid deposit whose order the law stopped. Amount in fen; `late` past `answer_by_at`."""

    ticket_id: int
    ticket_code: str
    number: int
    centre_code: str
    amount_fen: int
    since_at: dt.datetime
    answer_by_at: dt.datetime
    late: bool


@dataclass(frozen=True)
class Unfinished:
    """Money that was settled some time ago and from which nothing has followed yet."""

    id: int
    kind: str
    order_code: str
    ticket_code: str
    amount_fen: int
    settled_at: dt.datetime
    answer_by_at: dt.datetime
    late: bool


def get_stopped(ticket_id: int, now: dt.datetime) -> Stopped | None:
    """What of this ticket the law stopped; the caller checked who asks."""
    row = _stopped().filter(bill__ticket=ticket_id).first()
    return _seen(row, now) if row else None


def list_stopped_for_staff(staff_id: int, now: dt.datetime) -> list[Stopped]:
    """Every paid deposit whose order the law stopped, the oldest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return [_seen(row, now) for row in _stopped()[:LIMIT]]


def _stopped() -> QuerySet[MoneyTask]:
    rows = MoneyTask.objects.filter(
        kind=MoneyTask.Kind.LAW_STOPPED, done_at=None, bill__ticket__isnull=False
    )
    return rows.select_related("bill__ticket__centre").order_by("opened_at", "id")


def _seen(row: MoneyTask, now: dt.datetime) -> Stopped:
    assert row.bill is not None
    ticket = row.bill.ticket
    assert ticket is not None, "the query takes those of tickets"
    by = row.opened_at + ANSWER_WITHIN
    return Stopped(
        ticket.id,
        ticket.code,
        ticket.number,
        ticket.centre.code if ticket.centre else "",
        row.amount_fen,
        row.opened_at,
        by,
        now > by,
    )


def list_unfinished_for_staff(staff_id: int, now: dt.datetime) -> list[Unfinished]:
    """Everything settled that did not get on by itself, the oldest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Settled.objects.filter(applied_at=None, settled_at__lt=now - USUAL)
    rows = rows.select_related("bill__order", "bill__ticket", "refund__order", "refund__ticket")
    return [_unfinished(row, now) for row in rows.order_by("id")[:LIMIT]]


def _unfinished(row: Settled, now: dt.datetime) -> Unfinished:
    owner = row.bill or row.refund
    assert owner is not None, "what is settled is a bill's or a refund's"
    by = row.settled_at + ANSWER_WITHIN
    return Unfinished(
        row.id,
        row.kind,
        owner.order.code if owner.order else "",
        owner.ticket.code if owner.ticket else "",
        owner.amount_fen,
        row.settled_at,
        by,
        now > by,
    )
