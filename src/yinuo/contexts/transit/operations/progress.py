"""Applying what carriers report of moves: departed, arrived, seen somewhere, handed over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yinuo.contexts.transit import rules
from yinuo.contexts.transit.models import CarrierEvent, Shipment
from yinuo.contexts.transit.queries.intake import get_loads
from yinuo.contexts.transit.rules import OrderFacts, Standing

# The state that the cars have reached by a report of this kind.
STATE_AFTER = {"DEPARTED": "IN_TRANSIT", "ARRIVED": "AT_CENTRE", "HANDED_OVER": "DELIVERED"}


class Move(NamedTuple):
    """A state that one order has reached by a report, which `ref` names."""

    ref: str
    order_id: int
    state: str
    at: dt.datetime
    known_at: dt.datetime


@dataclass(frozen=True)
class Taken:
    """Reports that are being applied, by time, with their shipments and the cars on them."""

    events: Sequence[CarrierEvent]
    shipments: Mapping[int, Shipment]
    loads: Mapping[int, set[int]]

    @property
    def order_ids(self) -> set[int]:
        """Every order that the reports touch."""
        named = {event.order_id for event in self.events if event.order_id is not None}
        return named.union(*self.loads.values())

    def cars_of(self, event: CarrierEvent) -> list[int]:
        """The orders whose cars an event is about."""
        if event.order_id is not None:
            return [event.order_id]
        assert event.shipment_id is not None
        return sorted(self.loads[event.shipment_id])


def take_moves(limit: int) -> Taken:
    """Reports of moves that are not applied, locked for the caller's transaction.

    Those that another worker holds are passed over; their shipments are locked as well.
    """
    rows = CarrierEvent.objects.select_for_update(skip_locked=True).filter(
        state=CarrierEvent.State.RECEIVED, kind__in=rules.MOVES
    )
    events = sorted(rows.order_by("id")[:limit], key=lambda event: (event.at, event.id))
    shipment_ids = {event.shipment_id for event in events if event.shipment_id is not None}
    locked = Shipment.objects.select_for_update(of=("self",)).select_related("lane")
    shipments = {row.id: row for row in locked.filter(id__in=shipment_ids).order_by("id")}
    return Taken(events, shipments, get_loads(shipment_ids))


def apply_moves(taken: Taken, orders: Mapping[int, OrderFacts], *, now: dt.datetime) -> list[Move]:
    """Bring the shipments up to date and mark the reports; returns what it means for orders.

    A report that contradicts what is known by now goes to quarantine, unless staff released it
    (then it still carries the problem that they decided about).
    """
    moves: list[Move] = []
    delivered: set[int] = set()
    for event in taken.events:
        shipment = None if event.shipment_id is None else taken.shipments[event.shipment_id]
        problem = "" if event.problem else _judge(event, shipment, taken, orders, delivered, now)
        if problem:
            event.state, event.problem = CarrierEvent.State.QUARANTINED, problem
            continue
        event.state, event.applied_at = CarrierEvent.State.APPLIED, now
        if shipment is not None and event.order_id is None:
            _move_shipment(shipment, event)
        if state := STATE_AFTER.get(event.kind):
            moves += [
                Move(event.public_id, order_id, state, event.at, event.received_at)
                for order_id in taken.cars_of(event)
            ]
        if event.kind == "HANDED_OVER":
            delivered.update(taken.cars_of(event))
    Shipment.objects.bulk_update(
        taken.shipments.values(), ["state", "departed_at", "arrived_at"], batch_size=1000
    )
    _mark(taken.events, now)
    return moves


def _mark(events: Sequence[CarrierEvent], now: dt.datetime) -> None:
    """Most reports are applied alike, in one statement; those that are not, one by one."""
    applied = [event.id for event in events if event.state == CarrierEvent.State.APPLIED]
    CarrierEvent.objects.filter(id__in=applied).update(
        state=CarrierEvent.State.APPLIED, applied_at=now
    )
    odd = [event for event in events if event.state != CarrierEvent.State.APPLIED]
    CarrierEvent.objects.bulk_update(odd, ["state", "problem"], batch_size=1000)


def _judge(
    event: CarrierEvent,
    shipment: Shipment | None,
    taken: Taken,
    orders: Mapping[int, OrderFacts],
    delivered: set[int],
    now: dt.datetime,
) -> str:
    order, on_shipment = None, True
    if event.order_id is not None:
        order = orders[event.order_id]
        if event.order_id in delivered:
            order = order._replace(state="DELIVERED")
        if event.shipment_id is not None:
            on_shipment = event.order_id in taken.loads[event.shipment_id]
    standing = None
    if shipment is not None:
        standing = Standing(
            shipment.lane.destination_id,
            shipment.departed_at,
            shipment.arrived_at,
            shipment.state == Shipment.State.CANCELLED,
        )
    return rules.judge_event(event, standing, order, on_shipment, now)


def _move_shipment(shipment: Shipment, event: CarrierEvent) -> None:
    """The earliest report of a departure or an arrival stands; a late one moves nothing back."""
    if event.kind == "DEPARTED":
        shipment.departed_at = min(shipment.departed_at or event.at, event.at)
        if shipment.state in (Shipment.State.PLANNED, Shipment.State.STOPPED):
            shipment.state = Shipment.State.DEPARTED
    elif event.kind == "ARRIVED":
        shipment.arrived_at = min(shipment.arrived_at or event.at, event.at)
        shipment.state = Shipment.State.ARRIVED
