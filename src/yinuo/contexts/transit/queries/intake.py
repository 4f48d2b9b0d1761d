"""What those who record shipments and carriers' reports may ask about transit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import connection

from yinuo.contexts.transit.models import CarrierEvent, Lane, Load, Shipment
from yinuo.contexts.transit.rules import Standing


class LaneFacts(NamedTuple):
    """A lane by its row, with the place it leads to."""

    id: int
    destination_id: int


class ShipmentFacts(NamedTuple):
    """A shipment that a report named."""

    id: int
    code: str
    mode: str


class Clash(NamedTuple):
    """A car that is on another shipment at that time."""

    order_id: int
    shipment_code: str
    from_at: dt.datetime
    until_at: dt.datetime


def get_lanes() -> dict[tuple[str, str], LaneFacts]:
    """Every lane by the codes of its two places."""
    rows = Lane.objects.values_list("origin__code", "destination__code", "id", "destination_id")
    return {(origin, end): LaneFacts(lane, end_id) for origin, end, lane, end_id in rows}


def get_shipment_digests(sender: str, external_ids: Sequence[str]) -> dict[str, str]:
    """The digest of each shipment received from this sender, by its id."""
    rows = Shipment.objects.filter(sender=sender, external_id__in=external_ids)
    return dict(rows.values_list("external_id", "digest"))


def get_event_digests(sender: str, external_ids: Sequence[str]) -> dict[str, str]:
    """The digest of each report received from this carrier, by its id."""
    rows = CarrierEvent.objects.filter(sender=sender, external_id__in=external_ids)
    return dict(rows.values_list("external_id", "digest"))


def get_taken_codes(codes: Collection[str]) -> set[str]:
    """Those of `codes` that a shipment has."""
    return set(Shipment.objects.filter(code__in=codes).values_list("code", flat=True))


def find_shipments(sender: str, references: Iterable[str]) -> dict[str, ShipmentFacts]:
    """The shipment each reference means: the sender's own id first, then the shipment's code."""
    asked = list(dict.fromkeys(references))
    own = Shipment.objects.filter(sender=sender, external_id__in=asked)
    coded = Shipment.objects.filter(code__in=asked)
    found = {row.code: ShipmentFacts(row.id, row.code, row.mode) for row in coded}
    return found | {row.external_id: ShipmentFacts(row.id, row.code, row.mode) for row in own}


def list_clashes(
    wanted: Sequence[tuple[int, dt.datetime, dt.datetime]],
) -> list[Clash]:
    """Loads that stand in the way of (order, from, until): a car is on one shipment at a time.

    A cancelled shipment is in nobody's way.
    """
    if not wanted:
        return []
    order_ids, starts, ends = (list(column) for column in zip(*wanted, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.order_id, s.code, lower(l.during), upper(l.during)"
            " FROM transit_load l JOIN transit_shipment s ON s.id = l.shipment_id"
            " JOIN unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])"
            " AS x(order_id, from_at, until_at) ON s.state <> 'CANCELLED'"
            " AND l.order_id = x.order_id AND l.during && tstzrange(x.from_at, x.until_at)",
            [order_ids, starts, ends],
        )
        return [Clash(*row) for row in cursor.fetchall()]


def get_standings(shipment_ids: Collection[int]) -> dict[int, Standing]:
    """Where each shipment stands, with the reports that are not applied yet."""
    rows = Shipment.objects.filter(id__in=shipment_ids).select_related("lane")
    found = {
        row.id: Standing(
            row.lane.destination_id,
            row.departed_at,
            row.arrived_at,
            row.state == Shipment.State.CANCELLED,
        )
        for row in rows
    }
    pending = CarrierEvent.objects.filter(
        shipment_id__in=shipment_ids, order=None, state=CarrierEvent.State.RECEIVED
    )
    for shipment_id, kind, at in pending.order_by("at").values_list("shipment_id", "kind", "at"):
        found[shipment_id] = found[shipment_id].after(kind, at)
    return found


def get_loads(shipment_ids: Collection[int]) -> Mapping[int, set[int]]:
    """The orders whose cars are on each shipment."""
    loads: dict[int, set[int]] = {shipment_id: set() for shipment_id in shipment_ids}
    rows = Load.objects.filter(shipment_id__in=shipment_ids)
    for shipment_id, order_id in rows.values_list("shipment_id", "order_id"):
        loads[shipment_id].add(order_id)
    return loads
