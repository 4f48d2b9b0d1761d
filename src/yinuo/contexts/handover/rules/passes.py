"""The code of somebody who inspects for a customer."""

from __future__ import annotations

import hashlib

from yinuo.platform.ids import clean_code

CODE_LENGTH = 10
PASS_DAYS = 3


def digest_of(code: str) -> str:
    """How a code is kept: never as it is."""
    return hashlib.sha256(f"inspector:{clean_code(code)}".encode()).hexdigest()
