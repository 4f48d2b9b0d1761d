"""Turning entries of the ledger into notices: one per person, each entry told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.ledger.visit_kinds import SAME_DAY_KINDS
from yinuo.contexts.notices import rules
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.notices.queries.care import told_among
from yinuo.platform.copying import among, array_of


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
    told = told_among([tell.entry_id for tell in tells])
    tells = [tell for tell in tells if tell.entry_id not in told]
    groups: dict[tuple[int, int], list[Tell]] = {}
    for tell in tells:
        groups.setdefault((tell.order_id, tell.person_id), []).append(tell)
    order_ids = sorted({tell.order_id for tell in tells})
    waiting = lock_waiting(order_ids)
    joined = {key: groups[key] for key in sorted(waiting.keys() & groups.keys())}
    missing = sorted(groups.keys() - waiting.keys())
    sent = last_sent(order_ids, now)
    left = missing
    # What another worker made a moment ago may be released before it is locked here: then there
    # is nothing to do for what it tells.
    while left:
        _create([groups[key] for key in left], sent, now)
        waiting = lock_waiting(order_ids)
        left = [key for key in left if key not in waiting]
        told = told_among([tell.entry_id for key in left for tell in groups[key]])
        left = [key for key in left if any(tell.entry_id not in told for tell in groups[key])]
    _weigh_again({waiting[key]: more for key, more in joined.items()}, now)
    _join({tell.entry_id: waiting.get((tell.order_id, tell.person_id)) for tell in tells})
    return len(missing)


def _join(notice_of: Mapping[int, int | None]) -> None:
    """Let each waiting notice tell these entries too; it tells the one it was made for anyhow."""
    further = {
        entry_id: notice_id
        for entry_id, notice_id in notice_of.items()
        if notice_id not in (None, entry_id)
    }
    if not further:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_furtherentry (entry_id, notice_id)"
            " SELECT x.* FROM unnest(%s::bigint[], %s::bigint[]) AS x(entry_id, notice_id)"
            " WHERE NOT EXISTS (SELECT 1 FROM notices_notice n WHERE n.id = x.entry_id)"
            " ON CONFLICT DO NOTHING",
            [list(further), list(further.values())],
        )


def _create(
    groups: Sequence[Sequence[Tell]], sent: Mapping[int, dt.datetime], now: dt.datetime
) -> None:
    Notice.objects.bulk_create(
        [_new_notice(tells, sent.get(tells[0].order_id), now) for tells in groups],
        ignore_conflicts=True,
    )


def _new_notice(
    tells: Sequence[Tell], last_sent_at: dt.datetime | None, now: dt.datetime
) -> Notice:
    kind = rules.heaviest(tell.kind for tell in tells)
    # Further changes come as one; an answer or a correction waits for nothing.
    joins = kind in rules.JOINED_KINDS
    return Notice(
        id=min(tell.entry_id for tell in tells),
        person_id=tells[0].person_id,
        order_id=tells[0].order_id,
        kind=kind,
        language=tells[0].language,
        send_at=rules.send_at(now, last_sent_at if joins else None, kind),
        known_at=min(tell.known_at for tell in tells),
        created_at=now,
    )


def _weigh_again(joined: Mapping[int, Sequence[Tell]], now: dt.datetime) -> None:
    """A waiting notice that more is told with: its kind is the heaviest, its cause the earliest.

    What may not wait takes the rest of the notice along.
    """
    rows = list(Notice.objects.filter(id__in=joined).order_by("id"))
    for row in rows:
        row.kind = rules.heaviest([row.kind, *(tell.kind for tell in joined[row.id])])
        row.known_at = min(row.known_at, *(tell.known_at for tell in joined[row.id]))
        if row.kind in SAME_DAY_KINDS:
            row.send_at = min(row.send_at, now)
    Notice.objects.bulk_update(rows, ["kind", "known_at", "send_at"])


def lock_waiting(order_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """The waiting notice of each of these orders by order and person, locked."""
    condition, parameters = among("order_id", order_ids)
    with connection.cursor() as cursor:
        # Put so that it is not answered by reading everything that waits.
        cursor.execute(
            "SELECT order_id, id FROM notices_notice"
            f" WHERE {condition} AND state || '' = 'WAITING'",
            parameters,
        )
        wanted = set(order_ids)
        ids = [notice_id for order_id, notice_id in cursor.fetchall() if order_id in wanted]
        if not ids:
            return {}
        cursor.execute(
            "SELECT order_id, person_id, id FROM notices_notice WHERE id = ANY(%s::bigint[])"
            " AND state = 'WAITING' ORDER BY id FOR UPDATE",
            [array_of(ids)],
        )
        return {(order_id, person_id): notice_id for order_id, person_id, notice_id in cursor}


def last_sent(order_ids: Sequence[int], now: dt.datetime) -> dict[int, dt.datetime]:
    """When each of these orders, and perhaps some others, was last told of a change, if lately."""
    condition, parameters = among("order_id", order_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, max(coalesce(sent_at, send_at)) FROM notices_notice"
            f" WHERE {condition} AND state = 'SENT' AND kind = ANY(%s)"
            " AND coalesce(sent_at, send_at) > %s GROUP BY 1",
            [*parameters, list(rules.JOINED_KINDS), now - rules.JOIN_WITHIN],
        )
        return dict(cursor.fetchall())


def link_corrections(corrected: Mapping[int, str]) -> int:
    """Let each notice that tells a correction name the notice it corrects; returns how many.

    `corrected` gives the public id of the wrong notice by the entry of its correction. Runs in
    the caller's transaction. Safe to repeat.
    """
    if not corrected:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_notice n SET corrects_id = old.id"
            " FROM unnest(%s::bigint[], %s::text[]) AS x(entry_id, public_id)"
            " JOIN notices_noticeentry e ON e.entry_id = x.entry_id"
            " JOIN notices_notice old ON old.public_id = x.public_id"
            " WHERE n.id = e.notice_id AND n.corrects_id IS NULL AND old.id <> n.id",
            [list(corrected), list(corrected.values())],
        )
        return int(cursor.rowcount)
