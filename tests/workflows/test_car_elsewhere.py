"""A car that was taken and stands in another city is seen, inspected and given there, by name."""

from __future__ import annotations

import pytest

from tests import cars, factories, handovers
from tests.contexts.handover.centre_worlds import PLAN, Centre, book, make_centre, row, tomorrow
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.handover.models import Bay, Inspection, SafetySignal, Visit
from yinuo.contexts.handover.operations.centres import add_duty, set_up
from yinuo.contexts.handover.operations.inspecting import Inspector, Said
from yinuo.contexts.handover.operations.visits import TooSoon
from yinuo.contexts.handover.queries.document import build_document
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.orders.queries.customer import get_by_id
from yinuo.contexts.orders.queries.handover import get_for_handover
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.places.models import Place
from yinuo.platform import clock
from yinuo.platform.spoken import at_local, local_date
from yinuo.workflows import disclosure, inspecting

NOW, DAY = factories.NOW, factories.DAY
pytestmark = [pytest.mark.django_db, pytest.mark.need(50)]
PAGE = "/o/SH26XN"


@pytest.fixture
def centre() -> Centre:
    """Both centres receive people: that of the order in Nanchang, and the one in Tianjin."""
    clock.set_test_clock(at=NOW, running=False)
    made = make_centre(factories.make_world())
    tianjin = Place.objects.get(code="TJ")
    set_up(centre_id=tianjin.id, plan=PLAN)
    fang = StaffMember.objects.create(
        public_id="stf_fang",
        name_zh="方圆",
        name_en="Fang Yuan",
        phone="10000009009",
        role=StaffMember.Role.SPECIALIST,
        centre_code="TJ",
    )
    days = [local_date(NOW) + ahead * DAY for ahead in range(1, 8)]
    add_duty(
        centre_id=tianjin.id,
        shifts=[(fang.id, at_local(day, 9), at_local(day, 18)) for day in days],
    )
    return made


@pytest.fixture
def order(centre: Centre) -> Order:
    return handovers.make_ready(centre.world)


def in_tianjin(centre: Centre, **changed: object) -> str:
    """A display car at the centre of another city."""
    return cars.list_car(centre.world, place_id=Place.objects.get(code="TJ").id, **changed)


def kinds(order: Order) -> list[str]:
    return [one.kind for one in list_of_subject(order.id)]


@pytest.mark.need(142)
def test_customer_reads_where_before_signing_and_visits_are_booked_there(
    centre: Centre, order: Order
) -> None:
    booked = book(order, tomorrow(10))
    car = in_tianjin(centre)
    alice = sign_in(centre.world.alice)
    where = "这台车停在天津交付中心。看车、验车、交车都在那里，不在南昌交付中心。"
    assert where in read(alice, f"{PAGE}/cars/{car}")
    cars.take(order, car)
    assert kinds(order)[-1] == "car.handed_over_at"
    # The visit to the car that was given up is off, and said so.
    assert (row(booked).state, "visit.cancelled" in kinds(order)) == ("CANCELLED", True)
    page = read(alice, f"{PAGE}/handover/visit")
    assert "天津交付中心" in page
    assert "南昌交付中心" not in page
    assert "天津交付中心" in read(alice, PAGE)
    first = page.split('name="from" value="')[1].split('"')[0]
    send(
        alice,
        f"{PAGE}/handover/visit",
        302,
        do="book",
        request_key="k1",
        party="1",
        **{"from": first},
    )
    visit = Visit.objects.get(state="BOOKED")
    assert (visit.centre.code, visit.staff.name_zh) == ("TJ", "方圆")
    assert Bay.objects.get(id=visit.bay_id).centre.code == "TJ"
    # Whoever runs that centre sees the visit on its board; its line is still the one it waited in.
    fang = sign_in_staff(visit.staff)
    assert "SH26XN" in read(fang, f"/staff/centres/TJ?date={local_date(visit.during.lower)}")
    order.refresh_from_db()
    assert (order.line.centre.code, get_for_handover(order.id).centre_code) == ("NC", "TJ")


def test_english_page_names_the_place(centre: Centre, order: Order) -> None:
    alice = sign_in(centre.world.alice, **{"Accept-Language": "en"})
    page = read(alice, f"{PAGE}/cars/{in_tianjin(centre)}")
    assert "You see it, inspect it and get it there, not at Nanchang centre" in page


