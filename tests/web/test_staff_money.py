"""The finance page: what is owed, what needs a second person, two people at once."""

from __future__ import annotations

import pytest

from tests import factories
from tests.contexts.payments import scenes
from tests.contexts.payments.desk import Desk
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.ledger.models import Leaf
from yinuo.contexts.ledger.operations.sealing import integrate
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Keep, MoneyTask, Refund, RefundPart
from yinuo.contexts.payments.operations import keep, refunds, sending
from yinuo.contexts.payments.queries import staff
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.platform import clock

NOW = scenes.NOW


@pytest.fixture
def world(db: None) -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return factories.make_order(world, "FN26AA", state="AT_CENTRE")


def test_refunds_owed_and_sent_by_hand(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order, "BANK")
    refund = refunds.order_refund(
        order_id=order.id,
        amount_fen=500_000,
        reason="CANCELLED",
        request_key="k",
        due_at=NOW - factories.DAY,
        now=NOW - 6 * factories.DAY,
    )
    sending.send(refund_id=refund.id, providers={"BANK": Desk("BANK")}, now=NOW)
    manager = sign_in_staff(world.manager)
    page = read(manager, "/staff/money")
    for words in ("FN26AA", "晚了", "银行转账", "要手工转账", "账是平的", "其中晚的 1 笔"):
        assert words in page
    assert "正在写入公开记录" in page
    integrate(now=NOW)
    n = Leaf.objects.get(entry__kind="refund.ordered").idx
    assert f'<a class="no" href="/log/{n}">第 {n} 条</a>' in read(manager, "/staff/money")
    number = RefundPart.objects.filter(bill__isnull=False).get().number
    assert "不是手工转账" in send(manager, f"/staff/money/parts/{number}", 409, reference="")
    path = f"/staff/money/parts/{number}"
    assert send(manager, path, 302, reference="B1") == "/staff/money"
    assert RefundPart.objects.get(number=number).state == "PAID"
    assert manager.post("/staff/money/parts/R0", {"reference": "B2"}).status_code == 404
    assert Refund.objects.get().interest_fen > 0


@pytest.mark.need(134)
def test_a_second_person_approves_once(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order)
    row = keep.propose_keep(
        order_id=order.id,
        amount_fen=100_000,
        decision_id=scenes.decide(order).id,
        proposer_staff_id=world.manager.id,
        clause="合同第 7 条",
        reason="买方不再要车",
        now=NOW,
    )
    other = StaffMember.objects.create(
        public_id="stf_two",
        name_zh="孙二",
        name_en="Sun Er",
        phone="10000009003",
        role="MANAGER",
    )
    path = f"/staff/money/keeps/{row}/approve"
    assert "不能自己批准" in send(sign_in_staff(world.manager), path, 409)
    assert sign_in_staff(world.dora).post(path).status_code == 403
    assert "合同第 7 条" in read(sign_in_staff(other), "/staff/money")
    assert send(sign_in_staff(other), path, 302) == "/staff/money"
    assert "同事已经决定了" in send(sign_in_staff(other), path, 409)
    assert Bill.objects.get().kept_fen == 100_000
    assert sign_in_staff(other).post(f"/staff/money/keeps/{row}/other").status_code == 404
    keep.dispute_keep(keep_id=row, person_id=world.alice.id, now=NOW)
    path = f"/staff/money/keeps/{row}/back"
    assert send(sign_in_staff(world.manager), path, 302) == "/staff/money"
    assert Keep.objects.get().state == "GIVEN_BACK"


def test_two_people_close_one_task(world: factories.World, order: Order) -> None:
    scenes.ask_balance(order, amount_fen=scenes.PRICE)
    task = MoneyTask.objects.get()
    manager = sign_in_staff(world.manager)
    path = f"/staff/money/tasks/{task.id}"
    assert "写一句" in send(manager, path, 409, outcome=" ")
    assert send(manager, path, 302, outcome="合同已更正") == "/staff/money"
    page = send(manager, path, 409, outcome="我也看了")
    assert "同事已经办了" in page
    task.refresh_from_db()
    assert task.outcome == "合同已更正"


def test_who_reads_the_page(world: factories.World, order: Order) -> None:
    page = read(sign_in_staff(world.dora), "/staff/money")
    assert "没有要退的钱" in page
    assert sign_in(world.alice).get("/staff/money").status_code == 302
    for ask in (
        lambda: staff.list_refunds_for_staff(0, NOW),
        lambda: staff.list_keeps_for_staff(0, "PROPOSED"),
        lambda: staff.list_tasks_for_staff(0),
        lambda: staff.get_digest_for_staff(0, NOW),
    ):
        with pytest.raises(NotStaff):
            ask()
