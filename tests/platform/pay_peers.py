"""Payment providers as they behave on the wire: WeChat Pay v3 and Alipay, written from their rules.

Nothing here uses the SDKs that the product uses. Keys are made for each run.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.platform.channel_peers import CutOffError, Reply, Request
from yinuo.platform import clock

MERCHANT, APP, SERIAL = "1900000109", "wxd678efh567hg6787", "444F4864EA9B3441"
API_KEY, PUBLIC_ID = "0123456789abcdef0123456789ABCDEF", "PUB_KEY_ID_0119000001092026"
ALI_APP, ALI_SELLER = "2021000000000001", "2088000000000002"
AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')
CHINA = dt.timezone(dt.timedelta(hours=8))


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key pair for each party: merchant, platform, stranger."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str) -> str:
    """PKCS#8, as merchants download it."""
    return (
        key(name)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def public_pem(name: str) -> str:
    """The public half."""
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def signed(name: str, text: str) -> str:
    """RSA PKCS#1 v1.5 with SHA-256, base64."""
    raw = key(name).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(raw).decode()


def is_signed(name: str, text: str, signature: str) -> bool:
    """Whether `name` signed `text`."""
    try:
        key(name).public_key().verify(
            base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


@dataclass
class Trade:
    """One payment at a provider."""

    amount_fen: int
    state: str = "NOTPAY"
    ref: str = field(default_factory=lambda: f"42{secrets.randbelow(10**26):026}")


@dataclass
class WechatPeer:
    """WeChat Pay's gateway: charges, refunds, and what it would notify."""

    trades: dict[str, Trade] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    refund_status: str = "SUCCESS"
    problems: list[str] = field(default_factory=list)
    cut: str = ""
    forge: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        """Answer one request, signed by the platform."""
        problem = self._problem(request)
        if problem:
            self.problems.append(problem)
            return self._answer(401, {"code": "SIGN_ERROR", "message": problem})
        path = urlsplit(request.target).path
        self.asked.append(path)
        if self.cut == "before":
            raise CutOffError
        status, said = self._route(request.method, path, request)
        if self.cut == "after":
            raise CutOffError
        return self._answer(status, said)

    def _problem(self, request: Request) -> str:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = dict(AUTHORIZATION.findall(rest))
        body = request.body.decode() if request.body else ""
        text = "\n".join(
            [
                "POST" if request.body else "GET",
                request.target,
                given.get("timestamp", ""),
                given.get("nonce_str", ""),
                body,
                "",
            ]
        )
        if scheme != "WECHATPAY2-SHA256-RSA2048" or given.get("mchid") != MERCHANT:
            return "wrong scheme or merchant"
        if abs(clock.machine_now().timestamp() - int(given["timestamp"])) > 300:
            return "too old"
        return "" if is_signed("merchant", text, given["signature"]) else "wrong signature"

    def _route(self, method: str, path: str, request: Request) -> tuple[int, dict[str, Any]]:
        del method
        if path in ("/v3/pay/transactions/h5", "/v3/pay/transactions/native"):
            return self._start(json.loads(request.body), path.rsplit("/", 1)[1])
        if path == "/v3/refund/domestic/refunds":
            return self._refund(json.loads(request.body))
        if path.startswith("/v3/refund/domestic/refunds/"):
            found = self.refunds.get(path.rsplit("/", 1)[1])
            return (200, found) if found else (404, {"code": "RESOURCE_NOT_EXISTS"})
        if path.endswith("/close"):
            return self._close(path.split("/")[-2], json.loads(request.body))
        number = path.rsplit("/", 1)[1]
        trade = self.trades.get(number)
        if trade is None:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
        return 200, self.resource(number)

    def _start(self, asked: dict[str, Any], way: str) -> tuple[int, dict[str, Any]]:
        assert asked["mchid"] == MERCHANT
        assert asked["appid"] == APP
        assert asked["notify_url"].endswith("/api/v1/payments/wechat/notify")
        number = asked["out_trade_no"]
        known = self.trades.setdefault(number, Trade(asked["amount"]["total"]))
        if known.amount_fen != asked["amount"]["total"]:
            return 400, {"code": "INVALID_REQUEST", "message": "商户订单号重复"}
        assert asked["scene_info"]["payer_client_ip"]
        if way == "native":
            assert "h5_info" not in asked["scene_info"]
            return 200, {"code_url": f"weixin://wxpay/bizpayurl?pr={number}"}
        assert asked["scene_info"]["h5_info"] == {"type": "Wap"}
        return 200, {"h5_url": f"https://wx.tenpay.example.cn/h5?prepay_id={number}"}

    def _close(self, number: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        assert asked == {"mchid": MERCHANT}
        trade = self.trades.get(number)
        if trade is None:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
        if trade.state != "NOTPAY":
            code = "ORDERPAID" if trade.state == "SUCCESS" else "ORDER_CLOSED"
            return 400, {"code": code, "message": "订单已支付或已关闭"}
        trade.state = "CLOSED"
        return 204, {}

    def _refund(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        number, trade = asked["out_refund_no"], self.trades.get(asked["out_trade_no"])
        if number in self.refunds:
            return 200, self.refunds[number]
        back = sum(
            one["amount"]["refund"]
            for one in self.refunds.values()
            if one["out_trade_no"] == asked["out_trade_no"]
        )
        if trade is None or trade.state != "SUCCESS":
            return 404, {"code": "RESOURCE_NOT_EXISTS", "message": "订单不存在"}
        if back + asked["amount"]["refund"] > trade.amount_fen:
            return 400, {"code": "INVALID_REQUEST", "message": "订单金额或退款金额与之前请求不一致"}
        self.refunds[number] = {
            "refund_id": f"50{secrets.randbelow(10**26):026}",
            "out_refund_no": number,
            "out_trade_no": asked["out_trade_no"],
            "status": self.refund_status,
            "amount": {"refund": asked["amount"]["refund"], "total": trade.amount_fen},
        }
        return 200, self.refunds[number]

    def _answer(self, status: int, said: dict[str, Any]) -> Reply:
        body = "" if status == 204 else json.dumps(said, ensure_ascii=False)
        return (
            status,
            body.encode(),
            {"Content-Type": "application/json; charset=utf-8", **self.headers(body)},
        )

    def headers(self, body: str, *, at: float | None = None, who: str = "") -> dict[str, str]:
        """What signs a body of the platform's."""
        at = clock.machine_now().timestamp() if at is None else at
        stamp, nonce = str(int(at)), secrets.token_hex(16)
        who = who or ("stranger" if self.forge else "platform")
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": PUBLIC_ID,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Wechatpay-Signature": signed(who, f"{stamp}\n{nonce}\n{body}\n"),
        }

    def resource(self, number: str, **changed: Any) -> dict[str, Any]:
        """What it knows of a charge."""
        trade = self.trades[number]
        return {
            "mchid": MERCHANT,
            "appid": APP,
            "out_trade_no": number,
            "transaction_id": trade.ref,
            "trade_state": trade.state,
            "trade_state_desc": "支付成功",
            "amount": {"total": trade.amount_fen, "currency": "CNY"},
            **changed,
        }

    def pay(self, number: str) -> None:
        """The customer paid."""
        self.trades[number].state = "SUCCESS"

    def notice(
        self,
        resource: dict[str, Any],
        *,
        event: str = "TRANSACTION.SUCCESS",
        key_id: str = "",
        api_key: str = API_KEY,
        at: float | None = None,
        who: str = "platform",
    ) -> tuple[dict[str, str], str]:
        """A notification: headers and body, the resource encrypted."""
        nonce, associated = secrets.token_hex(6), "transaction"
        sealed = AESGCM(api_key.encode()).encrypt(
            nonce.encode(), json.dumps(resource, ensure_ascii=False).encode(), associated.encode()
        )
        body = json.dumps(
            {
                "id": key_id or f"EV-{secrets.token_hex(12)}",
                "event_type": event,
                "resource_type": "encrypt-resource",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "nonce": nonce,
                    "associated_data": associated,
                },
            }
        )
        return self.headers(body, at=at, who=who), body


@dataclass
class AlipayPeer:
    """Alipay's gateway."""

    trades: dict[str, Trade] = field(default_factory=dict)
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    cut: str = ""
    forge: bool = False

    def __call__(self, request: Request) -> Reply:
        """Answer one request, signed by Alipay."""
        given = {
            name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()
        }
        signature = given.pop("sign")
        text = "&".join(f"{name}={given[name]}" for name in sorted(given))
        if not is_signed("merchant", text, signature) or given["app_id"] != ALI_APP:
            self.problems.append("wrong signature or app")
            return self._answer("error", {"code": "40002", "sub_code": "isv.invalid-signature"})
        if self.cut == "before":
            raise CutOffError
        said = self._route(given["method"], json.loads(given["biz_content"]))
        if self.cut == "after":
            raise CutOffError
        return self._answer(given["method"].replace(".", "_"), said)

    def _route(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(asked["out_trade_no"])
        if trade is None or trade.state == "NOTPAY":
            return {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在"}
        if method == "alipay.trade.query":
            return {**_ok(), **self.fields(asked["out_trade_no"])}
        if method == "alipay.trade.close":
            if trade.state != "WAIT_BUYER_PAY":
                return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
            trade.state = "TRADE_CLOSED"
            return {**_ok(), "out_trade_no": asked["out_trade_no"], "trade_no": trade.ref}
        if method == "alipay.trade.refund":
            return self._refund(trade, asked)
        known = self.refunds.get(asked["out_request_no"])
        if known is None:
            return _ok()
        return {
            **_ok(),
            "out_request_no": asked["out_request_no"],
            "out_trade_no": known[0],
            "trade_no": trade.ref,
            "refund_status": "REFUND_SUCCESS",
        }

    def _refund(self, trade: Trade, asked: dict[str, Any]) -> dict[str, Any]:
        number, amount_fen = asked["out_request_no"], fen_of(asked["refund_amount"])
        back = sum(amount for of, amount in self.refunds.values() if of == asked["out_trade_no"])
        fresh = number not in self.refunds
        if fresh and back + amount_fen > trade.amount_fen:
            return {"code": "40004", "sub_code": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"}
        self.refunds[number] = (asked["out_trade_no"], amount_fen)
        return {
            **_ok(),
            "trade_no": trade.ref,
            "out_trade_no": asked["out_trade_no"],
            "fund_change": "Y" if fresh else "N",
        }

    def _answer(self, method: str, said: dict[str, Any]) -> Reply:
        content = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        signature = signed("stranger" if self.forge else "platform", content)
        body = f'{{"{method}_response":{content},"sign":"{signature}"}}'
        return 200, body.encode(), {"Content-Type": "text/html;charset=utf-8"}

    def fields(self, number: str) -> dict[str, str]:
        """What it knows of a charge."""
        trade = self.trades[number]
        return {
            "out_trade_no": number,
            "trade_no": trade.ref,
            "trade_status": trade.state,
            "total_amount": yuan_of(trade.amount_fen),
        }

    def open_page(self, url: str) -> str:
        """The customer opens the signed address of the pay page; returns the charge's number."""
        given = {
            name: values[0]
            for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()
        }
        signature = given.pop("sign")
        text = "&".join(f"{name}={given[name]}" for name in sorted(given))
        assert is_signed("merchant", text, signature)
        asked = json.loads(given["biz_content"])
        self.trades.setdefault(asked["out_trade_no"], Trade(fen_of(asked["total_amount"])))
        return str(asked["out_trade_no"])

    def sign_in(self, number: str) -> None:
        """The customer signed in on the page: Alipay knows the charge from now on."""
        self.trades[number].state = "WAIT_BUYER_PAY"

    def pay(self, number: str) -> None:
        """The customer paid."""
        self.trades[number].state = "TRADE_SUCCESS"

    def notice(self, number: str, *, who: str = "platform", **changed: str) -> str:
        """A notification as a form body, signed over its sorted fields."""
        fields = {
            "app_id": ALI_APP,
            "seller_id": ALI_SELLER,
            "notify_id": secrets.token_hex(17),
            "notify_type": "trade_status_sync",
            "notify_time": clock.machine_now().astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
            "charset": "utf-8",
            "subject": "定金",
            **self.fields(number),
            **changed,
        }
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        fields |= {"sign_type": "RSA2", "sign": signed(who, text)}
        return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())


def _ok() -> dict[str, str]:
    return {"code": "10000", "msg": "Success"}


def yuan_of(amount_fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{amount_fen / 100:.2f}"


def fen_of(text: str) -> int:
    """Yuan as fen."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part)


def settings(folder: Path, *, wechat: str, alipay: str) -> dict[str, str]:
    """What an operator sets for both peers; keys are written as files."""
    files = {
        "merchant.pem": private_pem("merchant"),
        "platform.pub": public_pem("platform"),
        "v3.key": API_KEY,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {
        "WECHAT_MERCHANT_ID": MERCHANT,
        "WECHAT_APP_ID": APP,
        "WECHAT_SERIAL": SERIAL,
        "WECHAT_PRIVATE_KEY_FILE": str(folder / "merchant.pem"),
        "WECHAT_API_V3_KEY_FILE": str(folder / "v3.key"),
        "WECHAT_PUBLIC_KEY_FILE": str(folder / "platform.pub"),
        "WECHAT_PUBLIC_KEY_ID": PUBLIC_ID,
        "WECHAT_GATEWAY": f"http://{wechat}",
        "ALIPAY_APP_ID": ALI_APP,
        "ALIPAY_SELLER_ID": ALI_SELLER,
        "ALIPAY_PRIVATE_KEY_FILE": str(folder / "merchant.pem"),
        "ALIPAY_PUBLIC_KEY_FILE": str(folder / "platform.pub"),
        "ALIPAY_GATEWAY": f"http://{alipay}/gateway.do",
    }
