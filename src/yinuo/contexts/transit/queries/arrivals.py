"""Which cars come to a centre when, by the newest train or truck of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.people.queries.staff import require_staff

# A train that left, or that stands in the timetable, has a time; a stopped one has none.
ON_TIME = ("PLANNED", "DEPARTED")


@dataclass(frozen=True)
class Coming:
    """A train or truck to a centre. `expected_at` is None while nobody knows when it comes."""

    code: str
    state: str
    expected_at: dt.datetime | None
    planned_at: dt.datetime
    order_ids: tuple[int, ...]

    @property
    def cars(self) -> int:
        """How many cars of this centre's orders are on it."""
        return len(self.order_ids)


def expected_at(order_ids: Sequence[int]) -> dict[int, dt.datetime]:
    """When each car is expected at its centre; cars without a train, or on a stopped one, are not
    in it. The caller checked the reader."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT x.order_id, x.expected_at FROM (
                SELECT DISTINCT ON (l.order_id) l.order_id, s.state, s.expected_at
                FROM transit_load l JOIN transit_shipment s ON s.id = l.shipment_id
                WHERE l.order_id = ANY(%s)
                ORDER BY l.order_id, s.departs_at DESC, s.id DESC) x
            WHERE x.state = ANY(%s)
            """,
            [list(order_ids), list(ON_TIME)],
        )
        return dict(cursor.fetchall())


def list_coming(
    staff_id: int, centre_id: int, *, until: dt.datetime, limit: int = 60
) -> list[Coming]:
    """Trains to this centre that have not arrived and were due by `until`, the first one first.

    A car that was put on a later train counts on that one only.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return find_coming(centre_id, until=until, limit=limit)


def find_coming(centre_id: int, *, until: dt.datetime, limit: int = 60) -> list[Coming]:
    """The same for the clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.code, s.state, s.expected_at, s.arrives_at, array_agg(l.order_id ORDER BY 1)
            FROM transit_shipment s
            JOIN transit_lane n ON n.id = s.lane_id AND n.destination_id = %s
            JOIN transit_load l ON l.shipment_id = s.id
            JOIN orders_order o ON o.id = l.order_id
                            AND o.state NOT IN ('AT_CENTRE', 'INSPECTED', 'SIGNED', 'PAID',
                                                'DELIVERED', 'CANCELLED')
            WHERE s.state <> 'ARRIVED' AND s.arrives_at < %s
              AND NOT EXISTS (SELECT FROM transit_load k
                              JOIN transit_shipment t ON t.id = k.shipment_id
                              WHERE k.order_id = l.order_id AND t.departs_at > s.departs_at)
            GROUP BY s.id ORDER BY s.expected_at, s.id LIMIT %s
            """,
            [centre_id, until, limit],
        )
        return [
            Coming(code, state, expected if state in ON_TIME else None, planned, tuple(ids))
            for code, state, expected, planned, ids in cursor.fetchall()
        ]
