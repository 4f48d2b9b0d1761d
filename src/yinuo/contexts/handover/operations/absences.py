"""Who works when, who is away, and who takes over their visits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from yinuo.contexts.handover.models import Absence, Visit
from yinuo.contexts.handover.operations.missed import move_for_us
from yinuo.contexts.handover.operations.seats import refusal_of
from yinuo.contexts.handover.rules import visits as rules
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform import locks
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal


class AwayAlready(Refusal):
    """One absence at a time."""

    code = "away_already"
    zh = "这段时间已经登记过不在。"
    en = "An absence is recorded for this time already."


class AbsencePeriod(Refusal):
    """An absence ends after it begins and has not passed."""

    code = "absence_period"
    zh = "请看一下时间：要先开始后结束，而且还没过去。"
    en = "Check the times: they end after they begin, and have not passed."


class NobodyFree(Refusal):
    """The person who takes over is on duty and free at that time."""

    code = "nobody_free"
    zh = "这位同事那时不当班，或者已经有约。"
    en = "This colleague is not on duty then, or is booked."


@dataclass(frozen=True)
class Handed:
    """What became of a visit: another person receives, or it was moved or called off."""

    visit: str
    staff_id: int | None


def record_absence(
    *,
    away_id: int,
    from_at: dt.datetime,
    until_at: dt.datetime | None,
    reason: str,
    staff_id: int,
    now: dt.datetime,
) -> str:
    """Somebody is away in this period; None for until further notice. Returns its public id.

    Nothing changes hands yet: what falls due is listed for colleagues, and the manager gets what
    is left when the time to take over is up.

    Raises
    ------
    AbsencePeriod, AwayAlready, NotStaff
    """
    require_staff(staff_id)
    require_staff(away_id)
    if reason not in Absence.Reason.values:
        raise AbsencePeriod
    if until_at is not None and (until_at <= from_at or until_at <= now):
        raise AbsencePeriod
    try:
        with transaction.atomic():
            row = Absence.objects.create(
                public_id=new_id("abs"),
                staff_id=away_id,
                during=DateTimeTZRange(from_at, until_at),
                reason=reason,
                take_over_by_at=rules.take_over_by(from_at, now),
                recorded_by_id=staff_id,
                recorded_at=now,
            )
    except IntegrityError as error:
        diag = getattr(error.__cause__, "diag", None)
        if getattr(diag, "constraint_name", "") == "nobody_away_twice":
            raise AwayAlready from error
        raise
    return row.public_id


def end_absence(*, public_id: str, staff_id: int, now: dt.datetime) -> None:
    """The person is back; what was handed over stays where it is. Safe to repeat.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        row = Absence.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()
        if row is None:
            return
        if now <= row.during.lower:
            row.delete()
        elif row.during.upper is None or now < row.during.upper:
            row.during = DateTimeTZRange(row.during.lower, now)
            row.save(update_fields=["during"])


def take_over_visit(*, visit_id: int, staff_id: int) -> Handed:
    """This person receives the customer; time and bay stay.

    Raises
    ------
    NobodyFree, NotStaff
    """
    require_staff(staff_id)
    visit = Visit.objects.get(id=visit_id)
    try:
        with transaction.atomic():
            locks.hold(f"centre:{visit.centre_id}")
            rows = Visit.objects.filter(id=visit_id, state=Visit.State.BOOKED)
            if not rows.update(staff=staff_id):
                raise NobodyFree
    except IntegrityError as error:
        refusal_of(error)
        raise NobodyFree from error
    return Handed(visit.public_id, staff_id)


def rescue_visit(*, visit_id: int, manager_id: int | None, now: dt.datetime) -> Handed:
    """Give a visit of somebody who is away to whoever can receive the customer.

    The manager where that person is on duty and free, else a colleague on duty; else the visit is
    moved to the next free time and the customer told. None is left with nobody.
    """
    visit = Visit.objects.get(id=visit_id)
    for who in [manager_id, *_colleagues(visit)]:
        if who is None or who == visit.staff_id:
            continue
        try:
            return take_over_visit(visit_id=visit_id, staff_id=who)
        except NobodyFree:
            continue
    moved = move_for_us(
        visit_id=visit_id, not_before=visit.during.lower, code="STAFF_AWAY", now=now
    )
    return Handed(moved.public_id, moved.staff_id if moved.state == "BOOKED" else None)


def _colleagues(visit: Visit) -> list[int]:
    """Everybody on duty at the centre for all of the visit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT staff_id FROM handover_duty WHERE centre_id = %s GROUP BY staff_id"
            " HAVING range_agg(during) @> %s::tstzrange ORDER BY staff_id",
            [visit.centre_id, visit.during],
        )
        return [staff_id for (staff_id,) in cursor.fetchall()]
