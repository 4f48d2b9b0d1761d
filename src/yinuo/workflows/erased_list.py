"""Which orders' records were destroyed, kept outside of the database: backups bring rows back.

One line for each: the SHA-256 of the order's internal id, which is random and stands in no leaf,
and the reason. Whoever holds the list learns nothing from it; whoever holds a backup as well finds
in it exactly the rows that must go again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

LINE = re.compile(r"([0-9a-f]{64}) ([A-Z_]+)")


def digest_of(public_id: str) -> str:
    """By which the list knows the order with this internal id."""
    return hashlib.sha256(f"yinuo/erased/{public_id}".encode()).hexdigest()


def read(path: Path | None = None) -> dict[str, str]:
    """The reason of each digest in the list, or in a copy of it; none where there is no file.

    A line that was cut short, by a full disk, is left out.
    """
    try:
        text = (path or Path(settings.ERASED_LIST)).read_text(encoding="ascii")
    except FileNotFoundError:
        return {}
    return _read(text)


def _read(text: str) -> dict[str, str]:
    found = (LINE.fullmatch(line) for line in text.splitlines())
    return {one[1]: one[2] for one in found if one}


def add(reasons: Mapping[str, str]) -> int:
    """Put the digests into the list that are not in it, on the disk before this returns; how many
    they were."""
    path = Path(settings.ERASED_LIST)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="ascii", opener=_private) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        fresh = sorted(set(reasons) - set(_read(text)))
        if fresh:
            whole = "" if not text or text.endswith("\n") else "\n"
            file.write(whole + "".join(f"{one} {reasons[one]}\n" for one in fresh))
            file.flush()
            os.fsync(file.fileno())
    return len(fresh)


def _private(path: str, flags: int) -> int:
    """Nobody else need know how many they are."""
    return os.open(path, flags, 0o600)
