"""What providers send over HTTP: genuine, forged, twice, late, out of order, for somebody else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.contexts.payments import scenes
from tests.platform import pay_peers
from tests.platform.channel_peers import http_peer
from tests.platform.pay_peers import AlipayPeer, Trade, WechatPeer
from tests.web.people import read, send, sign_in
from tests.workflows.launch_story import choose, make_launch
from yinuo.contexts.orders.models import Order
from yinuo.contexts.payments.models import (
    Bill,
    Charge,
    MoneyTask,
    ProviderMessage,
    Refund,
    RefundPart,
    Settled,
)
from yinuo.contexts.payments.operations import bills, refunds, settle
from yinuo.jobs.schedule import pay_desks
from yinuo.platform import clock
from yinuo.platform.pay.configure import ALIPAY
from yinuo.platform.qr import draw
from yinuo.workflows import money, settled

NOW = scenes.NOW


class Line:
    """Both providers set up, their peers, and the door that they knock at."""

    def __init__(self, wechat: WechatPeer, alipay: AlipayPeer) -> None:
        self.wechat, self.alipay = wechat, alipay
        self.client = Client()

    def peer(self, name: str) -> Any:
        return self.wechat if name == "WECHAT" else self.alipay

    def charge(self, order: Order, name: str, paid: bool = True) -> Charge:
        """A charge that was begun, and paid at the provider."""
        charge = scenes.charge(scenes.ask_deposit(order), name)
        self.peer(name).trades[charge.number] = Trade(charge.amount_fen)
        if paid:
            self.peer(name).pay(charge.number)
        return charge

    def say(self, name: str, number: str, **how: Any) -> Any:
        """The provider sends word of a charge."""
        if name == "ALIPAY":
            body = self.alipay.notice(number, **how)
            return self.client.post(
                "/api/v1/payments/alipay/notify",
                body,
                content_type="application/x-www-form-urlencoded",
            )
        resource = how.pop("resource", None) or self.wechat.resource(
            number, **how.pop("changed", {})
        )
        return self.knock(*self.wechat.notice(resource, **how))

    def knock(self, headers: dict[str, str], body: str) -> Any:
        """One request of WeChat's."""
        return self.client.post(
            "/api/v1/payments/wechat/notify",
            body,
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def line(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    wechat, alipay = WechatPeer(), AlipayPeer()
    with http_peer(wechat) as first, http_peer(alipay) as second:
        given = pay_peers.settings(tmp_path, wechat=first, alipay=second)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        clock.set_test_clock(at=NOW, running=False)
        yield Line(wechat, alipay)
    scenes.check_books()
    assert not wechat.problems
    assert not alipay.problems


@pytest.fixture
def world(line: Line) -> factories.World:
    assert line
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return factories.make_order(world, "CB26AA", state="AT_CENTRE")


both = pytest.mark.parametrize("name", ["WECHAT", "ALIPAY"])
TAKEN = {"WECHAT": (204, b""), "ALIPAY": (200, b"success")}


def taken(answer: Any, name: str) -> None:
    assert (answer.status_code, answer.content) == TAKEN[name]


@both
def test_word_of_a_payment(line: Line, order: Order, name: str) -> None:
    charge = line.charge(order, name)
    taken(line.say(name, charge.number), name)
    bill = Bill.objects.get()
    assert (bill.state, bill.paid_fen) == ("PAID", scenes.DEPOSIT)
    assert scenes.sums() == {f"CLEARING_{name}": 500_000, "DEPOSITS_HELD": -500_000}
    row = Settled.objects.get()
    assert (row.kind, row.applied_at) == ("DEPOSIT_PAID", None)
    assert settled.apply(row.id, NOW)
    assert not settled.apply(row.id, NOW)


@both
def test_the_same_word_twice(line: Line, order: Order, name: str) -> None:
    charge = line.charge(order, name)
    same = {"key_id": "EV-1"} if name == "WECHAT" else {"notify_id": "n1"}
    for how in (same, same, {}):
        taken(line.say(name, charge.number, **how), name)
    assert ProviderMessage.objects.count() == 2
    assert Settled.objects.count() == 1
    assert scenes.sums()[f"CLEARING_{name}"] == 500_000


def test_a_replay_of_the_very_bytes(line: Line, order: Order) -> None:
    charge = line.charge(order, "WECHAT")
    headers, body = line.wechat.notice(line.wechat.resource(charge.number))
    for _ in range(3):
        taken(line.knock(headers, body), "WECHAT")
    assert ProviderMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("WECHAT", {"who": "stranger"}),
        ("WECHAT", {"at": 1_700_000_000.0}),
        ("WECHAT", {"api_key": "0" * 32}),
        ("WECHAT", {"changed": {"mchid": "1"}}),
        ("WECHAT", {"changed": {"appid": "wx"}}),
        ("ALIPAY", {"who": "stranger"}),
        ("ALIPAY", {"app_id": "1"}),
        ("ALIPAY", {"seller_id": "1"}),
    ],
)
def test_word_that_is_not_believed(line: Line, order: Order, name: str, how: Any) -> None:
    charge = line.charge(order, name)
    assert line.say(name, charge.number, **how).status_code == 401
    assert Bill.objects.get().state == "OPEN"
    assert ProviderMessage.objects.count() == 0


