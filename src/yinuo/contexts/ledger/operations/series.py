"""Recording very many facts of one kind at once: column by column, not fact by fact."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.forms import Formed, form_many
from yinuo.contexts.ledger.kinds import HISTORY, KINDS
from yinuo.contexts.ledger.operations.streams import (
    STAGED_FROM,
    Overtaken,
    advance_heads,
    lock_streams,
    read_streams,
)
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.ledger.rules import Each, Streams, Value
from yinuo.platform.copying import Same, copy_in, fresh_ids

# Fewer facts than this are written whole. So a form says nothing by which a few could be told
# apart, and the table of forms stays small.
FORMED_FROM = 100

Fields = Mapping[str, Value | Each]


@dataclass(frozen=True)
class Series:
    """Facts of one kind, one for each of many different orders.

    The sequences are aligned. A field is the same for all facts, or an `Each` aligned with them.
    Meanings are those of `Fact`.
    """

    kind: str
    subject_ids: Sequence[int]
    subject_codes: Sequence[str]
    change_keys: Sequence[str]
    public: Fields
    private: Fields

    def pick(self, rows: Sequence[int]) -> Series:
        """The facts of these rows."""
        return Series(
            self.kind,
            [self.subject_ids[row] for row in rows],
            [self.subject_codes[row] for row in rows],
            [self.change_keys[row] for row in rows],
            _picked(self.public, rows),
            _picked(self.private, rows),
        )


def record_series(series: Series, *, told: bool = False, now: dt.datetime) -> list[int | None]:
    """Record `series` in the caller's transaction; the ledger is as after `record_many`.

    Returns the id of each new entry, or None where its `change_key` was recorded before. With
    `told` the caller puts the new entries into notices in this transaction; otherwise they wait
    for that like all others.

    Raises
    ------
    ValueError
        The fields are not those of the kind, cannot be written canonically, or an order comes
        twice.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("facts are recorded in the transaction that makes them true")
    _check(series)
    if not series.subject_ids:
        return []
    done = _record_unlocked(series, told, now)
    if done is not None:
        return done
    codes = dict(zip(series.subject_ids, series.subject_codes, strict=True))
    streams = lock_streams(codes, KINDS[series.kind].stream)
    try:
        # Hardly ever was any of them recorded before, so that is not asked but found out.
        with transaction.atomic():
            return _write(series, streams, told, now)
    except IntegrityError:
        known = recorded_keys(series.change_keys)
        rows = [row for row, key in enumerate(series.change_keys) if key not in known]
        ids: list[int | None] = [None] * len(series.change_keys)
        written = _write(series.pick(rows), streams.pick(rows), told, now)
        for row, entry_id in zip(rows, written, strict=True):
            ids[row] = entry_id
        return ids


def _record_unlocked(series: Series, told: bool, now: dt.datetime) -> list[int | None] | None:
    """Record very many without locking their streams first, which costs as much as moving them.

    Each stream must stand where it was read when it is moved on. None, and nothing is written,
    where one does not, has not begun, or a fact was recorded before.
    """
    if len(series.subject_ids) < STAGED_FROM:
        return None
    streams = read_streams(series.subject_ids, KINDS[series.kind].stream)
    if streams is None:
        return None
    try:
        with transaction.atomic():
            return _write(series, streams, told, now)
    except (IntegrityError, Overtaken):
        return None


def _picked(fields: Fields, rows: Sequence[int]) -> Fields:
    return {
        key: value.pick(rows) if isinstance(value, Each) else value for key, value in fields.items()
    }


def _check(series: Series) -> None:
    kind = KINDS[series.kind]
    if set(series.public) != set(kind.public) or set(series.private) != set(kind.private):
        raise ValueError(f"{series.kind}: the fields are not those of the kind")
    if not kind.stream or len(set(series.subject_ids)) != len(series.subject_ids):
        raise ValueError(f"{series.kind}: each fact of a series is of an order of its own")


def _write(series: Series, streams: Streams, told: bool, now: dt.datetime) -> list[int | None]:
    """Bodies, rows and heads; streams that begin are written apart from those that go on."""
    numbers = streams.numbers
    begins = [row for row, number in enumerate(numbers) if not number]
    if not begins or len(begins) == len(numbers):
        return list(_write_alike(series, streams, told, now))
    goes_on = [row for row, number in enumerate(numbers) if number]
    ids: list[int | None] = [None] * len(numbers)
    for rows in (begins, goes_on):
        written = _write_alike(series.pick(rows), streams.pick(rows), told, now)
        for row, entry_id in zip(rows, written, strict=True):
            ids[row] = entry_id
    return ids


def _write_alike(series: Series, streams: Streams, told: bool, now: dt.datetime) -> list[int]:
    kind, count = KINDS[series.kind], len(streams.numbers)
    if not count:
        return []
    ids = fresh_ids("ledger_entry", count)
    formed = form_many({**series.private, "kind": series.kind}, count)
    bodies, hashes = rules.ordered_leaves(kind.leaf, streams, formed.payloads, series.public)
    # First: from here on nobody else writes to these streams.
    advance_heads(series.subject_ids, kind.stream, streams.numbers, hashes)
    copy_in(
        "ledger_entry (id, kind, subject_id, letter, n, body, change_key, recorded_at)",
        [
            ids,
            Same(series.kind),
            series.subject_ids,
            Same(kind.stream),
            streams.numbers,
            bodies,
            series.change_keys,
            Same(now),
        ],
    )
    _copy_openings(ids, formed)
    if kind.tells and not told:
        copy_in("ledger_untold (entry_id)", [_news(series, ids)])
    return ids


def _copy_openings(ids: Sequence[int], formed: Formed) -> None:
    """The openings of these entries: form and parts, or whole where they are too few."""
    form, parts = None, formed.payloads
    if len(ids) >= FORMED_FROM:
        form, parts = _form_id(formed.form), formed.parts
    copy_in("ledger_opening (entry_id, form_id, parts)", [ids, Same(form), parts])


def _form_id(pieces: str) -> int:
    """The row of this form, made if there is none to be seen."""
    digest = hashlib.sha256(pieces.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM ledger_form WHERE digest = %s", [digest])
        [found] = cursor.fetchone()
        if found is None:
            cursor.execute(
                "INSERT INTO ledger_form (digest, pieces) VALUES (%s, %s) RETURNING id",
                [digest, pieces],
            )
            [found] = cursor.fetchone()
    return int(found)


def _news(series: Series, ids: Sequence[int]) -> list[int]:
    """Entries that somebody must be told of: all but what is history."""
    code = series.public.get("code")
    if isinstance(code, Each):
        return [one for one, said in zip(ids, code.listed(), strict=True) if said != HISTORY]
    return [] if code == HISTORY else list(ids)
