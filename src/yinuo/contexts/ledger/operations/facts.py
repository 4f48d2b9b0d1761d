"""Recording facts one by one: of whatever kind, of whatever order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.kinds import HISTORY, KINDS
from yinuo.contexts.ledger.models import Untold
from yinuo.contexts.ledger.operations.calls import Row, Written, stand, write
from yinuo.contexts.ledger.operations.streams import Head, Stream
from yinuo.contexts.ledger.rules import Value

# What the story that runs now has recorded and not written yet, with the moment of each.
_GATHERED: ContextVar[list[tuple[Fact, dt.datetime]] | None] = ContextVar("gathered", default=None)
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


def record(fact: Fact, *, now: dt.datetime) -> int | None:
    """Record one fact; see `record_many`."""
    return record_many([fact], now=now)[0]


def record_many(facts: Sequence[Fact], *, now: dt.datetime) -> list[int | None]:
    """Record `facts` in the caller's transaction, in order.

    Returns the id of each new entry, or None where its `change_key` was recorded before.
    The caller's rows and the entries stand or fall together, so this refuses to run outside a
    transaction. Inside `gathered` they are written at its end, so no id is known yet: all None.

    Raises
    ------
    ValueError
        A fact's fields are not those its kind declares, or cannot be written canonically.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("facts are recorded in the transaction that makes them true")
    for fact in facts:
        _check(fact)
    waiting = _GATHERED.get()
    if waiting is not None:
        waiting += [(fact, now) for fact in facts]
        return [None] * len(facts)
    return _record_all(facts, now)


@contextmanager
def gathered() -> Iterator[None]:
    """What is recorded inside is written at the end in one go, in its order.

    For a story of many steps in one transaction, none of which reads the record. Inside another
    one its facts go to that one; an error drops them, as a savepoint drops the rows beside them.
    """
    waiting: list[tuple[Fact, dt.datetime]] = []
    token = _GATHERED.set(waiting)
    try:
        yield
    finally:
        _GATHERED.reset(token)
    outer = _GATHERED.get()
    if outer is not None:
        outer += waiting
        return
    for now in dict.fromkeys(moment for _, moment in waiting):
        _record_all([fact for fact, moment in waiting if moment == now], now)


def _record_all(facts: Sequence[Fact], now: dt.datetime) -> list[int | None]:
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
    codes = {
        (fact.subject_id, KINDS[fact.kind].stream): fact.subject_code
        for fact in facts
        if fact.subject_id is not None
    }
    heads, known = stand(codes, [fact.change_key for fact in facts])
    fresh = []
    for fact in facts:
        if fact.change_key not in known:
            known.add(fact.change_key)
            fresh.append(fact)
    written = Written()
    for fact in fresh:
        _write_down(fact, heads, written)
    if not fresh:
        return [None] * len(facts)
    ids = dict(zip((fact.change_key for fact in fresh), write(written, now=now), strict=True))
    return [ids.pop(fact.change_key, None) for fact in facts]


def _write_down(fact: Fact, heads: Mapping[Stream, Head], written: Written) -> None:
    kind = KINDS[fact.kind]
    head = heads[fact.subject_id, kind.stream] if fact.subject_id is not None else None
    payload: str | None = None
    if head is not None:
        payload = rules.canonical({**fact.private, "kind": fact.kind})
        n = head.n + 1
        seal = rules.commitment(head.k, head.stream, n, payload)
        body = rules.ordered_leaf(kind.leaf, head.stream, n, head.leaf_hash, seal, fact.public)
        head.n, head.leaf_hash = n, rules.leaf_hash(body)
        written.touched[head.subject_id, head.letter] = head
        place: tuple[int | None, str, int | None] = (head.subject_id, head.letter, n)
    else:
        body = rules.free_leaf(kind.leaf, fact.public)
        place = (None, "", None)
    tells = kind.tells and fact.public.get("code") != HISTORY
    written.rows.append(Row(fact.kind, *place, body, fact.change_key, payload, tells))
