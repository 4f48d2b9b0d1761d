"""Shipments and carriers' reports as staff see them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.transit.models import CarrierEvent, Load, Shipment

DELAYING = ("DELAYED", "CANCELLED", "DAMAGED")
FEED_SILENT_AFTER = dt.timedelta(hours=3)
RUNNING = (Shipment.State.DEPARTED, Shipment.State.STOPPED)


@dataclass(frozen=True)
class Reported:
    """One report of a carrier. Codes and places may be empty."""

    ref: str
    sender: str
    kind: str
    cause_code: str
    shipment_code: str
    order_code: str
    place_zh: str
    place_en: str
    at: dt.datetime
    received_at: dt.datetime
    state: str


@dataclass(frozen=True)
class Running:
    """A shipment that is on its way or about to leave, with the number of cars on it."""

    code: str
    mode: str
    state: str
    expected_at: dt.datetime
    cars: int


@dataclass(frozen=True)
class SilentFeed:
    """A carrier with cars on the way that has reported nothing since `since_at`."""

    sender: str
    since_at: dt.datetime


def _rows() -> QuerySet[CarrierEvent]:
    return CarrierEvent.objects.select_related("shipment", "order", "place")


def _reported(row: CarrierEvent) -> Reported:
    return Reported(
        row.public_id,
        row.sender,
        row.kind,
        row.cause_code,
        row.shipment.code if row.shipment else "",
        row.order.code if row.order else "",
        row.place.name_zh if row.place else "",
        row.place.name_en if row.place else "",
        row.at,
        row.received_at,
        row.state,
    )


def list_delays_for_staff(staff_id: int, limit: int = 20) -> list[Reported]:
    """The newest reports that make cars late.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = _rows().filter(kind__in=DELAYING).order_by("-received_at", "-id")
    return [_reported(row) for row in rows[:limit]]


def get_report_for_staff(staff_id: int, ref: str) -> Reported | None:
    """The report with this public id, or None.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = _rows().filter(public_id=ref).first()
    return _reported(row) if row else None


def list_reports_of_order(staff_id: int, order_id: int, limit: int = 60) -> list[Reported]:
    """What carriers reported of this order's car and of what it travelled on, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    shipments = Load.objects.filter(order=order_id).values("shipment")
    rows = _rows().filter(Q(order=order_id) | Q(order=None, shipment__in=shipments))
    return [_reported(row) for row in rows.order_by("-at", "-id")[:limit]]


def get_lane_of_order(staff_id: int, order_id: int) -> int | None:
    """The lane of the car's last shipment, or None before it has one.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Load.objects.filter(order=order_id).order_by("-shipment__departs_at", "-id")
    return rows.values_list("shipment__lane_id", flat=True).first()


def list_running_for_staff(staff_id: int, limit: int = 200) -> list[Running]:
    """Shipments that something can still happen to, the next to arrive first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code, s.mode, s.state, s.expected_at,"
            " (SELECT count(*) FROM transit_load l WHERE l.shipment_id = s.id)"
            " FROM transit_shipment s WHERE s.state IN ('PLANNED', 'DEPARTED', 'STOPPED')"
            " ORDER BY s.expected_at, s.id LIMIT %s",
            [limit],
        )
        return [Running(*row) for row in cursor.fetchall()]


def list_silent_feeds(staff_id: int, now: dt.datetime) -> list[SilentFeed]:
    """Carriers with a shipment under way that have been silent for more than three hours.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.sender, coalesce(
                     (SELECT max(e.received_at) FROM transit_carrierevent e
                      WHERE e.sender = s.sender), min(s.departed_at)) AS since_at
            FROM transit_shipment s WHERE s.state = ANY(%s) AND s.departed_at <= %s
            GROUP BY s.sender
            """,
            [list(RUNNING), now],
        )
        return [
            SilentFeed(sender, since_at)
            for sender, since_at in cursor.fetchall()
            if now - since_at > FEED_SILENT_AFTER
        ]
