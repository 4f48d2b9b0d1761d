"""The yard: permits for moving cars, stops, and the log of what nearly went wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from yinuo.contexts.handover.models import MovePermit, NearMiss, SlotStop, Visit, Zone
from yinuo.contexts.handover.models.visits import OPEN
from yinuo.contexts.handover.operations.missed import move_for_us
from yinuo.contexts.handover.operations.seats import refusal_of
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform import locks
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal


class BadPeriod(Refusal):
    """A period ends after it begins, and not before now."""

    code = "bad_period"
    zh = "请看一下时间：要先开始后结束，而且还没过去。"
    en = "Check the times: they end after they begin, and have not passed."


class SayWhat(Refusal):
    """Some words are needed; a log without them helps nobody."""

    code = "say_what"
    zh = "请写清楚：发生了什么、谁看到的。"
    en = "Say what happened and who saw it."


class NoSuchThing(Refusal):
    """There is none, or it has ended already."""

    code = "no_such_thing"
    zh = "没有找到，或者已经结束了。"
    en = "There is none, or it has ended already."


@dataclass(frozen=True)
class Stopped:
    """A stop, and the visits and permits that had to give way."""

    public_id: str
    moved: tuple[str, ...]
    called_off: tuple[str, ...]
    withdrawn: tuple[str, ...]


def issue_permit(
    *,
    driver_id: int,
    vin: str,
    from_zone_id: int,
    to_zone_id: int,
    from_at: dt.datetime,
    until_at: dt.datetime,
    staff_id: int,
    now: dt.datetime,
) -> str:
    """Permit one car to be moved; both zones are empty of people and other cars in the period.

    Returns the permit's public id.

    Raises
    ------
    PeopleAndCars, OutsideDuty, InTwoPlaces, NotOfCentre, BadPeriod, SayWhat, NotStaff
    """
    require_staff(staff_id)
    vin = vin.strip().upper()
    if not vin:
        raise SayWhat
    _check_period(from_at, until_at, now)
    zone = _zone(from_zone_id)
    try:
        with transaction.atomic():
            locks.hold(f"centre:{zone.centre_id}")
            row = MovePermit.objects.create(
                public_id=new_id("prm"),
                centre_id=zone.centre_id,
                driver_id=driver_id,
                vin=vin,
                from_zone_id=from_zone_id,
                to_zone_id=to_zone_id,
                during=DateTimeTZRange(from_at, until_at),
                issued_by_id=staff_id,
                issued_at=now,
            )
    except IntegrityError as error:
        raise refusal_of(error) from error
    return row.public_id


def end_permit(
    *, public_id: str, state: Literal["DONE", "WITHDRAWN"], staff_id: int, now: dt.datetime
) -> None:
    """The car has been moved, or will not be; its zones are free again. Safe to repeat.

    Raises
    ------
    NoSuchThing, NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        row = MovePermit.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()
        if row is None or row.state not in (MovePermit.State.ISSUED, state):
            raise NoSuchThing
        if row.state != state:
            row.state, row.ended_at = state, now
            row.save(update_fields=["state", "ended_at"])


def stop_slot(
    *,
    zone_id: int,
    from_at: dt.datetime,
    until_at: dt.datetime,
    reason: str,
    staff_id: int,
    near_miss: str = "",
    now: dt.datetime,
) -> Stopped:
    """Close a zone for a time: visits in it are moved and their customers told, permits end.

    Stops that overlap become one; one that stands already for this reason is left as it is. From
    then on no booking gets into the period.

    Raises
    ------
    BadPeriod, SayWhat, NoSuchThing, NotStaff
    """
    require_staff(staff_id)
    if not reason.strip():
        raise SayWhat
    _check_period(from_at, until_at, now)
    zone = _zone(zone_id)
    with transaction.atomic():
        locks.hold(f"centre:{zone.centre_id}")
        # What is over cannot be stopped any more.
        from_at = max(from_at, now)
        if known := _known_stop(zone_id, from_at, until_at, reason.strip(), near_miss):
            return Stopped(known, (), (), ())
        from_at, until_at = _take_in(zone_id, from_at, until_at, staff_id, now)
        span = (from_at, until_at)
        permits = MovePermit.objects.filter(
            state=MovePermit.State.ISSUED, during__overlap=span, centre=zone.centre_id
        )
        gone = [row for row in permits if zone_id in (row.from_zone_id, row.to_zone_id)]
        for row in gone:
            end_permit(public_id=row.public_id, state="WITHDRAWN", staff_id=staff_id, now=now)
        visits = Visit.objects.filter(
            state__in=OPEN, during__overlap=span, bay__zone=zone_id
        ).order_by("during", "id")
        told = [
            move_for_us(
                visit_id=visit.id,
                not_before=visit.during.lower,
                code="SLOT_STOP",
                closed={zone_id: [span]},
                now=now,
            )
            for visit in visits
        ]
        stop = SlotStop.objects.create(
            public_id=new_id("stp"),
            zone_id=zone_id,
            during=DateTimeTZRange(from_at, until_at),
            reason=reason.strip(),
            near_miss=_find_near_miss(near_miss),
            ordered_by_id=staff_id,
            ordered_at=now,
        )
    return Stopped(
        stop.public_id,
        tuple(one.public_id for one in told if one.state == "BOOKED"),
        tuple(one.public_id for one in told if one.state != "BOOKED"),
        tuple(row.public_id for row in gone),
    )


