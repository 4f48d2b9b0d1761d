"""Asking for money: a deposit, and a balance once the customer has signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from yinuo.contexts.payments.models import Bill, MoneyTask, Refund
from yinuo.contexts.payments.operations.books import post
from yinuo.contexts.payments.operations.tasks import open_task
from yinuo.contexts.payments.operations.telling import tell_due, tell_paid, tell_refund
from yinuo.contexts.payments.rules import books
from yinuo.contexts.people.queries.staff import list_staff
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
    with transaction.atomic(savepoint=False):
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


def _open(asked: Bill, now: dt.datetime) -> OpenedBill:
    # The same key at the same moment waits here, and finds the bill of whoever was first.
    Bill.objects.bulk_create([asked], ignore_conflicts=True)
    bill = Bill.objects.filter(request_key=asked.request_key).order_by().first()
    if bill is None:
        # Something else than the key stood in the way: the database says what.
        asked.save(force_insert=True)
        raise AssertionError("a bill that meets no other is written or refused")
    if bill.public_id != asked.public_id:
        return _opened(bill)
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


def bind_orders(*, orders: Mapping[int, int], now: dt.datetime) -> int:
    """These tickets became these orders: so do their bills and refunds.

    What was paid is written in the order's record. Returns how many bills moved; safe to repeat.
    """
    with transaction.atomic(savepoint=False):
        held = Bill.objects.select_for_update().filter(ticket__in=orders).order_by("id")
        bills = dict(held.values_list("id", "ticket_id"))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE payments_bill b SET ticket_id = NULL, order_id = x.order_id"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS x(id, order_id) WHERE b.id = x.id",
                [list(bills), [orders[ticket or 0] for ticket in bills.values()]],
            )
        paid = Bill.objects.filter(id__in=bills, state=Bill.State.PAID).order_by("id")
        staff = list_staff()
        for bill in paid.select_related("order__line__centre"):
            tell_paid(bill, now, staff)
        for refund in Refund.objects.select_for_update(of=("self",)).filter(ticket__in=orders):
            refund.order_id, refund.ticket = orders[refund.ticket_id or 0], None
            refund.save(update_fields=["ticket", "order"])
            tell_refund(refund, "refund.ordered", now)
    return len(bills)