@both
@pytest.mark.parametrize("amount_fen", [1, 499_999, 500_001, 50_000_000])
def test_a_wrong_amount_pays_nothing_and_goes_back(
    line: Line, order: Order, name: str, amount_fen: int
) -> None:
    charge = line.charge(order, name)
    line.peer(name).trades[charge.number].amount_fen = amount_fen
    for _ in range(2):
        taken(line.say(name, charge.number), name)
    assert Bill.objects.get().state == "OPEN"
    assert MoneyTask.objects.get().kind == "WRONG_AMOUNT"
    assert Refund.objects.get().amount_fen == amount_fen
    money.send_refunds(providers=pay_desks(), now=NOW)
    assert Refund.objects.get().state == "PAID"
    assert scenes.sums() == {"CLAIMS": 500_000, "ASKED": -500_000}


@both
def test_somebody_elses_charge(line: Line, order: Order, name: str) -> None:
    """A number of one provider means nothing from the other, and pays nobody's bill."""
    other = "ALIPAY" if name == "WECHAT" else "WECHAT"
    charge = line.charge(order, other)
    line.peer(name).trades[charge.number] = Trade(500_000)
    line.peer(name).pay(charge.number)
    taken(line.say(name, charge.number), name)
    assert Bill.objects.get().state == "OPEN"
    money.apply_messages(now=NOW + dt.timedelta(hours=2))
    assert MoneyTask.objects.get().kind == "UNMATCHED"
    assert scenes.sums()["SUSPENSE"] == -500_000


@both
def test_one_payment_that_is_said_of_two_orders(
    line: Line, world: factories.World, order: Order, name: str
) -> None:
    """The same payment counts once, for whoever it was said first; a person looks at the other."""
    mine = line.charge(order, name)
    taken(line.say(name, mine.number), name)
    other = factories.make_order(world, "CB26CC", person=world.carol, state="AT_CENTRE")
    theirs = line.charge(other, name)
    line.peer(name).trades[theirs.number].ref = line.peer(name).trades[mine.number].ref
    for _ in range(2):
        taken(line.say(name, theirs.number), name)
    assert [one.state for one in Bill.objects.order_by("id")] == ["PAID", "OPEN"]
    task = MoneyTask.objects.get()
    assert (task.kind, task.about.split()[0]) == ("UNMATCHED", theirs.number)
    assert scenes.sums()[f"CLEARING_{name}"] == 500_000
    assert not ProviderMessage.objects.filter(state="WAITING").exists()


