"""A small maker in the middle of its story: a train on its way, two batches, a queue."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from zoneinfo import ZoneInfo

from django.db import connection

from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.ledger.factors import FACTORS, JOIN
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery, Notice, NoticeEntry
from yinuo.contexts.orders.models import Line, Order
from yinuo.contexts.people.models import Person, StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Build, Need, Plan, PlanWeek, Resource
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.transit.models import CarrierEvent, Lane, Load, Shipment
from yinuo.jobs import schedule
from yinuo.platform.ids import new_code, new_id

CHINA = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 2, 11, 9, 20, tzinfo=CHINA)
DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
MONDAY = dt.date(2026, 2, 9)
WEEK = dt.timedelta(days=7)
ON_TRAIN, IN_YARD, QUEUED = 8, 8, 44
CARS_A_WEEK = 6
_numbers = count(1)


@dataclass
class Story:
    """The maker; `orders` in lock order: those on the train, in the yard, in the queue."""

    staff: StaffMember
    manager: StaffMember
    hub: Place
    plant: Resource
    train: Shipment
    orders: list[Order] = field(default_factory=list)

    @property
    def on_train(self) -> list[Order]:
        """Orders whose car is on the train."""
        return self.orders[:ON_TRAIN]

    @property
    def in_yard(self) -> list[Order]:
        """Orders whose car is built and has not left."""
        return self.orders[ON_TRAIN : ON_TRAIN + IN_YARD]

    @property
    def queued(self) -> list[Order]:
        """Orders that wait to be built."""
        return self.orders[ON_TRAIN + IN_YARD :]


def make_story(
    *, promised: bool = True, grounded: bool = True, arrives_at: dt.datetime = NOW + DAY
) -> Story:
    """The maker on Wednesday 2026-02-11, 09:20; everybody has a first promise if `promised`.

    One week of output was measured and came to its plan, so that dates have grounds, if `grounded`;
    otherwise only cars that are built are promised a date. The train arrives before the holiday of
    15 to 23 February unless said otherwise.
    """
    centre, hub, plant = _places()
    staff = [
        StaffMember.objects.create(
            public_id=new_id("stf"), name_zh=zh, name_en=en, phone=phone, role=role, centre_code=at
        )
        for zh, en, phone, role, at in (
            ("王敏", "Wang Min", "10012345670", "SPECIALIST", "NC"),
            ("赵磊", "Zhao Lei", "10012345671", "MANAGER", ""),
        )
    ]
    spec = Spec.objects.create(
        code="S7-A",
        car_model=CarModel.objects.create(code="S7", name_zh="云帆 S7", name_en="Yunfan S7"),
        name_zh="标准",
        name_en="Standard",
        price_fen=21_590_000,
    )
    resource = Resource.objects.create(code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1")
    Need.objects.create(spec=spec, resource=resource)
    story = Story(staff[0], staff[1], hub, resource, _train(plant, centre, arrives_at))
    line = Line.objects.create(spec=spec, centre=centre)
    for number in range(ON_TRAIN + IN_YARD + QUEUED):
        story.orders.append(_order(story, line, number))
    _loads_and_builds(story)
    plan = upload_plan(story, {})
    Plan.objects.filter(id=plan.id).update(
        state="COMMITTED",
        cause_code="PLANT_FASTER",
        evidence="2026 年产能会议纪要",
        committed_at=NOW - 30 * DAY,
        applied_at=NOW - 30 * DAY,
    )
    if grounded:
        week = MONDAY - 2 * WEEK
        PlanWeek.objects.create(plan=plan, resource=resource, week_date=week, cars=ON_TRAIN)
    if promised:
        schedule.sweep(NOW)
    return story


def _places() -> tuple[Place, Place, Place]:
    rows = (
        ("NC", "CENTRE", "南昌交付中心", "Nanchang centre"),
        ("ZZ", "HUB", "郑州站", "Zhengzhou"),
        ("BJ", "PLANT", "北京工厂", "Beijing plant"),
    )
    made = [
        Place.objects.create(
            code=code,
            kind=kind,
            name_zh=zh,
            name_en=en,
            city_zh=zh[:2],
            city_en=en.split()[0],
            latitude=30.0,
            longitude=115.0,
        )
        for code, kind, zh, en in rows
    ]
    return made[0], made[1], made[2]


def _train(plant: Place, centre: Place, arrives_at: dt.datetime) -> Shipment:
    lane = Lane.objects.create(
        origin=plant,
        destination=centre,
        mode="RAIL",
        departure_weekdays=[2, 5],
        transit_days_mean=6,
        transit_days_sd=1,
        preparation_days=2,
    )
    return Shipment.objects.create(
        code="X8321",
        sender="rail",
        external_id="s-1",
        digest="",
        lane=lane,
        mode="RAIL",
        departs_at=NOW - 4 * DAY,
        arrives_at=arrives_at,
        expected_at=arrives_at,
        departed_at=NOW - 4 * DAY,
        state="DEPARTED",
    )


def _order(story: Story, line: Line, number: int) -> Order:
    locked_at = NOW - 120 * DAY + number * 12 * HOUR
    state = "IN_TRANSIT" if number < ON_TRAIN else "BUILT"
    if number >= ON_TRAIN + IN_YARD:
        state = "LOCKED"
    person = Person.objects.create(
        public_id=new_id("per"),
        name=f"客户{number}",
        phone=f"1380000{number:04d}",
        email="" if number % 2 else f"c{number}@example.cn",
        language="en" if number % 5 == 4 else "zh",
    )
    return Order.objects.create(
        public_id=new_id("ord"),
        code=new_code(6),
        sender="shop",
        external_id=f"o-{number}",
        digest="",
        person=person,
        line=line,
        owner=story.staff,
        locked_at=locked_at,
        rank=int(locked_at.timestamp() * 1_000_000),
        state=state,
        state_at=NOW - 5 * DAY,
    )


def _loads_and_builds(story: Story) -> None:
    during = (story.train.departs_at, story.train.arrives_at)
    Load.objects.bulk_create(
        [Load(shipment=story.train, order=order, during=during) for order in story.on_train]
    )
    Build.objects.bulk_create(
        [Build(order=order, batch="B16", built_at=NOW - 12 * DAY) for order in story.on_train]
        + [Build(order=order, batch="B17", built_at=NOW - 3 * DAY) for order in story.in_yard]
    )


def upload_plan(story: Story, changed: dict[int, int], name: str = "") -> Plan:
    """A plan of 60 weeks, the same every week but for `changed` (week from this one: cars)."""
    plan = Plan.objects.create(
        public_id=new_id("pln"),
        sender="factory",
        external_id=name or f"plan-{next(_numbers)}",
        digest="",
        uploaded_at=NOW - 31 * DAY,
    )
    PlanWeek.objects.bulk_create(
        [
            PlanWeek(
                plan=plan,
                resource=story.plant,
                week_date=MONDAY + week * WEEK,
                cars=changed.get(week, CARS_A_WEEK),
            )
            for week in range(60)
        ]
    )
    return plan


def report(story: Story, kind: str = "CANCELLED", **changed: object) -> CarrierEvent:
    """The carrier's report about the train, ten minutes after it happened."""
    number = next(_numbers)
    fields: dict[str, object] = {
        "public_id": new_id("evt"),
        "sender": "rail",
        "external_id": f"e-{number}",
        "digest": "",
        "shipment": story.train,
        "kind": kind,
        "cause_code": "",
        "condition": "INTACT",
        "place": story.hub,
        "at": NOW,
        "received_at": NOW + 10 * MINUTE,
        **changed,
    }
    return CarrierEvent.objects.create(**fields)


