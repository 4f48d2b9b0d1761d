"""Recording facts. The only writer of the ledger."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.kinds import HISTORY, KINDS
from yinuo.contexts.ledger.models import Untold
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.ledger.rules import Value

# Locks taken together are taken in one order, and no statement carries more rows than this.
CHUNK = 5000


@dataclass(frozen=True)
class Fact:
    """Something a customer may rely on.

    `change_key` names the cause and what it changed; the same key is recorded once for ever.
    `subject_code` is the order's code, `subject_id` its row; both are empty for a fact of no order.
    """

    kind: str
    change_key: str
    public: Mapping[str, Value] = field(default_factory=dict)
    private: Mapping[str, Value] = field(default_factory=dict)
    subject_id: int | None = None
    subject_code: str = ""


@dataclass
class _Head:
    """Where a stream stands while a batch is being written."""

    stream: str
    subject_id: int
    letter: str
    n: int
    leaf_hash: str
    k: bytes


def record(fact: Fact, *, now: dt.datetime) -> int | None:
    """Record one fact; see `record_many`."""
    return record_many([fact], now=now)[0]


def record_many(facts: Sequence[Fact], *, now: dt.datetime) -> list[int | None]:
    """Record `facts` in the caller's transaction, in order.

    Returns the id of each new entry, or None where its `change_key` was recorded before.
    The caller's rows and the entries stand or fall together, so this refuses to run outside a
    transaction.

    Raises
    ------
    ValueError
        A fact's fields are not those its kind declares, or cannot be written canonically.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("facts are recorded in the transaction that makes them true")
    for fact in facts:
        _check(fact)
    entry_ids: list[int | None] = []
    for start in range(0, len(facts), CHUNK):
        entry_ids += _record_chunk(facts[start : start + CHUNK], now)
    return entry_ids


def mark_told(entry_ids: Sequence[int]) -> None:
    """A notice covers these entries now."""
    Untold.objects.filter(entry_id__in=entry_ids).delete()


def mark_history_told(*, until: dt.datetime) -> int:
    """What was recorded until then is history: nobody is told of it any more.

    For facts of the time before the system; returns how many there were.
    """
    count, _ = Untold.objects.filter(entry__recorded_at__lte=until).delete()
    return count


def _check(fact: Fact) -> None:
    kind = KINDS[fact.kind]
    if set(fact.public) != set(kind.public) or set(fact.private) != set(kind.private):
        missing = (set(kind.public) | set(kind.private)) - (set(fact.public) | set(fact.private))
        extra = (set(fact.public) | set(fact.private)) - (set(kind.public) | set(kind.private))
        raise ValueError(f"{fact.kind}: missing {sorted(missing)}, unknown {sorted(extra)}")
    if bool(kind.stream) != (fact.subject_id is not None):
        raise ValueError(f"{fact.kind}: a fact of an order names the order, another does not")


def _record_chunk(facts: Sequence[Fact], now: dt.datetime) -> list[int | None]:
    heads = _lock_heads(facts)
    known = recorded_keys([fact.change_key for fact in facts])
    fresh = []
    for fact in facts:
        if fact.change_key not in known:
            known.add(fact.change_key)
            fresh.append(fact)
    ids = dict(zip((fact.change_key for fact in fresh), _new_ids(len(fresh)), strict=True))
    entries: list[tuple[object, ...]] = []
    openings: list[tuple[int, str]] = []
    untold: list[tuple[int]] = []
    touched: dict[str, _Head] = {}
    for fact in fresh:
        entry_id = ids[fact.change_key]
        kind = KINDS[fact.kind]
        if kind.stream:
            assert fact.subject_id is not None
            head = heads[fact.subject_id, kind.stream]
            payload = rules.canonical({**fact.private, "kind": fact.kind})
            n = head.n + 1
            seal = rules.commitment(head.k, head.stream, n, payload)
            body = rules.ordered_leaf(kind.leaf, head.stream, n, head.leaf_hash, seal, fact.public)
            head.n, head.leaf_hash = n, rules.leaf_hash(body)
            touched[head.stream] = head
            entries.append(
                (entry_id, fact.kind, fact.subject_id, head.stream, n, body, fact.change_key, now)
            )
            openings.append((entry_id, payload))
        else:
            body = rules.free_leaf(kind.leaf, fact.public)
            entries.append((entry_id, fact.kind, None, "", None, body, fact.change_key, now))
        if kind.tells and fact.public.get("code") != HISTORY:
            untold.append((entry_id,))
    _write(entries, openings, untold, list(touched.values()))
    return [ids.pop(fact.change_key, None) for fact in facts]


def _lock_heads(facts: Sequence[Fact]) -> dict[tuple[int, str], _Head]:
    """The heads of all streams that `facts` continue, locked; missing ones are made."""
    wanted = {
        (fact.subject_id, KINDS[fact.kind].stream): fact.subject_code
        for fact in facts
        if fact.subject_id is not None
    }
    if not wanted:
        return {}
    subjects = sorted({subject_id for subject_id, _ in wanted})
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
        streams = {
            rules.stream_id(keys[subject_id], letter, code): (subject_id, letter)
            for (subject_id, letter), code in wanted.items()
        }
        names = sorted(streams)
        cursor.execute(
            "INSERT INTO ledger_streamhead (stream, subject_id, letter, n, leaf_hash)"
            " SELECT s, i, l, -1, ''"
            " FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS x(s, i, l)"
            " ORDER BY s ON CONFLICT DO NOTHING",
            [names, [streams[name][0] for name in names], [streams[name][1] for name in names]],
        )
        cursor.execute(
            "SELECT stream, subject_id, letter, n, leaf_hash FROM ledger_streamhead"
            " WHERE stream = ANY(%s) ORDER BY stream FOR UPDATE",
            [names],
        )
        rows = cursor.fetchall()
    return {
        (row[1], row[2]): _Head(row[0], row[1], row[2], row[3], row[4], keys[row[1]])
        for row in rows
    }


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def _write(
    entries: list[tuple[object, ...]],
    openings: list[tuple[int, str]],
    untold: list[tuple[int]],
    heads: list[_Head],
) -> None:
    with connection.cursor() as cursor:
        for target, rows in (
            (
                "ledger_entry (id, kind, subject_id, stream, n, body, change_key, recorded_at)",
                entries,
            ),
            ("ledger_opening (entry_id, payload)", openings),
            ("ledger_untold (entry_id)", untold),
        ):
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.execute(
            "UPDATE ledger_streamhead h SET n = x.n, leaf_hash = x.leaf_hash"
            " FROM unnest(%s::text[], %s::int[], %s::text[]) AS x(stream, n, leaf_hash)"
            " WHERE h.stream = x.stream",
            [[h.stream for h in heads], [h.n for h in heads], [h.leaf_hash for h in heads]],
        )
