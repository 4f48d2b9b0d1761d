"""Rows for tests: a small maker, four people, and orders in every state.

Alice owns orders, Bob shares her household, Carol is a stranger, Dora works for the maker.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count

from django.db import transaction

from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Line, Order, QueueNote
from yinuo.contexts.people.models import Household, Person, StaffMember
from yinuo.contexts.people.queries.people import get_named
from yinuo.contexts.places.models import Place
from yinuo.contexts.promises.dots import pack_dates
from yinuo.contexts.promises.models import Choice, ForecastRun, Promise
from yinuo.contexts.promises.queries.choices import newest_opened
from yinuo.platform.ids import CODE_ALPHABET
from yinuo.platform.spoken import at_local, local_date, write_instant

NOW = at_local(dt.date(2026, 2, 11), 9, 20)
DAY = dt.timedelta(days=1)
FROM_DATE = dt.date(2026, 3, 2)
UNTIL_DATE = dt.date(2026, 3, 12)
LATEST_DATE = dt.date(2026, 3, 15)
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """The people and the line that most tests need."""

    alice: Person
    bob: Person
    carol: Person
    dora: StaffMember
    manager: StaffMember
    line: Line
    other_line: Line
    hub: Place
    centre: Place


def _place(code: str, kind: str, zh: str, en: str) -> Place:
    return Place.objects.create(
        code=code,
        kind=kind,
        name_zh=zh,
        name_en=en,
        city_zh=zh,
        city_en=en,
        latitude=30.0,
        longitude=115.0,
    )


def make_person(name: str, phone: str, household: Household | None = None) -> Person:
    """A customer."""
    return Person.objects.create(
        public_id=f"per_{phone}", name=name, phone=phone, household=household
    )


def make_world() -> World:
    """Everybody, two lines of one car, a hub and two delivery centres."""
    home = Household.objects.create(public_id="hh_alice")
    car = CarModel.objects.create(code="S7", name_zh="云帆 S7", name_en="Yunfan S7")
    spec = Spec.objects.create(
        code="S7-A", car_model=car, name_zh="长续航", name_en="Long range", price_fen=24_590_000
    )
    centre = _place("NC", "CENTRE", "南昌交付中心", "Nanchang centre")
    other = _place("TJ", "CENTRE", "天津交付中心", "Tianjin centre")
    return World(
        alice=make_person("陈安", "10000000001", home),
        bob=make_person("陈波", "10000000002", home),
        carol=make_person("高林", "10000000003"),
        dora=StaffMember.objects.create(
            public_id="stf_dora",
            name_zh="王敏",
            name_en="Wang Min",
            phone="10000009001",
            role=StaffMember.Role.SPECIALIST,
            centre_code="NC",
        ),
        manager=StaffMember.objects.create(
            public_id="stf_manager",
            name_zh="赵磊",
            name_en="Zhao Lei",
            phone="10000009002",
            role=StaffMember.Role.MANAGER,
        ),
        line=Line.objects.create(spec=spec, centre=centre),
        other_line=Line.objects.create(spec=spec, centre=other),
        hub=_place("ZZ", "HUB", "郑州站", "Zhengzhou"),
        centre=centre,
    )


def make_order(
    world: World,
    code: str,
    *,
    person: Person | None = None,
    state: str = "LOCKED",
    locked_at: dt.datetime | None = None,
    state_at: dt.datetime | None = None,
    line: Line | None = None,
) -> Order:
    """An order of Alice's (or of `person`), locked 70 days before `NOW` if not said otherwise."""
    number = next(_numbers)
    locked_at = locked_at or NOW - 70 * DAY
    state_at = state_at or NOW - 2 * DAY
    return Order.objects.create(
        public_id=f"ord_{code.lower()}",
        code=code,
        sender="shop",
        external_id=f"o-{number}",
        digest="",
        person=person or world.alice,
        line=line or world.line,
        owner=world.dora,
        locked_at=locked_at,
        rank=int(locked_at.timestamp() * 1_000_000) + number,
        state=state,
        state_at=state_at,
        days_told_at_lock=45,
        delivered_at=state_at if state == "DELIVERED" else None,
        cancelled_at=state_at if state == "CANCELLED" else None,
    )


def window(**changed: str | int) -> dict[str, str | int]:
    """The range of a promise as the ledger carries it."""
    return {
        "window_from": FROM_DATE.isoformat(),
        "window_until": UNTIL_DATE.isoformat(),
        "latest": LATEST_DATE.isoformat(),
        "odds_percent": 95,
        "next_update_at": write_instant(at_local(dt.date(2026, 2, 18), 18)),
        **changed,
    }


def record_of(order: Order, kind: str, private: dict[str, object], **public: object) -> int:
    """One entry of the order's record; `public` fields are filled where the kind has them."""
    facts: dict[str, object] = {"order": order.code, **private}
    with transaction.atomic():
        entry_id = record(
            Fact(
                kind=kind,
                change_key=f"{kind}:{next(_numbers)}:{order.code}",
                public=public,  # type: ignore[arg-type]
                private=facts,  # type: ignore[arg-type]
                subject_id=order.id,
                subject_code=order.code,
            ),
            now=NOW,
        )
    assert entry_id is not None
    return entry_id


