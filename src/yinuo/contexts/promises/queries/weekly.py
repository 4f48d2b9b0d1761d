"""Promises whose weekly note falls due, as columns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.promises.rules import AT_RISK, Flags, Ints
from yinuo.platform.columns import fetch_columns

# Days between year 1 and the database's own day zero, 2000-01-01.
EPOCH = dt.date(2000, 1, 1).toordinal()
# A range that was given or moved less than a week before its weekly note.
WEEK = dt.timedelta(days=6, hours=12)


@dataclass(frozen=True)
class Quiet:
    """Promises for which nothing moved, one element each, by order.

    `first`, `last` and `latest` are proleptic day numbers, `due` the moments at which the notes
    fell due, in seconds since 1970.
    """

    order_ids: Ints
    first: Ints
    last: Ints
    latest: Ints
    odds_percent: Ints
    versions: Ints
    due: Ints
    at_risk: Flags
    fresh: Flags

    def pick(self, rows: Ints) -> Quiet:
        """The promises of these rows."""
        return Quiet(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def load_quiet(now: dt.datetime) -> Quiet:
    """Promises of open orders whose next update falls due."""
    columns = fetch_columns(
        """
        SELECT p.order_id, p.from_date - '2000-01-01'::date AS first,
               p.until_date - '2000-01-01'::date AS last,
               p.latest_date - '2000-01-01'::date AS latest, p.odds_percent, p.version,
               extract(epoch FROM p.next_update_at)::bigint AS due,
               (p.stage = %s)::int AS at_risk, (p.worked_out_at > %s)::int AS fresh
        FROM promises_promise p JOIN orders_order o ON o.id = p.order_id
        WHERE p.state = 'ACTIVE' AND p.next_update_at <= %s
              AND o.state NOT IN ('DELIVERED', 'CANCELLED')
        ORDER BY p.order_id
        """,
        ("order_id", "first", "last", "latest", "odds_percent", "version", "due", "at_risk",
         "fresh"),
        [AT_RISK, now - WEEK, now],
    )  # fmt: skip
    days = [column + EPOCH for column in columns[1:4]]
    odds, versions, due = columns[4:7]
    at_risk, fresh = (column.astype(np.bool_) for column in columns[7:])
    return Quiet(columns[0], days[0], days[1], days[2], odds, versions, due, at_risk, fresh)
