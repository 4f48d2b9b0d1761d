"""The tour's stop 2:30: TJ26ZH asked for a company as the buyer, and the specialist is absent."""

from __future__ import annotations

import datetime as dt

import pytest

from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Amendment, Order
from yinuo.contexts.vehicles.models import StockCar
from yinuo.workflows import buyer_change, tell
from yinuo.workflows.demo.days import START


@pytest.mark.need(12)
@pytest.mark.usefixtures("demo_database")
def test_manager_takes_over_by_itself_and_the_customer_is_told() -> None:
    row = Amendment.objects.select_related("order", "owner").get()
    assert (row.order.code, row.state, row.kind) == ("TJ26ZH", "CONFIRMED", "TO_COMPANY")
    assert row.owner is not None
    assert row.owner.name_zh == "李静"
    rank = row.order.rank
    now = START + dt.timedelta(days=2)
    assert buyer_change.watch(now=now) == 1
    row.refresh_from_db()
    assert row.owner.role == "MANAGER"
    assert list_of_subject(row.order_id)[-1].kind == "amendment.handed_up"
    before = Notice.objects.filter(order=row.order_id).count()
    tell.issue_notices(now=now)
    assert Notice.objects.filter(order=row.order_id).count() == before + 1
    assert Order.objects.get(code="TJ26ZH").rank == rank
    assert StockCar.objects.count() == 5
