"""A centre's day: bays by half hours, people on duty, loads, the yard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.handover.models import Absence, Bay, Duty, Occupancy, Opening, Visit
from yinuo.contexts.handover.queries.slots import get_hours
from yinuo.contexts.handover.queries.visits import VisitSeen, list_between, seen, visit_rows
from yinuo.contexts.handover.rules.slots import HALF_HOUR, Hours
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.places.rules import is_closed

DAY = dt.timedelta(days=1)
SHOWN = {"BOOKED", "STARTED", "ENDED"}


@dataclass(frozen=True)
class Cell:
    """A bay from one time on for `rows` half hours: FREE, VISIT, or CLOSED by a move or a stop."""

    kind: str
    rows: int
    visit: VisitSeen | None = None


@dataclass(frozen=True)
class BayName:
    """A bay, for the head of its column."""

    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Board:
    """One day of a centre. `rows` are half hours, each with the cells that begin in it."""

    date: dt.date
    bays: tuple[BayName, ...]
    rows: tuple[tuple[dt.datetime, tuple[Cell, ...]], ...]
    visits: tuple[VisitSeen, ...]


@dataclass(frozen=True)
class OnDuty:
    """Somebody's hours on a day; `away` says that an absence lies in them."""

    staff_id: int
    name_zh: str
    name_en: str
    role: str
    from_at: dt.datetime
    until_at: dt.datetime
    away: bool
    visits: int


@dataclass(frozen=True)
class Load:
    """How full a centre is on a day: visits booked, and how many the bays take."""

    centre_id: int
    booked: int
    most: int

    @property
    def percent(self) -> int:
        """Whole percent; 100 where nothing can be taken."""
        return 100 if not self.most else min(100, 100 * self.booked // self.most)


def get_board(staff_id: int, centre_id: int, date: dt.date) -> Board | None:
    """The centre's bays on this day; None where it receives nobody by appointment.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    hours = get_hours(centre_id)
    if hours is None:
        return None
    opens, closes = _span(hours, date)
    visits = list_between(centre_id, opens, closes)
    bays = list(Bay.objects.filter(centre=centre_id, active=True).order_by("code"))
    closed = _closed(centre_id, opens, closes)
    columns = [
        _column(
            [one for one in visits if one.bay_id == bay.id and one.state in SHOWN],
            closed.get(bay.zone_id, []),
            opens,
            closes,
        )
        for bay in bays
    ]
    rows, at = [], opens
    while at < closes:
        rows.append((at, tuple(column[at] for column in columns if at in column)))
        at += HALF_HOUR
    names = tuple(BayName(bay.name_zh, bay.name_en) for bay in bays)
    return Board(date, names, tuple(rows), tuple(visits))


def _span(hours: Hours, date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    return (
        dt.datetime.combine(date, hours.opens_at, hours.zone).astimezone(dt.UTC),
        dt.datetime.combine(date, hours.closes_at, hours.zone).astimezone(dt.UTC),
    )


def _closed(
    centre_id: int, opens: dt.datetime, closes: dt.datetime
) -> dict[int, list[tuple[dt.datetime, dt.datetime]]]:
    rows = Occupancy.objects.filter(
        zone__centre=centre_id, during__overlap=(opens, closes)
    ).exclude(use=0)
    found: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    for row in rows:
        found.setdefault(row.zone_id, []).append((row.during.lower, row.during.upper))
    return found


def _column(
    visits: Sequence[VisitSeen],
    closed: Sequence[tuple[dt.datetime, dt.datetime]],
    opens: dt.datetime,
    closes: dt.datetime,
) -> dict[dt.datetime, Cell]:
    """The cells of one bay by the half hour in which they begin."""
    cells: dict[dt.datetime, Cell] = {}
    at = opens
    while at < closes:
        visit = next((one for one in visits if at <= one.from_at < at + HALF_HOUR), None)
        if visit is not None:
            last = min(visit.until_at, closes)
            rows = max(1, -((at - last) // HALF_HOUR))
            cells[at] = Cell("VISIT", rows, visit)
        else:
            shut = any(first < at + HALF_HOUR and at < last for first, last in closed)
            cells[at] = Cell("CLOSED" if shut else "FREE", 1)
        at += cells[at].rows * HALF_HOUR
    return cells


def list_on_duty(staff_id: int, centre_id: int, date: dt.date) -> list[OnDuty]:
    """Who works at this centre on this day, by start and name; nobody is ranked by anything.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    hours = get_hours(centre_id)
    if hours is None:
        return []
    start = dt.datetime.combine(date, dt.time(0), hours.zone).astimezone(dt.UTC)
    span = (start, start + DAY)
    rows = Duty.objects.filter(centre=centre_id, during__overlap=span).select_related("staff")
    away = list(
        Absence.objects.filter(
            staff__in=[row.staff_id for row in rows], during__overlap=span
        ).values_list("staff_id", flat=True)
    )
    visits = Visit.objects.filter(centre=centre_id, during__overlap=span, state__in=SHOWN)
    held = list(visits.values_list("staff_id", flat=True))
    found = [
        OnDuty(
            row.staff_id,
            row.staff.name_zh,
            row.staff.name_en,
            row.staff.role,
            row.during.lower,
            row.during.upper,
            row.staff_id in away,
            held.count(row.staff_id),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.from_at, one.name_en))


def list_loads(staff_id: int, date: dt.date) -> list[Load]:
    """How full every centre is on this day.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.centre_id,
                   (SELECT count(*) FROM handover_visit v
                    WHERE v.centre_id = o.centre_id AND v.state IN ('BOOKED', 'STARTED', 'ENDED')
                      AND (lower(v.during) AT TIME ZONE p.timezone)::date = %s),
                   (SELECT count(*) FROM handover_bay b
                    WHERE b.centre_id = o.centre_id AND b.active)
                   * floor(extract(epoch FROM o.closes_at - o.opens_at) / 60 / o.visit_minutes)::int
            FROM handover_opening o JOIN places_place p ON p.id = o.centre_id ORDER BY o.centre_id
            """,
            [date],
        )
        open_that_day = is_closed(date) is False
        return [
            Load(centre_id, booked, most if open_that_day else 0)
            for centre_id, booked, most in cursor.fetchall()
        ]


def list_to_rebook(staff_id: int, centre_id: int) -> list[VisitSeen]:
    """Visits that we did not keep and whose order has no new one: somebody owes a new time.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = visit_rows().filter(
        centre=centre_id,
        state__in=[Visit.State.CALLED_OFF, Visit.State.MISSED_BY_CENTRE],
    )
    newer = Visit.objects.filter(order__in=rows.values("order")).values_list("order_id", "id")
    newest: dict[int, int] = {}
    for order_id, visit_id in newer:
        newest[order_id] = max(visit_id, newest.get(order_id, 0))
    open_rows = rows.exclude(order__state__in=["DELIVERED", "CANCELLED"]).order_by("during", "id")
    return [seen(row) for row in open_rows if newest[row.order_id] == row.id]


def next_visit_date(centre_id: int, after: dt.datetime) -> dt.date | None:
    """The next day with a visit at this centre, in the centre's zone; None without one."""
    hours = get_hours(centre_id)
    rows = Visit.objects.filter(
        centre=centre_id, state=Visit.State.BOOKED, during__startswith__gte=after
    )
    row = rows.order_by("during").first()
    if row is None or hours is None:
        return None
    start: dt.datetime = row.during.lower
    return start.astimezone(hours.zone).date()


def has_opening(centre_id: int) -> bool:
    """Whether this centre receives people by appointment."""
    return Opening.objects.filter(centre=centre_id).exists()
