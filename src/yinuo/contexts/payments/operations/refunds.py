"""Ordering refunds: money goes back the way it came, never more than was paid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from yinuo.contexts.payments.models import Bill, Charge, Refund, RefundPart
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.telling import tell_refund
from yinuo.contexts.payments.rules import books
from yinuo.platform import outbox
from yinuo.platform.ids import new_code, new_id
from yinuo.platform.refusals import Refusal

# What the maker promises; the law's own last day is later, see `prepay.refund`.
DUE_DAYS = 5


class MoreThanPaid(Refusal):
    """There is less to give back than was asked for."""

    code = "more_than_paid"
    zh = "退款不能超过已付的钱：还能退 {left_yuan} 元。"
    en = "A refund cannot be more than what was paid: {left_yuan} yuan are left."


@dataclass(frozen=True)
class OrderedRefund:
    """A refund as who ordered it gets it back. Amounts in fen."""

    id: int
    public_id: str
    amount_fen: int
    penalty_fen: int
    due_at: dt.datetime
    state: str


@dataclass(frozen=True)
class _Wanted:
    """What a refund is asked for with; `owner` is the order or the ticket."""

    owner: dict[str, int]
    amount_fen: int
    penalty_fen: int
    reason: str
    decision_id: int | None
    due_at: dt.datetime
    interest_from_date: dt.date | None
    request_key: str


def order_refund(
    *,
    order_id: int | None = None,
    ticket_id: int | None = None,
    amount_fen: int,
    reason: str,
    request_key: str,
    now: dt.datetime,
    decision_id: int | None = None,
    due_at: dt.datetime | None = None,
    interest_from_date: dt.date | None = None,
) -> OrderedRefund:
    """Owe the customer `amount_fen` from now on; the same `request_key` gives the first again.

    It goes back over the charges by which it came, newest bill first. Interest runs from
    `interest_from_date`, or, where none is given, from the day after `due_at` if it is late.

    Raises
    ------
    MoreThanPaid
    """
    wanted = _Wanted(
        _one_of(order_id, ticket_id),
        amount_fen,
        0,
        reason,
        decision_id,
        due_at or now + dt.timedelta(days=DUE_DAYS),
        interest_from_date,
        request_key,
    )
    return _order(wanted, now)


def double_deposit(
    *,
    order_id: int,
    penalty_fen: int,
    decision_id: int,
    request_key: str,
    now: dt.datetime,
    due_at: dt.datetime | None = None,
) -> OrderedRefund:
    """Give a deposit back and `penalty_fen` on top: the maker broke the contract (deposit.double).

    `penalty_fen` is what the decision worked out; it is at most the deposit itself.

    Raises
    ------
    MoreThanPaid
        No deposit is left to give back, or the penalty is more than the deposit.
    """
    left = sum(
        bill.paid_fen - bill.refunded_fen - bill.kept_fen
        for bill in Bill.objects.filter(order=order_id, kind="DEPOSIT", state="PAID")
    )
    again = Refund.objects.filter(request_key=request_key).first()
    if again is not None:
        return _ordered(again)
    if left == 0 or penalty_fen > left:
        raise MoreThanPaid(left_yuan=f"{left / 100:,.2f}")
    due = due_at or now + dt.timedelta(days=DUE_DAYS)
    wanted = _Wanted(
        {"order_id": order_id},
        left,
        penalty_fen,
        "deposit.double",
        decision_id,
        due,
        None,
        request_key,
    )
    return _order(wanted, now)


def _one_of(order_id: int | None, ticket_id: int | None) -> dict[str, int]:
    if order_id is not None and ticket_id is None:
        return {"order_id": order_id}
    if ticket_id is not None and order_id is None:
        return {"ticket_id": ticket_id}
    raise ValueError("a refund belongs to one order or to one ticket")


def _order(wanted: _Wanted, now: dt.datetime) -> OrderedRefund:
    try:
        with transaction.atomic():
            return _write(wanted, now)
    except IntegrityError:
        first = Refund.objects.filter(request_key=wanted.request_key).first()
        if first is None:
            raise
        return _ordered(first)


def _write(wanted: _Wanted, now: dt.datetime) -> OrderedRefund:
    bills = list(
        Bill.objects.select_for_update()
        .filter(**wanted.owner, state=Bill.State.PAID)
        .order_by("-id")
    )
    first = Refund.objects.filter(request_key=wanted.request_key).first()
    if first is not None:
        return _ordered(first)
    shares = _share(bills, wanted.amount_fen)
    refund = Refund.objects.create(
        public_id=new_id("rfd"),
        request_key=wanted.request_key,
        **wanted.owner,
        amount_fen=wanted.amount_fen,
        penalty_fen=wanted.penalty_fen,
        reason=wanted.reason,
        decision_id=wanted.decision_id,
        ordered_at=now,
        due_at=wanted.due_at,
        interest_from_date=wanted.interest_from_date,
    )
    _write_parts(refund, shares)
    post(
        f"refund:{refund.public_id}",
        "refund.ordered",
        books.owed_back(
            [("EARNED" if bill.earned_at else bill.kind, fen) for bill, fen in shares],
            wanted.penalty_fen,
        ),
        order_id=refund.order_id,
        now=now,
    )
    tell_refund(refund, "refund.ordered", now)
    outbox.nudge("payments.refunds")
    return _ordered(refund)


def _share(bills: list[Bill], amount_fen: int) -> list[tuple[Bill, int]]:
    """How much goes back of each bill; takes it from what is left of them."""
    left = sum(bill.paid_fen - bill.refunded_fen - bill.kept_fen for bill in bills)
    if amount_fen <= 0 or amount_fen > left:
        raise MoreThanPaid(left_yuan=f"{left / 100:,.2f}")
    shares = []
    for bill in bills:
        take = min(amount_fen, bill.paid_fen - bill.refunded_fen - bill.kept_fen)
        if take:
            Bill.objects.filter(id=bill.id).update(refunded_fen=F("refunded_fen") + take)
            shares.append((bill, take))
            amount_fen -= take
    return shares


def _write_parts(refund: Refund, shares: list[tuple[Bill, int]]) -> None:
    charges = {
        charge.bill_id: charge
        for charge in Charge.objects.filter(
            bill__in=[bill.id for bill, _ in shares], state=Charge.State.PAID
        )
    }
    RefundPart.objects.bulk_create(
        RefundPart(
            number=f"R{new_code(20)}",
            refund=refund,
            bill=bill,
            charge=charges[bill.id],
            provider=charges[bill.id].provider,
            amount_fen=amount_fen,
        )
        for bill, amount_fen in shares
    )


def _ordered(refund: Refund) -> OrderedRefund:
    return OrderedRefund(
        refund.id,
        refund.public_id,
        refund.amount_fen,
        refund.penalty_fen,
        refund.due_at,
        refund.state,
    )
