"""Telephone numbers as they are kept: digits, with a plus only for another country."""

from __future__ import annotations

import re
import unicodedata

KEPT = re.compile(r"\+?[0-9]{6,15}")
FILLING = re.compile(r"[\s\-().]+")
CHINA = re.compile(r"(?:\+|00)86(?=1\d{10}$)|^86(?=1\d{10}$)")


def clean_phone(typed: str) -> str | None:
    """The number as it is kept, or None when `typed` is none.

    Blanks, hyphens and brackets go; a Chinese mobile number loses +86, so that every way to
    write it finds the same person.
    """
    plain = typed if typed.isascii() else unicodedata.normalize("NFKC", typed)
    plain = CHINA.sub("", FILLING.sub("", plain))
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    return plain if KEPT.fullmatch(plain) else None
