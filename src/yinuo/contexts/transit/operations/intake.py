"""Recording shipments and what carriers report. Applying it is somebody else's work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from yinuo.contexts.transit import rules
from yinuo.contexts.transit.models import CarrierEvent, Load, Shipment
from yinuo.contexts.transit.queries.intake import get_loads, get_standings
from yinuo.contexts.transit.rules import EventRecord, OrderFacts, ShipmentRecord
from yinuo.platform import ids


class Recorded(NamedTuple):
    """A report as it was stored; `problem` is a code of `rules.PROBLEMS`, or empty."""

    id: int
    public_id: str
    kind: str
    problem: str


def record_shipments(records: Sequence[ShipmentRecord], *, sender: str) -> list[str]:
    """Record shipments with their cars in the caller's transaction; returns their codes.

    The database refuses a car that is on another shipment at the time (IntegrityError); the
    caller has asked `queries.intake.list_clashes` before.
    """
    _leave_cancelled(records)
    shipments = Shipment.objects.bulk_create(
        [
            Shipment(
                code=record.code,
                sender=sender,
                external_id=record.external_id,
                digest=record.digest,
                lane_id=record.lane_id,
                mode=record.mode,
                departs_at=record.departs_at,
                arrives_at=record.arrives_at,
                expected_at=record.arrives_at,
            )
            for record in records
        ],
        batch_size=2000,
    )
    Load.objects.bulk_create(
        [
            Load(
                shipment=shipment,
                order_id=order_id,
                during=DateTimeTZRange(record.departs_at, record.until_at),
            )
            for shipment, record in zip(shipments, records, strict=True)
            for order_id in record.order_ids
        ],
        batch_size=2000,
    )
    return [record.code for record in records]


def _leave_cancelled(records: Sequence[ShipmentRecord]) -> None:
    """Cars of a cancelled train are free for another one from the moment it leaves."""
    pairs = [(one, record.departs_at) for record in records for one in record.order_ids]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE transit_load l SET during = tstzrange(lower(l.during),"
            " greatest(lower(l.during), least(upper(l.during), x.from_at)))"
            " FROM transit_shipment s, unnest(%s::bigint[], %s::timestamptz[])"
            " AS x(order_id, from_at)"
            " WHERE l.order_id = x.order_id AND s.id = l.shipment_id AND s.state = 'CANCELLED'"
            " AND NOT isempty(l.during)",
            [[order_id for order_id, _ in pairs], [from_at for _, from_at in pairs]],
        )


def record_events(
    records: Sequence[EventRecord],
    orders: Mapping[int, OrderFacts],
    *,
    sender: str,
    now: dt.datetime,
) -> list[Recorded]:
    """Store what a carrier reports, in the caller's transaction and in the order given.

    A report that contradicts what is known waits for staff. `orders` holds every order
    that a report names.
    """
    shipment_ids = {one.shipment_id for one in records if one.shipment_id is not None}
    standings = get_standings(shipment_ids)
    loads = get_loads(shipment_ids)
    events = []
    for record in records:
        both = record.shipment_id is not None and record.order_id is not None
        standing = None if record.shipment_id is None else standings[record.shipment_id]
        problem = rules.judge_event(
            record,
            standing,
            None if record.order_id is None else orders[record.order_id],
            not both or record.order_id in loads[record.shipment_id or 0],
            now,
        )
        if standing is not None and record.order_id is None and not problem:
            standings[record.shipment_id or 0] = standing.after(record.kind, record.at)
        events.append(_event(record, sender, problem, now))
    return [
        Recorded(event.id, event.public_id, event.kind, event.problem)
        for event in CarrierEvent.objects.bulk_create(events, batch_size=2000)
    ]


def _event(record: EventRecord, sender: str, problem: str, now: dt.datetime) -> CarrierEvent:
    return CarrierEvent(
        public_id=ids.new_id("evt"),
        sender=sender,
        external_id=record.external_id,
        digest=record.digest,
        shipment_id=record.shipment_id,
        order_id=record.order_id,
        kind=record.kind,
        cause_code=record.cause,
        place_id=record.place_id,
        expected_at=record.expected_at,
        condition=record.condition,
        at=record.at,
        received_at=now,
        state="QUARANTINED" if problem else "RECEIVED",
        problem=problem,
    )
