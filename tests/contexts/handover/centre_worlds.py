"""A centre for tests: two bays in one zone, a gate zone, two people on duty for two weeks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from tests import factories
from tests.factories import World
from yinuo.contexts.handover.models import Bay, Visit, Zone
from yinuo.contexts.handover.operations import visits
from yinuo.contexts.handover.operations.centres import CentrePlan, ZonePlan, add_duty, set_up
from yinuo.contexts.handover.operations.visits import By
from yinuo.contexts.handover.queries.visits import VisitSeen
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.platform.spoken import at_local

NOW = factories.NOW
TOMORROW = dt.date(2026, 2, 12)
PLAN = CentrePlan(
    opens_at=dt.time(9),
    closes_at=dt.time(18),
    visit_minutes=90,
    people_max=8,
    party_max=4,
    zones=(
        ZonePlan("HALL", "交车厅", "Hall", 6, (("1", "1 号位", "Bay 1"), ("2", "2 号位", "Bay 2"))),
        ZonePlan("GATE", "大门", "Gate", 4, ()),
    ),
)


@dataclass(frozen=True)
class Centre:
    """The world with its centre ready for visits. `eve` works beside Dora."""

    world: World
    eve: StaffMember
    hall: Zone
    gate: Zone
    bays: tuple[Bay, ...]


def make_centre(world: World, plan: CentrePlan = PLAN, days: int = 14) -> Centre:
    """The centre of `world.line`, with Dora and Eve on duty 09:00-18:00 from today on."""
    zones = set_up(centre_id=world.centre.id, plan=plan)
    eve = StaffMember.objects.create(
        public_id="stf_eve",
        name_zh="周青",
        name_en="Zhou Qing",
        phone="10000009003",
        role=StaffMember.Role.SPECIALIST,
        centre_code="NC",
    )
    dates = [factories.today() + ahead * factories.DAY for ahead in range(days)]
    shifts = [
        (who.id, at_local(date, 9), at_local(date, 18))
        for who in (world.dora, eve)
        for date in dates
    ]
    add_duty(centre_id=world.centre.id, shifts=shifts)
    return Centre(
        world,
        eve,
        Zone.objects.get(id=zones["HALL"]),
        Zone.objects.get(id=zones["GATE"]),
        tuple(Bay.objects.order_by("code")),
    )


def tomorrow(hour: int, minute: int = 0) -> dt.datetime:
    """That time on the day after the story's first."""
    return at_local(TOMORROW, hour, minute)


def book(
    order: Order, at: dt.datetime, *, party: int = 1, key: str = "k", now: dt.datetime = NOW
) -> VisitSeen:
    """A visit booked by the order's customer for a car at the centre."""
    return visits.book(
        order_id=order.id,
        by=By(person_id=order.person_id),
        from_at=at,
        party=party,
        expected_at=None,
        request_key=f"{key}-{order.code}",
        now=now,
    )


def booked(world: World, code: str, at: dt.datetime, *, party: int = 1) -> VisitSeen:
    """A visit at this time of a new order whose car stands at the centre."""
    return book(factories.make_order(world, code, state="AT_CENTRE"), at, party=party)


def facts_of(order_id: int) -> list[tuple[str, dict[str, Any]]]:
    """The kinds of this order's entries with their private fields, oldest first."""
    return [(one.kind, one.payload) for one in list_of_subject(order_id)]


def row(visit: VisitSeen) -> Visit:
    """The visit's row as it is now."""
    return Visit.objects.get(id=visit.id)
