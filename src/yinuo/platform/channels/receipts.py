"""Delivery receipts that SMS gateways post to us."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from yinuo.platform.channels.gateway import gateway_time, is_dead_number
from yinuo.platform.channels.masking import short

RECEIPTS_MAX = 1000


@dataclass(frozen=True)
class Receipt:
    """One message's end: it arrived or it did not, and when (UTC).

    `message_id` is ours, or empty if the provider does not send it back; then `provider_id`, the
    one that `Outcome.provider_id` gave, finds the message. `reason` is the provider's code and
    words with personal data masked. `permanent`: the number is out of use.
    """

    message_id: str
    provider_id: str
    state: Literal["DELIVERED", "BOUNCED"]
    at: dt.datetime
    reason: str
    permanent: bool


def parse_receipts(provider: Literal["aliyun", "tencent"], body: bytes) -> list[Receipt]:
    """The receipts in one callback, in their order; the same receipt may come more than once.

    Formats: Alibaba Cloud "SmsReport" (HTTP batch push), Tencent Cloud "SMS Sending Status
    Notification" (短信下发状态通知).

    Raises:
        ValueError: not JSON, not a list of at most 1000 objects, or a field that is missing or
            of another form; the text names the row and the field, never its content.
    """
    try:
        rows = json.loads(body)
    except ValueError:
        raise ValueError("The receipts are not JSON.") from None
    if not isinstance(rows, list) or len(rows) > RECEIPTS_MAX:
        raise ValueError(f"The receipts are not a list of at most {RECEIPTS_MAX}.")
    reader = {"aliyun": _aliyun, "tencent": _tencent}[provider]
    receipts = []
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ValueError(f"Receipt {place} is not an object.")
        try:
            receipts.append(reader(row))
        except KeyError as missing:
            raise ValueError(f"Receipt {place} has no {missing.args[0]}.") from None
        except ValueError as problem:
            raise ValueError(f"Receipt {place}: {problem}") from None
    return receipts


def _aliyun(row: Mapping[str, Any]) -> Receipt:
    words = f"{row['err_code']} {row.get('err_msg', '')}"
    success = row["success"]
    if not isinstance(success, bool):
        raise ValueError("success is neither true nor false.")
    return Receipt(
        message_id=str(row.get("out_id") or ""),
        provider_id=str(row["biz_id"]),
        state="DELIVERED" if success else "BOUNCED",
        at=_at(row, "report_time"),
        reason=short(words),
        permanent=not success and is_dead_number(words),
    )


def _tencent(row: Mapping[str, Any]) -> Receipt:
    status = row["report_status"]
    if status not in ("SUCCESS", "FAIL"):
        raise ValueError("report_status is neither SUCCESS nor FAIL.")
    words = f"{row['errmsg']} {row.get('description', '')}"
    return Receipt(
        # The documented callback carries only the serial number; some accounts get the context.
        message_id=str(row.get("session_context") or row.get("ext") or ""),
        provider_id=str(row["sid"]),
        state="DELIVERED" if status == "SUCCESS" else "BOUNCED",
        at=_at(row, "user_receive_time"),
        reason=short(words),
        permanent=status == "FAIL" and is_dead_number(words),
    )


def _at(row: Mapping[str, Any], field: str) -> dt.datetime:
    try:
        return gateway_time(str(row[field]))
    except ValueError:
        raise ValueError(f"{field} is not like 2026-02-11 09:20:00.") from None
