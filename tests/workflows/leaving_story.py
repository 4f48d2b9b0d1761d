"""An order with a paid deposit, for the stories of leaving."""

from __future__ import annotations

import datetime as dt

from tests import factories
from tests.factories import NOW, World
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Charge

DEPOSIT_FEN = 500_000
PRICE_FEN = 31_890_000


def pay_bill(bill: Bill, paid_at: dt.datetime = NOW) -> Bill:
    """The bill is paid through the sandbox."""
    bill.state, bill.paid_fen, bill.paid_at = "PAID", bill.amount_fen, paid_at
    bill.save(update_fields=["state", "paid_fen", "paid_at"])
    Charge.objects.create(
        number=f"C{bill.id}",
        bill=bill,
        provider="SANDBOX",
        request_key=f"charge:{bill.id}",
        amount_fen=bill.amount_fen,
        state="PAID",
        provider_ref=f"ref{bill.id}",
        started_at=paid_at,
        expires_at=paid_at,
        settled_at=paid_at,
    )
    return bill


def pay_deposit(order: Order, fen: int = DEPOSIT_FEN, paid_at: dt.datetime = NOW) -> Bill:
    """A deposit that was asked for and paid."""
    bill = Bill.objects.create(
        public_id=f"bil_{order.code}{paid_at:%H%M%S%f}",
        request_key=f"paid:{order.code}:{paid_at}",
        kind="DEPOSIT",
        order=order,
        amount_fen=fen,
        contract_amount_fen=fen,
        price_fen=PRICE_FEN,
        opened_at=paid_at,
    )
    return pay_bill(bill, paid_at)


def ordered(
    world: World,
    code: str,
    state: str = "LOCKED",
    locked_at: dt.datetime = NOW - dt.timedelta(days=30),
    **made: object,
) -> Order:
    """An order of Alice's with its deposit paid when it was locked."""
    order = factories.make_order(world, code, state=state, locked_at=locked_at, **made)  # type: ignore[arg-type]
    pay_deposit(order, paid_at=locked_at)
    return order
