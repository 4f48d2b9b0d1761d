"""All that was published is read over once a day, a little at a time, and what was found is kept.

A disk that flips a byte, or somebody who writes into the public folder, is then told of by the
maker's own doctor before a reader finds it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from yinuo.contexts.ledger.operations.sealing.checking import Fault
from yinuo.contexts.ledger.operations.sealing.rereading import check_part, list_parts
from yinuo.contexts.ledger.queries.sealed import get_head

EVERY = dt.timedelta(days=1)
LATE = dt.timedelta(days=3)
KEPT = 20

Found = tuple[Fault, ...]


@dataclass(frozen=True)
class Reading:
    """How far the files were read over.

    Of the round that goes on: when it began, how many leaves it reads, how many parts of it are
    `done`, what it has `found`. Of the last whole one: when it ended (None before the first), over
    how many leaves, and what did not hold what it must.
    """

    began_at: dt.datetime
    size: int
    done: int = 0
    found: Found = ()
    ended_at: dt.datetime | None = None
    ended_size: int = 0
    ended_found: Found = ()

    @property
    def faults(self) -> Found:
        """What is known to be wrong now: of the last whole round and of this one."""
        return tuple(dict.fromkeys((*self.found, *self.ended_found)))


@dataclass(frozen=True)
class Step:
    """One part that was read: what was found in it, and how many parts a round has."""

    faults: tuple[Fault, ...]
    parts: int


def read_on(*, now: dt.datetime) -> Step | None:
    """Read the next part; None when nothing is published or all was read in the last day."""
    size = get_head().published_size
    if not size:
        return None
    held = last_reading()
    if held is None or max(held.size, held.ended_size) > size:
        # The first time, or another log than the one that was read.
        held = Reading(now, size)
    parts = list_parts(held.size)
    if held.done >= len(parts):
        # A clock that was set back must not end the reading.
        if held.ended_at is not None and abs(now - held.ended_at) < EVERY:
            return None
        held = replace(held, began_at=now, size=size, done=0, found=())
        parts = list_parts(size)
    faults = tuple(check_part(parts[held.done]))
    held = replace(held, done=held.done + 1, found=(*held.found, *faults)[:KEPT])
    if held.done == len(parts):
        held = replace(held, ended_at=now, ended_size=held.size, ended_found=held.found)
    _keep(held)
    return Step(faults, len(parts))


def note_whole(*, size: int, faults: Sequence[Fault], now: dt.datetime) -> None:
    """Keep that everything was read at once, and what was found."""
    some = tuple(faults)[:KEPT]
    done = len(list_parts(size))
    _keep(Reading(now, size, done, some, now, size, some))


def last_reading() -> Reading | None:
    """How far the files were read over; None before the first part."""
    try:
        held = json.loads(_note().read_text(encoding="utf-8"))
        return Reading(
            _moment(held["began_at"]),
            held["size"],
            held["done"],
            _faults(held["found"]),
            held["ended_at"] and _moment(held["ended_at"]),
            held["ended_size"],
            _faults(held["ended_found"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        # Nothing was read yet, or the note is damaged: it is read from the beginning.
        return None


def describe(fault: Fault) -> tuple[str, str]:
    """One fault in Chinese and English."""
    zh, en = {
        "wrong": ("内容不对", "holds something else than it must"),
        "missing": ("不见了", "is missing"),
        "unknown": ("不该在这里", "does not belong here"),
        "database": ("和数据库里的不同", "is not what the database holds"),
    }[fault.what]
    return f"{fault.path}：{zh}", f"{fault.path}: {en}"


def _keep(held: Reading) -> None:
    said: dict[str, Any] = {
        "began_at": held.began_at.isoformat(),
        "size": held.size,
        "done": held.done,
        "found": [[one.path, one.what] for one in held.found],
        "ended_at": held.ended_at and held.ended_at.isoformat(),
        "ended_size": held.ended_size,
        "ended_found": [[one.path, one.what] for one in held.ended_found],
    }
    fresh = _note().with_suffix(".reading.new")
    try:
        fresh.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        fresh.replace(_note())
    except OSError:
        # A full disk costs the note and not the loop; that part is read again.
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _faults(pairs: Sequence[Sequence[str]]) -> Found:
    return tuple(Fault(path, what) for path, what in pairs)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _note() -> Path:
    """Beside the public folder, which holds nothing of our own troubles."""
    folder = Path(settings.LOG_DIR)
    return folder.with_name(f"{folder.name}.reading")
