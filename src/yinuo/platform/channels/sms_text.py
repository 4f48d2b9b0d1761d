"""What may stand in an SMS, and how many messages it is billed as."""

from __future__ import annotations

import re
from collections.abc import Mapping

SINGLE_CHARACTERS = 70
JOINED_CHARACTERS = 67
FORBIDDEN = "¥￥【】★"

_LINK = re.compile(
    r"https?:|www\.|(?<![\w.])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![a-z])|\d{1,3}(?:\.\d{1,3}){3}",
    re.IGNORECASE | re.ASCII,
)
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9]\d{9})")


def sms_length(text: str, signature: str = "") -> int:
    """Characters as gateways count them: UTF-16 units, with the signature and its two brackets.

    A Chinese character, a letter and a punctuation mark are one each; an emoji is two.
    """
    whole = f"【{signature}】{text}" if signature else text
    return len(whole.encode("utf-16-le")) // 2


def sms_parts(text: str, signature: str = "") -> int:
    """Messages billed for `text`, at least 1: one up to 70 characters, else one per begun 67."""
    length = sms_length(text, signature)
    if length <= SINGLE_CHARACTERS:
        return 1
    return -(-length // JOINED_CHARACTERS)


def check_sms(text: str, params: Mapping[str, str]) -> None:
    """Refuse what gateways refuse.

    Raises:
        ValueError: `text` holds one of ¥ 【 】 ★ (the gateway adds the signature and its brackets
            itself, and money is written 元), or a template variable holds a link or an address.
    """
    for sign in FORBIDDEN:
        if sign in text:
            raise ValueError(f"An SMS text may not hold {sign}; write 元 for money, no brackets.")
    for name, value in params.items():
        if _LINK.search(value):
            raise ValueError(f"The SMS variable {name} holds a link; put it into the template.")


def mainland_mobile(number: str) -> str | None:
    """The 11 digits of a mainland mobile number written with or without 86, +86 or 0086."""
    match = _MOBILE.fullmatch(re.sub(r"[\s-]", "", number))
    return match[1] if match else None
