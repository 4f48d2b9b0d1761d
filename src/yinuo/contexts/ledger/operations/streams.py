"""The streams that facts continue: locked in one order everywhere, then moved on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.models import Erasure
from yinuo.platform.columns import fetch_packed
from yinuo.platform.copying import among, array_of, in_key_order, staged
from yinuo.platform.refusals import Refusal
from yinuo.platform.weaving import Texts, texts_of

# A temporary table pays from this many rows on.
STAGED_FROM = 1000
# Of an order and the letter of one of its streams.
Stream = tuple[int, str]


class Overtaken(Exception):
    """Somebody else wrote to a stream that was read and not locked."""


class Erased(Refusal):
    """The record of this order was destroyed; nothing is added to it."""

    code = "record_erased"
    zh = "这个订单的记录已经删除，不能再往里记。"
    en = "The record of this order was erased; nothing can be added to it."


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


def lock_streams(codes: Mapping[int, str], letter: str) -> rules.Streams:
    """Where this stream of each order stands, locked, aligned with `codes`."""
    rows = lock_rows({(subject, letter): code for subject, code in codes.items()})
    row_of = {row[0]: row[2:] for row in rows}
    ids, numbers, hashes, secrets_ = zip(*(row_of[subject] for subject in codes), strict=True)
    return rules.Streams(
        np.frombuffer(b"".join(secrets_), np.uint8).reshape(len(rows), -1),
        texts_of(ids),
        [number + 1 for number in numbers],
        texts_of(hashes),
    )


def read_streams(subjects: Sequence[int], letter: str) -> rules.Streams | None:
    """Where this stream of each order stands, as `lock_streams` says it but not locked.

    Aligned with `subjects`; None where one of them has not begun. Whoever goes on from here finds
    out with `advance_heads` whether somebody else went on meanwhile.
    """
    condition, parameters = among("h.subject_id", subjects)
    count, (ids_of_orders, numbers, *signs, keys) = fetch_packed(
        f"""
        SELECT int8send(h.subject_id) AS subject_id, int8send(h.n) AS n,
            convert_to(h.stream, 'UTF8') AS stream, convert_to(h.leaf_hash, 'UTF8') AS hash, s.k
        FROM ledger_streamhead h JOIN ledger_secret s ON s.subject_id = h.subject_id
        WHERE h.letter = %s AND {condition} AND {condition.replace("h.", "s.")}
        ORDER BY h.subject_id
        """,
        ("subject_id", "n", "stream", "hash", "k"),
        [letter, *parameters, *parameters],
    )
    wanted, found = np.array(subjects, np.int64), np.frombuffer(ids_of_orders, ">i8")
    at = np.minimum(np.searchsorted(found, wanted), count - 1)
    if not count or not np.array_equal(found[at], wanted):
        return None
    # A stream without an entry has no hash: whoever is beginning it has not ended yet.
    if any(len(column) != count * rules.HASH_SIGNS for column in signs):
        return None
    names, hashes = (
        _fixed(np.frombuffer(column, np.uint8).reshape(count, -1)[at]) for column in signs
    )
    return rules.Streams(
        np.frombuffer(keys, np.uint8).reshape(count, -1)[at],
        names,
        (np.frombuffer(numbers, ">i8")[at].astype(np.int64) + 1).tolist(),
        hashes,
    )


def _fixed(rows: npt.NDArray[np.uint8]) -> Texts:
    """Texts of one length, a row of bytes each."""
    return Texts(rows.reshape(-1), np.arange(1, len(rows) + 1, dtype=np.int64) * rows.shape[1])


def advance_heads(
    subjects: Sequence[int], letter: str, numbers: Sequence[int], hashes: Texts
) -> None:
    """Write down where these streams stand now, each one entry further: number and hash of it.

    They need not be locked.

    Raises
    ------
    Overtaken
        One of them is not where it was when it was read.
    """
    if _advance(subjects, letter, numbers, hashes) < len(subjects):
        raise Overtaken


def _advance(subjects: Sequence[int], letter: str, numbers: Sequence[int], hashes: Texts) -> int:
    """How many heads were moved on."""
    statement = (
        "UPDATE ledger_streamhead h SET n = x.n, leaf_hash = x.leaf_hash"
        " FROM {source} AS x(subject_id, n, leaf_hash)"
        " WHERE h.subject_id = x.subject_id AND h.letter = %s AND h.n = x.n - 1"
    )
    with connection.cursor() as cursor:
        if len(subjects) < STAGED_FROM:
            source = "unnest(%s::bigint[], %s::int[], %s::text[])"
            cursor.execute(
                statement.format(source=source),
                [[*subjects], [*numbers], hashes.words(), letter],
            )
            return int(cursor.rowcount)
        fields = "subject_id bigint, n int, leaf_hash text"
        with staged("moved_head", fields, (subjects, numbers, hashes)), in_key_order():
            # The span lets the database walk one stretch of the index and not all of it.
            span = f" AND h.subject_id BETWEEN {min(subjects)} AND {max(subjects)}"
            cursor.execute(statement.format(source="moved_head") + span, [letter])
            return int(cursor.rowcount)


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
    if Erasure.objects.filter(subject_id__in=subjects, done_at__isnull=False).exists():
        raise Erased
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
