"""The lines that a quote is about: who waits in them, and how fast they move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class LineSeen:
    """One line: how many orders in it wait for a car, and how many got one in the last week."""

    id: int
    spec_id: int
    centre_id: int
    waiting: int
    moved_week: int


def list_lines(
    pairs: Sequence[tuple[int, int]], now: dt.datetime
) -> dict[tuple[int, int], LineSeen]:
    """The lines of these pairs of spec and centre; none where nobody ever ordered.

    Counts as a customer's own page does: an order waits until its car is built.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.id, l.spec_id, l.centre_id,
                   (SELECT count(*) FROM orders_order o WHERE o.line_id = l.id
                    AND o.state IN ('LOCKED', 'SCHEDULED', 'IN_BUILD')),
                   (SELECT count(*) FROM orders_order o WHERE o.line_id = l.id
                    AND o.state NOT IN ('LOCKED', 'SCHEDULED', 'IN_BUILD')
                    AND o.state_at > %s AND o.state_at <= %s)
            FROM orders_line l JOIN unnest(%s::bigint[], %s::bigint[]) AS asked(spec, centre)
                ON l.spec_id = asked.spec AND l.centre_id = asked.centre
            """,
            [
                now - dt.timedelta(days=7),
                now,
                [spec for spec, _ in pairs],
                [centre for _, centre in pairs],
            ],
        )
        return {(row[1], row[2]): LineSeen(*row) for row in cursor.fetchall()}


def get_line_ids() -> dict[tuple[int, int], int]:
    """The row of every line by spec and centre."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT spec_id, centre_id, id FROM orders_line")
        return {(spec, centre): line for spec, centre, line in cursor.fetchall()}


def list_locked_since(order_id: int) -> list[tuple[int, int]]:
    """Orders (row, spec) recorded after this one that wait to be built, in lock order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, l.spec_id FROM orders_order o JOIN orders_line l ON l.id = o.line_id"
            " WHERE o.id > %s AND o.state IN ('LOCKED', 'SCHEDULED') ORDER BY o.rank, o.id",
            [order_id],
        )
        return list(cursor.fetchall())
