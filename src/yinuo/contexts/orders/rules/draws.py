"""Who stands where after a draw: anybody can work it out from what the source published."""

from __future__ import annotations

import datetime as dt
import hashlib

# The record needs so long to be sealed by witnesses before the draw.
SEAL_WITHIN = dt.timedelta(minutes=30)
# A ticket that came in time may still be on its way through our door when the window ends.
GRACE = dt.timedelta(minutes=1)
VALUE_SIGNS_MAX = 256


def lot(value: str, launch: str, number: int) -> bytes:
    """What ticket `number` of `launch` drew: SHA-256 of "<value>/<launch>/<number>".

    The smallest comes first. Numbers are given out and sealed before `value` can be known, so
    nobody can choose one that will do well (after RFC 3797).
    """
    return hashlib.sha256(f"{value}/{launch}/{number}".encode()).digest()


def drawn_order(value: str, launch: str, count: int) -> list[int]:
    """The ticket numbers 1 to `count` in the order in which they were drawn."""
    return sorted(range(1, count + 1), key=lambda number: lot(value, launch, number))


def read_value(text: str) -> str:
    """A published value as it is recorded: one blank between its parts, none around it.

    Empty where it is none: it has to be printable ASCII of at most `VALUE_SIGNS_MAX` signs.
    """
    value = " ".join(text.split())
    good = value.isascii() and value.isprintable() and len(value) <= VALUE_SIGNS_MAX
    return value if good and not set(value) & set('"\\') else ""
