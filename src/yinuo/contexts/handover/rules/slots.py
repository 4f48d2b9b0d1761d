"""Which times are really free: a bay, a person on duty, a quiet zone and room for the people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

HALF_HOUR = dt.timedelta(minutes=30)
DAY = dt.timedelta(days=1)
# Days that a search looks ahead, and how far apart the times are that it shows of one day.
HORIZON_DAYS = 28
APART = dt.timedelta(hours=2)
SHOWN, SHOWN_OF_A_DAY = 6, 3

Period = tuple[dt.datetime, dt.datetime]
Periods = Sequence[Period]


@dataclass(frozen=True)
class BayFacts:
    """A bay that is in use, and the zone it stands in."""

    id: int
    zone_id: int


@dataclass(frozen=True)
class Hours:
    """When a centre receives people, by its own clock; how long, how many at a time."""

    opens_at: dt.time
    closes_at: dt.time
    visit: dt.timedelta
    people_max: int
    party_max: int
    zone: ZoneInfo


@dataclass(frozen=True)
class Ground:
    """A centre as it is taken up in a span of time; every period is half-open.

    `people` counts by zone (None: the whole centre) and half hour; `zone_people_max` caps by zone.
    """

    hours: Hours
    bays: Sequence[BayFacts]
    duty: Mapping[int, Periods]
    away: Mapping[int, Periods] = field(default_factory=dict)
    busy_bays: Mapping[int, Periods] = field(default_factory=dict)
    busy_staff: Mapping[int, Periods] = field(default_factory=dict)
    closed_zones: Mapping[int, Periods] = field(default_factory=dict)
    people: Mapping[tuple[int | None, dt.datetime], int] = field(default_factory=dict)
    zone_people_max: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Slot:
    """A time that is free with everything it takes."""

    from_at: dt.datetime
    until_at: dt.datetime
    bay_id: int
    staff_id: int


IsClosed = Callable[[dt.date], bool | None]


def find_slots(
    ground: Ground,
    *,
    not_before: dt.datetime,
    party: int,
    prefer_staff: int | None,
    is_closed: IsClosed,
    limit: int = SHOWN,
) -> list[Slot]:
    """The earliest free times, at most three of a day and two hours apart; by start.

    A day whose public calendar is not published yet is not offered: it may be a holiday.
    """
    found: list[Slot] = []
    for date in _days(not_before, ground.hours.zone):
        if is_closed(date) is not False:
            continue
        of_day: list[Slot] = []
        for start in _starts(ground.hours, date):
            if start < not_before or (of_day and start - of_day[-1].from_at < APART):
                continue
            slot = next(ways_at(ground, start, party=party, prefer_staff=prefer_staff), None)
            if slot is not None:
                of_day.append(slot)
            if len(of_day) == SHOWN_OF_A_DAY:
                break
        found += of_day
        if len(found) >= limit:
            break
    return found[:limit]


def first_slot(
    ground: Ground,
    *,
    not_before: dt.datetime,
    party: int,
    prefer_staff: int | None,
    is_closed: IsClosed,
) -> Slot | None:
    """The very first free time; None where nothing is free for four weeks."""
    found = find_slots(
        ground,
        not_before=not_before,
        party=party,
        prefer_staff=prefer_staff,
        is_closed=is_closed,
        limit=1,
    )
    return found[0] if found else None


def ways_at(
    ground: Ground, start: dt.datetime, *, party: int, prefer_staff: int | None
) -> Iterator[Slot]:
    """Every free bay with every free person at this start; the preferred person first."""
    hours = ground.hours
    until = start + hours.visit
    if not is_open(hours, start) or party > hours.party_max:
        return
    if not _has_room(ground, None, hours.people_max, start, until, party):
        return
    people = [who for who in sorted(ground.duty) if _is_free(ground, who, start, until)]
    people.sort(key=lambda who: (who != prefer_staff, _taken_that_day(ground, who, start)))
    for bay in ground.bays:
        most = ground.zone_people_max.get(bay.zone_id, 0)
        if (
            _meets(ground.busy_bays.get(bay.id, ()), start, until)
            or _meets(ground.closed_zones.get(bay.zone_id, ()), start, until)
            or not _has_room(ground, bay.zone_id, most, start, until, party)
        ):
            continue
        for who in people:
            yield Slot(start, until, bay.id, who)


def is_open(hours: Hours, start: dt.datetime) -> bool:
    """Whether a visit may begin then and end before the centre closes."""
    local, end = start.astimezone(hours.zone), (start + hours.visit).astimezone(hours.zone)
    on_the_half_hour = local.minute % 30 == 0 and not local.second and not local.microsecond
    return (
        on_the_half_hour
        and local.date() == end.date()
        and hours.opens_at <= local.time()
        and end.time() <= hours.closes_at
    )


def half_hours(start: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    """The half hours that a period touches, counted from its start."""
    while start < until:
        yield start
        start += HALF_HOUR


def _days(not_before: dt.datetime, zone: ZoneInfo) -> Iterator[dt.date]:
    first = not_before.astimezone(zone).date()
    return (first + ahead * DAY for ahead in range(HORIZON_DAYS))


def _starts(hours: Hours, date: dt.date) -> Iterator[dt.datetime]:
    start = dt.datetime.combine(date, hours.opens_at, hours.zone).astimezone(dt.UTC)
    closes = dt.datetime.combine(date, hours.closes_at, hours.zone).astimezone(dt.UTC)
    while start + hours.visit <= closes:
        yield start
        start += HALF_HOUR


def _meets(periods: Periods, start: dt.datetime, until: dt.datetime) -> bool:
    return any(first < until and start < last for first, last in periods)


def _is_free(ground: Ground, who: int, start: dt.datetime, until: dt.datetime) -> bool:
    return (
        _covers(ground.duty.get(who, ()), start, until)
        and not _meets(ground.away.get(who, ()), start, until)
        and not _meets(ground.busy_staff.get(who, ()), start, until)
    )


def _covers(periods: Periods, start: dt.datetime, until: dt.datetime) -> bool:
    """Whether the periods together, which may touch, hold all of it."""
    reached = start
    for first, last in sorted(periods):
        if first <= reached < last:
            reached = last
    return reached >= until


def _has_room(
    ground: Ground,
    zone_id: int | None,
    most: int,
    start: dt.datetime,
    until: dt.datetime,
    party: int,
) -> bool:
    return all(
        ground.people.get((zone_id, slot), 0) + party <= most for slot in half_hours(start, until)
    )


def _taken_that_day(ground: Ground, who: int, start: dt.datetime) -> int:
    """Visits that this person has on that day, so that work is spread evenly."""
    date = start.astimezone(ground.hours.zone).date()
    return sum(
        first.astimezone(ground.hours.zone).date() == date
        for first, _ in ground.busy_staff.get(who, ())
    )