def _known_stop(
    zone_id: int, from_at: dt.datetime, until_at: dt.datetime, reason: str, near_miss: str
) -> str:
    """The stop that says all this already, as when a form was sent twice; else empty."""
    rows = SlotStop.objects.filter(
        zone=zone_id, lifted_at=None, during__contains=(from_at, until_at), reason=reason
    )
    if near_miss:
        rows = rows.filter(near_miss__public_id=near_miss)
    found = rows.values_list("public_id", flat=True).first()
    return found or ""


def _take_in(
    zone_id: int, from_at: dt.datetime, until_at: dt.datetime, staff_id: int, now: dt.datetime
) -> tuple[dt.datetime, dt.datetime]:
    """Lift the stops that overlap, or touch, this one; returns the period that holds them all."""
    for row in SlotStop.objects.filter(zone=zone_id, lifted_at=None).order_by("during"):
        if row.during.lower <= until_at and from_at <= row.during.upper:
            from_at = min(from_at, row.during.lower)
            until_at = max(until_at, row.during.upper)
            row.lifted_at, row.lifted_by_id = now, staff_id
            row.save(update_fields=["lifted_at", "lifted_by"])
    return from_at, until_at


def lift_stop(*, public_id: str, staff_id: int, now: dt.datetime) -> None:
    """The zone may be used again. Safe to repeat.

    Raises
    ------
    NoSuchThing, NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        row = SlotStop.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()
        if row is None:
            raise NoSuchThing
        if row.lifted_at is None:
            row.lifted_at, row.lifted_by_id = now, staff_id
            row.save(update_fields=["lifted_at", "lifted_by"])


def report_near_miss(
    *,
    zone_id: int,
    kind: str,
    at: dt.datetime,
    words: str,
    seen_by: str,
    follows_up_id: int,
    follow_up_by_at: dt.datetime,
    staff_id: int,
    now: dt.datetime,
) -> str:
    """Log what happened, where, when, who saw it, and who follows it up by when.

    Returns its public id. What one person logs twice in the same words is one near miss.

    Raises
    ------
    SayWhat, BadPeriod, NoSuchThing, NotStaff
    """
    require_staff(staff_id)
    require_staff(follows_up_id)
    if len(words.strip()) < 4 or not seen_by.strip() or kind not in NearMiss.Kind.values:
        raise SayWhat
    if at > now or follow_up_by_at <= now:
        raise BadPeriod
    zone = _zone(zone_id)
    with transaction.atomic():
        locks.hold(f"centre:{zone.centre_id}")
        row, _ = NearMiss.objects.get_or_create(
            zone=zone,
            kind=kind,
            at=at,
            words=words.strip(),
            reported_by_id=staff_id,
            closed_at=None,
            defaults={
                "public_id": new_id("nms"),
                "seen_by": seen_by.strip(),
                "reported_at": now,
                "follows_up_id": follows_up_id,
                "follow_up_by_at": follow_up_by_at,
            },
        )
    return row.public_id


def close_near_miss(*, public_id: str, outcome: str, staff_id: int, now: dt.datetime) -> None:
    """What was changed so that it does not happen again.

    Raises
    ------
    SayWhat, NoSuchThing, NotStaff
    """
    require_staff(staff_id)
    if len(outcome.strip()) < 4:
        raise SayWhat
    rows = NearMiss.objects.filter(public_id=public_id, closed_at=None)
    if not rows.update(outcome=outcome.strip(), closed_at=now):
        raise NoSuchThing


def _check_period(from_at: dt.datetime, until_at: dt.datetime, now: dt.datetime) -> None:
    if until_at <= from_at or until_at <= now:
        raise BadPeriod


def _zone(zone_id: int) -> Zone:
    zone = Zone.objects.filter(id=zone_id).first()
    if zone is None:
        raise NoSuchThing
    return zone


def _find_near_miss(public_id: str) -> NearMiss | None:
    if not public_id:
        return None
    row = NearMiss.objects.filter(public_id=public_id).first()
    if row is None:
        raise NoSuchThing
    return row
