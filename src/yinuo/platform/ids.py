"""Public identifiers: typed (`ord_...`) for machines, short codes for people."""

from __future__ import annotations

import secrets

# No 0/O, 1/I: a code is read out on the telephone and typed from an SMS.
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_id(prefix: str) -> str:
    """A typed public id: `prefix`, an underscore and 20 characters (100 bits)."""
    return f"{prefix}_{new_code(20).lower()}"


def new_code(length: int = 6) -> str:
    """A code of `length` characters without look-alikes."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def clean_code(typed: str) -> str:
    """What a person typed, as the code it stands for: upper case, no blanks or hyphens."""
    return "".join(typed.split()).replace("-", "").upper()
