"""Turning entries of the ledger into notices: one per person, each entry told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.notices import rules
from yinuo.contexts.notices.models import Notice, NoticeEntry
from yinuo.platform.ids import new_code, new_id

CODE_LENGTH = 6


@dataclass(frozen=True)
class Tell:
    """One entry that one person must be told of."""

    entry_id: int
    kind: str
    order_id: int
    person_id: int
    language: str
    known_at: dt.datetime


def plan_notices(tells: Sequence[Tell], *, now: dt.datetime) -> int:
    """Put each entry into a waiting notice of its order; returns how many notices are new.

    Runs in the caller's transaction. An order has one waiting notice at most, so entries that
    come while one waits are told together. Safe to repeat: an entry is told once.
    """
    order_ids = sorted({tell.order_id for tell in tells})
    last_sent = _last_sent(order_ids, now)
    first: dict[tuple[int, int], Tell] = {}
    for tell in tells:
        first.setdefault((tell.order_id, tell.person_id), tell)
    before = _lock_waiting(order_ids)
    missing = [tell for key, tell in sorted(first.items()) if key not in before]
    Notice.objects.bulk_create(
        [
            Notice(
                public_id=new_id("ntc"),
                code=new_code(CODE_LENGTH),
                person_id=tell.person_id,
                order_id=tell.order_id,
                kind=tell.kind,
                language=tell.language,
                send_at=rules.send_at(now, last_sent.get(tell.order_id)),
                known_at=tell.known_at,
                created_at=now,
            )
            for tell in missing
        ],
        ignore_conflicts=True,
    )
    waiting = _lock_waiting(order_ids)
    NoticeEntry.objects.bulk_create(
        [
            NoticeEntry(notice_id=waiting[tell.order_id, tell.person_id], entry_id=tell.entry_id)
            for tell in tells
        ],
        ignore_conflicts=True,
    )
    return len(missing)


def _lock_waiting(order_ids: list[int]) -> dict[tuple[int, int], int]:
    rows = (
        Notice.objects.select_for_update()
        .filter(order_id__in=order_ids, state=Notice.State.WAITING)
        .order_by("id")
    )
    return {(row.order_id, row.person_id): row.id for row in rows}


def _last_sent(order_ids: list[int], now: dt.datetime) -> dict[int, dt.datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, max(coalesce(sent_at, send_at)) FROM notices_notice"
            " WHERE order_id = ANY(%s) AND state = 'SENT'"
            " AND coalesce(sent_at, send_at) > %s GROUP BY 1",
            [order_ids, now - rules.JOIN_WITHIN],
        )
        return dict(cursor.fetchall())
