"""Promises, many at once: what is to be written of them, and the statements that write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from yinuo.contexts.promises import rules
from yinuo.contexts.promises.dots import pack_days
from yinuo.contexts.promises.rules import Ints, Reasons, Windows
from yinuo.platform.copying import (
    Column,
    Hexed,
    Same,
    array_of,
    in_key_order,
    staged,
)
from yinuo.platform.weaving import Texts, spread


@dataclass(frozen=True)
class Why:
    """Why dates are worked out: the cause, what recorded thing shows it, and when we knew."""

    code: str
    ref: str
    known_at: dt.datetime
    place_zh: str = ""
    place_en: str = ""
    car_state: str = ""


@dataclass(frozen=True)
class Named:
    """An order's code and the public id of the member of staff who answers for it.

    `locked_at` is needed for a first promise only: one that comes long after is no news.
    """

    code: str
    answerer: str
    locked_at: dt.datetime | None = None


@dataclass(frozen=True)
class Names:
    """`Named` of many orders, column by column; locked at so many seconds since 1970."""

    codes: list[str]
    answerers: list[str]
    locked_at: list[float]


# The period of a range that none made wider.
NOT_UNUSUAL = (0, "")


@dataclass(frozen=True)
class Slice:
    """Some orders by row number, with the ranges to commit, row by row.

    `unusual` names the declared period (row and public id) that made a range wider, and is empty
    where none is in force. `reasons` are those of the moves; a first promise has none.
    """

    order_ids: Ints
    old: Windows
    new: Windows
    dots: Ints
    versions: Ints
    unusual: list[tuple[int, str]] = field(default_factory=list)
    reasons: Reasons | None = None


@dataclass(frozen=True)
class Moved:
    """What a cause has moved: orders moved now, with their entries, and orders moved before."""

    order_ids: list[int]
    entry_ids: list[int]
    before: frozenset[int]

    @property
    def count(self) -> int:
        """How many orders the cause has moved, now or before."""
        return len(self.order_ids) + len(self.before)


@dataclass(frozen=True)
class Run:
    """One working-out of dates: its row and its public id."""

    id: int
    public_id: str


def dates_of(days: Ints) -> Texts:
    """Each day number as an ISO date; there are far fewer days than orders."""
    first, last = (int(days.min()), int(days.max())) if days.size else (1, 1)
    words = [dt.date.fromordinal(day).isoformat() for day in range(first, last + 1)]
    return spread(words, days - first)


def lock_promises(order_ids: Sequence[int]) -> dict[int, int]:
    """Lock the promises in one order everywhere, so that two runs cannot block each other.

    Returns the version of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, version FROM promises_promise WHERE order_id = ANY(%s::bigint[])"
            " ORDER BY order_id FOR UPDATE",
            [array_of(order_ids)],
        )
        return dict(cursor.fetchall())


STAGE = (
    "order_id bigint, from_date date, until_date date, latest_date date, dots bytea,"
    " unusual_id bigint"
)


def _columns(part: Slice, rows: Sequence[int]) -> list[Column]:
    """What both statements stage: ids, three dates, dots."""
    new = part.new
    dates = [dates_of(days[rows]) for days in (new.first, new.last, new.latest)]
    packed = pack_days(part.dots[rows])
    dots = Hexed(packed.tobytes(), packed.shape[1] * packed.itemsize)
    periods: Column = Same(0)
    if part.unusual:
        periods = [part.unusual[row][0] for row in rows]
    return [part.order_ids[rows].tolist(), *dates, dots, periods]


def insert_promises(
    part: Slice, run_id: int, next_update: dt.datetime, now: dt.datetime
) -> set[int]:
    """Write the promises of orders that have none; returns the orders that had none."""
    every = list(range(part.order_ids.size))
    with staged("fresh_promise", STAGE, _columns(part, every)), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO promises_promise (order_id, from_date, until_date, latest_date, dots,"
            " odds_percent, first_from_date, first_until_date, first_latest_date,"
            " first_odds_percent, first_made_at, worked_out_at, next_update_at, run_id, state,"
            " moved_count, version, unusual_id)"
            " SELECT order_id, from_date, until_date, latest_date, dots,"
            " %s, from_date, until_date, latest_date, %s, %s, %s, %s, %s, 'ACTIVE', 0, 1,"
            " nullif(unusual_id, 0)"
            " FROM fresh_promise ORDER BY order_id ON CONFLICT DO NOTHING RETURNING order_id",
            [*[rules.ODDS_PERCENT] * 2, now, now, next_update, run_id],
        )
        return {row[0] for row in cursor.fetchall()}


def update_promises(
    part: Slice, rows: Sequence[int], run_id: int, next_update: dt.datetime, now: dt.datetime
) -> int:
    """Rewrite those of these promises that are as they were compared; returns how many."""
    if not rows:
        return 0
    orders = part.order_ids[rows]
    columns = [*_columns(part, rows), part.versions[rows].tolist()]
    with (
        staged("moved_promise", STAGE + ", version int", columns),
        in_key_order(),
        connection.cursor() as cursor,
    ):
        # The span lets the database walk one stretch of the index and not all of it.
        cursor.execute(
            "UPDATE promises_promise p SET from_date = x.from_date, until_date = x.until_date,"
            " latest_date = x.latest_date, dots = x.dots, worked_out_at = %s, next_update_at = %s,"
            " stage = CASE WHEN x.latest_date < p.latest_date AND (x.from_date - p.from_date)"
            " + (x.until_date - p.until_date) < 0 THEN 'PULLED_IN' ELSE 'RE_PROMISED' END,"
            " outside_count = 0, risk_count = 0, unusual_id = nullif(x.unusual_id, 0),"
            " run_id = %s, state = 'ACTIVE',"
            " moved_count = moved_count + 1, version = p.version + 1"
            " FROM moved_promise x WHERE p.order_id = x.order_id AND p.version = x.version"
            " AND p.order_id BETWEEN %s AND %s",
            [now, next_update, run_id, int(orders.min()), int(orders.max())],
        )
        return int(cursor.rowcount)
