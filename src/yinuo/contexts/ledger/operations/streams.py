"""The streams that facts continue: locked in one order everywhere, then moved on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from yinuo.contexts.ledger import rules
from yinuo.platform.copying import array_of, staged

# A temporary table pays from this many rows on.
STAGED_FROM = 1000
# Of an order and the letter of one of its streams.
Stream = tuple[int, str]


@dataclass(slots=True)
class Head:
    """Where a stream stands while facts are being written: its newest entry and its secret."""

    subject_id: int
    letter: str
    stream: str
    n: int
    leaf_hash: str
    k: bytes


def lock_heads(codes: Mapping[Stream, str]) -> list[Head]:
    """The heads of these streams, locked, by order and letter; missing ones are made.

    `codes` gives the code of each stream's order.
    """
    return [Head(*row) for row in lock_rows(codes)]


def lock_rows(codes: Mapping[Stream, str]) -> list[tuple[Any, ...]]:
    """`lock_heads` as bare rows, for very many streams: the fields of `Head` in their order."""
    rows = _lock(codes)
    if len(rows) < len(codes):
        found = {row[:2] for row in rows}
        _begin({stream: code for stream, code in codes.items() if stream not in found})
        rows = _lock(codes)
    return rows


def move_heads(
    subjects: Sequence[int], letters: Sequence[str], numbers: Sequence[int], hashes: Sequence[str]
) -> None:
    """Write down where these streams stand now: the number and the hash of their newest entry."""
    columns = (subjects, letters, numbers, hashes)
    if len(subjects) < STAGED_FROM:
        source = "unnest(%s::bigint[], %s::text[], %s::int[], %s::text[])"
        _move(source, columns)
        return
    with staged("moved_head", "subject_id bigint, letter text, n int, leaf_hash text", columns):
        # The span lets the database walk one stretch of the index and not all of it.
        span = f" AND h.subject_id BETWEEN {min(subjects)} AND {max(subjects)}"
        _move("moved_head", (), span)


def _move(source: str, parameters: Sequence[Sequence[int] | Sequence[str]], span: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_streamhead h SET n = x.n, leaf_hash = x.leaf_hash"
            f" FROM {source} AS x(subject_id, letter, n, leaf_hash)"
            f" WHERE h.subject_id = x.subject_id AND h.letter = x.letter{span}",
            [list(column) for column in parameters],
        )


def _lock(codes: Mapping[Stream, str]) -> list[tuple[Any, ...]]:
    """Those heads that exist. All writers lock by order and letter, so none waits in a circle."""
    subjects = [subject_id for subject_id, _ in codes]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.subject_id, h.letter, h.stream, h.n, h.leaf_hash, s.k"
            " FROM ledger_streamhead h JOIN ledger_secret s ON s.subject_id = h.subject_id"
            " JOIN unnest(%s::bigint[], %s::text[]) AS x(subject_id, letter)"
            " ON h.subject_id = x.subject_id AND h.letter = x.letter"
            " WHERE h.subject_id BETWEEN %s AND %s AND s.subject_id BETWEEN %s AND %s"
            " ORDER BY h.subject_id, h.letter FOR UPDATE OF h",
            [
                array_of(subjects),
                "{" + ",".join(letter for _, letter in codes) + "}",
                *(min(subjects), max(subjects)) * 2,
            ],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _begin(codes: Mapping[Stream, str]) -> None:
    subjects = sorted({subject_id for subject_id, _ in codes})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_secret (subject_id, k)"
            " SELECT * FROM unnest(%s::bigint[], %s::bytea[]) ORDER BY 1 ON CONFLICT DO NOTHING",
            [subjects, [secrets.token_bytes(32) for _ in subjects]],
        )
        cursor.execute(
            "SELECT subject_id, k FROM ledger_secret WHERE subject_id = ANY(%s)", [subjects]
        )
        keys = {subject_id: bytes(k) for subject_id, k in cursor.fetchall()}
        streams = sorted(codes)
        cursor.execute(
            "INSERT INTO ledger_streamhead (subject_id, letter, stream, n, leaf_hash)"
            " SELECT i, l, s, -1, '' FROM unnest(%s::bigint[], %s::text[], %s::text[])"
            " AS x(i, l, s) ORDER BY i, l ON CONFLICT DO NOTHING",
            [
                [subject_id for subject_id, _ in streams],
                [letter for _, letter in streams],
                [rules.stream_id(keys[one[0]], one[1], codes[one]) for one in streams],
            ],
        )
