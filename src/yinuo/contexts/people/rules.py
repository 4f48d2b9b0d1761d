"""When a login code may be sent, and when one may be tried."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

CODE_DIGITS = 6
CODE_LIFE = dt.timedelta(minutes=10)
BETWEEN_CODES = dt.timedelta(minutes=1)
CODES_PER_HOUR = 5
ATTEMPTS_MAX = 5
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class MayTry:
    """Whether a code can be tried now; `reason` is empty, `expired` or `too_many`."""

    reason: str


def clean_digits(typed: str) -> str:
    """A pasted code: its digits only, full-width ones too."""
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", typed), flags=re.ASCII)


def next_code_at(sent_ats: Sequence[dt.datetime], now: dt.datetime) -> dt.datetime | None:
    """When the next code may go to a number that got codes at `sent_ats`; None means now."""
    recent = sorted(at for at in sent_ats if at > now - HOUR)
    if len(recent) >= CODES_PER_HOUR:
        return recent[-CODES_PER_HOUR] + HOUR
    if recent and recent[-1] > now - BETWEEN_CODES:
        return recent[-1] + BETWEEN_CODES
    return None


def may_try(attempts: int, expires_at: dt.datetime, now: dt.datetime) -> MayTry:
    """Whether a code that was tried `attempts` times may be tried again."""
    if now >= expires_at:
        return MayTry("expired")
    if attempts >= ATTEMPTS_MAX:
        return MayTry("too_many")
    return MayTry("")
