"""Setting a centre up: hours, zones, bays, and who works when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from yinuo.contexts.handover.models import Bay, Duty, Opening, Zone


@dataclass(frozen=True)
class ZonePlan:
    """A zone with the bays in it, as (code, Chinese name, English name)."""

    code: str
    name_zh: str
    name_en: str
    people_max: int
    bays: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class CentrePlan:
    """How a centre receives people; times by its own clock."""

    opens_at: dt.time
    closes_at: dt.time
    visit_minutes: int
    people_max: int
    party_max: int
    zones: tuple[ZonePlan, ...]


def set_up(*, centre_id: int, plan: CentrePlan) -> dict[str, int]:
    """Bring a centre to this plan; returns the row of each zone by code. Safe to repeat.

    A bay that the plan does not name takes no visits any more.
    """
    with transaction.atomic():
        Opening.objects.update_or_create(
            centre_id=centre_id,
            defaults={
                "opens_at": plan.opens_at,
                "closes_at": plan.closes_at,
                "visit_minutes": plan.visit_minutes,
                "people_max": plan.people_max,
                "party_max": plan.party_max,
            },
        )
        zones = {}
        for one in plan.zones:
            zone, _ = Zone.objects.update_or_create(
                centre_id=centre_id,
                code=one.code,
                defaults={
                    "name_zh": one.name_zh,
                    "name_en": one.name_en,
                    "people_max": one.people_max,
                },
            )
            zones[one.code] = zone.id
            for code, name_zh, name_en in one.bays:
                Bay.objects.update_or_create(
                    centre_id=centre_id,
                    code=code,
                    defaults={
                        "zone": zone,
                        "name_zh": name_zh,
                        "name_en": name_en,
                        "active": True,
                    },
                )
        named = [code for one in plan.zones for code, _, _ in one.bays]
        Bay.objects.filter(centre=centre_id).exclude(code__in=named).update(active=False)
    return zones


def add_duty(*, centre_id: int, shifts: Iterable[tuple[int, dt.datetime, dt.datetime]]) -> int:
    """Enter who works from when until when, as (staff, from, until); returns how many.

    A shift that is entered already is passed over; one that overlaps another of the same person is
    refused by the database (IntegrityError).
    """
    wanted = [(who, DateTimeTZRange(start, until)) for who, start, until in shifts]
    with transaction.atomic():
        known = set(
            Duty.objects.filter(centre=centre_id, staff__in={who for who, _ in wanted}).values_list(
                "staff_id", "during"
            )
        )
        new = [
            Duty(staff_id=who, centre_id=centre_id, during=during)
            for who, during in wanted
            if (who, during) not in known
        ]
        Duty.objects.bulk_create(new)
    return len(new)
