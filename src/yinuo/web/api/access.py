"""Who sends: the key, what it may send, and the signature of signed requests."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from yinuo.contexts.people.queries.keys import SenderKey, find_key
from yinuo.web.api.problems import Problem

SKEW_SECONDS_MAX = 300
SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def check_key(request: HttpRequest, feed: str) -> SenderKey:
    """The key of the request; raises `Problem` 401 without one, 403 when it is for other feeds."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    key = find_key(given.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise Problem(
            401,
            "bad_key",
            "缺少密钥，或密钥不对、已收回。请用 Authorization: Bearer 发送",
            "The key is missing, wrong or taken back; send it as Authorization: Bearer.",
        )
    if feed not in key.feeds:
        raise Problem(
            403,
            "feed_not_allowed",
            f"这个密钥不能发送 {feed}，只能发送：{'、'.join(sorted(key.feeds))}",
            f"This key may not send {feed}; it may send {', '.join(sorted(key.feeds))}.",
        )
    return key


def read_body(request: HttpRequest) -> bytes:
    """The body; raises `Problem` 413 when it is longer than a request may be."""
    try:
        return request.body
    except RequestDataTooBig:
        raise Problem(
            413,
            "too_large",
            "一次最多 10 MB；更大的文件请用 yinuo import",
            "At most 10 MB at a time; use `yinuo import` for larger files.",
        ) from None


def check_signature(
    request: HttpRequest, body: bytes, secret: str, machine_now: dt.datetime
) -> None:
    """Raise `Problem` 401 unless the request is signed with `secret`, and lately.

    Yinuo-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." and the body>.
    """
    found = SIGNATURE.fullmatch(request.headers.get("Yinuo-Signature", "").replace(" ", ""))
    if found is None:
        raise _bad_signature()
    expected = hmac.new(secret.encode(), found[1].encode() + b"." + body, hashlib.sha256)
    if not hmac.compare_digest(expected.hexdigest(), found[2]):
        raise _bad_signature()
    if abs(machine_now.timestamp() - int(found[1])) > SKEW_SECONDS_MAX:
        raise Problem(
            401,
            "clock_skew",
            f"签名时间和这里的时钟差了 {SKEW_SECONDS_MAX} 秒以上，请校准发送方的时钟",
            f"It was signed more than {SKEW_SECONDS_MAX} s from our time; set the sender's clock.",
        )


def _bad_signature() -> Problem:
    return Problem(
        401,
        "bad_signature",
        "签名缺失或不对：Yinuo-Signature: t=<unix 秒>,v1=<HMAC-SHA256>，内容是 t、英文句点和正文",
        "The signature is missing or wrong: Yinuo-Signature: t=<unix seconds>,v1=<HMAC-SHA256 of"
        " t, a full stop and the body>.",
        "Yinuo-Signature",
    )