def make_promise(
    order: Order,
    *,
    from_date: dt.date = FROM_DATE,
    until_date: dt.date = UNTIL_DATE,
    latest_date: dt.date = LATEST_DATE,
    state: str = "ACTIVE",
    next_update_at: dt.datetime | None = None,
    moved_count: int = 0,
) -> Promise:
    """A promise worked out at `NOW`: twenty days spread over its range, with its entry."""
    step = (latest_date - from_date).days / 19
    number = next(_numbers)
    run = ForecastRun.objects.create(
        public_id=f"run_{number}", cause_ref=f"test:{number}", seed=1, started_at=NOW
    )
    next_update_at = next_update_at or at_local(dt.date(2026, 2, 18), 18)
    private = window(
        window_from=from_date.isoformat(),
        window_until=until_date.isoformat(),
        latest=latest_date.isoformat(),
        next_update_at=write_instant(next_update_at),
    )
    record_of(
        order,
        "promise.made",
        {**private, "unusual": "", "run": run.public_id},
        weeks=6,
        code="FIRST",
    )
    return Promise.objects.create(
        order=order,
        from_date=from_date,
        until_date=until_date,
        latest_date=latest_date,
        odds_percent=95,
        dots=pack_dates([from_date + round(step * n) * DAY for n in range(20)]),
        first_from_date=from_date,
        first_until_date=until_date,
        first_latest_date=latest_date,
        first_odds_percent=95,
        first_made_at=NOW,
        worked_out_at=NOW,
        next_update_at=next_update_at,
        run=run,
        state=state,
        moved_count=moved_count,
    )


def move_promise(world: World, order: Order, *, cause: str = "TRAIN_CANCELLED") -> Notice:
    """Six days later because of a cancelled train: entry, choice and notice."""
    Promise.objects.filter(order=order).update(
        moved_count=1, first_latest_date=LATEST_DATE - 6 * DAY
    )
    entry_id = record_of(
        order,
        "promise.revised",
        {
            **window(),
            "old_from": (FROM_DATE - 6 * DAY).isoformat(),
            "old_until": (UNTIL_DATE - 6 * DAY).isoformat(),
            "old_latest": (LATEST_DATE - 6 * DAY).isoformat(),
            "days_later": 6,
            "days_earlier": 0,
            "cause": cause,
            "cause_ref": "evt_train",
            "known_at": write_instant(at_local(dt.date(2026, 2, 11), 8, 50)),
            "choose_by_at": write_instant(at_local(dt.date(2026, 2, 25), 18)),
            "choices": ["WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL"],
            "answerer": world.dora.public_id,
            "answer_by_at": write_instant(at_local(dt.date(2026, 2, 12), 12)),
            "place_zh": world.hub.name_zh,
            "place_en": world.hub.name_en,
            "car_state": "UNHURT",
            "factors": ["TRANSPORT", "CENTRE"],
            "factor_refs": ["evt_train", "maker NC-2026-02"],
            "factor_days": ["8", "-2"],
            "factor_latest_days": ["7", "-1"],
            "unusual": "",
            "run": "run_moved",
        },
        weeks=7,
        code=cause,
    )
    return make_notice(world, order, entry_id)


def make_notice(world: World, order: Order, entry_id: int) -> Notice:
    """A notice of one entry, sent at `NOW`, half an hour after we knew."""
    number = next(_numbers)
    return Notice.objects.create(
        id=entry_id,
        public_id=f"ntc_{number}",
        code=f"4K7P{CODE_ALPHABET[number // 31 % 31]}{CODE_ALPHABET[number % 31]}",
        person=order.person,
        order=order,
        kind="CHANGE",
        language="zh",
        send_at=NOW,
        state=Notice.State.SENT,
        known_at=NOW - dt.timedelta(minutes=30),
        created_at=NOW,
        sent_at=NOW,
    )


def make_choice(order: Order, chosen: str = "WAIT", **fields: object) -> Choice:
    """What the customer decided about the newest change, an hour before `NOW`."""
    opened = newest_opened(order.id)
    assert opened is not None
    values: dict[str, object] = {
        "opened_at": opened.opened_at,
        "choose_by_at": opened.choose_by_at,
        "chosen": chosen,
        "chosen_at": NOW - dt.timedelta(hours=1),
        "answer_by_at": opened.answer_by_at,
        "answerer_id": get_named(opened.answerer).id,
        **fields,
    }
    return Choice.objects.create(entry_id=opened.entry_id, order=order, **values)


def hold_for_quality(order: Order) -> QueueNote:
    """The order waits for a quality check since yesterday."""
    return QueueNote.objects.create(
        order=order, kind="HOLD", code="QUALITY_HOLD", cause_ref="hold:B17", from_at=NOW - DAY
    )


def let_past(order: Order, code: str) -> QueueNote:
    """The order left before earlier ones, for a recorded reason."""
    return QueueNote.objects.create(
        order=order, kind="EXCEPTION", code=code, cause_ref=f"{code}:{order.code}", from_at=NOW
    )


def today() -> dt.date:
    """The story's first day."""
    return local_date(NOW)


def break_promise(world: World, order: Order, latest_date: dt.date) -> Notice:
    """The promised day passed without the car: the entry, which opens a choice, and the notice."""
    entry_id = record_of(
        order,
        "promise.broken",
        {
            "latest": latest_date.isoformat(),
            "answerer": world.dora.public_id,
            "answer_by_at": write_instant(at_local(dt.date(2026, 2, 12), 12)),
            "choices": ["WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL"],
            "choose_by_at": write_instant(at_local(dt.date(2026, 2, 25), 18)),
            "known_at": write_instant(NOW),
        },
        weeks=0,
        code="BROKEN",
    )
    return make_notice(world, order, entry_id)


def say_unknown(world: World, order: Order, *, why: str = "", after: str = "") -> int:
    """The record says that there is no date yet, and when the next word comes."""
    return record_of(
        order,
        "promise.unknown",
        {
            "why": why,
            "after": after,
            "next_update_at": write_instant(at_local(dt.date(2026, 2, 18), 18)),
            "answerer": world.dora.public_id,
            "known_at": write_instant(NOW),
        },
        code="UNKNOWN",
    )
