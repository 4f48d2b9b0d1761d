"""Telephone numbers and mail addresses, made unreadable before they reach a log or an error."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?<!\d)((?:(?:\+|00)?86)?1[3-9]\d)\d{4}(\d{4})(?!\d)")
_MAIL = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]*(@[\w.-]+)")


def mask(text: str) -> str:
    """`text` with each mainland mobile number as 138****1234 and each mail address as a***@host."""
    return _MAIL.sub(r"\1***\2", _MOBILE.sub(r"\1****\2", text))


def short(text: str, characters_max: int = 200) -> str:
    """One masked line of at most `characters_max` characters, for a detail shown to staff."""
    return mask(" ".join(text.split()))[:characters_max]
