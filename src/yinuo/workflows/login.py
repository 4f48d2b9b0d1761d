"""A login code on its way: people make it, notices send it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.notices.operations import direct
from yinuo.contexts.notices.operations.send import Channels
from yinuo.contexts.people.operations import login

TEXTS = {
    "zh": "验证码 {digits}，{minutes} 分钟内有效。请不要告诉任何人。",
    "en": "Your code is {digits}, valid for {minutes} minutes. Do not share it.",
}


def send_code(*, phone: str, language: str, now: dt.datetime) -> dt.datetime:
    """Make a code for `phone` and queue its SMS; returns until when the code can be used.

    A number that nobody has gets no SMS, and the caller cannot tell.

    Raises
    ------
    CodeTooSoon
        See `people.operations.login.create_code`.
    """
    with transaction.atomic():
        code = login.create_code(phone=phone, now=now)
        if code.known:
            minutes = int((code.expires_at - now).total_seconds() // 60)
            text = TEXTS[language].format(digits=code.digits, minutes=minutes)
            direct.write(address=phone, text=text, now=now)
    return code.expires_at


def send_codes(*, channels: Channels, now: dt.datetime) -> int:
    """Send the codes that wait; returns how many were handled."""
    return direct.send_codes(channels=channels, now=now)
