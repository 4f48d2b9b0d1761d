"""A car goes to an order, so it leaves its line; and each line's week is closed.

Both are public: from them and the locks anybody can tell who was passed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.queries.queue import (
    count_allocated,
    find_first_allocation,
    find_newest_batch,
)
from yinuo.contexts.orders.rules import batches
from yinuo.platform import locks
from yinuo.platform.spoken import write_instant

BUILT, CAR = "BUILT", "CAR"


@dataclass(frozen=True)
class Left:
    """An order that leaves its line because a car goes to it.

    `how` is BUILT (its car is being built) or CAR (it got one that was there), `ref` what told us,
    `at` when it happened.
    """

    order_id: int
    how: str
    ref: str
    at: dt.datetime


def allocate(left: Sequence[Left], *, now: dt.datetime) -> None:
    """Record that cars went to these orders, in the transaction that moves them on."""
    if not left:
        return
    named = _name([one.order_id for one in left])
    began = find_newest_batch() is not None
    record_many(
        [
            Fact(
                "order.allocated",
                f"alloc:{one.order_id}",
                {
                    "line": named[one.order_id][1],
                    "batch": batches.batch_of(at=one.at, now=now, began=began),
                },
                {
                    "order": named[one.order_id][0],
                    "how": one.how,
                    "cause_ref": one.ref,
                    "at": write_instant(one.at),
                },
                one.order_id,
                named[one.order_id][0],
            )
            for one in left
        ],
        now=now,
    )


def _name(order_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Code and line of each order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, s.code || '@' || p.code FROM orders_order o"
            " JOIN orders_line l ON l.id = o.line_id JOIN catalogue_spec s ON s.id = l.spec_id"
            " JOIN places_place p ON p.id = l.centre_id WHERE o.id = ANY(%s)",
            [list(order_ids)],
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def close_batches(*, now: dt.datetime) -> int:
    """Close every week that is over, line by line; returns how many batches were closed.

    Safe to repeat and to run twice at once; weeks that were missed are caught up, oldest first.
    """
    newest = find_newest_batch()
    if newest is None:
        first_at = find_first_allocation()
        if first_at is None:
            return 0
        newest = batches.week_of(first_at - batches.WEEK)
    return sum(_close(week, now) for week in batches.weeks_to_close(newest, now))


@transaction.atomic
def _close(week: str, now: dt.datetime) -> int:
    locks.hold("batches")
    since, until = batches.span_of(week)
    entries = record_many(
        [
            Fact(
                "queue.batch_closed",
                f"batch:{week}:{line}",
                {"line": line, "batch": week, "count": count},
            )
            for line, count in sorted(count_allocated(week, since, until).items())
        ],
        now=now,
    )
    return sum(entry is not None for entry in entries)
