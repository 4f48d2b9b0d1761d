"""The forms of a centre's page: each reads its fields and gives one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from yinuo.contexts.handover.operations import absences, missed, visits, yard
from yinuo.contexts.handover.operations.visits import NothingBooked
from yinuo.contexts.handover.queries.visits import get_for_staff
from yinuo.contexts.handover.queries.yard import (
    AbsenceSeen,
    NearMissSeen,
    PermitSeen,
    StopSeen,
    list_absences,
    list_near_misses,
    list_permits,
    list_stops,
    list_zones,
)
from yinuo.contexts.places.queries import get_place
from yinuo.web.console.access import read_local
from yinuo.workflows import absence, late_train

Fields = Mapping[str, str]
Listed = PermitSeen | StopSeen | NearMissSeen
LONG, MANY = dt.timedelta(days=60), 200
Form = Callable[[Fields, int, int, dt.datetime], object]


def _at(fields: Fields, name: str) -> dt.datetime:
    at = read_local(fields.get(name, ""))
    if at is None:
        raise yard.BadPeriod
    return at


def _id(fields: Fields, name: str) -> int:
    typed = fields.get(name, "")
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0


def _zone(fields: Fields, name: str, staff_id: int, centre_id: int) -> int:
    """The zone that was picked; one of another centre is none."""
    zone_id = _id(fields, name)
    if zone_id not in {one.id for one in list_zones(staff_id, centre_id)}:
        raise yard.NoSuchThing
    return zone_id


def _of_centre(public_id: str, rows: Sequence[Listed]) -> str:
    """What was picked, if it is among these of the centre; else there is none."""
    if public_id not in {one.public_id for one in rows}:
        raise yard.NoSuchThing
    return public_id


def _visit(fields: Fields, staff_id: int, centre_id: int) -> str:
    """The visit that was picked; one of another centre is none."""
    found = get_for_staff(staff_id, fields.get("visit", ""))
    if found is None or found.centre_id != centre_id:
        raise NothingBooked
    return found.public_id


def _start(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    visits.start(public_id=_visit(fields, staff_id, centre_id), staff_id=staff_id, now=now)


def _end(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    visits.end(public_id=_visit(fields, staff_id, centre_id), staff_id=staff_id, now=now)


def _missed(by: Literal["CUSTOMER", "CENTRE"]) -> Form:
    def form(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
        public_id = _visit(fields, staff_id, centre_id)
        missed.record_no_show(public_id=public_id, by=by, staff_id=staff_id, now=now)

    return form


def _train(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    code = fields.get("train", "")
    late_train.move_visits(staff_id=staff_id, centre_id=centre_id, code=code, now=now)


def _permit(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    yard.issue_permit(
        driver_id=_id(fields, "driver"),
        vin=fields.get("vin", ""),
        from_zone_id=_zone(fields, "from_zone", staff_id, centre_id),
        to_zone_id=_zone(fields, "to_zone", staff_id, centre_id),
        from_at=_at(fields, "from"),
        until_at=_at(fields, "until"),
        staff_id=staff_id,
        now=now,
    )


def _permit_ends(state: Literal["DONE", "WITHDRAWN"]) -> Form:
    def form(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
        permits = list_permits(staff_id, centre_id, now - LONG, now + LONG)
        public_id = _of_centre(fields.get("permit", ""), permits)
        yard.end_permit(public_id=public_id, state=state, staff_id=staff_id, now=now)

    return form


def _stop(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    yard.stop_slot(
        zone_id=_zone(fields, "zone", staff_id, centre_id),
        from_at=_at(fields, "from"),
        until_at=_at(fields, "until"),
        reason=fields.get("reason", ""),
        near_miss=fields.get("near_miss", ""),
        staff_id=staff_id,
        now=now,
    )


def _lift(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    public_id = _of_centre(fields.get("stop", ""), list_stops(staff_id, centre_id, now))
    yard.lift_stop(public_id=public_id, staff_id=staff_id, now=now)


def _near_miss(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    yard.report_near_miss(
        zone_id=_zone(fields, "zone", staff_id, centre_id),
        kind=fields.get("kind", ""),
        at=_at(fields, "at"),
        words=fields.get("words", ""),
        seen_by=fields.get("seen_by", ""),
        follows_up_id=_id(fields, "follows"),
        follow_up_by_at=_at(fields, "by"),
        staff_id=staff_id,
        now=now,
    )


def _near_miss_done(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    logged = list_near_misses(staff_id, centre_id, limit=MANY)
    yard.close_near_miss(
        public_id=_of_centre(fields.get("near_miss", ""), logged),
        outcome=fields.get("outcome", ""),
        staff_id=staff_id,
        now=now,
    )


def _away(fields: Fields, staff_id: int, _centre_id: int, now: dt.datetime) -> None:
    absences.record_absence(
        away_id=_id(fields, "who"),
        from_at=_at(fields, "from"),
        until_at=_at(fields, "until") if fields.get("until") else None,
        reason=fields.get("reason", ""),
        staff_id=staff_id,
        now=now,
    )


def _absence(fields: Fields, centre_id: int, now: dt.datetime) -> AbsenceSeen:
    """The absence that was picked, of somebody of this centre."""
    code = get_place(centre_id).code
    for one in list_absences(now, ahead=absence.AHEAD):
        if (one.public_id, one.centre_code) == (fields.get("absence", ""), code):
            return one
    raise yard.NoSuchThing


def _back(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    public_id = _absence(fields, centre_id, now).public_id
    absences.end_absence(public_id=public_id, staff_id=staff_id, now=now)


def _take(fields: Fields, staff_id: int, centre_id: int, now: dt.datetime) -> None:
    """One thing of somebody who is away, or all that is listed."""
    away = _absence(fields, centre_id, now)
    for left in absence.list_left(away, viewer_id=staff_id, now=now):
        if fields.get("item") in (f"{left.kind}:{left.id}", "ALL"):
            absence.take(away, left, staff_id=staff_id, now=now)


FORMS: dict[str, Form] = {
    "start": _start,
    "end": _end,
    "missed": _missed("CUSTOMER"),
    "missed_by_us": _missed("CENTRE"),
    "train": _train,
    "permit": _permit,
    "permit_done": _permit_ends("DONE"),
    "permit_withdraw": _permit_ends("WITHDRAWN"),
    "stop": _stop,
    "lift": _lift,
    "near_miss": _near_miss,
    "near_miss_done": _near_miss_done,
    "away": _away,
    "back": _back,
    "take": _take,
}
