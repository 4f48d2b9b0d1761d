"""What somebody who leaves has paid, and which bills are open. Asked by workflows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Avg

from yinuo.contexts.payments.models import Bill, Keep, Refund
from yinuo.platform.spoken import local_date


@dataclass(frozen=True)
class Paid:
    """What could go back, in fen: `fen` in all, `deposit_fen` of it as a deposit.

    `price_fen` is the price of the car that the deposit was taken for, where it was stated.
    """

    fen: int
    deposit_fen: int
    first_date: dt.date | None
    price_fen: int | None


@dataclass(frozen=True)
class RefundSeen:
    """A refund as its customer follows it. Amounts in fen."""

    public_id: str
    fen: int
    interest_fen: int
    state: str
    due_at: dt.datetime
    paid_at: dt.datetime | None
    bank_reference: str


def get_paid(order_id: int) -> Paid:
    """What was paid for an order and neither went back nor was kept; the caller checked access."""
    bills = list(Bill.objects.filter(order=order_id, state=Bill.State.PAID).order_by("paid_at"))
    left = {bill.id: bill.paid_fen - bill.refunded_fen - bill.kept_fen for bill in bills}
    first = next((bill.paid_at for bill in bills if left[bill.id] and bill.paid_at), None)
    return Paid(
        sum(left.values()),
        sum(left[bill.id] for bill in bills if bill.kind == Bill.Kind.DEPOSIT),
        local_date(first) if first else None,
        next((bill.price_fen for bill in bills if bill.price_fen), None),
    )


def list_open_bills(order_id: int) -> list[int]:
    """Bills of an order that are neither paid nor void."""
    rows = Bill.objects.filter(order=order_id, state__in=["OPEN", "BLOCKED"])
    return list(rows.order_by("id").values_list("id", flat=True))


def list_open_balances(order_id: int) -> list[int]:
    """Balances of an order that are asked for or blocked."""
    rows = Bill.objects.filter(order=order_id, kind="BALANCE", state__in=["OPEN", "BLOCKED"])
    return list(rows.order_by("id").values_list("id", flat=True))


def list_asked(signature_ids: Collection[int]) -> set[int]:
    """Those of these signatures by which a balance was asked for, paid or not."""
    rows = Bill.objects.filter(signature__in=list(signature_ids))
    return {row for row in rows.values_list("signature_id", flat=True) if row is not None}


def list_paid_balances(order_id: int) -> list[tuple[str, int]]:
    """Balances of an order that are with us: public id and what is left of it, in fen."""
    bills = Bill.objects.filter(order=order_id, kind="BALANCE", state="PAID").order_by("id")
    left = [(one.public_id, one.paid_fen - one.refunded_fen - one.kept_fen) for one in bills]
    return [(public_id, fen) for public_id, fen in left if fen]


def list_open_amounts(order_id: int) -> list[int]:
    """What an order is asked for now, in fen, newest first."""
    rows = Bill.objects.filter(order=order_id, state="OPEN")
    return list(rows.order_by("-id").values_list("amount_fen", flat=True))


def list_refunds(order_id: int) -> list[RefundSeen]:
    """The refunds of an order, newest first; the caller checked access."""
    return [
        RefundSeen(
            row.public_id,
            row.amount_fen + row.penalty_fen,
            row.interest_fen,
            row.state,
            row.due_at,
            row.paid_at,
            row.bank_reference,
        )
        for row in Refund.objects.filter(order=order_id).order_by("-id")
    ]


def count_owed() -> tuple[int, int]:
    """Refunds that are owed and not paid yet: how many, and fen in all."""
    owed = list(Refund.objects.exclude(state="PAID").values_list("amount_fen", "penalty_fen"))
    return len(owed), sum(amount + penalty for amount, penalty in owed)


@dataclass(frozen=True)
class Proposed:
    """What a colleague proposed to keep, waiting for a second named person. Amounts in fen."""

    id: int
    fen: int
    clause: str
    reason: str
    proposer_id: int | None
    proposer_zh: str
    proposer_en: str


def list_proposed(order_id: int) -> list[Proposed]:
    """What waits to be approved for an order; the caller is staff."""
    rows = Keep.objects.filter(order=order_id, state="PROPOSED").select_related("proposer")
    return [
        Proposed(
            row.id,
            row.amount_fen,
            row.clause,
            row.reason,
            row.proposer_id,
            row.proposer.name_zh if row.proposer else "",
            row.proposer.name_en if row.proposer else "",
        )
        for row in rows.order_by("id")
    ]


def mean_deposit() -> int:
    """The mean of deposits that are held, in fen; 0 where none is."""
    mean = Bill.objects.filter(kind="DEPOSIT", state="PAID", refunded_fen=0, kept_fen=0).aggregate(
        mean=Avg("paid_fen")
    )["mean"]
    return round(mean or 0)
