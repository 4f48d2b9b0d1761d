"""Notices for very many people at once: one kind, one cause, one entry for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from yinuo.contexts.notices import rules
from yinuo.contexts.notices.operations.issue import (
    Tell,
    last_sent,
    lock_waiting,
    plan_notices,
)
from yinuo.platform.copying import Same, copy_in


@dataclass(frozen=True)
class Alike:
    """Entries of one kind with one cause, each of an order of its own; sequences are aligned."""

    kind: str
    known_at: dt.datetime
    entry_ids: Sequence[int]
    order_ids: Sequence[int]
    person_ids: Sequence[int]
    languages: Sequence[str]

    def tells(self, rows: Sequence[int]) -> list[Tell]:
        """Some of them one by one."""
        return [
            Tell(
                self.entry_ids[row],
                self.kind,
                self.order_ids[row],
                self.person_ids[row],
                self.languages[row],
                self.known_at,
            )
            for row in rows
        ]


def plan_alike(alike: Alike, *, now: dt.datetime) -> int:
    """Put each entry into a waiting notice of its order; returns how many notices are new.

    The same as `plan_notices` of each, in the transaction that records the entries.
    """
    pairs = list(zip(alike.order_ids, alike.person_ids, strict=True))
    waiting = lock_waiting(alike.order_ids)
    joined = [row for row, pair in enumerate(pairs) if pair in waiting]
    if joined:
        plan_notices(alike.tells(joined), now=now)
    rows = [row for row, pair in enumerate(pairs) if pair not in waiting]
    try:
        with transaction.atomic():
            _write(alike, rows, now)
    except IntegrityError:
        # Another worker made a waiting notice a moment ago.
        plan_notices(alike.tells(rows), now=now)
    return len(rows)


def _write(alike: Alike, rows: Sequence[int], now: dt.datetime) -> None:
    if not rows:
        return
    orders = [alike.order_ids[row] for row in rows]
    copy_in(
        "notices_notice (id, person_id, order_id, kind, language, send_at, state, known_at,"
        " created_at)",
        [
            [alike.entry_ids[row] for row in rows],
            [alike.person_ids[row] for row in rows],
            orders,
            Same(alike.kind),
            [alike.languages[row] for row in rows],
            _send_at(alike.kind, orders, now),
            Same("WAITING"),
            Same(alike.known_at),
            Same(now),
        ],
    )


def _send_at(kind: str, order_ids: Sequence[int], now: dt.datetime) -> Same | list[str]:
    sent = last_sent(order_ids, now) if kind in rules.JOINED_KINDS else {}
    if not sent:
        return Same(rules.send_at(now, None))
    at = str(rules.send_at(now, None))
    return [
        str(rules.send_at(now, sent[order_id])) if order_id in sent else at
        for order_id in order_ids
    ]
