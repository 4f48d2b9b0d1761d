"""Local peers that speak the gateways' protocols and check every signature by the published rules.

Nothing here calls the code under test: the canonical forms are built again from the raw bytes that
came over the wire.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote_plus, unquote
from zoneinfo import ZoneInfo

from yinuo.platform.channels.port import Message

NOW = dt.datetime(2026, 2, 11, 1, 20, 0, tzinfo=dt.UTC)
BEIJING = ZoneInfo("Asia/Shanghai")


def message(**changes: Any) -> Message:
    """An SMS as the product sends it, with `changes`."""
    fields: dict[str, Any] = {
        "id": "ntc_7k2m9p",
        "channel": "SMS",
        "to": "13800001234",
        "subject": "交车日有变",
        "text": "交车日改为3月2日至12日，晚6天，因列车停运。",
        "html": None,
        "template": "delay",
        "params": {"window": "3月2日至12日", "days": "6", "cause": "列车停运"},
        "language": "zh",
    }
    return Message(**{**fields, **changes})


@dataclass(frozen=True)
class Request:
    """What came over the wire: the raw target, headers with lower-case names, the body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded by hand so that no library's leniency hides a fault."""
        text = self.target.partition("?")[2]
        pairs = (pair.partition("=") for pair in text.split("&") if pair)
        return {unquote(name): unquote(value) for name, _, value in pairs}


Reply = tuple[int, bytes, dict[str, str]]


class CutOffError(Exception):
    """Raised by a peer to close the connection without a word."""


@contextmanager
def http_peer(respond: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve `respond` on a free port of 127.0.0.1; yields "127.0.0.1:port"."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.close_connection = True
            try:
                status, content, extra = respond(Request("POST", self.path, headers, body))
            except CutOffError:
                return
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Keep the test's output free of access lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def json_reply(status: int, content: object) -> Reply:
    """A JSON answer."""
    return status, json.dumps(content).encode(), {"Content-Type": "application/json"}


def strict(text: str) -> str:
    """RFC 3986 percent-encoding: only letters, digits, - . _ and ~ stay."""
    return quote_plus(text, safe="~").replace("+", "%20")


@dataclass
class AliyunPeer:
    """Dysmsapi 2017-05-25 as far as SendSms and QuerySendDetails."""

    key: str = "LTAI5tTestKey"
    secret: str = "a+secret/with=signs"
    now: dt.datetime = NOW
    limit_per_number: int = 50
    cut_after_taking: bool = False
    hidden_rows: bool = False
    requests: list[Request] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Reply:
        """Answer one request as the provider does."""
        self.requests.append(request)
        fault = self.check_signature(request)
        if fault is not None:
            status, code = fault
            return json_reply(status, {"Code": code, "Message": "refused", "RequestId": "R-1"})
        if request.headers["x-acs-version"] != "2017-05-25":
            return json_reply(400, {"Code": "InvalidVersion", "Message": "no such version"})
        action = {"SendSms": self.send_sms, "QuerySendDetails": self.query_details}
        return action[request.headers["x-acs-action"]](request.query)

    def check_signature(self, request: Request) -> tuple[int, str] | None:
        """Recompute the V3 signature from the wire; None if it is right."""
        form = r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})"
        match = re.fullmatch(form, request.headers.get("authorization", ""))
        if match is None:
            return 400, "IncompleteSignature"
        if match[1] != self.key:
            return 404, "InvalidAccessKeyId.NotFound"
        names = match[2].split(";")
        must = {"host", *(name for name in request.headers if name.startswith("x-acs-"))}
        if names != sorted(names) or not must <= set(names):
            return 400, "IncompleteSignature"
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", request.headers["x-acs-date"]):
            return 400, "InvalidTimeStamp.Format"
        stamp = dt.datetime.fromisoformat(request.headers["x-acs-date"])
        if abs(stamp - self.now) > dt.timedelta(minutes=15):
            return 400, "InvalidTimeStamp.Expired"
        digest = hashlib.sha256(request.body).hexdigest()
        query = "&".join(
            f"{strict(name)}={strict(value)}" for name, value in sorted(request.query.items())
        )
        canonical = "POST\n" + request.target.partition("?")[0] + "\n" + query + "\n"
        for name in names:
            canonical += name + ":" + request.headers[name].strip() + "\n"
        canonical += "\n" + match[2] + "\n" + digest
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        right = hmac.digest(self.secret.encode(), text.encode(), "sha256").hex()
        if right != match[3] or request.headers["x-acs-content-sha256"] != digest:
            return 400, "SignatureDoesNotMatch"
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self.nonces:
            return 400, "SignatureNonceUsed"
        self.nonces.add(nonce)
        return None

    def send_sms(self, query: dict[str, str]) -> Reply:
        """Take a message unless the number has had enough today."""
        number = query["PhoneNumbers"]
        if number.startswith("199"):
            return json_reply(200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": number})
        if sum(row["PhoneNum"] == number for row in self.sent) >= self.limit_per_number:
            return json_reply(200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "too many"})
        self.add(number, query["OutId"])
        if self.cut_after_taking:
            raise CutOffError
        return json_reply(200, {"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0"})

    def add(self, number: str, out_id: str, **changes: Any) -> None:
        """Put a taken message into the provider's list."""
        day = self.now.astimezone(BEIJING).strftime("%Y%m%d")
        row = {"PhoneNum": number, "OutId": out_id, "SendStatus": 1, "day": day, "ErrCode": ""}
        self.sent.append({**row, **changes})

    def query_details(self, query: dict[str, str]) -> Reply:
        """One page of a number's day."""
        rows = [
            row
            for row in self.sent
            if row["PhoneNum"] == query["PhoneNumber"] and row["day"] == query["SendDate"]
        ]
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        assert 1 <= size <= 50
        shown = [] if self.hidden_rows else rows[(page - 1) * size : page * size]
        content = {"SmsSendDetailDTO": shown}
        answer = {"Code": "OK", "TotalCount": len(rows), "SmsSendDetailDTOs": content}
        return json_reply(200, answer)


