"""Public identifiers: typed (`ord_...`) for machines, short codes for people."""

from __future__ import annotations

import secrets

# No 0/O, 1/I: a code is read out on the telephone and typed from an SMS.
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


# Every random byte becomes one of the 32 characters, each equally often.
_TO_ALPHABET = (CODE_ALPHABET.encode() * 8)[:256]


def new_id(prefix: str) -> str:
    """A typed public id: `prefix`, an underscore and 20 characters (100 bits)."""
    return new_ids(prefix, 1)[0]


def new_ids(prefix: str, count: int) -> list[str]:
    """`count` typed public ids."""
    return [f"{prefix}_{code.lower()}" for code in new_codes(count, 20)]


def new_code(length: int = 6) -> str:
    """A code of `length` characters without look-alikes."""
    return new_codes(1, length)[0]


def new_codes(count: int, length: int = 6) -> list[str]:
    """`count` codes; nothing keeps two of them from being equal but their length."""
    drawn = secrets.token_bytes(count * length).translate(_TO_ALPHABET).decode("ascii")
    return [drawn[start : start + length] for start in range(0, count * length, length)]


def clean_code(typed: str) -> str:
    """What a person typed, as the code it stands for: upper case, no blanks or hyphens."""
    return "".join(typed.split()).replace("-", "").upper()
