"""What the plant and suppliers reported that waits for somebody to look."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.production.models import BuildEvent, HeldSupply
from yinuo.contexts.production.rules import PROBLEMS


@dataclass(frozen=True)
class Quarantined:
    """One report that is not used. `kind` is BUILD or SUPPLY; `zh` and `en` say why it waits."""

    kind: str
    id: int
    sender: str
    external_id: str
    what: str
    received_at: dt.datetime
    zh: str
    en: str


def list_quarantined(limit: int = 200) -> list[Quarantined]:
    """Reports that wait, oldest first."""
    builds = BuildEvent.objects.filter(state=BuildEvent.State.QUARANTINED).select_related("order")
    supply = HeldSupply.objects.filter(state=HeldSupply.State.QUARANTINED)
    found = [
        Quarantined(
            "BUILD",
            row.id,
            row.sender,
            row.external_id,
            f"{row.order.code} {row.kind}",
            row.received_at,
            *PROBLEMS[row.problem],
        )
        for row in builds.order_by("received_at", "id")[:limit]
    ]
    found += [
        Quarantined(
            "SUPPLY",
            row.id,
            row.sender,
            row.external_id,
            f"{row.resource.code} {row.week_date} {row.quantity}",
            row.received_at,
            row.problem["zh"],
            row.problem["en"],
        )
        for row in supply.select_related("resource").order_by("received_at", "id")[:limit]
    ]
    return sorted(found, key=lambda one: (one.received_at, one.id))[:limit]


def count_quarantined() -> int:
    """How many reports wait."""
    return (
        BuildEvent.objects.filter(state=BuildEvent.State.QUARANTINED).count()
        + HeldSupply.objects.filter(state=HeldSupply.State.QUARANTINED).count()
    )
