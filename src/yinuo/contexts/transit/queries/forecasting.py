"""Cars on the way as arrays, for working out dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.transit.models import Lane, Shipment
from yinuo.platform.columns import fetch_columns

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LaneTable:
    """Lanes by destination centre; row g belongs to `centre_ids[g]`."""

    centre_ids: tuple[int, ...]
    weekdays: npt.NDArray[np.bool_]
    transit_mean: Floats
    transit_sd: Floats
    preparation: Floats


def load_lanes() -> LaneTable:
    """One lane for each centre: the first by plant where several lead there."""
    rows: dict[int, Lane] = {}
    for lane in Lane.objects.order_by("destination_id", "id"):
        rows.setdefault(lane.destination_id, lane)
    lanes = list(rows.values())
    weekdays = np.zeros((len(lanes), 7), np.bool_)
    for g, lane in enumerate(lanes):
        weekdays[g, [day - 1 for day in lane.departure_weekdays]] = True
    return LaneTable(
        tuple(rows),
        weekdays,
        np.array([lane.transit_days_mean for lane in lanes], np.float64),
        np.array([lane.transit_days_sd for lane in lanes], np.float64),
        np.array([lane.preparation_days for lane in lanes], np.float64),
    )


@dataclass(frozen=True)
class Position:
    """What is known of a car's last shipment. Instants are days since the epoch, as floats."""

    state: str
    departed_day: float | None
    expected_day: float
    arrived_day: float | None


def load_positions(order_ids: Sequence[int]) -> dict[int, Position]:
    """The newest shipment of each car that has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (l.order_id) l.order_id, s.state,
                   extract(epoch FROM s.departed_at) / 86400,
                   extract(epoch FROM s.expected_at) / 86400,
                   extract(epoch FROM s.arrived_at) / 86400
            FROM transit_load l JOIN transit_shipment s ON s.id = l.shipment_id
            WHERE l.order_id = ANY(%s)
            ORDER BY l.order_id, s.departs_at DESC, s.id DESC
            """,
            [list(order_ids)],
        )
        return {
            order_id: Position(
                state,
                None if departed is None else float(departed),
                float(expected),
                None if arrived is None else float(arrived),
            )
            for order_id, state, departed, expected, arrived in cursor.fetchall()
        }


@dataclass(frozen=True)
class Stays:
    """Cars that came to their centres lately, one element each; instants in seconds since 1970.

    `handed_at` is -1 for cars that still stand there.
    """

    order_ids: npt.NDArray[np.int64]
    centre_ids: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    arrived_at: npt.NDArray[np.int64]
    handed_at: npt.NDArray[np.int64]


def load_stays(since: dt.datetime, until: dt.datetime) -> Stays:
    """Cars whose train arrived in the period at the centre of their order; what was known then."""
    columns = fetch_columns(
        """
        WITH came AS MATERIALIZED (
            SELECT d.order_id, n.destination_id, s.arrived_at
            FROM transit_shipment s
            JOIN transit_lane n ON n.id = s.lane_id
            JOIN transit_load d ON d.shipment_id = s.id
            WHERE s.state = 'ARRIVED' AND s.arrived_at > %s AND s.arrived_at <= %s)
        SELECT c.order_id, c.destination_id AS centre_id, o.rank,
               extract(epoch FROM c.arrived_at)::bigint AS arrived_at,
               CASE WHEN o.state = 'DELIVERED' AND o.delivered_at <= %s
                    THEN extract(epoch FROM o.delivered_at)::bigint ELSE -1 END AS handed_at
        FROM came c
        JOIN orders_order o ON o.id = c.order_id AND o.state IN
            ('AT_CENTRE', 'INSPECTED', 'SIGNED', 'PAID', 'DELIVERED')
        WHERE EXISTS (SELECT FROM orders_line i
                      WHERE i.id = o.line_id AND i.centre_id = c.destination_id)
        ORDER BY o.rank, o.id
        """,
        ("order_id", "centre_id", "rank", "arrived_at", "handed_at"),
        [since, until, until],
    )
    return Stays(*columns)


def list_rides(since: dt.datetime, until: dt.datetime) -> dict[int, list[float]]:
    """Days that trains which arrived in the period were under way, by the lane's destination."""
    rides: dict[int, list[float]] = {}
    rows = Shipment.objects.filter(
        state="ARRIVED", arrived_at__gt=since, arrived_at__lte=until
    ).order_by("id")
    for centre_id, departed_at, arrived_at in rows.values_list(
        "lane__destination_id", "departed_at", "arrived_at"
    ):
        if departed_at is not None and arrived_at is not None:
            days = (arrived_at - departed_at) / dt.timedelta(days=1)
            rides.setdefault(centre_id, []).append(days)
    return rides


@dataclass(frozen=True)
class LaneRecord:
    """How one lane's carrier has kept its times."""

    departures: int
    on_time: int
    cancelled: int
    since_date: dt.date


def lane_record(lane_id: int, now: dt.datetime, days: int = 90) -> LaneRecord:
    """Shipments of the last `days` days on a lane; on time means at most 12 hours late."""
    since = now - dt.timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*),
                   count(*) FILTER (WHERE arrived_at <= arrives_at + interval '12 hours'),
                   count(*) FILTER (WHERE state = 'CANCELLED')
            FROM transit_shipment
            WHERE lane_id = %s AND departs_at >= %s AND departs_at < %s
              AND state IN ('ARRIVED', 'CANCELLED')
            """,
            [lane_id, since, now],
        )
        departures, on_time, cancelled = cursor.fetchone()
    return LaneRecord(departures, on_time, cancelled, since.date())