def moved_orders(cause_ref: str) -> list[int]:
    """Orders whose promise this cause moved, by row."""
    return sorted(
        order_id
        for order_id in Entry.objects.filter(
            kind="promise.revised", change_key__startswith=f"{cause_ref}:"
        ).values_list("subject_id", flat=True)
        if order_id is not None
    )


def ids_of(orders: list[Order]) -> list[int]:
    """Rows of these orders, sorted."""
    return sorted(order.id for order in orders)


def facts() -> dict[str, object]:
    """Everything that must not change when a step is run again."""
    tables = (
        "ledger_entry",
        "ledger_form",
        "ledger_opening",
        "ledger_untold",
        "ledger_streamhead",
        "promises_promise",
        "promises_choice",
        "promises_forecastrun",
        "notices_notice",
        "notices_furtherentry",
        "notices_delivery",
        "notices_calltask",
        "notices_directmessage",
        "orders_queuenote",
        "transit_carrierevent",
        "transit_shipment",
        "production_plan",
        "production_qualityhold",
    )
    found: dict[str, object] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                f" FROM {table} t"
            )
            found[table] = cursor.fetchone()
    return found


def check_told() -> None:
    """Every entry that must be told is told once; one delivery for each notice and channel."""
    told = Counter(NoticeEntry.objects.values_list("entry_id", flat=True))
    assert set(told.values()) <= {1}
    channels = Counter(Delivery.objects.values_list("notice_id", "channel"))
    assert set(channels.values()) <= {1}
    waiting = Notice.objects.filter(state="WAITING").values_list("order_id")
    assert len(set(waiting)) == len(waiting)


def check_promises() -> None:
    """Every promise says what the newest entry of its order says."""
    newest: dict[int, dict[str, object]] = {}
    for entry in (
        Entry.objects.filter(kind__in=("promise.made", "promise.revised", "promise.kept_as_is"))
        .order_by("id")
        .select_related("opening__form")
    ):
        assert entry.subject_id is not None
        newest[entry.subject_id] = json.loads(entry.opening.payload)
    for promise in Promise.objects.all():
        said = newest[promise.order_id]
        assert said["window_from"] == promise.from_date.isoformat()
        assert said["window_until"] == promise.until_date.isoformat()
        assert said["latest"] == promise.latest_date.isoformat()
    check_reasons()


def check_reasons() -> None:
    """The days of every move are shared out among factors, whole and without a rest untold."""
    for entry in Entry.objects.filter(kind="promise.revised").select_related("opening__form"):
        said = json.loads(entry.opening.payload)
        days = [int(day) for day in said["factor_days"]]
        latest = [int(day) for day in said["factor_latest_days"]]
        assert sum(days) == said["days_later"] - said["days_earlier"]
        moved = [dt.date.fromisoformat(said[key]) for key in ("old_latest", "latest")]
        assert sum(latest) == (moved[1] - moved[0]).days
        assert all(part in FACTORS for one in said["factors"] for part in one.split(JOIN))
        assert all(one or other for one, other in zip(days, latest, strict=True))
        assert len(said["factors"]) == len(said["factor_refs"]) == len(days) == len(latest) > 0
