"""Paid and stopped by the law, on the pages: the ticket's holder, the household, finance."""

from __future__ import annotations

import re

import pytest

from tests.contexts.orders.launch_worlds import HOUR
from tests.contexts.payments import scenes
from tests.factories import NOW, make_order
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows.launch_story import row
from tests.workflows.stopped_story import Held, issue_again, make_held, overturn
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations.progress import Frozen
from yinuo.contexts.payments.models import Refund, Settled
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.terms.models import Contract
from yinuo.platform import clock
from yinuo.workflows import settled

pytestmark = pytest.mark.django_db
MONEY = "/staff/money"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    monkeypatch.setenv("PAY_MODE", "sandbox")
    clock.set_test_clock(at=NOW, running=False)
    return make_held()


def make_staff(role: str) -> StaffMember:
    """A colleague of another trade."""
    return StaffMember.objects.create(
        public_id=f"stf_{role.lower()}",
        name_zh="孙二",
        name_en="Sun Er",
        phone="10000009003",
        role=role,
    )


def test_the_holder_reads_who_looks_by_when_and_why(held: Held) -> None:
    page = read(sign_in(held.sale.world.alice), f"/t/{held.ticket.code}")
    for words in (
        "定金收到了，还没有锁单",
        "王敏在处理，2月12日 09:20 前告诉您怎么办。",
        "您的号和定金都留着",
        "是哪条规定",
        "不能这样办",
        "退掉这个号",
    ):
        assert words in page
    assert "看新合同" not in page, "there is none yet"
    assert "正在锁单" not in page
    assert "付定金" not in page
    assert "您的号和定金都留着" in read(sign_in(held.sale.world.bob), f"/t/{held.ticket.code}")
    assert sign_in(held.sale.world.carol).get(f"/t/{held.ticket.code}").status_code == 404
    english = sign_in(held.sale.world.alice, **{"Accept-Language": "en"})
    assert "The order is not locked yet" in read(english, f"/t/{held.ticket.code}")
    clock.set_test_clock(at=NOW + 25 * HOUR, running=False)
    assert "我们晚了，抱歉" in read(sign_in(held.sale.world.alice), f"/t/{held.ticket.code}")


@pytest.mark.need(126, 133)
def test_she_agrees_to_the_new_contract_on_her_page(held: Held) -> None:
    issue_again()
    alice, address = sign_in(held.sale.world.alice), f"/t/{held.ticket.code}"
    assert f'href="{address}/confirm"' in read(alice, address)
    assert f'href="{address}/confirm"' not in read(sign_in(held.sale.world.bob), address)
    page = read(alice, f"{address}/confirm")
    assert "七十二小时内取消全退" in page
    assert "车价 245,900 元" in page
    shown = re.findall(r'name="page" value="([^"]+)"', page)[0]
    assert send(alice, f"{address}/confirm", 302, page=shown) == address
    order = Order.objects.get()
    assert row(held.ticket).state == "LOCKED"
    assert Contract.objects.get(superseded_at=None).version == 2
    assert f"/o/{order.code}" in read(alice, address)
    assert send(alice, f"{address}/confirm", 302, page=shown) == address, "once"
    assert Contract.objects.count() == 2


def test_finance_sees_it_and_asks_the_law_again(held: Held) -> None:
    manager = sign_in_staff(held.sale.world.manager)
    page = read(manager, MONEY)
    answers = "王敏负责，2月12日 09:20 前答复客户。"
    for words in ("规则不让锁单", held.ticket.code, answers, "不能这样办"):
        assert words in page
    again = f"{MONEY}/stopped/{held.ticket.id}/again"
    page = send(manager, again, 409, words="我看没关系")
    assert "规则还是不让锁单" in page
    assert 'value="我看没关系"' in page, "nothing typed is lost"
    assert "写一句" in send(manager, again, 409, words=" ")
    overturn(held)
    assert send(manager, again, 302, words="二审改判") == MONEY
    assert held.ticket.code not in read(manager, MONEY)
    assert "已经办好了" in send(manager, again, 409, words="再来")
    assert Order.objects.count() == 1


def test_finance_gives_back_when_the_customer_wants_out(held: Held) -> None:
    dora, manager = sign_in_staff(held.sale.world.dora), sign_in_staff(held.sale.world.manager)
    planner = sign_in_staff(make_staff("PLANNER"))
    back = f"{MONEY}/stopped/{held.ticket.id}/back"
    assert f'formaction="{back}"' in read(manager, MONEY)
    assert back in read(dora, MONEY), "who answers for it can do it"
    assert back not in read(planner, MONEY), "others read it"
    assert planner.post(back, {"words": "x"}).status_code == 403
    assert sign_in(held.sale.world.alice).post(back, {"words": "x"}).status_code in (302, 403)
    assert manager.post(f"{MONEY}/stopped/{held.ticket.id}/other").status_code == 404
    assert not Refund.objects.exists()
    assert send(dora, back, 302, words="客户来电不要了") == MONEY
    assert Refund.objects.get().amount_fen == 500_000
    assert "已经退了" in read(sign_in(held.sale.world.alice), f"/t/{held.ticket.code}")
    assert "规则不让锁单" not in read(manager, MONEY)


def test_money_from_which_nothing_followed_is_seen_by_both_sides(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = held.sale.world
    order = make_order(world, "UF26AA", state="AT_CENTRE")
    scenes.paid_deposit(order)
    waiting = Settled.objects.get(applied_at=None)

    def frozen(*_: object) -> None:
        raise Frozen(state="LOCKED", verb="pay", condition="buyer_change")

    monkeypatch.setitem(settled.FOLLOWS, "DEPOSIT_PAID", frozen)
    assert settled.run(NOW) == 0
    alice, manager = sign_in(world.alice), sign_in_staff(world.manager)
    assert "后面的手续还没办完" not in read(alice, "/o/UF26AA/money"), "it takes some seconds"
    clock.set_test_clock(at=NOW + HOUR, running=False)
    assert "后面的手续还没办完。王敏在看，2月12日 09:20 前告诉您结果。" in read(
        alice, "/o/UF26AA/money"
    )
    page = read(manager, MONEY)
    for words in ("后面的事没办完", "UF26AA", "定金到了", "再办一次"):
        assert words in page
    path = f"{MONEY}/settled/{waiting.id}"
    assert "订单上有一件事还没办完" in send(manager, path, 409)
    assert sign_in_staff(make_staff("PLANNER")).post(path).status_code == 403
    monkeypatch.undo()
    assert send(manager, path, 302) == MONEY
    assert "后面的事没办完" not in read(manager, MONEY)
    assert "后面的手续" not in read(alice, "/o/UF26AA/money")
