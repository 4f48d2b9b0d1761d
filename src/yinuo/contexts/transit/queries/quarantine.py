"""What carriers reported that contradicts what is known, and waits for somebody to look."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.transit.models import CarrierEvent
from yinuo.contexts.transit.rules import PROBLEMS


@dataclass(frozen=True)
class Quarantined:
    """One report that is not used; `zh` and `en` say why it waits. Codes may be empty."""

    id: int
    public_id: str
    sender: str
    external_id: str
    kind: str
    shipment_code: str
    order_code: str
    at: dt.datetime
    received_at: dt.datetime
    problem: str
    zh: str
    en: str


def list_quarantined(limit: int = 200) -> list[Quarantined]:
    """Reports that wait, oldest first."""
    rows = CarrierEvent.objects.filter(state=CarrierEvent.State.QUARANTINED)
    return [
        Quarantined(
            row.id,
            row.public_id,
            row.sender,
            row.external_id,
            row.kind,
            row.shipment.code if row.shipment else "",
            row.order.code if row.order else "",
            row.at,
            row.received_at,
            row.problem,
            *PROBLEMS[row.problem],
        )
        for row in rows.select_related("shipment", "order").order_by("received_at", "id")[:limit]
    ]


def count_quarantined() -> int:
    """How many reports wait."""
    return CarrierEvent.objects.filter(state=CarrierEvent.State.QUARANTINED).count()
