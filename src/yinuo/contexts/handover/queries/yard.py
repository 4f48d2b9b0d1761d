"""The yard and absences as staff see them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.handover.models import Absence, MovePermit, NearMiss, SlotStop, Visit, Zone
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class ZoneSeen:
    """A zone and how many people may be in it."""

    id: int
    code: str
    name_zh: str
    name_en: str
    people_max: int


@dataclass(frozen=True)
class PermitSeen:
    """A car that may be moved."""

    public_id: str
    vin: str
    driver_zh: str
    driver_en: str
    from_zh: str
    from_en: str
    to_zh: str
    to_en: str
    from_at: dt.datetime
    until_at: dt.datetime


@dataclass(frozen=True)
class StopSeen:
    """A stop in force."""

    public_id: str
    zone_zh: str
    zone_en: str
    from_at: dt.datetime
    until_at: dt.datetime
    reason: str


@dataclass(frozen=True)
class NearMissSeen:
    """One line of the near-miss log."""

    public_id: str
    kind: str
    zone_id: int
    zone_zh: str
    zone_en: str
    at: dt.datetime
    words: str
    seen_by: str
    follows_zh: str
    follows_en: str
    follow_up_by_at: dt.datetime
    outcome: str
    closed_at: dt.datetime | None


@dataclass(frozen=True)
class AbsenceSeen:
    """Somebody who is away; `until_at` is None until further notice."""

    id: int
    public_id: str
    staff_id: int
    staff_zh: str
    staff_en: str
    centre_code: str
    reason: str
    from_at: dt.datetime
    until_at: dt.datetime | None
    take_over_by_at: dt.datetime


def list_zones(staff_id: int, centre_id: int) -> list[ZoneSeen]:
    """The zones of a centre.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return [
        ZoneSeen(row.id, row.code, row.name_zh, row.name_en, row.people_max)
        for row in Zone.objects.filter(centre=centre_id).order_by("id")
    ]


def list_permits(
    staff_id: int, centre_id: int, from_at: dt.datetime, until_at: dt.datetime
) -> list[PermitSeen]:
    """Permits in force in the period, by start.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = MovePermit.objects.filter(
        centre=centre_id, state=MovePermit.State.ISSUED, during__overlap=(from_at, until_at)
    ).select_related("driver", "from_zone", "to_zone")
    return [
        PermitSeen(
            row.public_id,
            row.vin,
            row.driver.name_zh,
            row.driver.name_en,
            row.from_zone.name_zh,
            row.from_zone.name_en,
            row.to_zone.name_zh,
            row.to_zone.name_en,
            row.during.lower,
            row.during.upper,
        )
        for row in rows.order_by("during", "id")
    ]


def list_stops(staff_id: int, centre_id: int, now: dt.datetime) -> list[StopSeen]:
    """Stops that are in force or to come, by start.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = SlotStop.objects.filter(
        zone__centre=centre_id, lifted_at=None, during__endswith__gt=now
    ).select_related("zone")
    return [
        StopSeen(
            row.public_id,
            row.zone.name_zh,
            row.zone.name_en,
            row.during.lower,
            row.during.upper,
            row.reason,
        )
        for row in rows.order_by("during", "id")
    ]


def list_near_misses(staff_id: int, centre_id: int, limit: int = 10) -> list[NearMissSeen]:
    """The near-miss log: open ones first, then the newest.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = NearMiss.objects.filter(zone__centre=centre_id).select_related("zone", "follows_up")
    found = sorted(rows.order_by("-at")[:200], key=lambda row: row.closed_at is not None)
    return [
        NearMissSeen(
            row.public_id,
            row.kind,
            row.zone_id,
            row.zone.name_zh,
            row.zone.name_en,
            row.at,
            row.words,
            row.seen_by,
            row.follows_up.name_zh,
            row.follows_up.name_en,
            row.follow_up_by_at,
            row.outcome,
            row.closed_at,
        )
        for row in found[:limit]
    ]


def list_absences(now: dt.datetime, *, ahead: dt.timedelta) -> list[AbsenceSeen]:
    """Everybody who is away now or will be within `ahead`, by start."""
    rows = Absence.objects.filter(during__overlap=(now, now + ahead)).select_related("staff")
    return [
        AbsenceSeen(
            row.id,
            row.public_id,
            row.staff_id,
            row.staff.name_zh,
            row.staff.name_en,
            row.staff.centre_code,
            row.reason,
            row.during.lower,
            row.during.upper,
            row.take_over_by_at,
        )
        for row in rows.order_by("during", "id")
    ]


@dataclass(frozen=True)
class VisitOwed:
    """A booked visit that somebody who is away was to receive."""

    id: int
    order_id: int
    from_at: dt.datetime


def list_visits_of(
    staff_id: int, from_at: dt.datetime, until_at: dt.datetime | None
) -> list[VisitOwed]:
    """Booked visits with this person in the period, by start."""
    rows = Visit.objects.filter(
        staff=staff_id, state=Visit.State.BOOKED, during__overlap=(from_at, until_at)
    )
    return [
        VisitOwed(row.id, row.order_id, row.during.lower) for row in rows.order_by("during", "id")
    ]
