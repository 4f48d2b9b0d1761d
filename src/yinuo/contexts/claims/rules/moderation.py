"""Hiding a post: only under a rule of the closed list, and never because it criticises."""

from __future__ import annotations

import datetime as dt
import hmac
import re
from typing import Final

from yinuo.platform.ids import CODE_ALPHABET

APPEAL_TIME: Final = dt.timedelta(days=3)
REASON_CHARS_MIN: Final = 6
REASON_CHARS_MAX: Final = 500
CODE_CHARS: Final = 10
# A reason that speaks of what the post does to us is no reason.
CRITICISM = re.compile(
    "批评|负面|抹黑|吐槽|差评|影响(?:品牌|形象|声誉|销量)|有损(?:品牌|形象)|带节奏|唱衰|不利于|"
    r"critici|negative|harms? the (?:brand|image)|bad for (?:sales|the brand)",
    re.IGNORECASE,
)


def is_about_criticism(reason: str) -> bool:
    """Whether a reason says that the post criticises; such a reason is not taken."""
    return CRITICISM.search(reason) is not None


def seal(salt: bytes, text_sha256: str) -> str:
    """What the ledger keeps of a post's text: HMAC-SHA256 under its own salt, in hexadecimal.

    A bare digest of a short text is found again by trying texts; without the salt this one is not.
    """
    return hmac.digest(salt, bytes.fromhex(text_sha256), "sha256").hex()


def author_code(salt: bytes) -> str:
    """The author's code of a post, by which an appeal is made; as long as the salt is there."""
    drawn = hmac.digest(salt, b"appeal", "sha256")[:CODE_CHARS]
    return "".join(CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in drawn)
