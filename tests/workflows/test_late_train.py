"""A late train: whose visits it touches, moved and told in one order, or by the clock in time."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import cars, factories
from tests.contexts.handover.centre_worlds import (
    NOW,
    Centre,
    book,
    facts_of,
    make_centre,
    row,
    tomorrow,
)
from yinuo.contexts.handover.operations import visits
from yinuo.contexts.handover.operations.visits import By
from yinuo.contexts.handover.queries.visits import VisitSeen
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.contexts.places.models import Place
from yinuo.contexts.transit.models import Lane, Load, Shipment
from yinuo.contexts.transit.queries.arrivals import expected_at, find_coming
from yinuo.workflows import late_train

pytestmark = [pytest.mark.django_db, pytest.mark.need(14), pytest.mark.need(15)]
HOUR = dt.timedelta(hours=1)


def make_train(centre: Centre, code: str, arrives_at: dt.datetime) -> Shipment:
    """A train under way to the centre."""
    plant, _ = Place.objects.get_or_create(
        code="XA1",
        defaults={
            "kind": "PLANT",
            "name_zh": "西安",
            "name_en": "Xi'an",
            "city_zh": "西安",
            "city_en": "Xi'an",
            "latitude": 34.0,
            "longitude": 108.0,
        },
    )
    lane, _ = Lane.objects.get_or_create(
        origin=plant,
        destination=centre.world.centre,
        defaults={
            "mode": "RAIL",
            "departure_weekdays": [1, 4],
            "transit_days_mean": 3.0,
            "transit_days_sd": 0.5,
            "preparation_days": 1.0,
        },
    )
    return Shipment.objects.create(
        code=code,
        sender="rail",
        external_id=code,
        digest="",
        lane=lane,
        mode="RAIL",
        departs_at=NOW - 2 * factories.DAY,
        arrives_at=arrives_at,
        expected_at=arrives_at,
        state="DEPARTED",
        departed_at=NOW - 2 * factories.DAY,
    )


def load(train: Shipment, order: Order) -> None:
    """The order's car is on this train."""
    Load.objects.create(shipment=train, order=order, during=(train.departs_at, train.arrives_at))


def coming(centre: Centre, code: str, train: Shipment, at: dt.datetime) -> VisitSeen:
    """A visit to a car that is on the train."""
    order = factories.make_order(centre.world, code, state="IN_TRANSIT")
    load(train, order)
    return visits.book(
        order_id=order.id,
        by=By(person_id=centre.world.alice.id),
        from_at=at,
        party=1,
        expected_at=train.expected_at,
        request_key="k",
        now=NOW,
    )


@pytest.fixture
def centre() -> Centre:
    """A centre with two bays."""
    return make_centre(factories.make_world())


def delay(train: Shipment, expected: dt.datetime, state: str = "DEPARTED") -> None:
    """The carrier says when the train comes now."""
    Shipment.objects.filter(id=train.id).update(expected_at=expected, state=state)


def test_a_train_in_time_touches_no_visit(centre: Centre) -> None:
    train = make_train(centre, "X1", tomorrow(8))
    coming(centre, "AA26AA", train, tomorrow(14))
    assert late_train.list_late(centre_id=centre.world.centre.id, now=NOW) == []
    assert late_train.run(now=NOW) == 0


def test_a_late_train_shows_its_cars_and_whom_it_touches(centre: Centre) -> None:
    """“This train has 3 cars and touches 2 visits of tomorrow. Tell them now?”"""
    train = make_train(centre, "X1", tomorrow(8))
    first = coming(centre, "AA26AA", train, tomorrow(12))
    second = coming(centre, "BB26BB", train, tomorrow(14))
    load(train, factories.make_order(centre.world, "CC26CC", state="IN_TRANSIT"))
    delay(train, tomorrow(20))
    (late,) = late_train.list_late(centre_id=centre.world.centre.id, now=NOW)
    assert (late.train.code, late.cars) == ("X1", 3)
    assert [one.id for one in late.visits] == [first.id, second.id]


