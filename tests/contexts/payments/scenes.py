"""Money of an order for tests: asked for, paid, signed for."""

from __future__ import annotations

import datetime as dt
from itertools import count

from django.db import connection

from tests import factories
from yinuo.contexts.handover.models import Inspection, Outcome, Signature
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Account, Bill, Charge, PostingLine
from yinuo.contexts.payments.operations import bills, keep, settle
from yinuo.contexts.payments.operations.bills import OpenedBill
from yinuo.contexts.payments.queries import books
from yinuo.contexts.terms.models import Decision

NOW = factories.NOW
DEPOSIT = 500_000
PRICE = 24_590_000
_numbers = count(1)


def sums() -> dict[str, int]:
    """Every account's sum in fen, those with nothing left out."""
    found: dict[str, int] = {}
    for line in PostingLine.objects.values_list("account", "amount_fen"):
        found[line[0]] = found.get(line[0], 0) + line[1]
    assert set(found) <= set(Account.values)
    assert sum(found.values()) == 0
    return {account: amount for account, amount in found.items() if amount}


def check_deferred() -> None:
    """Ask now what the database would ask when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def check_books() -> None:
    """Whatever happened: every posting balances, and the books say what the rows say."""
    check_deferred()
    assert books.check_books() == []


def ask_deposit(order: Order, *, amount_fen: int = DEPOSIT, key: str = "") -> OpenedBill:
    """A bill for the deposit."""
    return bills.open_bill(
        kind="DEPOSIT",
        amount_fen=amount_fen,
        contract_amount_fen=amount_fen,
        price_fen=PRICE,
        order_id=order.id,
        request_key=key or f"deposit:{next(_numbers)}",
        now=NOW,
    )


def charge(bill: OpenedBill, provider: str = "WECHAT") -> Charge:
    """An attempt to collect it, as it stands when the provider was asked."""
    number = next(_numbers)
    return Charge.objects.create(
        number=f"C{number:020}",
        bill_id=bill.id,
        provider=provider,
        request_key=f"charge:{number}",
        amount_fen=bill.amount_fen,
        link="https://pay.example.cn/x",
        started_at=NOW,
        expires_at=NOW + dt.timedelta(minutes=30),
    )


def pay(bill: OpenedBill, provider: str = "WECHAT", *, now: dt.datetime = NOW) -> Charge:
    """The provider has the money."""
    attempt = charge(bill, provider)
    came = settle.charge_paid(
        provider=provider,
        number=attempt.number,
        ref=f"ref-{attempt.number}",
        amount_fen=bill.amount_fen,
        now=now,
    )
    assert came == "PAID"
    attempt.refresh_from_db()
    return attempt


def paid_deposit(order: Order, provider: str = "WECHAT") -> Bill:
    """A deposit that was paid."""
    bill = ask_deposit(order)
    pay(bill, provider)
    return Bill.objects.get(id=bill.id)


def sign(order: Order) -> Signature:
    """The customer inspected the car, takes it and signed."""
    inspection = Inspection.objects.create(
        public_id=f"ins_{order.code}",
        order=order,
        vin="LYNS7ANC0S0000001",
        state="OPEN",
        checklist=[],
        opened_at=NOW,
    )
    Outcome.objects.create(
        inspection=inspection, taken="TAKE", version=1, decided_at=NOW, person=order.person
    )
    Inspection.objects.filter(id=inspection.id).update(state="DECIDED")
    return Signature.objects.create(
        public_id=f"sig_{order.code}",
        order=order,
        inspection=inspection,
        version=1,
        document_sha256="a" * 64,
        document="{}",
        kind="TYPED",
        name="陈安",
        signed_at=NOW,
        person=order.person,
    )


def ask_balance(order: Order, *, amount_fen: int = PRICE - DEPOSIT) -> OpenedBill:
    """A bill for the balance, after the signature."""
    return bills.open_bill(
        kind="BALANCE",
        amount_fen=amount_fen,
        contract_amount_fen=PRICE - DEPOSIT,
        order_id=order.id,
        signature_id=sign(order).id,
        request_key=f"balance:{next(_numbers)}",
        now=NOW,
    )


def keep_deposit(
    world: factories.World,
    order: Order,
    *,
    amount_fen: int = 200_000,
    decision_id: int | None = None,
    now: dt.datetime = NOW,
) -> int:
    """Dora proposes to keep part of the deposit and the manager approves; the row."""
    row = keep.propose_keep(
        order_id=order.id,
        amount_fen=amount_fen,
        decision_id=decision_id or decide(order).id,
        proposer_staff_id=world.dora.id,
        clause="合同第 7 条",
        reason="您说不再要车，我们没有违约",
        now=now,
    )
    keep.approve_keep(keep_id=row, approver_staff_id=world.manager.id, now=now)
    return row


def decide(order: Order, clearance: str = "go") -> Decision:
    """A stored decision of the rules on this order."""
    number = next(_numbers)
    return Decision.objects.create(
        public_id=f"dec_{number}",
        order=order,
        at="cancel",
        on_date=NOW.date(),
        clearance=clearance,
        digest=f"{number:064}",
        record={},
        decided_at=NOW,
    )