@dataclass
class TencentPeer:
    """Tencent Cloud SMS 2021-01-11 as far as SendSms and PullSmsSendStatusByPhoneNumber."""

    key: str = "AKIDTestKey"
    secret: str = "Gu5t9xTestSecret"
    now: dt.datetime = NOW
    limit_per_number: int = 50
    cut_after_taking: bool = False
    requests: list[Request] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        """Answer one request as the provider does."""
        self.requests.append(request)
        code = self.check_signature(request)
        if code is not None:
            return self.error(code)
        if request.headers.get("x-tc-version") != "2021-01-11":
            return self.error("NoSuchVersion")
        if not request.headers.get("x-tc-region"):
            return self.error("MissingParameter")
        action = {
            "SendSms": self.send_sms,
            "PullSmsSendStatusByPhoneNumber": self.pull_statuses,
        }
        return action[request.headers["x-tc-action"]](json.loads(request.body))

    @staticmethod
    def error(code: str) -> Reply:
        """An error as the provider words it: HTTP 200 with an Error inside."""
        error = {"Code": code, "Message": "refused"}
        return json_reply(200, {"Response": {"Error": error, "RequestId": "R-1"}})

    def check_signature(self, request: Request) -> str | None:
        """Recompute the v3 signature from the wire; None if it is right."""
        form = (
            r"TC3-HMAC-SHA256 Credential=([^/]+)/([0-9-]{10})/([a-z]+)/tc3_request, "
            r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})"
        )
        match = re.fullmatch(form, request.headers.get("authorization", ""))
        if match is None:
            return "AuthFailure.InvalidAuthorization"
        key, day, service, signed, given = match.groups()
        if key != self.key:
            return "AuthFailure.SecretIdNotFound"
        stamp = int(request.headers["x-tc-timestamp"])
        if abs(stamp - self.now.timestamp()) > 300:
            return "AuthFailure.SignatureExpire"
        if dt.datetime.fromtimestamp(stamp, dt.UTC).strftime("%Y-%m-%d") != day:
            return "AuthFailure.SignatureFailure"
        names = signed.split(";")
        if names != sorted(names) or not {"content-type", "host"} <= set(names):
            return "AuthFailure.SignatureFailure"
        canonical = request.method + "\n/\n" + request.target.partition("?")[2] + "\n"
        for name in names:
            canonical += name + ":" + request.headers[name].strip().lower() + "\n"
        canonical += "\n" + signed + "\n" + hashlib.sha256(request.body).hexdigest()
        text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/{service}/tc3_request\n"
        text += hashlib.sha256(canonical.encode()).hexdigest()
        by_day = hmac.digest(b"TC3" + self.secret.encode(), day.encode(), "sha256")
        by_service = hmac.digest(by_day, service.encode(), "sha256")
        by_request = hmac.digest(by_service, b"tc3_request", "sha256")
        right = hmac.digest(by_request, text.encode(), "sha256").hex()
        return None if right == given and service == "sms" else "AuthFailure.SignatureFailure"

    def send_sms(self, content: dict[str, Any]) -> Reply:
        """Take a message unless the number has had enough today."""
        (number,) = content["PhoneNumberSet"]
        code = "Ok"
        if number.startswith("+86199"):
            code = "InvalidParameterValue.IncorrectPhoneNumber"
        elif sum(row["PhoneNumberSet"] == [number] for row in self.sent) >= self.limit_per_number:
            code = "LimitExceeded.PhoneNumberDailyLimit"
        else:
            self.sent.append(content)
        if self.cut_after_taking:
            raise CutOffError
        status = {
            "SerialNo": "5000:1045710669157053657849499619" if code == "Ok" else "",
            "PhoneNumber": number,
            "Fee": 1,
            "SessionContext": content["SessionContext"],
            "Code": code,
            "Message": "send success" if code == "Ok" else f"refused for {number}",
            "IsoCode": "CN",
        }
        return json_reply(200, {"Response": {"SendStatusSet": [status], "RequestId": "R-1"}})

    def pull_statuses(self, content: dict[str, Any]) -> Reply:
        """The statuses of a number; only reported messages have one."""
        assert content["Offset"] == 0
        assert content["Limit"] <= 100
        if self.now.timestamp() - content["BeginTime"] > 7 * 86400:
            return self.error("InvalidParameterValue.BeginTimeVerifyFail")
        rows = [row for row in self.statuses if row["PhoneNumber"] == content["PhoneNumber"]]
        return json_reply(200, {"Response": {"PullSmsSendStatusSet": rows, "RequestId": "R-1"}})
