"""Taking tickets: a numbered, signed place in the queue of a launch, before anything else.

One short transaction takes as many as have come together. The launch's row gives out numbers and is
the one thing that takers wait for; a cell is counted down only while it has something left.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from yinuo.contexts.orders.rules import tickets as rules
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import CHINA

CODE_LENGTH = 12


class NoSuchLaunch(Refusal):
    """Nothing is launched under this code, or the launch sells no such group."""

    code = "no_such_launch"
    zh = "没有这场开售。"
    en = "There is no such launch."


class NotOpenYet(Refusal):
    """It begins at `at`."""

    code = "not_open_yet"
    zh = "还没有开始。{at.month}月{at.day}日 {at:%H:%M} 开始。"
    en = "It has not begun; it begins on {at.day} {at:%b at %H:%M}."


class Closed(Refusal):
    """It ended at `at`."""

    code = "closed"
    zh = "已经结束了（{at.month}月{at.day}日 {at:%H:%M}）。"
    en = "It ended on {at.day} {at:%b at %H:%M}."


@dataclass(frozen=True)
class Wanted:
    """One request for a ticket. `key` makes it once; `group` may be empty for the only one.

    `arrived_at` is the moment at which it came through our door; what car and where may be unknown.
    """

    key: str
    arrived_at: dt.datetime
    group: str = ""
    spec_id: int | None = None
    centre_id: int | None = None


@dataclass(frozen=True)
class Taken:
    """A ticket as it was taken; `state` is TAKEN with a place or WAITING without one.

    `again` says that this request had been made before and this is the ticket it got.
    """

    id: int
    code: str
    number: int
    group: str
    state: str
    waiting_no: int | None
    taken_at: dt.datetime
    due_at: dt.datetime | None
    chain: str
    signature: str
    again: bool = False


@dataclass
class _Launch:
    """A launch's row while it is held."""

    id: int
    numbers: int
    last_at: dt.datetime | None
    chain: str
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    hours: int
    groups: dict[str, int]


def take_many(
    *, launch_code: str, wanted: Sequence[Wanted], signing_key: str
) -> list[Taken | Refusal]:
    """A ticket for each request, or why there is none; one transaction for all.

    Numbers follow the order of arrival. A request whose key was seen before gets its first ticket
    again. Who comes when nothing is left gets a place in the waiting list. Nothing about the person
    or the car is judged here: that comes behind the ticket and cannot lose it.
    """
    with transaction.atomic():
        launch = _hold(launch_code)
        if launch is None:
            return [NoSuchLaunch() for _ in wanted]
        known = _known(launch.id, [one.key for one in wanted])
        answers: dict[str, Taken | Refusal] = {}
        fresh: dict[str, tuple[int, Wanted]] = {}
        for one in sorted(wanted, key=lambda one: one.arrived_at):
            if one.key in known:
                answers[one.key] = known[one.key]
            elif one.key not in fresh:
                refusal = _refuse(launch, one)
                if refusal is None:
                    fresh[one.key] = (_group_of(launch, one), one)
                else:
                    answers[one.key] = refusal
        for taken, one in _take(launch, launch_code, list(fresh.values()), signing_key):
            answers[one.key] = taken
        return [answers[one.key] for one in wanted]


def _hold(code: str) -> _Launch | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, numbers_given, last_taken_at, chain, opens_at, closes_at, finish_hours"
            " FROM orders_launch WHERE code = %s FOR NO KEY UPDATE",
            [code],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute("SELECT code, id FROM orders_salesgroup WHERE launch_id = %s", [row[0]])
        return _Launch(*[*row, dict(cursor.fetchall())])


