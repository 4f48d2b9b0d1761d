"""Who stands where, as arrays for the check of fairness, and in words for one order."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.orders.models import Order
from yinuo.platform.columns import Ints, fetch_columns
from yinuo.platform.ids import clean_code

Flags = npt.NDArray[np.bool_]

STANDING = """
WITH held AS (SELECT DISTINCT order_id FROM orders_queuenote WHERE kind = 'HOLD'),
     excepted AS (SELECT DISTINCT order_id FROM orders_queuenote WHERE kind = 'EXCEPTION'),
     waiting AS (SELECT o.line_id, min(o.rank) AS rank
                 FROM orders_order o LEFT JOIN held h ON h.order_id = o.id
                 WHERE o.state IN ('LOCKED', 'SCHEDULED') AND h.order_id IS NULL
                 GROUP BY o.line_id),
     seen AS (SELECT id, line_id, rank, state FROM orders_order
              WHERE state NOT IN ('DELIVERED', 'CANCELLED')
              UNION ALL
              SELECT o.id, o.line_id, o.rank, o.state
              FROM orders_order o JOIN waiting w ON w.line_id = o.line_id AND o.rank > w.rank
              WHERE o.state = 'DELIVERED')
SELECT s.id, s.line_id, s.rank,
       (s.state IN ('LOCKED', 'SCHEDULED'))::int AS queued, (s.state <> 'DELIVERED')::int AS open,
       (h.order_id IS NOT NULL)::int AS held, (e.order_id IS NOT NULL)::int AS excepted
FROM seen s LEFT JOIN held h ON h.order_id = s.id LEFT JOIN excepted e ON e.order_id = s.id
"""


@dataclass(frozen=True)
class Standing:
    """Orders in lock order: all open ones, and delivered ones that passed somebody who waits.

    `queued` marks orders whose building has not begun. `held` and `excepted` carry a recorded
    reason to be passed, or to pass, whether it has ended or not.
    """

    order_ids: Ints
    line_ids: Ints
    queued: Flags
    is_open: Flags
    held: Flags
    excepted: Flags


def load_standing() -> Standing:
    """All lines as they stand."""
    ids, lines, ranks, *flags = fetch_columns(
        STANDING, ("id", "line_id", "rank", "queued", "open", "held", "excepted")
    )
    order = np.lexsort((ids, ranks))
    marks = [flag[order].astype(np.bool_) for flag in flags]
    return Standing(ids[order], lines[order], *marks)


@dataclass(frozen=True)
class Stand:
    """One order as the check names it; `line` is "<spec>@<centre>"."""

    code: str
    line: str
    locked_at: dt.datetime
    state: str


def describe(order_ids: Sequence[int]) -> dict[int, Stand]:
    """Code, line and lock time of these orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, s.code || '@' || p.code, o.locked_at, o.state"
            " FROM orders_order o JOIN orders_line l ON l.id = o.line_id"
            " JOIN catalogue_spec s ON s.id = l.spec_id JOIN places_place p ON p.id = l.centre_id"
            " WHERE o.id = ANY(%s)",
            [list(order_ids)],
        )
        return {row[0]: Stand(*row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True)
class Explanation:
    """Where an order stands and why others passed it.

    `ahead` counts earlier locks of the line that are not being built yet; `left_last_week` those
    that left the line in the last seven days. `passes` counts later locks that were handed over
    or are being built already, by recorded reason; the empty code means none was recorded.
    """

    stand: Stand
    ahead: int
    left_last_week: int
    passes: dict[str, int]
    own_reasons: tuple[str, ...]


def explain(code: str, *, now: dt.datetime) -> Explanation | None:
    """The place of the order with this code, or None when there is none."""
    order = Order.objects.filter(code=clean_code(code)).first()
    if order is None:
        return None
    line = Order.objects.filter(line_id=order.line_id)
    left = line.exclude(state__in=["LOCKED", "SCHEDULED", "CANCELLED"])
    passed_by = left.filter(rank__gt=order.rank).prefetch_related("queue_notes")
    own = tuple(order.queue_notes.filter(kind="HOLD").order_by("id").values_list("code", flat=True))
    passes: Counter[str] = Counter()
    if order.state in ("LOCKED", "SCHEDULED"):
        for later in passed_by:
            notes = [note.code for note in later.queue_notes.all() if note.kind == "EXCEPTION"]
            passes[(notes or own or ("",))[0]] += 1
    return Explanation(
        stand=describe([order.id])[order.id],
        ahead=line.filter(rank__lt=order.rank, state__in=["LOCKED", "SCHEDULED"]).count(),
        left_last_week=left.filter(
            rank__lt=order.rank, state_at__gt=now - dt.timedelta(days=7)
        ).count(),
        passes=dict(passes),
        own_reasons=own,
    )