@both
def test_a_message_that_fails_holds_up_no_other(
    line: Line, order: Order, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours with one message: it waits, the next one is applied."""
    first, second = line.charge(order, name), line.charge(order, name)
    apply = settle.charge_paid

    def broken(*, number: str, **said: Any) -> str:
        if number == first.number:
            raise RuntimeError("a fault of ours")
        came: str = apply(number=number, **said)
        return came

    monkeypatch.setattr(settle, "charge_paid", broken)
    for one in (first, second):
        taken(line.say(name, one.number), name)
    assert [one.state for one in ProviderMessage.objects.order_by("id")] == ["WAITING", "APPLIED"]
    assert money.apply_messages(now=NOW) == 0
    monkeypatch.undo()
    assert money.apply_messages(now=NOW) == 1
    assert Bill.objects.filter(state="PAID").count() == 2


@both
def test_word_that_is_quicker_than_our_own_row(line: Line, order: Order, name: str) -> None:
    line.peer(name).trades["C1"] = Trade(500_000)
    line.peer(name).pay("C1")
    taken(line.say(name, "C1"), name)
    assert ProviderMessage.objects.get().state == "WAITING"
    charge = scenes.charge(scenes.ask_deposit(order), name)
    Charge.objects.filter(id=charge.id).update(number="C1")
    assert money.apply_messages(now=NOW + dt.timedelta(minutes=1)) == 1
    assert Bill.objects.get().state == "PAID"


@both
def test_out_of_order(line: Line, order: Order, name: str) -> None:
    """Closed after paid changes nothing; paid after failed is paid."""
    closed = "CLOSED" if name == "WECHAT" else "TRADE_CLOSED"
    first = line.charge(order, name)
    peer = line.peer(name)
    state, peer.trades[first.number].state = peer.trades[first.number].state, closed
    taken(line.say(name, first.number), name)
    assert Charge.objects.get().state == "FAILED"
    peer.trades[first.number].state = state
    taken(line.say(name, first.number), name)
    assert Bill.objects.get().state == "PAID"
    peer.trades[first.number].state = closed
    taken(line.say(name, first.number), name)
    assert Charge.objects.get().state == "PAID"
    assert sorted(Settled.objects.values_list("kind", flat=True)) == [
        "CHARGE_FAILED",
        "DEPOSIT_PAID",
    ]


@both
def test_paid_over_both_providers(line: Line, order: Order, name: str) -> None:
    """Two open pages, both paid: one counts, the other goes back at once."""
    other = "ALIPAY" if name == "WECHAT" else "WECHAT"
    bill = scenes.ask_deposit(order)
    for one in (name, other):
        charge = scenes.charge(bill, one)
        line.peer(one).trades[charge.number] = Trade(500_000)
        line.peer(one).pay(charge.number)
        taken(line.say(one, charge.number), one)
    assert MoneyTask.objects.get().kind == "PAID_TWICE"
    money.send_refunds(providers=pay_desks(), now=NOW)
    assert Refund.objects.get().state == "PAID"
    assert scenes.sums() == {f"CLEARING_{name}": 500_000, "DEPOSITS_HELD": -500_000}
    assert line.peer(name).refunds == {}
    assert len(line.peer(other).refunds) == 1


def two_attempts(line: Line, order: Order, first: str) -> tuple[Charge, Charge]:
    """Two open pages for one bill; the first is paid, the other is open at its provider."""
    other = "ALIPAY" if first == "WECHAT" else "WECHAT"
    bill = scenes.ask_deposit(order)
    paid, left = scenes.charge(bill, first), scenes.charge(bill, other)
    for one in (paid, left):
        line.peer(one.provider).trades[one.number] = Trade(500_000)
    if other == "ALIPAY":
        line.alipay.sign_in(left.number)
    line.peer(first).pay(paid.number)
    taken(line.say(first, paid.number), first)
    return paid, left


@both
def test_the_first_that_is_paid_ends_the_other(line: Line, order: Order, name: str) -> None:
    _, left = two_attempts(line, order, name)
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 1
    left.refresh_from_db()
    assert left.state == "CLOSED"
    assert "CLOSED" in line.peer(left.provider).trades[left.number].state
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 0
    assert Refund.objects.count() == MoneyTask.objects.count() == 0
    assert scenes.sums() == {f"CLEARING_{name}": 500_000, "DEPOSITS_HELD": -500_000}


@both
def test_word_that_comes_after_the_end_goes_back(line: Line, order: Order, name: str) -> None:
    """Both were paid in one moment: the provider says so only after it said that it was over."""
    _, left = two_attempts(line, order, name)
    money.close_attempts(providers=pay_desks(), now=NOW)
    line.peer(left.provider).pay(left.number)
    for _ in range(2):
        taken(line.say(left.provider, left.number), left.provider)
    assert MoneyTask.objects.get().kind == "PAID_TWICE"
    money.send_refunds(providers=pay_desks(), now=NOW)
    assert Refund.objects.get().state == "PAID"
    assert scenes.sums() == {f"CLEARING_{name}": 500_000, "DEPOSITS_HELD": -500_000}


@both
def test_two_that_were_both_paid_and_nobody_said_so(line: Line, order: Order, name: str) -> None:
    """Ending the other one finds that it was paid: it is written down, and goes back."""
    _, left = two_attempts(line, order, name)
    line.peer(left.provider).pay(left.number)
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 1
    assert MoneyTask.objects.get().kind == "PAID_TWICE"
    money.send_refunds(providers=pay_desks(), now=NOW)
    assert len(line.peer(left.provider).refunds) == 1
    assert scenes.sums() == {f"CLEARING_{name}": 500_000, "DEPOSITS_HELD": -500_000}


@both
def test_a_provider_that_is_silent_is_told_again(line: Line, order: Order, name: str) -> None:
    _, left = two_attempts(line, order, name)
    line.peer(left.provider).cut = "after"
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 0
    line.peer(left.provider).cut = ""
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 1
    left.refresh_from_db()
    assert left.state == "CLOSED"


@both
def test_nobody_can_pay_what_is_no_longer_asked_for(line: Line, order: Order, name: str) -> None:
    charge = line.charge(order, name, paid=False)
    if name == "ALIPAY":
        line.alipay.sign_in(charge.number)
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 0, "it is still asked for"
    bills.void_bill(bill_id=charge.bill_id, now=NOW)
    assert money.close_attempts(providers=pay_desks(), now=NOW) == 1
    line.peer(name).pay(charge.number)
    taken(line.say(name, charge.number), name)
    assert MoneyTask.objects.get().kind == "PAID_AFTER_END"
    money.send_refunds(providers=pay_desks(), now=NOW)
    assert Refund.objects.get().state == "PAID"
    assert scenes.sums() == {}


@both
def test_an_answer_that_was_lost_is_asked_for(line: Line, order: Order, name: str) -> None:
    charge = line.charge(order, name)
    assert money.ask_providers(providers=pay_desks(), now=NOW) == 0, "too soon"
    line.peer(name).cut = "before"
    later = NOW + dt.timedelta(minutes=3)
    assert money.ask_providers(providers=pay_desks(), now=later) == 0
    line.peer(name).cut = ""
    later += dt.timedelta(minutes=3)
    assert money.ask_providers(providers=pay_desks(), now=later) == 1
    assert Bill.objects.get().state == "PAID"
    assert Charge.objects.get(id=charge.id).provider_ref


@both
def test_a_page_that_nobody_paid_ends(line: Line, order: Order, name: str) -> None:
    line.charge(order, name, paid=False)
    assert money.ask_providers(providers=pay_desks(), now=NOW + dt.timedelta(minutes=5)) == 0
    late = NOW + dt.timedelta(minutes=41)
    assert money.ask_providers(providers=pay_desks(), now=late) == 1
    assert Charge.objects.get().state == "FAILED"


def test_word_of_a_refund(line: Line, order: Order) -> None:
    charge = line.charge(order, "WECHAT")
    line.say("WECHAT", charge.number)
    refunds.order_refund(
        order_id=order.id, amount_fen=500_000, reason="CANCELLED", request_key="k", now=NOW
    )
    line.wechat.refund_status = "PROCESSING"
    money.send_refunds(providers=pay_desks(), now=NOW)
    part = RefundPart.objects.get()
    assert part.state == "SENT"
    resource = {
        "mchid": pay_peers.MERCHANT,
        "out_refund_no": part.number,
        "refund_status": "SUCCESS",
        "refund_id": "50300807",
        "amount": {"refund": 500_000, "total": 500_000},
    }
    for _ in range(2):
        taken(line.say("WECHAT", "", resource=resource, event="REFUND.SUCCESS"), "WECHAT")
    refund = Refund.objects.get()
    assert (refund.state, refund.bank_reference) == ("PAID", "50300807")
    assert scenes.sums() == {}


SCREEN = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148"


def paying(order: Order, agent: str) -> tuple[Client, str]:
    """Her browser of this kind, and the address of her deposit."""
    bill = scenes.ask_deposit(order)
    return sign_in(order.person, **{"User-Agent": agent}), f"/o/CB26AA/pay/{bill.public_id}"


def test_on_a_screen_there_is_a_code_to_scan(line: Line, order: Order) -> None:
    client, address = paying(order, SCREEN)
    assert "<path" not in read(client, address).split("<main", 1)[1]
    for _ in range(2):
        assert send(client, address, 302, provider="WECHAT", request_key="k") == address
    charge = Charge.objects.get()
    assert charge.link == f"weixin://wxpay/bizpayurl?pr={charge.number}"
    page = read(client, address)
    assert "用手机微信扫一扫" in page
    assert draw(charge.link).path in page
    assert "weixin://" not in page
    line.wechat.pay(charge.number)
    assert send(client, address, 302, do="check") == address
    page = read(client, address)
    assert "收到了：定金 5,000 元" in page
    assert "扫一扫" not in page


def test_agreeing_on_a_screen_leads_to_the_code(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where WeChat Pay is the only way it begins at once, and a browser cannot open its address."""
    for name in ALIPAY:
        monkeypatch.delenv(name)
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    client = sign_in(sale.world.alice, **{"User-Agent": SCREEN})
    page = read(client, f"/t/{ticket.code}/confirm")
    [shown] = re.findall(r'name="page" value="([^"]+)"', page)
    there = send(client, f"/t/{ticket.code}/confirm", 302, page=shown)
    assert there == f"/t/{ticket.code}/pay"
    assert "用手机微信扫一扫" in read(client, there)
    assert line.wechat.trades[Charge.objects.get().number].amount_fen == 500_000


@both
def test_on_a_phone_the_providers_page_opens(line: Line, order: Order, name: str) -> None:
    client, address = paying(order, PHONE)
    there = send(client, address, 302, provider=name, request_key="k")
    assert there.startswith("https://wx.tenpay" if name == "WECHAT" else "http://127.0.0.1")
    assert "扫一扫" not in read(client, address)


def test_in_wechats_own_browser_it_says_to_open_another(line: Line, order: Order) -> None:
    client, address = paying(order, f"{PHONE} MicroMessenger/8.0.60")
    page = read(client, address)
    assert "在浏览器打开" in page
    assert 'value="WECHAT"' not in page
    assert 'value="ALIPAY"' in page


def test_what_is_no_door(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    for provider in ("sandbox", "bank", "paypal"):
        assert client.post(f"/api/v1/payments/{provider}/notify").status_code == 404
    assert client.get("/api/v1/payments/wechat/notify").status_code == 405
    assert client.post("/api/v1/payments/wechat/notify").status_code == 401
    huge = client.post("/api/v1/payments/wechat/notify", "x" * 70_000, content_type="text/plain")
    assert huge.status_code == 413
    monkeypatch.setenv("WECHAT_APP_ID", "")
    # Half a setting is an error of ours: the provider sends it again later.
    assert client.post("/api/v1/payments/wechat/notify").status_code == 500
