"""Where a customer's car is, as the carrier last reported it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from yinuo.contexts.transit.models import CarrierEvent, Load


@dataclass(frozen=True)
class LastSeen:
    """The newest report that names a place, and the train or truck the car is on."""

    place_zh: str
    place_en: str
    at: dt.datetime
    kind: str


def get_last_seen(order_id: int) -> LastSeen | None:
    """The newest applied report of where this order's car is; the caller checked the reader."""
    shipments = Load.objects.filter(order=order_id).values("shipment")
    row = (
        CarrierEvent.objects.filter(
            Q(order=order_id) | Q(order=None, shipment__in=shipments),
            state=CarrierEvent.State.APPLIED,
            place__isnull=False,
        )
        .select_related("place")
        .order_by("-at", "-id")
        .first()
    )
    if row is None or row.place is None:
        return None
    return LastSeen(row.place.name_zh, row.place.name_en, row.at, row.kind)
