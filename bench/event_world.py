"""The world of `event_to_notice.py`: many open orders, written by COPY."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.orders.models import Line
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Need, Plan, PlanWeek, Resource, SupplyWeek
from yinuo.contexts.transit.models import Lane, Shipment
from yinuo.platform import ids

NOW: Final = dt.datetime(2026, 3, 11, 9, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
MONDAY: Final = dt.date(2026, 3, 9)
WEEK: Final = dt.timedelta(days=7)
DAY: Final = dt.timedelta(days=1)
BUILT_SHARE: Final = 0.05
TRAIN_CARS: Final = 200
BACKLOG_WEEKS: Final = 60
PLAN_WEEKS: Final = 80
TRAIN: Final = "X8321"


@dataclass(frozen=True)
class Ground:
    """What stands before the first order."""

    staff: StaffMember
    plants: tuple[Resource, ...]
    lines: tuple[Line, ...]
    lanes: tuple[Lane, ...]
    centres: int


def make_world(orders: int) -> None:
    """So many open orders of as many people, lines by spec and centre, a plan, trains under way."""
    ground = _make_ground(orders, specs=72 if orders > 100_000 else 12)
    people = range(1, orders + 1)
    copy_rows(
        "people_person (id, public_id, name, phone, email, language)",
        (
            (n, f"per_{n}", f"客户{n}", f"139{n:08d}", f"c{n}@example.com" if n % 2 else "",
             "en" if n % 20 == 0 else "zh")
            for n in people
        ),
    )  # fmt: skip
    built = int(orders * BUILT_SHARE)
    _copy_orders(ground, orders, built)
    copy_rows(
        "production_build (order_id, batch, vin, built_at)",
        ((n, f"B{n // 60}", "", NOW - 3 * DAY) for n in range(1, built + 1)),
    )
    _load_trains(ground, built)
    for table in ("people_person", "orders_order"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %s)", [orders])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def make_plan(
    external_id: str, plants: Sequence[Resource], weekly: Sequence[Sequence[int]]
) -> Plan:
    """An uploaded plan: cars a week by plant, from this Monday on."""
    plan = Plan.objects.create(
        public_id=ids.new_id("pln"), sender="planning", external_id=external_id, digest="d",
        uploaded_at=NOW,
    )  # fmt: skip
    PlanWeek.objects.bulk_create(
        PlanWeek(plan=plan, resource=plant, week_date=MONDAY + n * WEEK, cars=cars)
        for plant, row in zip(plants, weekly, strict=True)
        for n, cars in enumerate(row)
    )
    return plan


def lose_a_week(orders: int) -> Plan:
    """The plan in force again, but the first plant builds nothing next week."""
    plants = list(Resource.objects.filter(kind="PLANT").order_by("id"))
    weekly = [list(_weekly(orders)) for _ in plants]
    weekly[0][1] = 0
    return make_plan("plan-1", plants, weekly)


def _weekly(orders: int) -> list[int]:
    """Cars a week of one of two plants: together they build the backlog in its weeks."""
    return [max(1, orders // BACKLOG_WEEKS // 2)] * PLAN_WEEKS


def _make_ground(orders: int, specs: int) -> Ground:
    staff = StaffMember.objects.create(
        public_id="stf_wang", name_zh="王敏", name_en="Wang Min", phone="10012345670",
        role="SPECIALIST",
    )  # fmt: skip
    origin, _ = _place("P1", "PLANT"), _place("ZZ", "HUB")
    centres = [_place(f"C{n:02d}", "CENTRE") for n in range(max(2, min(60, orders // 2000)))]
    plants = tuple(_resource(code, "PLANT") for code in ("P1", "P2"))
    scarce = _resource("CARBON", "OPTION")
    model = CarModel.objects.create(code="S7", name_zh="云帆 S7", name_en="Yunfan S7")
    made = [
        Spec.objects.create(
            code=f"S7-{n:02d}", car_model=model, name_zh=f"配置{n}", name_en=f"Spec {n}",
            price_fen=24_590_000,
        )
        for n in range(specs)
    ]  # fmt: skip
    for n, spec in enumerate(made):
        for alternative in (0, 1):
            needs = [plants[(n + alternative) % 2], *([scarce] if n % 9 == 0 else [])]
            for resource in needs:
                Need.objects.create(spec=spec, resource=resource, alternative=alternative)
    _supply(scarce, max(1, orders // BACKLOG_WEEKS // 9))
    for number, centre in enumerate(centres):
        desk = _resource(centre.code, "CENTRE")
        if number == 0:
            # Wide enough to hand over the whole train at once: its cars wait for the train only.
            _supply(desk, 10 * TRAIN_CARS)
            continue
        _supply(desk, max(20, int(1.5 * orders / BACKLOG_WEEKS / len(centres))))
    plan = make_plan("plan-0", plants, [_weekly(orders) for _ in plants])
    Plan.objects.filter(id=plan.id).update(
        state="COMMITTED", cause_code="PLANT_SLOWER", evidence="年初下发的计划",
        committed_at=NOW - 30 * DAY, applied_at=NOW - 30 * DAY,
    )  # fmt: skip
    # Dates need grounds: the cars that stand built came off as last week's plan had said.
    PlanWeek.objects.bulk_create(
        PlanWeek(plan=plan, resource=plant, week_date=MONDAY - WEEK, cars=cars)
        for plant in plants
        for cars in [max(1, int(orders * BUILT_SHARE) // len(plants))]
    )
    lanes = tuple(
        Lane.objects.create(
            origin=origin, destination=centre, mode="RAIL", departure_weekdays=[2, 5],
            transit_days_mean=6, transit_days_sd=1, preparation_days=2,
        )
        for centre in centres
    )  # fmt: skip
    lines = tuple(Line(spec=spec, centre=centre) for spec in made for centre in centres)
    return Ground(staff, plants, tuple(Line.objects.bulk_create(lines)), lanes, len(centres))


def _place(code: str, kind: str) -> Place:
    return Place.objects.create(
        code=code, kind=kind, name_zh=f"{code}站", name_en=f"{code} station", city_zh=code,
        city_en=code, latitude=30.0, longitude=115.0,
    )  # fmt: skip


def _resource(code: str, kind: str) -> Resource:
    return Resource.objects.create(code=code, kind=kind, name_zh=code, name_en=code)


def _supply(resource: Resource, quantity: int) -> None:
    SupplyWeek.objects.bulk_create(
        SupplyWeek(
            resource=resource, week_date=MONDAY + n * WEEK, quantity=quantity, sender="bench",
            external_id=f"{resource.code}-{n}", digest="", received_at=NOW,
        )
        for n in range(PLAN_WEEKS)
    )  # fmt: skip


def _line_of(ground: Ground, n: int) -> Line:
    """Lines in turn by a stride that mixes them; the cars of the train go to the first centre."""
    if n <= TRAIN_CARS:
        return ground.lines[n % (len(ground.lines) // ground.centres) * ground.centres]
    return ground.lines[n * 7919 % len(ground.lines)]


def _copy_orders(ground: Ground, orders: int, built: int) -> None:
    first, step = NOW - BACKLOG_WEEKS * WEEK, BACKLOG_WEEKS * WEEK / orders
    codes = _codes(orders)

    def rows() -> Iterable[tuple[Any, ...]]:
        for n in range(1, orders + 1):
            locked_at = first + n * step
            state = "LOCKED" if n > built else ("IN_TRANSIT" if n <= built // 2 else "BUILT")
            yield (
                n, f"ord_{n}", codes[n - 1], "shop", str(n), "", n, _line_of(ground, n).id,
                ground.staff.id, locked_at, int(locked_at.timestamp() * 1e6), state, locked_at,
            )  # fmt: skip

    copy_rows(
        "orders_order (id, public_id, code, sender, external_id, digest, person_id, line_id,"
        " owner_id, locked_at, rank, state, state_at)",
        rows(),
    )


def _codes(count: int) -> list[str]:
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes.update(dict.fromkeys(ids.new_codes(count - len(codes))))
    return list(codes)


def _load_trains(ground: Ground, built: int) -> None:
    """The first 200 cars on one train that is due today; the other moving ones likewise."""
    leaves, arrives = NOW - 5.75 * DAY, NOW + 0.25 * DAY
    trains: dict[tuple[int, int], list[int]] = {}
    for n in range(1, built // 2 + 1):
        lane = 0 if n <= TRAIN_CARS else n * 7919 % len(ground.lines) % ground.centres
        trains.setdefault((lane, (n - 1) // TRAIN_CARS), []).append(n)
    for number, ((lane, _), cars) in enumerate(trains.items()):
        code = TRAIN if number == 0 else f"X9{number:04d}"
        train = Shipment.objects.create(
            code=code, sender="rail", external_id=code, digest="", lane=ground.lanes[lane],
            mode="RAIL", departs_at=leaves, arrives_at=arrives, expected_at=arrives,
            state="DEPARTED", departed_at=leaves,
        )  # fmt: skip
        during = f"[{leaves.isoformat()},{arrives.isoformat()})"
        copy_rows(
            "transit_load (shipment_id, order_id, during)",
            ((train.id, car, during) for car in cars),
        )


def copy_rows(target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows to `table (columns)` as one COPY of its own transaction."""
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY {target} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
