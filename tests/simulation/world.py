"""A small maker whose cars wait, travel and get ready: the ground of the fault tests.

One plant, two delivery centres, one spec. The train's cars go to the first centre and the held
batch to the second, so what one story moves does not depend on which story ran first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.orders.models import Line, Order
from yinuo.contexts.people.models import Person, StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import (
    Build,
    Need,
    Plan,
    PlanWeek,
    Resource,
    SupplyWeek,
)
from yinuo.contexts.transit.models import CarrierEvent, Lane, Load, Shipment
from yinuo.platform import ids
from yinuo.platform.spoken import at_local

NOW = at_local(dt.date(2026, 3, 11), 9, 20)
MONDAY = dt.date(2026, 3, 9)
WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)
CENTRES = (("NC", "南昌交付中心", "Nanchang centre"), ("TJ", "天津交付中心", "Tianjin centre"))


@dataclass(frozen=True)
class Ground:
    """What stands before the first order."""

    staff: StaffMember
    hub: Place
    plant: Resource
    lines: tuple[Line, Line]
    lanes: tuple[Lane, Lane]


def make_ground(*, cars_a_week: int, handovers_a_week: int, weeks: int = 40) -> Ground:
    """Places, people, the spec, a committed plan and what the centres can hand over."""
    staff = StaffMember.objects.create(
        public_id="stf_wang", name_zh="王敏", name_en="Wang Min", phone="10012345670",
        role="SPECIALIST", centre_code="NC",
    )  # fmt: skip
    origin, hub = _place("P1", "PLANT", "一厂", "Plant 1"), _place("ZZ", "HUB", "郑州站", "ZZ")
    centres = [_place(code, "CENTRE", zh, en) for code, zh, en in CENTRES]
    model = CarModel.objects.create(code="S7", name_zh="云帆 S7", name_en="Yunfan S7")
    spec = Spec.objects.create(
        code="S7-A", car_model=model, name_zh="长续航", name_en="Long range", price_fen=24_590_000
    )
    plant = Resource.objects.create(code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1")
    Need.objects.create(spec=spec, resource=plant)
    for code, zh, en in CENTRES:
        desk = Resource.objects.create(code=code, kind="CENTRE", name_zh=zh, name_en=en)
        SupplyWeek.objects.bulk_create(
            SupplyWeek(
                resource=desk, week_date=MONDAY + n * WEEK, quantity=handovers_a_week,
                sender="centre", external_id=f"{code}-{n}", digest="", received_at=NOW,
            )
            for n in range(weeks)
        )  # fmt: skip
    plan = make_plan("plan-0", plant, [cars_a_week] * (weeks + 12), first=MONDAY - 12 * WEEK)
    Plan.objects.filter(id=plan.id).update(
        state="COMMITTED", cause_code="PLANT_SLOWER", evidence="年初下发的计划",
        committed_at=NOW - 90 * DAY, applied_at=NOW - 90 * DAY,
    )  # fmt: skip
    return Ground(
        staff,
        hub,
        plant,
        tuple(Line.objects.create(spec=spec, centre=centre) for centre in centres),  # type: ignore[arg-type]
        tuple(  # type: ignore[arg-type]
            Lane.objects.create(
                origin=origin, destination=centre, mode="RAIL", departure_weekdays=[2, 5],
                transit_days_mean=6, transit_days_sd=1, preparation_days=2,
            )
            for centre in centres
        ),
    )  # fmt: skip


def _place(code: str, kind: str, zh: str, en: str) -> Place:
    return Place.objects.create(
        code=code, kind=kind, name_zh=zh, name_en=en, city_zh=zh, city_en=en,
        latitude=30.0, longitude=115.0,
    )  # fmt: skip


def make_plan(
    external_id: str, plant: Resource, cars: Sequence[int], *, first: dt.date = MONDAY
) -> Plan:
    """An uploaded plan: cars a week from the Monday `first` on."""
    plan = Plan.objects.create(
        public_id=ids.new_id("pln"), sender="planning", external_id=external_id, digest="d",
        uploaded_at=NOW,
    )  # fmt: skip
    PlanWeek.objects.bulk_create(
        PlanWeek(plan=plan, resource=plant, week_date=first + n * WEEK, cars=number)
        for n, number in enumerate(cars)
    )
    return plan


def make_orders(
    ground: Ground,
    line: int,
    count: int,
    *,
    state: str,
    locked_at: dt.datetime,
    batch: str = "",
) -> list[Order]:
    """Orders of different customers, locked an hour apart; every second one has a mail address."""
    start = Person.objects.count()
    people = Person.objects.bulk_create(
        Person(
            public_id=f"per_{n}", name=f"客户{n}", phone=f"139{n:08d}",
            email=f"customer{n}@example.com" if n % 2 else "",
            language="en" if n % 5 == 0 else "zh",
        )
        for n in range(start, start + count)
    )  # fmt: skip
    hour = dt.timedelta(hours=1)
    orders = Order.objects.bulk_create(
        Order(
            public_id=f"ord_{start + n}", code=f"K{start + n:05d}", sender="shop",
            external_id=str(start + n), digest="", person=person, line=ground.lines[line],
            owner=ground.staff, locked_at=locked_at + n * hour, state=state, state_at=NOW - 2 * DAY,
            rank=int((locked_at + n * hour).timestamp()) * 1_000_000,
        )
        for n, person in enumerate(people)
    )  # fmt: skip
    if state != "LOCKED":
        Build.objects.bulk_create(
            Build(order=order, batch=batch, built_at=NOW - 3 * DAY) for order in orders
        )
    return orders


def make_train(ground: Ground, line: int, code: str, orders: Sequence[Order]) -> Shipment:
    """A train with these cars that is due tomorrow."""
    leaves, arrives = NOW - 5 * DAY, NOW + DAY
    train = Shipment.objects.create(
        code=code, sender="rail", external_id=code, digest="", lane=ground.lanes[line],
        mode="RAIL", departs_at=leaves, arrives_at=arrives, expected_at=arrives, state="DEPARTED",
        departed_at=leaves,
    )  # fmt: skip
    Load.objects.bulk_create(
        Load(shipment=train, order=order, during=(leaves, arrives)) for order in orders
    )
    return train


def report(
    shipment: Shipment,
    kind: str,
    external_id: str,
    *,
    place: Place | None = None,
    expected_at: dt.datetime | None = None,
    at: dt.datetime = NOW,
) -> CarrierEvent:
    """The row of a carrier's report as its feed leaves it."""
    return CarrierEvent.objects.create(
        public_id=ids.new_id("evt"), sender="rail", external_id=external_id, digest="",
        shipment=shipment, kind=kind, condition="INTACT", place=place, expected_at=expected_at,
        at=at, received_at=at,
    )  # fmt: skip