def test_one_order_moves_and_tells_them_all_and_keeps_their_ranks(centre: Centre) -> None:
    train = make_train(centre, "X1", tomorrow(8))
    two = [
        coming(centre, code, train, at)
        for code, at in (("AA26AA", tomorrow(12)), ("BB26BB", tomorrow(14)))
    ]
    ranks = dict(Order.objects.values_list("id", "rank"))
    delay(train, tomorrow(20))
    place = centre.world.centre.id
    moved = late_train.move_visits(
        staff_id=centre.world.dora.id, centre_id=place, code="X1", now=NOW
    )
    assert [one.from_at for one in moved] == [tomorrow(9) + factories.DAY] * 2
    for one in two:
        kind, fields = facts_of(one.order_id)[-1]
        assert kind == "visit.moved"
        assert fields["visit_at"] == "2026-02-13T01:00:00Z"
    assert dict(Order.objects.values_list("id", "rank")) == ranks
    with pytest.raises(late_train.NoSuchTrain):
        late_train.move_visits(staff_id=centre.world.dora.id, centre_id=place, code="X1", now=NOW)
    with pytest.raises(NotStaff):
        late_train.move_visits(staff_id=0, centre_id=place, code="X1", now=NOW)


def test_a_cancelled_train_calls_its_visits_off_with_a_name_and_a_time(centre: Centre) -> None:
    train = make_train(centre, "X1", tomorrow(8))
    visit = coming(centre, "AA26AA", train, tomorrow(14))
    delay(train, tomorrow(8), "CANCELLED")
    place = centre.world.centre.id
    late_train.move_visits(staff_id=centre.world.dora.id, centre_id=place, code="X1", now=NOW)
    assert row(visit).state == "CALLED_OFF"
    kind, fields = facts_of(visit.order_id)[-1]
    assert (kind, fields["answerer"]) == ("visit.called_off", "stf_dora")


def test_nobody_pressed_the_button_so_the_clock_does_it_in_time(centre: Centre) -> None:
    train = make_train(centre, "X1", tomorrow(8))
    near = coming(centre, "AA26AA", train, tomorrow(12))
    far = coming(centre, "BB26BB", train, tomorrow(9) + factories.DAY)
    delay(train, tomorrow(9) + 3 * factories.DAY)
    evening = tomorrow(12) - 18 * HOUR
    assert late_train.run(now=evening - dt.timedelta(minutes=1)) == 0
    assert late_train.run(now=evening) == 1
    assert late_train.run(now=evening) == 0
    assert row(near).version == 2
    assert row(far).version == 1


def test_a_car_on_a_later_train_counts_on_that_one(centre: Centre) -> None:
    first = make_train(centre, "X1", tomorrow(8))
    order = factories.make_order(centre.world, "AA26AA", state="IN_TRANSIT")
    load(first, order)
    delay(first, tomorrow(8), "CANCELLED")
    second = make_train(centre, "X2", tomorrow(18))
    Shipment.objects.filter(id=second.id).update(departs_at=NOW + HOUR, departed_at=None)
    Load.objects.create(shipment=second, order=order, during=(tomorrow(9), tomorrow(18)))
    assert expected_at([order.id]) == {order.id: tomorrow(18)}
    found = find_coming(centre.world.centre.id, until=tomorrow(23))
    assert [(one.code, one.order_ids) for one in found] == [("X2", (order.id,))]


@pytest.mark.need(50)
def test_train_of_a_car_that_was_given_up_moves_nobody(centre: Centre) -> None:
    """Who took another car meanwhile waits for no train."""
    order = factories.make_order(centre.world, "TK26AA", state="IN_TRANSIT")
    load(make_train(centre, "T-9", tomorrow(20)), order)
    cars.take(order, cars.list_car(centre.world))
    book(order, tomorrow(10))
    assert late_train.list_late(centre_id=centre.world.centre.id, now=NOW) == []
    assert late_train.run(now=NOW) == 0