def test_car_that_stands_at_no_centre_is_brought_to_the_own_one(
    centre: Centre, order: Order
) -> None:
    car = cars.list_car(centre.world, place_id=centre.world.hub.id)
    assert "都在那里" not in read(sign_in(centre.world.alice), f"{PAGE}/cars/{car}")
    cars.take(order, car)
    assert (order.handover_place_id, get_by_id(order.id).centre_code) == (None, "NC")
    assert "car.handed_over_at" not in kinds(order)


def test_own_centre_keeps_a_visit_that_is_late_enough(centre: Centre, order: Order) -> None:
    booked = book(order, tomorrow(10))
    cars.take(order, cars.list_car(centre.world))
    assert row(booked).state == "BOOKED"


def test_nobody_visits_before_the_car_is_ready(centre: Centre, order: Order) -> None:
    booked = book(order, tomorrow(10))
    ready = local_date(NOW) + 3 * DAY
    cars.take(order, cars.list_car(centre.world, ready_date=ready))
    assert row(booked).state == "CANCELLED"
    alice = sign_in(centre.world.alice)
    page = read(alice, f"{PAGE}/handover/visit")
    first = page.split('name="from" value="')[1].split('"')[0]
    assert local_date(NOW.fromisoformat(first)) >= ready
    early = {"from": tomorrow(10).isoformat(), "do": "book", "request_key": "k2", "party": "1"}
    assert TooSoon().message("zh") in send(alice, f"{PAGE}/handover/visit", 409, **early)


@pytest.mark.need(27)
def test_fault_of_the_first_car_does_not_hold_the_second(centre: Centre, order: Order) -> None:
    first = handovers.begin(order, centre.world)
    inspecting.answer(
        inspection_id=first.id,
        group="driving",
        answers={"brake": Said("PROBLEM", "刹车发软")},
        by=Inspector(person_id=order.person_id),
        now=NOW,
    )
    assert QueueNote.objects.filter(order=order, code="QUALITY_HOLD", until_at=None).exists()
    cars.take(order, cars.list_car(centre.world))
    first.refresh_from_db()
    assert (first.state, SafetySignal.objects.get().cleared_at) == ("CLOSED", None)
    assert not QueueNote.objects.filter(order=order, code="QUALITY_HOLD", until_at=None).exists()
    second = handovers.begin(order, centre.world)
    assert (second.vin, Inspection.objects.count()) == (cars.VIN, 2)
    handovers.answer_all(second)
    handovers.decide(order)
    order.refresh_from_db()
    assert order.state == "INSPECTED"


def test_damage_of_the_first_car_is_not_told_of_the_second(centre: Centre, order: Order) -> None:
    spot, words = ("左前门", "front left door"), ("划痕", "a scratch")
    told = disclosure.record(
        order_id=order.id, spot=spot, words=words, staff_id=centre.world.dora.id, now=NOW
    )
    disclosure.tell(order_id=order.id, damage_id=told, staff_id=centre.world.dora.id, now=NOW)
    hidden = disclosure.record(
        order_id=order.id,
        spot=spot,
        words=("补漆", "touched-up paint"),
        staff_id=centre.world.dora.id,
        now=NOW,
    )
    cars.take(order, cars.list_car(centre.world))
    # What nobody told yet is of no account any more, and holds the second car up no longer.
    assert not disclosure.tell(
        order_id=order.id, damage_id=hidden, staff_id=centre.world.dora.id, now=NOW
    )
    second = handovers.begin(order, centre.world)
    assert build_document(second)["damages"] == []
    assert "划痕" not in read(sign_in(centre.world.alice), f"{PAGE}/handover")
    # The same scratch on the second car is another damage, and the record keeps both.
    again = disclosure.record(
        order_id=order.id, spot=spot, words=words, staff_id=centre.world.dora.id, now=NOW
    )
    assert again not in (told, hidden)
    disclosure.tell(order_id=order.id, damage_id=again, staff_id=centre.world.dora.id, now=NOW)
    assert [one["words"] for one in build_document(second)["damages"]] == ["划痕"]
    assert kinds(order).count("damage.told") == 2


def test_what_a_carrier_reports_of_the_car_that_was_given_up_tells_nobody(
    centre: Centre, order: Order
) -> None:
    disclosure.from_carrier(order_ids=[order.id], ref="tev_1", now=NOW)
    cars.take(order, cars.list_car(centre.world))
    assert disclosure.from_carrier(order_ids=[order.id], ref="tev_1", now=NOW) == 0
    assert disclosure.from_carrier(order_ids=[order.id], ref="tev_2", now=NOW) == 0
    assert kinds(order).count("damage.told") == 1
