"""What is free at a centre, read from its tables."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from yinuo.contexts.handover.models import (
    Absence,
    Bay,
    Duty,
    Occupancy,
    Opening,
    SlotCount,
    Visit,
    Zone,
)
from yinuo.contexts.handover.models.visits import HOLDING, OPEN
from yinuo.contexts.handover.rules.slots import (
    DAY,
    HORIZON_DAYS,
    BayFacts,
    Ground,
    Hours,
    Period,
    Periods,
    Slot,
    find_slots,
    first_slot,
    half_hours,
)
from yinuo.contexts.places.queries import get_place
from yinuo.contexts.places.rules import is_closed

NOTHING: Mapping[int, Periods] = {}
FOREVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def get_hours(centre_id: int) -> Hours | None:
    """When this centre receives people; None where it receives nobody by appointment."""
    row = Opening.objects.filter(centre=centre_id).first()
    if row is None:
        return None
    return Hours(
        row.opens_at,
        row.closes_at,
        dt.timedelta(minutes=row.visit_minutes),
        row.people_max,
        row.party_max,
        ZoneInfo(get_place(centre_id).timezone),
    )


def load_ground(
    centre_id: int,
    hours: Hours,
    *,
    from_at: dt.datetime,
    until_at: dt.datetime,
    besides: int | None = None,
    closed: Mapping[int, Periods] = NOTHING,
) -> Ground:
    """How the centre is taken up from `from_at` to `until_at`, as if visit `besides` were not.

    `closed` are periods in which zones are about to be closed.
    """
    span = (from_at, until_at)
    near = {"during__overlap": span}
    held = Visit.objects.filter(state__in=HOLDING, centre=centre_id, **near).exclude(
        id=besides or 0
    )
    duty = list(Duty.objects.filter(centre=centre_id, **near))
    staff_ids = {row.staff_id for row in duty}
    away = Absence.objects.filter(staff__in=staff_ids, **near)
    taken = Occupancy.objects.filter(**near).filter(
        Q(zone__centre=centre_id) | Q(staff__in=staff_ids)
    )
    others = [row for row in taken if besides is None or row.visit_id != besides]
    counts = _count_people(centre_id, span, besides)
    bays = Bay.objects.filter(centre=centre_id, active=True).order_by("code")
    return Ground(
        hours=hours,
        bays=[BayFacts(row.id, row.zone_id) for row in bays],
        duty=_by((row.staff_id, row.during) for row in duty),
        away=_by((row.staff_id, row.during) for row in away),
        busy_bays=_by((row.bay_id, row.during) for row in held),
        busy_staff=_by((row.staff_id, row.during) for row in others if row.staff_id is not None),
        closed_zones=_joined(
            closed, _by((row.zone_id, row.during) for row in others if row.use != 0)
        ),
        people=counts,
        zone_people_max=dict(Zone.objects.filter(centre=centre_id).values_list("id", "people_max")),
    )


def _joined(some: Mapping[int, Periods], others: Mapping[int, Periods]) -> dict[int, list[Period]]:
    return {key: [*some.get(key, ()), *others.get(key, ())] for key in {*some, *others}}


def _by(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Period]]:
    """Periods by the row they belong to; one without an end lasts for ever."""
    found: dict[int, list[Period]] = defaultdict(list)
    for key, during in pairs:
        found[key].append((during.lower, during.upper or FOREVER))
    return found


def _count_people(
    centre_id: int, span: Period, besides: int | None
) -> dict[tuple[int | None, dt.datetime], int]:
    rows = SlotCount.objects.filter(
        centre=centre_id, slot_at__gte=span[0] - DAY, slot_at__lt=span[1], people__gt=0
    )
    counts: dict[tuple[int | None, dt.datetime], int] = {
        (zone, at): people for zone, at, people in rows.values_list("zone", "slot_at", "people")
    }
    own = Visit.objects.filter(id=besides or 0, state__in=OPEN).select_related("bay").first()
    if own is not None:
        zones: tuple[int | None, int] = (None, own.bay.zone_id)
        for slot in half_hours(own.during.lower, own.during.upper):
            for zone_id in zones:
                counts[zone_id, slot] = counts.get((zone_id, slot), 0) - own.party
    return counts


def list_free(
    centre_id: int,
    *,
    not_before: dt.datetime,
    party: int,
    prefer_staff: int | None,
    besides: int | None = None,
) -> list[Slot]:
    """The earliest free times of a centre; empty where it receives nobody by appointment."""
    hours = get_hours(centre_id)
    if hours is None:
        return []
    ground = load_ground(
        centre_id,
        hours,
        from_at=not_before,
        until_at=not_before + HORIZON_DAYS * DAY,
        besides=besides,
    )
    return find_slots(
        ground, not_before=not_before, party=party, prefer_staff=prefer_staff, is_closed=is_closed
    )


def get_first_free(
    centre_id: int,
    *,
    not_before: dt.datetime,
    party: int,
    prefer_staff: int | None,
    besides: int | None = None,
    closed: Mapping[int, Periods] = NOTHING,
) -> Slot | None:
    """The first free time of a centre, or None; `closed` as in `load_ground`."""
    hours = get_hours(centre_id)
    if hours is None:
        return None
    ground = load_ground(
        centre_id,
        hours,
        from_at=not_before,
        until_at=not_before + HORIZON_DAYS * DAY,
        besides=besides,
        closed=closed,
    )
    return first_slot(
        ground, not_before=not_before, party=party, prefer_staff=prefer_staff, is_closed=is_closed
    )
