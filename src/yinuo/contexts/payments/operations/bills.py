"""Asking for money: a deposit, and a balance once the customer has signed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from yinuo.contexts.payments.models import Bill, MoneyTask, Refund
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.contexts.payments.operations.telling import tell_due, tell_paid, tell_refund
from yinuo.contexts.payments.rules import books
from yinuo.platform import outbox
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal

FIFTH = 5


class SignFirst(Refusal):
    """The balance can be asked for only with a signature."""

    code = "sign_first"
    zh = "还不用付款。先验车。"
    en = "Nothing to pay yet. Inspect the car first."


class DepositAboveCap(Refusal):
    """The deposit is more than a fifth of the price."""

    code = "deposit_above_cap"
    zh = "定金最多是车价的两成，这一笔超出了，不能收。"
    en = "A deposit is at most a fifth of the price; this one is more and cannot be taken."


@dataclass(frozen=True)
class OpenedBill:
    """A bill as who ordered it gets it back. `state` BLOCKED: it differs from the contract."""

    id: int
    public_id: str
    kind: str
    state: str
    amount_fen: int


def open_bill(
    *,
    kind: str,
    amount_fen: int,
    contract_amount_fen: int,
    request_key: str,
    now: dt.datetime,
    order_id: int | None = None,
    ticket_id: int | None = None,
    signature_id: int | None = None,
    price_fen: int | None = None,
    due_at: dt.datetime | None = None,
) -> OpenedBill:
    """Ask for `amount_fen`; the same `request_key` gives the first bill again.

    An amount other than the contract's is blocked: nobody can pay it, and a person looks.

    Raises
    ------
    SignFirst
        A balance without a signature.
    DepositAboveCap
        A deposit of more than a fifth of `price_fen`.
    """
    if (order_id is None) == (ticket_id is None):
        raise ValueError("a bill belongs to one order or to one ticket")
    if kind == Bill.Kind.BALANCE and signature_id is None:
        raise SignFirst
    if kind == Bill.Kind.DEPOSIT and price_fen is not None and amount_fen * FIFTH > price_fen:
        raise DepositAboveCap
    try:
        with transaction.atomic():
            return _open(
                Bill(
                    public_id=new_id("bil"),
                    request_key=request_key,
                    kind=kind,
                    order_id=order_id,
                    ticket_id=ticket_id,
                    signature_id=signature_id,
                    amount_fen=amount_fen,
                    contract_amount_fen=contract_amount_fen,
                    price_fen=price_fen,
                    state="OPEN" if amount_fen == contract_amount_fen else "BLOCKED",
                    due_at=due_at,
                    opened_at=now,
                ),
                now,
            )
    except IntegrityError:
        # The same key came at the same moment: whoever was first opened it.
        first = Bill.objects.filter(request_key=request_key).first()
        if first is None:
            raise
        return _opened(first)


def _open(bill: Bill, now: dt.datetime) -> OpenedBill:
    first = Bill.objects.filter(request_key=bill.request_key).first()
    if first is not None:
        return _opened(first)
    bill.save(force_insert=True)
    if bill.state == Bill.State.BLOCKED:
        open_task(
            key=f"blocked:{bill.public_id}",
            kind=MoneyTask.Kind.BLOCKED_BILL,
            about=bill.public_id,
            amount_fen=bill.amount_fen,
            bill_id=bill.id,
            now=now,
        )
    else:
        post(
            f"open:{bill.public_id}",
            "bill.opened",
            books.opened(bill.amount_fen),
            order_id=bill.order_id,
            bill_id=bill.id,
            now=now,
        )
        if bill.kind == Bill.Kind.BALANCE:
            tell_due(bill, now)
    return _opened(bill)


def _opened(bill: Bill) -> OpenedBill:
    return OpenedBill(bill.id, bill.public_id, bill.kind, bill.state, bill.amount_fen)


def void_bill(*, bill_id: int, now: dt.datetime) -> bool:
    """Stop asking for it; False when it is paid or void already."""
    with transaction.atomic():
        bill = Bill.objects.select_for_update().get(id=bill_id)
        if bill.state not in (Bill.State.OPEN, Bill.State.BLOCKED):
            return False
        if bill.state == Bill.State.OPEN:
            post(
                f"void:{bill.public_id}",
                "bill.voided",
                books.voided(bill.amount_fen),
                order_id=bill.order_id,
                bill_id=bill.id,
                now=now,
            )
        bill.state = Bill.State.VOID
        bill.closed_at = now
        bill.save(update_fields=["state", "closed_at"])
        outbox.nudge("payments.close")
    return True


def bind_order(*, ticket_id: int, order_id: int, now: dt.datetime) -> int:
    """The ticket became an order: its bills and refunds are the order's from now on.

    What was paid is written in the order's record. Returns how many bills moved; safe to repeat.
    """
    with transaction.atomic(savepoint=False):
        held = Bill.objects.select_for_update().filter(ticket=ticket_id)
        bills = list(held.values_list("id", flat=True))
        Bill.objects.filter(id__in=bills).update(ticket=None, order=order_id)
        paid = Bill.objects.filter(id__in=bills, state=Bill.State.PAID).order_by("id")
        for bill in paid.select_related("order__line__centre"):
            tell_paid(bill, now)
        for refund in Refund.objects.select_for_update(of=("self",)).filter(ticket=ticket_id):
            refund.ticket, refund.order_id = None, order_id
            refund.save(update_fields=["ticket", "order"])
            tell_refund(refund, "refund.ordered", now)
    return len(bills)
