"""An order that the shop sends to a running demo has a contract and a deposit like any other."""

from __future__ import annotations

import datetime as dt

import pytest

from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill
from yinuo.contexts.payments.queries.books import check_books
from yinuo.contexts.payments.queries.statement import get_money
from yinuo.contexts.terms.models import Contract
from yinuo.contexts.terms.queries.contracts import get_for_customer
from yinuo.jobs.schedule import STEPS
from yinuo.workflows.demo.days import START
from yinuo.workflows.demo.records import SHOP
from yinuo.workflows.intake import run_feed

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.need(133)
@pytest.mark.usefixtures("demo_database")
def test_who_orders_after_the_load_has_a_contract_and_a_deposit() -> None:
    before = Order.objects.count()
    old = Contract.objects.count(), Bill.objects.count()
    now = START + MINUTE
    record = {
        "id": "SHOP-NEW-1",
        "locked_at": START.isoformat(),
        "spec": Order.objects.values_list("line__spec__code", flat=True).order_by("id")[0],
        "centre": "NC",
        "name": "新客",
        "phone": "13900000077",
        "language": "zh",
    }
    assert run_feed("orders", [record], sender=SHOP, now=now).accepted == 1
    order = Order.objects.latest("id")
    assert Order.objects.count() == before + 1
    assert STEPS["demo.papers"](now) == 2
    contract = get_for_customer(order.person_id, order.id)
    assert contract is not None
    money = get_money(order.person_id, order.id, now)
    assert money is not None
    [bill] = money.bills
    assert (bill.kind, bill.state, bill.amount_fen) == ("DEPOSIT", "PAID", contract.deposit_fen)
    assert bill.paid_at == order.locked_at
    assert money.held_fen == 500_000
    assert STEPS["demo.papers"](now + MINUTE) == 0, "once"
    assert (Contract.objects.count(), Bill.objects.count()) == (old[0] + 1, old[1] + 1)
    assert check_books() == []


def test_elsewhere_nothing_is_made_up(db: None) -> None:
    assert STEPS["demo.papers"](START) == 0
    assert not Bill.objects.exists()
