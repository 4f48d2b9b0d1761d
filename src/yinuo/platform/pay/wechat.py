"""WeChat Pay v3 behind the port: a page on a phone (H5), a code to scan (Native), queries, refunds.

The SDK signs what we send, verifies every answer and decrypts notifications (AEAD_AES_256_GCM).
Checked here besides: merchant and app, that a notification is fresh, amounts and currency.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from wechatpayv3 import WeChatPay, WeChatPayType

from yinuo.platform.pay.port import (
    Answer,
    Ask,
    Forged,
    Message,
    RefundAnswer,
    RefundAsk,
    Refused,
    Reply,
    Silent,
    State,
)

TIMEOUT_SECONDS = 10
# What WeChat Pay asks of who reads its notifications: older ones may be replayed.
AGE_SECONDS_MAX = 300
PAID_STATES = {"SUCCESS", "REFUND"}
FAILED_STATES = {"CLOSED", "REVOKED", "PAYERROR"}
REFUND_STATES: dict[str, State] = {"SUCCESS": "PAID", "PROCESSING": "OPEN"}
CHINA_OFFSET = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True)
class WechatKeys:
    """What a merchant has; keys as PEM text."""

    merchant_id: str
    app_id: str
    serial: str
    private_key: str
    api_v3_key: str
    public_key: str
    public_key_id: str
    notify_url: str
    gateway: str = ""


class Wechat:
    """The provider WECHAT."""

    name = "WECHAT"
    starts_here = False

    def __init__(self, keys: WechatKeys) -> None:
        self.keys = keys
        self._sdk = WeChatPay(
            wechatpay_type=WeChatPayType.H5,
            mchid=keys.merchant_id,
            private_key=keys.private_key,
            cert_serial_no=keys.serial,
            appid=keys.app_id,
            apiv3_key=keys.api_v3_key,
            notify_url=keys.notify_url,
            timeout=TIMEOUT_SECONDS,
            public_key=keys.public_key,
            public_key_id=keys.public_key_id,
        )
        if keys.gateway:
            self._sdk._core._gate_way = keys.gateway

    def start(self, ask: Ask) -> str:
        """Begin a charge; the address of WeChat's pay page, or on a screen the one to scan."""
        scene: dict[str, Any] = {"payer_client_ip": ask.client_ip}
        if ask.phone:
            scene["h5_info"] = {"type": "Wap"}
        code, said = self._call(
            lambda: self._sdk.pay(
                description=ask.subject,
                out_trade_no=ask.number,
                amount={"total": ask.amount_fen, "currency": "CNY"},
                time_expire=ask.expires_at.astimezone(CHINA_OFFSET).isoformat(timespec="seconds"),
                scene_info=scene,
                pay_type=WeChatPayType.H5 if ask.phone else WeChatPayType.NATIVE,
            )
        )
        if code != 200 or ("h5_url" if ask.phone else "code_url") not in said:
            raise Refused(str(said.get("code", code)), str(said.get("message", "")))
        if not ask.phone:
            return str(said["code_url"])
        return f"{said['h5_url']}&redirect_url={quote(ask.back_url, safe='')}"

    def query(self, number: str) -> Answer:
        """What became of a charge; one that WeChat never heard of is open."""
        code, said = self._call(lambda: self._sdk.query(out_trade_no=number))
        if code == 404:
            return Answer("OPEN")
        if code != 200:
            raise Silent(f"{code} {said.get('code')}")
        self._check_ours(said, Silent)
        if said.get("out_trade_no") != number:
            raise Silent("an answer about another charge")
        return _answer(said)

    def close(self, number: str) -> Answer:
        """End a charge; WeChat answers with nothing, or says why it does not."""
        code, said = self._call(lambda: self._sdk.close(out_trade_no=number))
        if code == 204:
            return Answer("FAILED")
        if code == 429 or code >= 500:
            raise Silent(f"{code} {said.get('code')}")
        return self.query(number)

    def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Pay back; the same number again gives the state of the first."""
        code, said = self._call(
            lambda: self._sdk.refund(
                out_refund_no=ask.number,
                out_trade_no=ask.charge_number,
                amount={
                    "refund": ask.amount_fen,
                    "total": ask.charge_amount_fen,
                    "currency": "CNY",
                },
                reason=ask.reason,
            )
        )
        if 400 <= code < 500 and code != 429:
            raise Refused(str(said.get("code", code)), str(said.get("message", "")))
        if code != 200:
            raise Silent(f"{code} {said.get('code')}")
        return _refund_answer(said, ask.number)

    def query_refund(self, ask: RefundAsk) -> RefundAnswer:
        """What became of it."""
        code, said = self._call(lambda: self._sdk.query_refund(out_refund_no=ask.number))
        if code == 404:
            return RefundAnswer("OPEN", known=False)
        if code != 200:
            raise Silent(f"{code} {said.get('code')}")
        return _refund_answer(said, ask.number)

    def read(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Message | None:
        """A notification: signature, age, key, merchant and app are checked."""
        try:
            age = abs(now.timestamp() - int(headers.get("Wechatpay-Timestamp", "")))
        except ValueError:
            raise Forged("no time") from None
        if age > AGE_SECONDS_MAX:
            raise Forged("too old")
        given = {name: value for name, value in headers.items() if name.startswith("Wechatpay-")}
        try:
            said = self._sdk.callback(given, body)
        except Exception as wrong:
            raise Forged(str(wrong)) from wrong
        if not said:
            raise Forged("bad signature or key")
        event, resource = str(said.get("event_type", "")), said["resource"]
        if event.startswith("REFUND."):
            self._check_merchant(resource, Forged)
            return _refund_message(said, resource)
        if not event.startswith("TRANSACTION."):
            return None
        self._check_ours(resource, Forged)
        answer = _answer(resource)
        return Message(
            said["id"],
            "CHARGE",
            resource["out_trade_no"],
            answer.state,
            answer.amount_fen,
            answer.ref,
        )

    def reply(self, taken: bool) -> Reply:
        """204 when it was taken; else WeChat sends it again, for about a day."""
        if taken:
            return Reply(204, "application/json", "")
        return Reply(500, "application/json", '{"code":"FAIL","message":"later"}')

    def _call(self, call: Callable[[], tuple[int, Any]]) -> tuple[int, dict[str, Any]]:
        try:
            code, text = call()
            said = json.loads(text) if text else {}
        except Exception as failed:
            raise Silent(str(failed)) from failed
        if not isinstance(said, dict):
            raise Silent("not an object")
        return code, said

    def _check_ours(self, said: Mapping[str, Any], error: type[Exception]) -> None:
        self._check_merchant(said, error)
        if said.get("appid") != self.keys.app_id:
            raise error("meant for another app")

    def _check_merchant(self, said: Mapping[str, Any], error: type[Exception]) -> None:
        if said.get("mchid") != self.keys.merchant_id:
            raise error("meant for another merchant")


def _answer(said: Mapping[str, Any]) -> Answer:
    state = said.get("trade_state")
    if state in PAID_STATES:
        amount = said["amount"]
        if amount.get("currency", "CNY") != "CNY":
            raise Silent("another currency")
        return Answer("PAID", int(amount["total"]), str(said["transaction_id"]))
    return Answer("FAILED" if state in FAILED_STATES else "OPEN")


def _refund_answer(said: Mapping[str, Any], number: str) -> RefundAnswer:
    if said.get("out_refund_no") != number:
        raise Silent("an answer about another refund")
    status = str(said.get("status"))
    return RefundAnswer(REFUND_STATES.get(status, "FAILED"), str(said.get("refund_id", "")), status)


def _refund_message(said: Mapping[str, Any], resource: Mapping[str, Any]) -> Message:
    status = str(resource.get("refund_status"))
    return Message(
        said["id"],
        "REFUND",
        resource["out_refund_no"],
        REFUND_STATES.get(status, "FAILED"),
        int(resource["amount"]["refund"]),
        str(resource.get("refund_id", "")),
    )
