"""SMS through Alibaba Cloud (阿里云短信服务), API version 2017-05-25.

Sources: "Request syntax and signature method V3" (V3版本请求体&签名机制), "SendSms" and
"QuerySendDetails" (查询短信发送详情) in Alibaba Cloud's developer reference.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from yinuo.platform.channels.gateway import (
    GATEWAY_ZONE,
    LOOK_BACK_DAYS,
    Gateway,
    ask,
    is_dead_number,
    no_number,
    outcome,
)
from yinuo.platform.channels.port import Clock, Message, Outcome
from yinuo.platform.channels.sms_text import mainland_mobile

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
PAGE_ROWS = 50

# The number itself cannot be reached, whatever is sent later.
NUMBER_CODES = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
# The provider stopped half-way: it does not say whether the message went out.
DOUBTFUL_CODES = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "isp.UNKNOWN"})


def canonical_query(query: Mapping[str, str]) -> str:
    """Names and values percent-encoded by RFC 3986 and sorted by name."""
    return "&".join(
        f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query)
    )


def authorization(
    *, key: str, secret: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> str:
    """The V3 `Authorization` header of a POST to `/`; all of `headers` are signed.

    `headers` has lower-case names, among them `host` and the `x-acs-` ones.
    """
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join(
        ["POST", "/", canonical_query(query), lines, signed, hashlib.sha256(body).hexdigest()]
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key},SignedHeaders={signed},Signature={signature}"


class AliyunSms:
    """A `Channel` for SMS. `OutId` carries our message id; the API itself joins no repeats."""

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
                "PhoneNumbers": number,
                "SignName": self._gateway.signature,
                "TemplateCode": self._gateway.template_code(message.template),
                "TemplateParam": json.dumps(dict(message.params), ensure_ascii=False),
                "OutId": message.id,
            },
        )
        if isinstance(reply, Outcome):
            return reply
        return outcome("SENT", "OK", provider_id=str(reply.get("BizId", "")))

    def look_up(self, message: Message) -> Outcome | None:
        """QuerySendDetails of the last `LOOK_BACK_DAYS` local days, newest first, by `OutId`.

        Every accepted message is listed, also while its receipt is awaited, so a list that is
        complete and lacks our id answers None. A list that is shorter than its own count
        answers `UNKNOWN`.
        """
        number = mainland_mobile(message.to)
        if number is None:
            return no_number(message)
        today = self._clock().astimezone(GATEWAY_ZONE).date()
        for days in range(LOOK_BACK_DAYS + 1):
            found = self._look_up_day(message, number, today - dt.timedelta(days=days))
            if found is not None:
                return found
        return None

    def _look_up_day(self, message: Message, number: str, day: dt.date) -> Outcome | None:
        seen, page = 0, 1
        while True:
            reply = self._call(
                "QuerySendDetails",
                {
                    "PhoneNumber": number,
                    "SendDate": f"{day:%Y%m%d}",
                    "PageSize": str(PAGE_ROWS),
                    "CurrentPage": str(page),
                },
            )
            if isinstance(reply, Outcome):
                return outcome("UNKNOWN", reply.detail)
            rows = (reply.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            for row in rows:
                if row.get("OutId") == message.id:
                    return _outcome_of_row(row)
            seen += len(rows)
            if seen >= int(reply.get("TotalCount", 0)):
                return None
            if not rows:
                return outcome("UNKNOWN", "the provider's list is shorter than its count")
            page += 1

    def _call(self, action: str, query: Mapping[str, str]) -> Mapping[str, Any] | Outcome:
        body = b""
        headers = {
            "host": self._gateway.host,
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": f"{self._clock().astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        }
        headers["authorization"] = authorization(
            key=self._gateway.key,
            secret=self._gateway.secret,
            query=query,
            headers=headers,
            body=body,
        )
        reply = ask(f"{self._gateway.url}?{canonical_query(query)}", headers=headers, body=body)
        if isinstance(reply, Outcome):
            return reply
        answer, content = reply
        code = str(content.get("Code", ""))
        if answer.status == 200 and code == "OK":
            return content
        return _refused(answer.status, code, str(content.get("Message", "")))


def _refused(status: int, code: str, words: str) -> Outcome:
    if code in NUMBER_CODES:
        return outcome("BOUNCED", f"{code}: {words}", permanent=True)
    if status >= 500 or code in ("", "OK") or code in DOUBTFUL_CODES:
        return outcome("UNKNOWN", f"HTTP {status} {code}: {words}")
    return outcome("RETRY", f"{code}: {words}")


def _outcome_of_row(row: Mapping[str, Any]) -> Outcome:
    code = str(row.get("ErrCode", ""))
    status = int(row.get("SendStatus", 0))
    if status == 3:
        return outcome("DELIVERED", code)
    if status == 2:
        return outcome("BOUNCED", code, permanent=is_dead_number(code))
    return outcome("SENT", "waiting for the receipt")
