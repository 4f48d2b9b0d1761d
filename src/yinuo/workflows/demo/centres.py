"""The demo's four centres: bays, people on duty, today's visits, a near miss, somebody away."""

from __future__ import annotations

import datetime as dt

import numpy as np

from yinuo.contexts.handover.operations import absences, yard
from yinuo.contexts.handover.operations.centres import CentrePlan, ZonePlan, add_duty, set_up
from yinuo.contexts.handover.operations.visits import By, book
from yinuo.contexts.handover.queries.slots import list_free
from yinuo.contexts.ledger.operations import mark_told
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.orders.queries.intake import find_orders
from yinuo.contexts.people.queries.staff import get_staff_ids
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.places.rules import is_closed
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import at_local, local_date
from yinuo.workflows.demo.days import START, day_of
from yinuo.workflows.demo.records import SHOP
from yinuo.workflows.demo.world import REGIONS, World, read_rows

DAY = dt.timedelta(days=1)
DUTY_DAYS = 60
VISITS_MOST = 6
# Who answers for TJ26ZH is away for three days from the story's first morning on.
ABSENT, ABSENT_DAYS = "stf_lijing", 3
MANAGER, NEAR_MISS_AT = "stf_sunjia", "NC"
BAYS = (3, 3, 2, 2)


def open_centres(world: World, *, now: dt.datetime) -> int:
    """Open the centres and book their first visits; returns how many visits.

    Visits are to cars that the demo hands over today or tomorrow, and nobody is told of them as
    news: they were booked before the story began.
    """
    places, staff = get_place_ids("CENTRE"), get_staff_ids()
    booked = 0
    for number, code in enumerate(REGIONS):
        zones = set_up(centre_id=places[code], plan=_plan(BAYS[number]))
        people = [row["public_id"] for row in read_rows("staff.csv") if row["centre_code"] == code]
        add_duty(centre_id=places[code], shifts=_shifts([staff[one] for one in people], now))
        booked += _book(world, number, places[code], staff[people[0]], now)
        if code == NEAR_MISS_AT:
            _near_miss(zones["YARD"], staff, now)
    absences.record_absence(
        away_id=staff[ABSENT],
        from_at=now,
        until_at=now + ABSENT_DAYS * DAY,
        reason="SICK",
        staff_id=staff[MANAGER],
        now=now,
    )
    return booked


def _plan(bays: int) -> CentrePlan:
    names = tuple((str(n), f"{n} 号位", f"Bay {n}") for n in range(1, bays + 1))
    return CentrePlan(
        opens_at=dt.time(9),
        closes_at=dt.time(18),
        visit_minutes=90,
        people_max=4 * bays,
        party_max=4,
        zones=(
            ZonePlan("HALL", "交车厅", "Hand-over hall", 4 * bays, names),
            ZonePlan("YARD", "停车场", "Car park", 0),
            ZonePlan("GATE", "大门", "Gate", 6),
        ),
    )


def _shifts(people: list[int], now: dt.datetime) -> list[tuple[int, dt.datetime, dt.datetime]]:
    """Everybody works on open days, one from opening and the next until closing."""
    first = local_date(now)
    dates = [first + ahead * DAY for ahead in range(DUTY_DAYS)]
    return [
        (who, at_local(date, 9), at_local(date, 18))
        for who in people
        for date in dates
        if is_closed(date) is False
    ]


def _book(world: World, region: int, centre_id: int, staff_id: int, now: dt.datetime) -> int:
    maker, today = world.maker, day_of(START)
    there = (maker.region == region) & (maker.arrived_day <= today) & (maker.handed_day > today)
    soon = there & (maker.handed_day < np.floor(today) + 2) & world.kept
    # The named orders' visits belong to their own stories.
    soon[list(world.cast.rows.values())] = False
    rows = np.flatnonzero(soon)[:VISITS_MOST].tolist()
    refs = [world.order_ref(row) for row in rows]
    found = find_orders(SHOP, refs)
    booked = 0
    for number, ref in enumerate(refs):
        order = found.get(ref)
        party = 1 + number % 3
        free = list_free(
            centre_id, not_before=now + dt.timedelta(hours=2), party=party, prefer_staff=None
        )
        if order is None or not free:
            continue
        try:
            visit = book(
                order_id=order.id,
                by=By(staff_id=staff_id),
                from_at=free[number % min(2, len(free))].from_at,
                party=party,
                expected_at=None,
                request_key=f"demo-{ref}",
                now=now,
            )
        except Refusal:
            # Known damage that was not told yet, or an order that ended: no visit then.
            continue
        entries = list_of_subject(visit.order_id, ("visit.booked",))
        mark_told([one.entry_id for one in entries])
        booked += 1
    return booked


def _near_miss(zone_id: int, staff: dict[str, int], now: dt.datetime) -> None:
    """Yesterday afternoon somebody stepped back in time."""
    yesterday = local_date(now) - DAY
    yard.report_near_miss(
        zone_id=zone_id,
        kind="NEAR_MISS",
        at=at_local(yesterday, 16, 40),
        words="倒车入位时，一位客户从车后走过，差一步。",
        seen_by="门卫",
        follows_up_id=staff[MANAGER],
        follow_up_by_at=at_local(local_date(now) + 2 * DAY, 18),
        staff_id=staff["stf_wangmin"],
        now=now,
    )
