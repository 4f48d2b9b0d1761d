"""Alipay behind the port: pages on a phone and on a screen, queries, refunds, notices (RSA2).

The SDK signs what we send and verifies every answer and notification. Checked here besides:
app, seller, number and amount. Alipay counts in yuan with two decimals; here it is whole fen.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from alipay import AliPay
from alipay.exceptions import AliPayException
from alipay.utils import AliPayConfig

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
)

TIMEOUT_SECONDS = 10
PAID_STATES = {"TRADE_SUCCESS", "TRADE_FINISHED"}
# Its words for "not there" and for "try again": nothing is known, and nothing refused.
NOT_THERE = "ACQ.TRADE_NOT_EXIST"
AGAIN = {"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error"}
AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
CHINA_OFFSET = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True)
class AlipayKeys:
    """What a merchant has; keys as PEM text."""

    app_id: str
    seller_id: str
    private_key: str
    alipay_public_key: str
    notify_url: str
    gateway: str = ""


def yuan(amount_fen: int) -> str:
    """Fen as Alipay writes them: 5000.00."""
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def fen(text: str) -> int:
    """Alipay's amount in fen.

    Raises
    ------
    ValueError
        It is no amount, or has parts of a fen.
    """
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no amount")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


class Alipay:
    """The provider ALIPAY."""

    name = "ALIPAY"
    starts_here = False

    def __init__(self, keys: AlipayKeys) -> None:
        self.keys = keys
        self._sdk = AliPay(
            appid=keys.app_id,
            app_notify_url=keys.notify_url,
            app_private_key_string=keys.private_key,
            alipay_public_key_string=keys.alipay_public_key,
            sign_type="RSA2",
            config=AliPayConfig(timeout=TIMEOUT_SECONDS),
        )
        if keys.gateway:
            self._sdk._gateway = keys.gateway

    def start(self, ask: Ask) -> str:
        """The address of Alipay's pay page; nothing is sent before the customer opens it."""
        sdk = self._sdk
        page = sdk.api_alipay_trade_wap_pay if ask.phone else sdk.api_alipay_trade_page_pay
        signed = page(
            subject=ask.subject,
            out_trade_no=ask.number,
            total_amount=yuan(ask.amount_fen),
            return_url=ask.back_url,
            time_expire=ask.expires_at.astimezone(CHINA_OFFSET).strftime("%Y-%m-%d %H:%M:%S"),
        )
        return f"{self._sdk._gateway}?{signed}"

    def query(self, number: str) -> Answer:
        """What became of a charge; one that Alipay never heard of is open."""
        said = self._call(lambda: self._sdk.api_alipay_trade_query(out_trade_no=number))
        if said.get("sub_code") == NOT_THERE:
            return Answer("OPEN")
        if said.get("code") != "10000":
            raise Silent(f"{said.get('code')} {said.get('sub_code')}")
        if said.get("out_trade_no") != number:
            raise Silent("an answer about another charge")
        return _answer(said)

    def close(self, number: str) -> Answer:
        """End a charge; a page that its customer never opened is not known there yet."""
        said = self._call(lambda: self._sdk.api_alipay_trade_close(out_trade_no=number))
        if said.get("code") == "10000" and said.get("out_trade_no") == number:
            return Answer("FAILED")
        return self.query(number)

    def refund(self, ask: RefundAsk) -> RefundAnswer:
        """Pay back; the same number again changes nothing."""
        said = self._call(
            lambda: self._sdk.api_alipay_trade_refund(
                refund_amount=yuan(ask.amount_fen),
                out_trade_no=ask.charge_number,
                out_request_no=ask.number,
                refund_reason=ask.reason,
            )
        )
        if said.get("code") == "10000" and said.get("fund_change") == "Y":
            return RefundAnswer("PAID", f"{said['trade_no']}-{ask.number}")
        if said.get("code") in ("10000", "20000") or said.get("sub_code") in AGAIN:
            return self.query_refund(ask)
        raise Refused(str(said.get("sub_code") or said.get("code")), str(said.get("sub_msg", "")))

    def query_refund(self, ask: RefundAsk) -> RefundAnswer:
        """What became of it; Alipay answers with nothing for one it does not know."""
        said = self._call(
            lambda: self._sdk.api_alipay_trade_fastpay_refund_query(
                ask.number, out_trade_no=ask.charge_number
            )
        )
        if said.get("sub_code") == NOT_THERE:
            return RefundAnswer("OPEN", known=False)
        if said.get("code") != "10000":
            raise Silent(f"{said.get('code')} {said.get('sub_code')}")
        if said.get("out_request_no") == ask.number and said.get("refund_status") in (
            "REFUND_SUCCESS",
            None,
        ):
            return RefundAnswer("PAID", f"{said['trade_no']}-{ask.number}")
        return RefundAnswer("OPEN", known="out_request_no" in said)

    def read(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Message | None:
        """A notification: signature, app and seller are checked."""
        del headers, now
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
            said = dict(pairs)
            if len(said) != len(pairs):
                raise Forged("a field stands twice")
            signature = said.pop("sign", "")
            genuine = self._sdk.verify(dict(said), signature)
        except (ValueError, AliPayException) as wrong:
            raise Forged(str(wrong)) from wrong
        if not genuine:
            raise Forged("bad signature")
        if said.get("app_id") != self.keys.app_id:
            raise Forged("meant for another app")
        if said.get("seller_id") != self.keys.seller_id:
            raise Forged("meant for another merchant")
        if "refund_fee" in said or "trade_status" not in said:
            # Refunds are asked about; what is said of them beside adds nothing.
            return None
        answer = _answer(said)
        return Message(
            said["notify_id"],
            "CHARGE",
            said["out_trade_no"],
            answer.state,
            answer.amount_fen,
            answer.ref,
        )

    def reply(self, taken: bool) -> Reply:
        """The word `success`; for any other Alipay sends it again, for a day."""
        return Reply(200, "text/plain", "success" if taken else "fail")

    def _call(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return call()
        except AliPayException as refused:
            # Answers without a signature, and those of `error_response`, prove nothing.
            raise Silent(str(refused)) from refused
        except (OSError, ValueError, KeyError, TypeError) as failed:
            raise Silent(str(failed)) from failed
        except Exception as failed:
            raise Silent(repr(failed)) from failed


def _answer(said: Mapping[str, Any]) -> Answer:
    state = said.get("trade_status")
    if state in PAID_STATES:
        return Answer("PAID", fen(str(said["total_amount"])), str(said["trade_no"]))
    return Answer("FAILED" if state == "TRADE_CLOSED" else "OPEN")
