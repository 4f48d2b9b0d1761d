"""Providers on the wire: what is signed, what is believed, what an answer that is lost means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.platform import pay_peers
from tests.platform.channel_peers import http_peer
from tests.platform.pay_peers import AlipayPeer, WechatPeer
from yinuo.platform import clock
from yinuo.platform.pay.alipay import fen, yuan
from yinuo.platform.pay.configure import configured_providers, is_live
from yinuo.platform.pay.port import (
    Answer,
    Ask,
    Forged,
    Provider,
    RefundAsk,
    Refused,
    Silent,
)

NOW = clock.machine_now()
NUMBER = "C23456789ABCDEFGHJKLM"


@dataclass
class Desk:
    """Both providers and the peers behind them."""

    providers: dict[str, Provider]
    wechat: WechatPeer
    alipay: AlipayPeer

    def peer(self, name: str) -> Any:
        return self.wechat if name == "WECHAT" else self.alipay

    def start(self, name: str, number: str = NUMBER, amount_fen: int = 500_000) -> str:
        """Begin a charge and open its page."""
        url = self.providers[name].start(
            Ask(number, amount_fen, "定金", NOW + dt.timedelta(minutes=30), "https://c.example/o/1")
        )
        if name == "ALIPAY":
            assert self.alipay.open_page(url) == number
        return url

    def pay(self, name: str, number: str = NUMBER) -> None:
        self.start(name, number)
        self.peer(name).pay(number)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    wechat, alipay = WechatPeer(), AlipayPeer()
    with http_peer(wechat) as first, http_peer(alipay) as second:
        given = pay_peers.settings(tmp_path, wechat=first, alipay=second)
        providers = configured_providers(given, site="https://car.example.cn", real=True)
        yield Desk(providers, wechat, alipay)
    assert wechat.problems == []
    assert alipay.problems == []


both = pytest.mark.parametrize("name", ["WECHAT", "ALIPAY"])


def back(amount_fen: int = 200_000, number: str = "R1") -> RefundAsk:
    return RefundAsk(number, NUMBER, "ref", amount_fen, 500_000, "退订")


@both
def test_a_charge_from_the_page_to_the_money(desk: Desk, name: str) -> None:
    provider = desk.providers[name]
    assert provider.query(NUMBER) == Answer("OPEN")
    url = desk.start(name)
    assert "https%3A%2F%2Fc.example%2Fo%2F1" in url
    assert provider.query(NUMBER) == Answer("OPEN")
    desk.peer(name).pay(NUMBER)
    ref = desk.peer(name).trades[NUMBER].ref
    assert provider.query(NUMBER) == Answer("PAID", 500_000, ref)


def test_on_a_screen_wechat_is_scanned_and_alipay_has_another_page(desk: Desk) -> None:
    until = NOW + dt.timedelta(minutes=30)
    ask = Ask(NUMBER, 500_000, "定金", until, "https://c.example/o/1", phone=False)
    assert desk.providers["WECHAT"].start(ask) == f"weixin://wxpay/bizpayurl?pr={NUMBER}"
    url = desk.providers["ALIPAY"].start(ask)
    assert "alipay.trade.page.pay" in url
    assert desk.alipay.open_page(url) == NUMBER
    for peer in (desk.wechat, desk.alipay):
        assert peer.trades[NUMBER].amount_fen == 500_000


@both
def test_starting_again_gives_the_same_charge(desk: Desk, name: str) -> None:
    desk.start(name)
    desk.start(name)
    assert len(desk.peer(name).trades) == 1


@both
def test_a_refund_is_paid_once(desk: Desk, name: str) -> None:
    provider = desk.providers[name]
    desk.pay(name)
    assert not provider.query_refund(back()).known
    first = provider.refund(back())
    assert first.state == "PAID"
    assert provider.refund(back()) == first
    assert provider.query_refund(back()).ref == first.ref
    assert len(desk.peer(name).refunds) == 1
    other = provider.refund(back(300_000, "R2"))
    assert other.ref != first.ref
    with pytest.raises(Refused):
        provider.refund(back(1, "R3"))


@both
def test_a_charge_that_is_over_is_ended_at_the_provider(desk: Desk, name: str) -> None:
    provider, peer = desk.providers[name], desk.peer(name)
    assert provider.close(NUMBER) == Answer("OPEN"), "not known there yet: to be ended later"
    desk.start(name)
    if name == "ALIPAY":
        desk.alipay.sign_in(NUMBER)
    assert provider.close(NUMBER) == Answer("FAILED")
    assert provider.close(NUMBER) == Answer("FAILED"), "again changes nothing"
    assert peer.trades[NUMBER].state == ("CLOSED" if name == "WECHAT" else "TRADE_CLOSED")


@both
def test_who_was_quicker_than_the_end_has_paid(desk: Desk, name: str) -> None:
    desk.pay(name)
    ref = desk.peer(name).trades[NUMBER].ref
    assert desk.providers[name].close(NUMBER) == Answer("PAID", 500_000, ref)


@both
@pytest.mark.parametrize("when", ["before", "after"])
def test_whether_it_ended_is_not_known_where_the_answer_is_lost(
    desk: Desk, name: str, when: str
) -> None:
    desk.start(name)
    if name == "ALIPAY":
        desk.alipay.sign_in(NUMBER)
    desk.peer(name).cut = when
    with pytest.raises(Silent):
        desk.providers[name].close(NUMBER)
    desk.peer(name).cut = ""
    assert desk.providers[name].close(NUMBER) == Answer("FAILED")


@both
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_is_lost_is_asked_for_again(desk: Desk, name: str, when: str) -> None:
    desk.pay(name)
    provider, peer = desk.providers[name], desk.peer(name)
    peer.cut = when
    for call in (
        lambda: provider.refund(back()),
        lambda: provider.query(NUMBER),
        lambda: provider.query_refund(back()),
    ):
        with pytest.raises(Silent):
            call()
    peer.cut = ""
    assert provider.query_refund(back()).known is (when == "after")
    assert provider.refund(back()).state == "PAID"
    assert len(peer.refunds) == 1


@both
def test_an_answer_that_a_stranger_signed(desk: Desk, name: str) -> None:
    desk.pay(name)
    desk.peer(name).forge = True
    with pytest.raises(Silent):
        desk.providers[name].query(NUMBER)


def test_a_refund_that_is_on_its_way(desk: Desk) -> None:
    desk.pay("WECHAT")
    desk.wechat.refund_status = "PROCESSING"
    assert desk.providers["WECHAT"].refund(back()).state == "OPEN"
    desk.wechat.refunds["R1"]["status"] = "ABNORMAL"
    assert desk.providers["WECHAT"].query_refund(back()).state == "FAILED"


def wechat_message(desk: Desk, **how: Any) -> Any:
    resource = desk.wechat.resource(NUMBER, **how.pop("changed", {}))
    headers, body = desk.wechat.notice(resource, at=NOW.timestamp() - how.pop("age", 0), **how)
    if how.get("who") == "nobody":
        headers["Wechatpay-Signature"] = ""
    return desk.providers["WECHAT"].read(headers, body.encode(), NOW)


def test_a_notification_of_wechat(desk: Desk) -> None:
    desk.pay("WECHAT")
    message = wechat_message(desk, key_id="EV-1")
    trade = desk.wechat.trades[NUMBER]
    assert (message.key, message.number, message.state) == ("EV-1", NUMBER, "PAID")
    assert (message.amount_fen, message.ref) == (500_000, trade.ref)


@pytest.mark.parametrize(
    "how",
    [
        {"who": "stranger"},
        {"age": 301},
        {"age": -301},
        {"api_key": "f" * 32},
        {"changed": {"mchid": "1900000110"}},
        {"changed": {"appid": "wx0000000000000000"}},
    ],
)
def test_a_notification_of_wechat_that_is_not_believed(desk: Desk, how: dict[str, Any]) -> None:
    desk.pay("WECHAT")
    with pytest.raises(Forged):
        wechat_message(desk, **how)


def test_a_changed_body_or_missing_headers(desk: Desk) -> None:
    desk.pay("WECHAT")
    headers, body = desk.wechat.notice(desk.wechat.resource(NUMBER))
    provider = desk.providers["WECHAT"]
    for wrong_headers, wrong_body in (
        (headers, body.replace("TRANSACTION", "transaction")),
        ({}, body),
        ({**headers, "Wechatpay-Signature-Type": "NONE"}, body),
        ({**headers, "Wechatpay-Serial": "44AA"}, body),
        (headers, "{"),
    ):
        with pytest.raises(Forged):
            provider.read(wrong_headers, wrong_body.encode(), NOW)


def test_a_refund_notification_of_wechat(desk: Desk) -> None:
    resource = {
        "mchid": pay_peers.MERCHANT,
        "out_refund_no": "R1",
        "refund_status": "SUCCESS",
        "refund_id": "50",
        "amount": {"refund": 200_000, "total": 500_000},
    }
    headers, body = desk.wechat.notice(resource, event="REFUND.SUCCESS", at=NOW.timestamp())
    message = desk.providers["WECHAT"].read(headers, body.encode(), NOW)
    assert message is not None
    assert (message.about, message.number, message.state) == ("REFUND", "R1", "PAID")
    headers, body = desk.wechat.notice(resource, event="PAYSCORE.USER_OPEN", at=NOW.timestamp())
    assert desk.providers["WECHAT"].read(headers, body.encode(), NOW) is None


def test_a_notification_of_alipay(desk: Desk) -> None:
    desk.pay("ALIPAY")
    body = desk.alipay.notice(NUMBER, notify_id="n1")
    message = desk.providers["ALIPAY"].read({}, body.encode(), NOW)
    assert message is not None
    assert (message.key, message.number, message.state) == ("n1", NUMBER, "PAID")
    assert (message.amount_fen, message.ref) == (500_000, desk.alipay.trades[NUMBER].ref)
    refund = desk.alipay.notice(NUMBER, refund_fee="10.00")
    assert desk.providers["ALIPAY"].read({}, refund.encode(), NOW) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"who": "stranger"},
        {"app_id": "2021000000000009"},
        {"seller_id": "2088000000000009"},
    ],
)
def test_a_notification_of_alipay_that_is_not_believed(desk: Desk, changed: Any) -> None:
    desk.pay("ALIPAY")
    with pytest.raises(Forged):
        desk.providers["ALIPAY"].read({}, desk.alipay.notice(NUMBER, **changed).encode(), NOW)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace("total_amount=5000.00", "total_amount=0.01"),
        lambda body: body + "&total_amount=0.01",
        lambda body: body.replace("RSA2", "RSA"),
        lambda _: "",
        lambda _: "%%%",
        lambda _: "\udcff",
    ],
)
def test_a_changed_notification_of_alipay(desk: Desk, spoil: Any) -> None:
    desk.pay("ALIPAY")
    body = spoil(desk.alipay.notice(NUMBER))
    with pytest.raises(Forged):
        desk.providers["ALIPAY"].read({}, body.encode("utf-8", "surrogateescape"), NOW)


@pytest.mark.parametrize(("amount_fen", "text"), [(1, "0.01"), (500_000, "5000.00"), (99, "0.99")])
def test_amounts_as_alipay_writes_them(amount_fen: int, text: str) -> None:
    assert yuan(amount_fen) == text
    assert fen(text) == amount_fen


@pytest.mark.parametrize("text", ["", "0.001", "1e999", "NaN", "五"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        fen(text)


@pytest.mark.parametrize(
    ("given", "real", "live"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"PAY_MODE": "sandbox"}, True, False),
        ({"PAY_MODE": "live"}, False, True),
        ({"ALIPAY_APP_ID": "1"}, False, True),
    ],
)
def test_where_money_really_moves(given: dict[str, str], real: bool, live: bool) -> None:
    assert is_live(given, real=real) is live


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PAY_MODE": "test"}, "PAY_MODE must be"),
        ({"PAY_MODE": "sandbox", "WECHAT_APP_ID": "wx"}, "does not go with"),
        ({"WECHAT_APP_ID": "wx"}, "WECHAT_MERCHANT_ID is missing"),
        (
            {
                "ALIPAY_APP_ID": "1",
                "ALIPAY_SELLER_ID": "2",
                "ALIPAY_PRIVATE_KEY_FILE": "/nowhere.pem",
                "ALIPAY_PUBLIC_KEY_FILE": "/nowhere.pem",
            },
            "ALIPAY_PRIVATE_KEY_FILE",
        ),
    ],
)
def test_settings_that_are_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        configured_providers(given, site="https://car.example.cn", real=True)


def test_the_sandbox_is_never_beside_a_real_provider(desk: Desk) -> None:
    assert set(desk.providers) == {"WECHAT", "ALIPAY"}
    assert set(configured_providers({}, site="", real=False)) == {"SANDBOX"}
    assert configured_providers({}, site="", real=True) == {}
    assert set(configured_providers({"BANK_ACCOUNT": "a"}, site="", real=True)) == {"BANK"}
