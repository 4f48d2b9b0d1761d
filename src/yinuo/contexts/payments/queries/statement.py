"""The money of one order or ticket as its customer sees it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from yinuo.contexts.payments.models import Bill, Charge, Keep, Refund, Settled
from yinuo.contexts.payments.queries.stopped import ANSWER_WITHIN, USUAL
from yinuo.contexts.people.queries.people import acts, sees


@dataclass(frozen=True)
class BillSeen:
    """A bill. `trying`: an attempt waits for its provider's word; `failed`: the last one failed.

    `scan` is an address to scan with a phone, `transfer` the number to write on a bank transfer,
    each while that attempt is open.
    """

    id: int
    public_id: str
    kind: str
    amount_fen: int
    state: str
    due_at: dt.datetime | None
    paid_at: dt.datetime | None
    provider: str
    trying: bool
    failed: bool
    scan: str
    transfer: str


@dataclass(frozen=True)
class RefundSeen:
    """A refund. `total_fen` is all of it; `late` when it is past its day and not paid."""

    public_id: str
    total_fen: int
    penalty_fen: int
    interest_fen: int
    state: str
    reason: str
    due_at: dt.datetime
    late: bool
    paid_at: dt.datetime | None
    reference: str


@dataclass(frozen=True)
class KeepSeen:
    """Money that is kept: by which clause, why, who decided, and whether it is disputed."""

    id: int
    amount_fen: int
    state: str
    clause: str
    reason: str
    approver_zh: str
    approver_en: str
    kept_at: dt.datetime


@dataclass(frozen=True)
class Money:
    """All money of one order; `held_fen` is what is held for the customer now.

    `answer_by_at` is set where money came some time ago and nothing has followed from it yet: a
    person has looked by then.
    """

    bills: list[BillSeen]
    refunds: list[RefundSeen]
    keeps: list[KeepSeen]
    held_fen: int
    may_act: bool
    answer_by_at: dt.datetime | None

    @property
    def payable(self) -> BillSeen | None:
        """The bill that can be paid now."""
        return next((bill for bill in self.bills if bill.state in ("OPEN", "BLOCKED")), None)


def get_money(person_id: int, order_id: int, now: dt.datetime) -> Money | None:
    """The money of an order, for its customer and household; None for anybody else."""
    whose = Q(order=order_id) & sees(person_id, "order__person")
    bills = list(Bill.objects.filter(whose).distinct().select_related("order").order_by("id"))
    if not bills:
        return None
    order = bills[0].order
    keeps = Keep.objects.filter(order=order_id)
    return _money(bills, keeps, order is not None and order.person_id == person_id, now)


def get_money_of_ticket(person_id: int, ticket_id: int, now: dt.datetime) -> Money | None:
    """The money of a ticket, for whoever holds it; None for anybody else."""
    mine = Bill.objects.filter(acts(person_id, "ticket__person"), ticket=ticket_id)
    bills = list(mine.order_by("id"))
    return _money(bills, Keep.objects.none(), True, now) if bills else None


def _money(bills: list[Bill], keeps: QuerySet[Keep], may_act: bool, now: dt.datetime) -> Money:
    """Money of these bills, which are all of one order or ticket."""
    charges = list(Charge.objects.filter(bill__in=bills).order_by("id"))
    refunds = Refund.objects.filter(order=bills[0].order_id, ticket=bills[0].ticket_id)
    return Money(
        bills=[
            _bill(bill, [one for one in charges if one.bill_id == bill.id], now) for bill in bills
        ],
        refunds=[_refund(row, now) for row in refunds.order_by("id")],
        keeps=_keeps(keeps),
        held_fen=sum(bill.paid_fen - bill.refunded_fen - bill.kept_fen for bill in bills),
        may_act=may_act,
        answer_by_at=_answer_by(bills, now),
    )


def _answer_by(bills: list[Bill], now: dt.datetime) -> dt.datetime | None:
    rows = Settled.objects.filter(bill__in=bills, applied_at=None, settled_at__lt=now - USUAL)
    first = rows.order_by("settled_at").values_list("settled_at", flat=True).first()
    return first + ANSWER_WITHIN if first else None


def _bill(bill: Bill, charges: list[Charge], now: dt.datetime) -> BillSeen:
    paid = next((one.provider for one in charges if one.state == "PAID"), "")
    running = [one for one in charges if one.state == "STARTED" and one.expires_at > now]
    last = running[-1] if running and bill.state == "OPEN" else None
    return BillSeen(
        bill.id,
        bill.public_id,
        bill.kind,
        bill.amount_fen,
        bill.state,
        bill.due_at,
        bill.paid_at,
        paid,
        last is not None,
        bool(charges) and charges[-1].state == "FAILED",
        last.link if last is not None and last.link.startswith("weixin:") else "",
        last.number if last is not None and last.provider == "BANK" else "",
    )


def _refund(row: Refund, now: dt.datetime) -> RefundSeen:
    return RefundSeen(
        row.public_id,
        row.amount_fen + row.penalty_fen + row.interest_fen,
        row.penalty_fen,
        row.interest_fen,
        row.state,
        row.reason,
        row.due_at,
        row.state != "PAID" and row.due_at < now,
        row.paid_at,
        row.bank_reference,
    )


def _keeps(rows: QuerySet[Keep]) -> list[KeepSeen]:
    shown = rows.filter(kept_at__isnull=False).exclude(state__in=["PROPOSED", "DECLINED"])
    return [
        KeepSeen(
            row.id,
            row.amount_fen,
            row.state,
            row.clause,
            row.reason,
            row.approver.name_zh,
            row.approver.name_en,
            row.kept_at,
        )
        for row in shown.select_related("approver").order_by("id")
        if row.approver is not None and row.kept_at is not None
    ]


@dataclass(frozen=True)
class Played:
    """A charge on the sandbox's page; `back` is where its customer came from."""

    number: str
    amount_fen: int
    kind: str
    state: str
    back: str


def get_played(person_id: int, number: str) -> Played | None:
    """A sandbox charge of one's own; None for anybody else's."""
    rows = Charge.objects.filter(number=number, provider="SANDBOX")
    charge = rows.select_related("bill__order", "bill__ticket").order_by().first()
    if charge is None:
        return None
    bill = charge.bill
    owner = bill.ticket or bill.order
    if owner is None or owner.person_id != person_id:
        return None
    if bill.ticket is not None:
        back = f"/t/{bill.ticket.code}/pay"
    else:
        assert bill.order is not None
        back = f"/o/{bill.order.code}/pay/{bill.public_id}"
    return Played(charge.number, charge.amount_fen, bill.kind, charge.state, back)
