"""Facts in two calls of the database: where their streams stand, and all that is written.

Most facts come alone, in the transaction of what made them true. So it is the number of calls
that costs, and the two functions in the database keep the plans of their statements.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.operations.streams import Head, Stream, lock_heads
from yinuo.platform.copying import array_of, array_of_texts

# At the second look the secrets of orders that have one are known. A third is hardly ever needed.
LOOKS: Final = 3
STAND: Final = (
    "SELECT * FROM ledger_stand(%s::bigint[], %s::text[], %s::text[], %s::bytea[], %s::text[])"
)
WRITE: Final = (
    "SELECT ledger_write(%s::text[], %s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[],"
    " %s::text[], %s::bool[], %s, %s::bigint[], %s::text[], %s::int[], %s::text[])"
)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry on its way to the tables; `payload` is what opens it, None of a fact of no order."""

    kind: str
    subject_id: int | None
    letter: str
    n: int | None
    body: str
    change_key: str
    payload: str | None
    tells: bool


@dataclass
class Written:
    """Rows on their way to the tables, and the streams that they continue."""

    rows: list[Row] = field(default_factory=list)
    touched: dict[Stream, Head] = field(default_factory=dict)


def stand(codes: Mapping[Stream, str], keys: Sequence[str]) -> tuple[dict[Stream, Head], set[str]]:
    """The heads of these streams, locked, missing ones made; and those of `keys` that are known.

    `codes` gives the code of each stream's order.

    Raises
    ------
    Erased
        The record of one of these orders was destroyed.
    """
    streams = sorted(codes)
    guessed = {subject_id: secrets.token_bytes(32) for subject_id, _ in streams}
    for _ in range(LOOKS):
        heads: dict[Stream, Head] = {}
        known: set[str] = set()
        for place, stream, n, leaf_hash, k, key in _look(codes, streams, guessed, keys):
            if not place:
                known.add(key)
            elif stream is None:
                guessed[streams[place - 1][0]] = k
            else:
                subject_id, letter = one = streams[place - 1]
                heads[one] = Head(subject_id, letter, stream, n, leaf_hash, k)
        if len(heads) == len(streams):
            return heads, known
    # This says why there is none.
    lock_heads(codes)
    raise RuntimeError("a stream cannot be begun")


def _look(
    codes: Mapping[Stream, str],
    streams: Sequence[Stream],
    guessed: Mapping[int, bytes],
    keys: Sequence[str],
) -> list[tuple[Any, ...]]:
    with _kept() as cursor:
        cursor.execute(
            STAND,
            [
                array_of(subject_id for subject_id, _ in streams),
                array_of_texts(letter for _, letter in streams),
                array_of_texts(
                    rules.stream_id(guessed[one[0]], one[1], codes[one]) for one in streams
                ),
                array_of_texts(f"\\x{guessed[subject_id].hex()}" for subject_id, _ in streams),
                array_of_texts(keys),
            ],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def write(written: Written, *, now: dt.datetime) -> list[int]:
    """The rows into their tables, heads moved on; the ids of the entries, in their order."""
    rows, touched = written.rows, written.touched.values()
    with _kept() as cursor:
        cursor.execute(
            WRITE,
            [
                array_of_texts([row.kind for row in rows]),
                array_of([row.subject_id for row in rows]),
                array_of_texts([row.letter for row in rows]),
                array_of([row.n for row in rows]),
                array_of_texts([row.body for row in rows]),
                array_of_texts([row.change_key for row in rows]),
                array_of_texts([row.payload for row in rows]),
                array_of([row.tells for row in rows]),
                now,
                array_of([head.subject_id for head in touched]),
                array_of_texts([head.letter for head in touched]),
                array_of([head.n for head in touched]),
                array_of_texts([head.leaf_hash for head in touched]),
            ],
        )
        ids: list[int] = cursor.fetchall()[0][0]
    return ids


@contextmanager
def _kept() -> Iterator[CursorWrapper]:
    """A cursor whose statements the server keeps prepared, which those of Django's own never are.

    It is wrapped as Django wraps its own, so errors, logs and wrappers of statements are as usual.
    """
    connection.ensure_connection()
    line = connection.connection
    wrap: Callable[[Any], CursorWrapper] = connection.make_cursor
    if connection.queries_logged:
        wrap = connection.make_debug_cursor
    with psycopg.Cursor(line) as cursor:
        cursor.format = psycopg.pq.Format.BINARY
        before, line.prepare_threshold = line.prepare_threshold, 0
        try:
            yield wrap(cursor)
        finally:
            line.prepare_threshold = before
