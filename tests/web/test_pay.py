"""Paying as a customer does: nothing before the signature, three taps after it, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.contexts.payments import scenes
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import Bill, Charge, Keep, MoneyTask
from yinuo.contexts.payments.operations import asking, bills
from yinuo.platform import clock
from yinuo.platform.pay.bank import Bank

NOT_YET = "还不用付款。先验车。"


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[factories.World]:
    monkeypatch.setenv("PAY_MODE", "sandbox")
    clock.set_test_clock(at=scenes.NOW, running=False)
    yield factories.make_world()
    scenes.check_books()


@pytest.fixture
def order(world: factories.World) -> Order:
    return factories.make_order(world, "PY26AA", state="AT_CENTRE")


@pytest.fixture
def alice(world: factories.World) -> Client:
    return sign_in(world.alice)


def key_of(page: str) -> str:
    found = re.search(r'name="request_key" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.need(13)
def test_before_the_signature_there_is_nothing_to_pay(order: Order, alice: Client) -> None:
    scenes.paid_deposit(order)
    for path, status in (
        ("/o/PY26AA/pay", 200),
        ("/o/PY26AA/handover/pay", 200),
        ("/o/PY26AA/pay/bil_guessed", 404),
    ):
        page = read(alice, path, status)
        assert NOT_YET in page
        assert 'name="provider"' not in page
        # The page leads to itself in the other language, and nowhere to pay.
        assert set(re.findall(r'href="([^"?]*/pay[^"?]*)', page)) <= {path}
    for path in ("/o/PY26AA", "/o/PY26AA/money"):
        assert not re.search(r'href="[^"]*/pay', read(alice, path))


@pytest.mark.need(13)
def test_from_the_signature_to_the_money_in_three_taps(order: Order, alice: Client) -> None:
    scenes.paid_deposit(order)
    bill = scenes.ask_balance(order)
    home = read(alice, "/o/PY26AA/money")
    address = f"/o/PY26AA/pay/{bill.public_id}"
    assert f'href="{address}"' in home  # the first tap
    page = read(alice, address)
    assert "240,900 元，和合同一样" in page
    there = send(alice, address, 302, provider="SANDBOX", request_key=key_of(page))  # the second
    assert there.startswith("/pay/sandbox/C")
    assert "演示：不动真钱" in read(alice, there)
    assert send(alice, there, 302, do="pay") == address  # the third
    assert "收到了：尾款 240,900 元" in read(alice, address)
    assert scenes.sums() == {
        "CLEARING_WECHAT": 500_000,
        "CLEARING_SANDBOX": 24_090_000,
        "DEPOSITS_HELD": -500_000,
        "BALANCES_HELD": -24_090_000,
    }


def test_a_double_tap_and_a_reload_collect_once(order: Order, alice: Client) -> None:
    bill = scenes.ask_balance(order)
    address = f"/o/PY26AA/pay/{bill.public_id}"
    first = send(alice, address, 302, provider="SANDBOX", request_key="k1")
    assert send(alice, address, 302, provider="SANDBOX", request_key="k1") == first
    assert Charge.objects.count() == 1
    for _ in range(2):
        send(alice, first, 302, do="pay")
    assert "这一次付款已经结束" in read(alice, first)
    page = send(alice, address, 409, provider="SANDBOX", request_key="k2")
    assert "已经付过" in page
    assert scenes.sums()["CLEARING_SANDBOX"] == 24_090_000


def test_a_payment_that_fails_can_be_made_again(order: Order, alice: Client) -> None:
    bill = scenes.ask_balance(order)
    address = f"/o/PY26AA/pay/{bill.public_id}"
    there = send(alice, address, 302, provider="SANDBOX", request_key="k1")
    assert "我付好了，查一下" in read(alice, address)
    assert send(alice, address, 302, do="check") == address
    send(alice, there, 302, do="fail")
    assert "钱没有动" in read(alice, address)
    there = send(alice, address, 302, provider="SANDBOX", request_key="k2")
    send(alice, there, 302, do="pay")
    assert Bill.objects.get().state == "PAID"


def test_an_amount_that_differs_is_blocked_and_said(order: Order, alice: Client) -> None:
    bill = scenes.ask_balance(order, amount_fen=scenes.PRICE)
    assert bill.state == "BLOCKED"
    address = f"/o/PY26AA/pay/{bill.public_id}"
    page = read(alice, address)
    assert "和合同不一样" in page
    assert 'name="provider"' not in page
    assert "和合同不一样" in send(alice, address, 409, provider="SANDBOX", request_key="k")
    assert MoneyTask.objects.get().kind == "BLOCKED_BILL"
    assert scenes.sums() == {}


@pytest.mark.parametrize(
    ("who", "status"), [("bob", 200), ("carol", 404), ("dora", 200), ("", 302)]
)
def test_who_else_comes_to_the_pay_page(
    world: factories.World, order: Order, who: str, status: int
) -> None:
    bill = scenes.ask_balance(order)
    address = f"/o/PY26AA/pay/{bill.public_id}"
    client = Client()
    if who:
        client = sign_in_staff(world.dora) if who == "dora" else sign_in(getattr(world, who))
    answer = client.get(address)
    assert answer.status_code == status
    assert b'name="provider"' not in answer.content
    posted = client.post(address, {"provider": "SANDBOX", "request_key": "k"})
    assert posted.status_code in (302, 403, 404)
    assert Charge.objects.count() == 0


def test_a_link_that_a_stranger_guessed(world: factories.World, order: Order) -> None:
    bill = scenes.ask_balance(order)
    attempt = scenes.charge(bill, "SANDBOX")
    other = factories.make_order(world, "PY26CC", person=world.carol, state="AT_CENTRE")
    scenes.ask_deposit(other)
    for person in (world.bob, world.carol):
        client = sign_in(person)
        assert client.get(f"/pay/sandbox/{attempt.number}").status_code == 404
        assert client.post(f"/pay/sandbox/{attempt.number}", {"do": "pay"}).status_code == 404
    # Her own order's address with somebody else's bill in it.
    assert sign_in(world.carol).get(f"/o/PY26CC/pay/{bill.public_id}").status_code == 404
    assert Bill.objects.get(id=bill.id).state == "OPEN"


def test_the_household_reads_and_cannot_act(world: factories.World, order: Order) -> None:
    scenes.paid_deposit(order)
    scenes.ask_balance(order)
    page = read(sign_in(world.bob), "/o/PY26AA/money")
    assert "定金 5,000 元" in page
    assert not re.search(r'href="[^"]*/pay', page)
    assert sign_in(world.carol).get("/o/PY26AA/money").status_code == 404


def test_a_real_installation_has_no_sandbox(
    order: Order, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = scenes.ask_balance(order)
    attempt = scenes.charge(bill, "SANDBOX")
    monkeypatch.setenv("PAY_MODE", "live")
    assert alice.get(f"/pay/sandbox/{attempt.number}").status_code == 404
    assert alice.post(f"/pay/sandbox/{attempt.number}", {"do": "pay"}).status_code == 404
    address = f"/o/PY26AA/pay/{bill.public_id}"
    assert "网上付款现在不能用" in read(alice, address)
    assert "不能用" in send(alice, address, 409, provider="SANDBOX", request_key="k")
    assert Bill.objects.get().state == "OPEN"


def test_by_bank_transfer(order: Order, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bill = scenes.ask_balance(order)
    monkeypatch.setenv("PAY_MODE", "live")
    monkeypatch.setenv("BANK_ACCOUNT", "云帆汽车 6222 0000 0000 0001 示例银行")
    address = f"/o/PY26AA/pay/{bill.public_id}"
    there = send(alice, address, 302, provider="BANK", request_key="k")
    # A number in the address is nobody's: a stranger could send a link with theirs.
    page = read(alice, there[there.index("/o/") :] + "?number=CSTRANGERS")
    assert Charge.objects.get().number in page
    assert "请写：CSTRANGERS" not in page
    assert "6222 0000 0000 0001" in page
    clock.set_test_clock(at=scenes.NOW + 3 * factories.DAY, running=False)
    assert asking.ask(providers={"BANK": Bank("")}, now=clock.now()) == 0
    assert Charge.objects.get().number in read(alice, address), "a transfer takes days"


def kept(world: factories.World, order: Order) -> Keep:
    scenes.paid_deposit(order)
    return Keep.objects.get(id=scenes.keep_deposit(world, order, amount_fen=100_000))


@pytest.mark.need(134)
def test_what_is_kept_is_shown_and_can_be_disputed(
    world: factories.World, order: Order, alice: Client
) -> None:
    row = kept(world, order)
    page = read(alice, "/o/PY26AA/money")
    for words in ("留下的定金 1,000 元", "合同第 7 条", "不再要车", "赵磊批准", "我不同意"):
        assert words in page
    address = f"/o/PY26AA/money/keep/{row.id}"
    assert sign_in(world.bob).post(address).status_code == 403
    assert sign_in(world.carol).post(address).status_code == 404
    for _ in range(2):
        assert send(alice, address, 302) == "/o/PY26AA/money"
    page = read(alice, "/o/PY26AA/money")
    assert "钱先冻结" in page
    assert "我不同意" not in page
    assert scenes.sums()["FORFEITS_DISPUTED"] == -100_000
    assert MoneyTask.objects.filter(kind="KEEP_DISPUTED").count() == 1


@pytest.mark.need(13)
def test_the_address_of_the_hand_over_is_the_page_of_the_balance(
    order: Order, alice: Client
) -> None:
    scenes.paid_deposit(order)
    Order.objects.filter(id=order.id).update(state="SIGNED")
    for path in ("/o/PY26AA/handover/pay", "/o/PY26AA/pay"):
        page = read(alice, path)
        assert "金额还在核对" in page
        assert "不用付款" in page
        assert "<form" not in page
    bill = scenes.ask_balance(order)
    page = read(alice, "/o/PY26AA/handover/pay")
    assert "尾款 240,900 元" in page
    there = send(alice, "/o/PY26AA/handover/pay", 302, provider="SANDBOX", request_key="k")
    assert send(alice, there, 302, do="pay") == f"/o/PY26AA/pay/{bill.public_id}"
    page = read(alice, "/o/PY26AA/handover/pay")
    assert "收到了：尾款 240,900 元" in page
    assert "/o/PY26AA/handover/keys" in page


def test_pages_in_english(world: factories.World, order: Order) -> None:
    kept(world, order)
    bill = scenes.ask_balance(order)
    client = sign_in(world.alice)
    client.cookies["lang"] = "en"
    page = read(client, "/o/PY26AA/money")
    assert "I do not agree" in page
    assert "Pay the balance" in read(client, f"/o/PY26AA/pay/{bill.public_id}")
    bills.void_bill(bill_id=bill.id, now=scenes.NOW)
    assert "nothing to pay" in read(client, f"/o/PY26AA/pay/{bill.public_id}")


def test_the_order_page_shows_the_money(order: Order, alice: Client) -> None:
    scenes.paid_deposit(order)
    page: Any = read(alice, "/o/PY26AA")
    assert "现在替您保管 5,000 元" in page
