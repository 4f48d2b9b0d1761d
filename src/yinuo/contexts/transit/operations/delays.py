"""Applying what a carrier reported when it makes cars late: delayed, cancelled, damaged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.transit.models import CarrierEvent, Load, Shipment
from yinuo.platform.refusals import Refusal

DELAYING = ("DELAYED", "CANCELLED", "DAMAGED")


class NotADelay(Refusal):
    """Only reports of a delay, a cancellation or damage make dates move."""

    code = "not_a_delay"
    zh = "这条物流消息不影响交车日期。"
    en = "This carrier report does not move any date."


@dataclass(frozen=True)
class Delay:
    """A delaying event that holds: its cause, what it touches and what is known of the cars."""

    event_id: int
    ref: str
    cause_code: str
    known_at: dt.datetime
    place_id: int | None
    car_state: str
    order_ids: tuple[int, ...]


def take_delay(*, event_id: int) -> Delay | None:
    """Put a delaying event into effect on its shipment and return what follows from it.

    None where nothing follows: it was applied or set aside before, is older than what is known,
    or was quarantined here because its cause is not shown by the event itself. The event is not
    marked as applied: that is done last, by `finish_event`. Safe to repeat.

    Raises
    ------
    NotADelay
        The event is of another kind.
    """
    with transaction.atomic():
        event = CarrierEvent.objects.select_for_update().get(id=event_id)
        if event.kind not in DELAYING:
            raise NotADelay
        if event.state != CarrierEvent.State.RECEIVED:
            return None
        shipment = None
        if event.shipment_id is not None:
            shipment = Shipment.objects.select_for_update().get(id=event.shipment_id)
        code, problem = cause_shown(event.kind, shipment.mode if shipment else "", event.cause_code)
        # What staff released keeps the problem that they decided about.
        problem = problem or ("" if event.problem else _contradiction(event, shipment))
        if problem:
            event.state, event.problem = CarrierEvent.State.QUARANTINED, problem
            event.save(update_fields=["state", "problem"])
            return None
        if _is_overtaken(event):
            event.state, event.problem = CarrierEvent.State.SET_ASIDE, "older_than_known"
            event.save(update_fields=["state", "problem"])
            return None
        if shipment is not None:
            _apply_to_shipment(event, shipment)
        return Delay(
            event.id,
            event.public_id,
            code,
            event.received_at,
            event.place_id,
            _car_state(event),
            _cars(event),
        )


def finish_event(*, event_id: int, now: dt.datetime) -> None:
    """Mark an event as applied; the last step of its story. Safe to repeat."""
    CarrierEvent.objects.filter(id=event_id, state=CarrierEvent.State.RECEIVED).update(
        state=CarrierEvent.State.APPLIED, applied_at=now
    )


def cause_shown(kind: str, mode: str, given: str) -> tuple[str, str]:
    """The cause that an event shows, and a problem code where the given one is not shown.

    Without a given cause it follows from kind and mode. "The train was cancelled" needs a
    cancelled train; a lorry's delay is never explained by the railway.
    """
    implied = {
        ("CANCELLED", "RAIL"): "TRAIN_CANCELLED",
        ("DELAYED", "RAIL"): "TRAIN_LATE",
        ("CANCELLED", "ROAD"): "TRUCK_LATE",
        ("DELAYED", "ROAD"): "TRUCK_LATE",
    }
    if not given:
        code = "TRANSIT_DAMAGE" if kind == "DAMAGED" else implied.get((kind, mode), "")
        return code, "" if code else "cause_not_shown"
    cause = CAUSES.get(given)
    if cause is None or cause.evidence != "carrier":
        return "", "cause_unknown"
    if kind not in cause.events or (cause.modes and mode not in cause.modes):
        return "", "cause_not_shown"
    return given, ""


def _contradiction(event: CarrierEvent, shipment: Shipment | None) -> str:
    if shipment is not None and shipment.state == Shipment.State.ARRIVED:
        return "" if event.kind == "DAMAGED" else "already_arrived"
    if event.kind == "DELAYED":
        if event.expected_at is None:
            return "delay_without_time"
        if shipment is not None and shipment.state == Shipment.State.CANCELLED:
            return "already_cancelled"
    return ""


def _is_overtaken(event: CarrierEvent) -> bool:
    """Whether a later report of the same train or truck has taken effect already."""
    if event.kind == "DAMAGED" or event.shipment_id is None:
        return False
    later = CarrierEvent.objects.filter(
        shipment_id=event.shipment_id,
        order=None,
        state=CarrierEvent.State.APPLIED,
        kind__in=("DELAYED", "CANCELLED"),
        at__gt=event.at,
    )
    return event.order_id is None and later.exists()


def _newest_expectation(event: CarrierEvent, shipment: Shipment) -> dt.datetime:
    """What the latest report says that holds, also one that another worker is applying now."""
    later = CarrierEvent.objects.filter(
        shipment=shipment,
        order=None,
        kind="DELAYED",
        state__in=(CarrierEvent.State.RECEIVED, CarrierEvent.State.APPLIED),
        expected_at__isnull=False,
        at__gt=event.at,
    ).order_by("-at", "-id")
    found = next(
        (one for one in later if not cause_shown(one.kind, shipment.mode, one.cause_code)[1]), event
    )
    assert found.expected_at is not None
    return found.expected_at


def _apply_to_shipment(event: CarrierEvent, shipment: Shipment) -> None:
    if event.kind == "CANCELLED":
        shipment.state = Shipment.State.CANCELLED
    elif event.kind == "DELAYED":
        shipment.expected_at = _newest_expectation(event, shipment)
        if shipment.state == Shipment.State.DEPARTED:
            shipment.state = Shipment.State.STOPPED
    shipment.save(update_fields=["state", "expected_at"])


def _car_state(event: CarrierEvent) -> str:
    if event.kind == "DAMAGED":
        return "DAMAGED"
    return {"INTACT": "UNHURT", "DAMAGED": "DAMAGED"}.get(event.condition, "")


# The car is where it was going, or no longer goes there.
PAST_THE_WAY = ("AT_CENTRE", "INSPECTED", "SIGNED", "PAID", "DELIVERED", "CANCELLED")


def _cars(event: CarrierEvent) -> tuple[int, ...]:
    """Orders whose car the event is about and that are not handed over."""
    if event.order_id is not None:
        return (event.order_id,)
    rows = (
        Load.objects.filter(shipment=event.shipment)
        .exclude(order__state__in=PAST_THE_WAY)
        .order_by("order_id")
    )
    return tuple(rows.values_list("order_id", flat=True))


def list_delays_to_apply(limit: int = 100) -> list[int]:
    """Delaying events that were recorded and not applied, oldest first."""
    rows = CarrierEvent.objects.filter(
        state=CarrierEvent.State.RECEIVED, kind__in=DELAYING
    ).order_by("id")
    return list(rows.values_list("id", flat=True)[:limit])
