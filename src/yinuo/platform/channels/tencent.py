"""SMS through Tencent Cloud (腾讯云短信), API version 2021-01-11.

Sources: "Signature v3" (签名方法 v3, TC3-HMAC-SHA256), "SendSms" (发送短信),
"PullSmsSendStatusByPhoneNumber" (拉取单个号码短信下发状态) and "Error Codes" (错误码) in
Tencent Cloud's API documentation for SMS.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from yinuo.platform.channels.gateway import (
    LOOK_BACK_DAYS,
    Gateway,
    ask,
    is_dead_number,
    no_number,
    outcome,
)
from yinuo.platform.channels.port import Clock, Message, Outcome
from yinuo.platform.channels.sms_text import mainland_mobile

ALGORITHM = "TC3-HMAC-SHA256"
VERSION = "2021-01-11"
SERVICE = "sms"
PAGE_ROWS = 100
CONTENT_TYPE = "application/json; charset=utf-8"

# The number itself cannot be reached, whatever is sent later.
NUMBER_CODES = frozenset(
    {
        "InvalidParameterValue.IncorrectPhoneNumber",
        "FailedOperation.PhoneNumberInBlacklist",
    }
)


def authorization(
    *,
    key: str,
    secret: str,
    service: str,
    at: dt.datetime,
    headers: Mapping[str, str],
    body: bytes,
) -> str:
    """The v3 `Authorization` header of a POST to `/`; all of `headers` are signed.

    `headers` has lower-case names, `content-type` and `host` at least; `at` is the aware instant
    that is also sent as `X-TC-Timestamp`, in whole seconds.
    """
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in sorted(headers))
    request = "\n".join(["POST", "/", "", lines, signed, hashlib.sha256(body).hexdigest()])
    day = f"{at.astimezone(dt.UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{digest}"
    signing_key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        signing_key = hmac.new(signing_key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing_key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders={signed}, Signature={signature}"


class TencentSms:
    """A `Channel` for SMS. `SessionContext` carries our message id; no repeats are joined."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    def send(self, message: Message) -> Outcome:
        """SendSms for one number."""
        number = mainland_mobile(message.to)
        if number is None:
            return no_number(message)
        reply = self._call(
            "SendSms",
            {
                "PhoneNumberSet": [f"+86{number}"],
                "SmsSdkAppId": self._gateway.app,
                "SignName": self._gateway.signature,
                "TemplateId": self._gateway.template_code(message.template),
                "TemplateParamSet": list(message.params.values()),
                "SessionContext": message.id,
            },
        )
        if isinstance(reply, Outcome):
            return reply
        rows = reply.get("SendStatusSet") or []
        if len(rows) != 1:
            return outcome("UNKNOWN", f"{len(rows)} statuses for one number")
        code, words = str(rows[0].get("Code", "")), str(rows[0].get("Message", ""))
        if code == "Ok":
            return outcome("SENT", "Ok", provider_id=str(rows[0].get("SerialNo", "")))
        return _refused(code, words)

    def look_up(self, message: Message) -> Outcome | None:
        """PullSmsSendStatusByPhoneNumber of the last `LOOK_BACK_DAYS` days, by `SessionContext`.

        Only messages that have a status are listed: a telephone that is switched off leaves no
        row, and an account has rows with `SessionContext` only after asking Tencent for it. So a
        list without our id proves nothing, and this look-up answers `UNKNOWN`, never None.
        """
        number = mainland_mobile(message.to)
        if number is None:
            return no_number(message)
        now = self._clock()
        # A minute is left for clocks that differ: an instant over 7 days old would be refused.
        begin = now - dt.timedelta(days=LOOK_BACK_DAYS) + dt.timedelta(seconds=60)
        reply = self._call(
            "PullSmsSendStatusByPhoneNumber",
            {
                "BeginTime": int(begin.timestamp()),
                "EndTime": int(now.timestamp()),
                "Offset": 0,
                "Limit": PAGE_ROWS,
                "PhoneNumber": f"+86{number}",
                "SmsSdkAppId": self._gateway.app,
            },
        )
        if isinstance(reply, Outcome):
            return outcome("UNKNOWN", reply.detail)
        for row in reply.get("PullSmsSendStatusSet") or []:
            if row.get("SessionContext") == message.id:
                return _outcome_of_row(row)
        return outcome("UNKNOWN", "the provider has no status with our id")

    def _call(self, action: str, content: Mapping[str, Any]) -> Mapping[str, Any] | Outcome:
        now = self._clock()
        body = json.dumps(content, ensure_ascii=False).encode()
        signed = {
            "content-type": CONTENT_TYPE,
            "host": self._gateway.host,
            "x-tc-action": action,
        }
        headers = {
            **signed,
            "authorization": authorization(
                key=self._gateway.key,
                secret=self._gateway.secret,
                service=SERVICE,
                at=now,
                headers=signed,
                body=body,
            ),
            "x-tc-version": VERSION,
            "x-tc-timestamp": str(int(now.timestamp())),
            "x-tc-region": self._gateway.region,
        }
        reply = ask(self._gateway.url, headers=headers, body=body)
        if isinstance(reply, Outcome):
            return reply
        answer, whole = reply
        response = whole.get("Response")
        if answer.status != 200 or not isinstance(response, dict):
            return outcome("UNKNOWN", f"HTTP {answer.status} without a response")
        error = response.get("Error")
        if error is None:
            return response
        return _refused(str(error.get("Code", "")), str(error.get("Message", "")))


def _refused(code: str, words: str) -> Outcome:
    if code in NUMBER_CODES:
        return outcome("BOUNCED", f"{code}: {words}", permanent=True)
    if not code or code.startswith("InternalError"):
        return outcome("UNKNOWN", f"{code}: {words}")
    return outcome("RETRY", f"{code}: {words}")


def _outcome_of_row(row: Mapping[str, Any]) -> Outcome:
    provider_id, words = str(row.get("SerialNo", "")), str(row.get("Description", ""))
    if row.get("ReportStatus") == "SUCCESS":
        return outcome("DELIVERED", words, provider_id=provider_id)
    return outcome("BOUNCED", words, provider_id=provider_id, permanent=is_dead_number(words))
