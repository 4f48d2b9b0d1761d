"""Giving entries their numbers in the log: the only place where the tree grows.

An entry's number is given here and never taken from its row's id: under many writers rows become
visible out of the order of their ids, and whoever asks for "all after the last" loses some.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from yinuo.contexts.ledger.operations.facts import Fact, record_many
from yinuo.engines.tlog import Edge, grow, leaf_hashes
from yinuo.platform.copying import Same, array_of, copy_in

LIMIT = 65_536
HASH_BYTES = 32
# A place in line, of its own or of a ticket.
LOCK_KINDS = ("order.locked", "order.locked_by_ticket")
# The count of a launch's tickets, and what may stand behind it only.
COUNTED = "launch.counted"
ON_COUNTS = ("order.locked_by_ticket", "window.closed", "draw.made", "draw.void")
Row = tuple[int, str, str]


@dataclass(frozen=True)
class Integrated:
    """How far the log has come: `size` leaves, `count` of them new, `locks` of these new places."""

    size: int
    count: int
    locks: int


def is_anything_waiting() -> bool:
    """Whether an entry has no number yet; as cheap as a question can be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM ledger_inbox)")
        return bool(cursor.fetchone()[0])


def integrate(
    *,
    first: Callable[[], Sequence[Fact]] | Sequence[Fact] = (),
    limit: int = LIMIT,
    now: dt.datetime,
) -> Integrated:
    """Add waiting entries to the log, at most `limit`, those of `first` before all others.

    `first` is recorded in the same transaction. Where it is asked for, it is asked after the other
    entries were taken, so it knows all that they rest on. Two integrators at once wait for each
    other; one that is killed has done nothing.
    """
    with transaction.atomic():
        edge = lock_edge()
        waiting = _take_oldest(limit)
        facts = first() if callable(first) else first
        leading = [one for one in record_many(facts, now=now) if one is not None]
        rows = _put_together(_take(leading), waiting)
        if not rows:
            return Integrated(edge.size, 0, 0)
        locks = sum(kind in LOCK_KINDS for _, kind, _ in rows)
        numbers = range(edge.size, edge.size + len(rows))
        copy_in(
            "ledger_leaf (idx, entry_id, body)",
            [numbers, [entry_id for entry_id, _, _ in rows], Same(None)],
        )
        grown = grow(edge, leaf_hashes([body.encode() for _, _, body in rows]))
        keep_edge(grown, locks)
        return Integrated(grown.size, len(rows), locks)


def _put_together(leading: list[Row], waiting: list[Row]) -> list[Row]:
    """What leads, then what waits.

    Only in a log that has given no place yet, the counts of tickets stand no earlier than the first
    entry that rests on them: whoever locked long before there was a log stays before those tickets.
    """
    if not any(row[1] == COUNTED for row in leading) or read_tree().locks:
        return leading + waiting
    counts = [row for row in leading if row[1] == COUNTED]
    first = next((n for n, row in enumerate(waiting) if row[1] in ON_COUNTS), len(waiting))
    others = [row for row in leading if row[1] != COUNTED]
    return [*others, *waiting[:first], *counts, *waiting[first:]]


@dataclass(frozen=True)
class TreeSeen:
    """How far the log has come: leaves, root, and how many of the leaves gave a place."""

    size: int
    root: bytes
    locks: int


def read_tree() -> TreeSeen:
    """The tree as it stands, not locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, root, locks FROM ledger_tree WHERE singleton = 1")
        size, root, locks = cursor.fetchone()
    return TreeSeen(size, bytes(root), locks)


def lock_edge() -> Edge:
    """The tree as it stands, locked: until this transaction ends nobody else adds to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, edge FROM ledger_tree WHERE singleton = 1 FOR UPDATE")
        size, nodes = cursor.fetchone()
    return edge_of(size, bytes(nodes))


def edge_of(size: int, nodes: bytes) -> Edge:
    """The edge whose hashes stand joined in `nodes`."""
    return Edge(size, tuple(nodes[i : i + HASH_BYTES] for i in range(0, len(nodes), HASH_BYTES)))


def keep_edge(edge: Edge, locks: int) -> None:
    """Write down how far the tree has come; `locks` of its new leaves gave a place."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_tree SET size = %s, edge = %s, root = %s, locks = locks + %s"
            " WHERE singleton = 1",
            [edge.size, b"".join(edge.nodes), edge.root(), locks],
        )


def _take(entry_ids: Sequence[int]) -> list[Row]:
    """These entries out of the inbox, in the order given: id, kind and body of each."""
    if not entry_ids:
        return []
    found = {row[0]: row for row in _taken("entry_id = ANY(%s::bigint[])", array_of(entry_ids))}
    return [found[entry_id] for entry_id in entry_ids]


def _take_oldest(limit: int) -> list[Row]:
    """The waiting entries with the lowest ids, by id; entries of one stream come in its order."""
    return _taken("entry_id IN (SELECT entry_id FROM ledger_inbox ORDER BY 1 LIMIT %s)", limit)


def _taken(condition: str, value: str | int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH taken AS (DELETE FROM ledger_inbox WHERE {condition} RETURNING entry_id)"
            " SELECT e.id, e.kind, e.body FROM taken JOIN ledger_entry e ON e.id = taken.entry_id"
            " ORDER BY e.id",
            [value],
        )
        rows: list[Row] = cursor.fetchall()
    return rows