def _known(launch_id: int, keys: list[str]) -> dict[str, Taken]:
    """Tickets that these requests got before; read while the launch is held, so none is missed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.request_key, t.id, t.code, t.number, g.code, t.state, t.waiting_no,"
            " t.taken_at, t.due_at, t.chain, t.signature FROM orders_ticket t"
            " JOIN orders_salesgroup g ON g.id = t.group_id"
            " WHERE t.launch_id = %s AND t.request_key = ANY(%s)",
            [launch_id, keys],
        )
        return {row[0]: Taken(*[*row[1:], True]) for row in cursor.fetchall()}


def _refuse(launch: _Launch, one: Wanted) -> Refusal | None:
    stage = rules.stage(one.arrived_at, launch.opens_at, launch.closes_at)
    if stage == "BEFORE":
        return NotOpenYet(at=launch.opens_at.astimezone(CHINA))
    if stage == "CLOSED":
        assert launch.closes_at is not None
        return Closed(at=launch.closes_at.astimezone(CHINA))
    if one.group not in launch.groups and (one.group or len(launch.groups) != 1):
        return NoSuchLaunch()
    return None


def _group_of(launch: _Launch, one: Wanted) -> int:
    return launch.groups[one.group] if one.group else next(iter(launch.groups.values()))


def _take(
    launch: _Launch, launch_code: str, fresh: list[tuple[int, Wanted]], signing_key: str
) -> list[tuple[Taken, Wanted]]:
    if not fresh:
        return []
    count = defaultdict[int, int](int)
    for group_id, _ in fresh:
        count[group_id] += 1
    # In one order everywhere, so that nobody waits in a circle.
    places = {group_id: _places(group_id, count[group_id]) for group_id in sorted(count)}
    names = {row: name for name, row in launch.groups.items()}
    codes = ids.new_codes(len(fresh), CODE_LENGTH)
    rows: list[tuple[Any, ...]] = []
    for (group_id, one), code in zip(fresh, codes, strict=True):
        cell_id, waiting_no = next(places[group_id])
        launch.numbers += 1
        launch.last_at = rules.moment_after(one.arrived_at, launch.last_at)
        launch.chain = rules.link(
            launch.chain,
            launch=launch_code,
            number=launch.numbers,
            group=names[group_id],
            code=code,
            taken_at=launch.last_at,
        )
        state = "WAITING" if cell_id is None else "TAKEN"
        due = None if cell_id is None else launch.last_at + dt.timedelta(hours=launch.hours)
        signature = rules.sign(signing_key, launch.chain)
        rows.append(
            (
                *(group_id, cell_id, launch.numbers, code, one.key, launch.last_at, launch.chain),
                *(signature, state, waiting_no, one.spec_id, one.centre_id, due),
            )
        )
    row_ids = _insert(launch, rows)
    return [
        (Taken(row_ids[r[2]], r[3], r[2], names[r[0]], r[8], r[9], r[5], r[12], r[6], r[7]), one)
        for r, (_, one) in zip(rows, fresh, strict=True)
    ]


CLAIM = """
WITH free AS (
    SELECT id, day, for_sale - taken AS rest FROM orders_salescell
    WHERE group_id = %(group)s AND taken < for_sale ORDER BY day NULLS FIRST, id FOR UPDATE
), shares AS (
    SELECT id, day, least(rest, greatest(0, %(count)s - (sum(rest) OVER (
        ORDER BY day NULLS FIRST, id) - rest)))::bigint AS share FROM free
)
UPDATE orders_salescell c SET taken = c.taken + s.share FROM shares s
WHERE c.id = s.id AND s.share > 0 AND c.taken + s.share <= c.for_sale
RETURNING c.id, s.share, c.day
"""


def _places(group_id: int, count: int) -> Iterator[tuple[int | None, int | None]]:
    """`count` places: (cell, None) while there are any, then (None, waiting number)."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"group": group_id, "count": count})
        cells = sorted(cursor.fetchall(), key=lambda row: (row[2] is not None, row[2], row[0]))
        got = sum(share for _, share, _ in cells)
        last = 0
        if got < count:
            cursor.execute(
                "UPDATE orders_salesgroup SET waiting_given = waiting_given + %s WHERE id = %s"
                " RETURNING waiting_given",
                [count - got, group_id],
            )
            last = cursor.fetchone()[0]
    places: list[tuple[int | None, int | None]] = [
        (cell_id, None) for cell_id, share, _ in cells for _ in range(share)
    ]
    places += [(None, last - (count - got) + 1 + i) for i in range(count - got)]
    return iter(places)


INSERT = """
INSERT INTO orders_ticket (launch_id, group_id, cell_id, number, code, request_key, taken_at, chain,
    signature, state, waiting_no, spec_id, centre_id, due_at)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
    %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::timestamptz[])
RETURNING number, id
"""


def _insert(launch: _Launch, rows: Sequence[tuple[Any, ...]]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [launch.id, *map(list, zip(*rows, strict=True))])
        row_ids: dict[int, int] = dict(cursor.fetchall())
        cursor.execute(
            "UPDATE orders_launch SET numbers_given = %s, last_taken_at = %s, chain = %s"
            " WHERE id = %s",
            [launch.numbers, launch.last_at, launch.chain, launch.id],
        )
    return row_ids
