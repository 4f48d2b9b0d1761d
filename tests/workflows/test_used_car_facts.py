"""Guiding case 17: a car that is not new as built is handed over as what it is, or not at all."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests import cars, factories, handovers
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Decision
from yinuo.contexts.vehicles.models import CarEvent, ConditionItem, StockCar
from yinuo.contexts.vehicles.rules import Item
from yinuo.workflows import handover

NOW = handovers.NOW
pytestmark = [pytest.mark.django_db, pytest.mark.need(50)]
TITLE = "展车、准新车、修过的车，要书面讲清并签字"
REPAIRED = Item("前保险杠", "Front bumper", "REPAIRED", "补过漆", "painted again")


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


def told() -> dict[str, Any]:
    """What the law was told at the newest decision of a hand-over."""
    row = Decision.objects.filter(at="handover").order_by("-id").first()
    assert row is not None
    facts: dict[str, Any] = row.record["facts"]
    return {name: facts[name] for name in facts if name.startswith(("car.cond", "disclosure."))}


def known_later(kind: str) -> None:
    """Something about the car that its customer was not told."""
    car = StockCar.objects.get()
    if kind == "event":
        CarEvent.objects.create(
            car=car, at_date=dt.date(2025, 12, 1), text_zh="泡过水", text_en="stood in water"
        )
    elif kind == "item":
        ConditionItem.objects.create(
            car=car, place_zh="顶", place_en="Roof", grade="DAMAGED", text_zh="凹", text_en="dent"
        )
    else:
        StockCar.objects.update(kind="NEARLY_NEW")


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({}, "display"),
        ({"kind": "NEARLY_NEW", "mileage_km": 3200}, "nearly_new"),
        ({"kind": "STOCK", "items": (REPAIRED,), "events": ()}, "repaired_in_transit"),
    ],
)
def test_guiding_case_17_car_is_told_as_what_it_is(
    world: factories.World, order: Order, given: dict[str, object], condition: str
) -> None:
    cars.take(order, cars.list_car(world, **given))
    inspection = handovers.begin(order, world)
    assert inspection.vin == cars.VIN
    handovers.answer_all(inspection)
    handovers.decide(order)
    whole = {
        "car.condition": condition,
        "disclosure.written": True,
        "disclosure.signed": True,
        "disclosure.copy_given": True,
    }
    assert told() == whole
    handovers.sign(order)
    assert handover.balance_paid(order_id=order.id, now=NOW)
    handover.give_keys(
        order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
    )
    order.refresh_from_db()
    assert (told(), order.state) == (whole, "DELIVERED")


def test_untouched_stock_car_is_new(world: factories.World, order: Order) -> None:
    cars.take(order, cars.list_car(world, kind="STOCK", items=(), events=()))
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    assert told() == {"car.condition": "new"}


@pytest.mark.parametrize("kind", ["event", "item", "other_kind"])
def test_guiding_case_17_no_car_is_taken_without_its_whole_disclosure(
    world: factories.World, order: Order, kind: str
) -> None:
    cars.take(order, cars.list_car(world))
    handovers.answer_all(handovers.begin(order, world))
    known_later(kind)
    with pytest.raises(handover.LawSaysNo, match="not allow") as refused:
        handovers.decide(order)
    assert TITLE in refused.value.message("zh")
    order.refresh_from_db()
    assert order.state == "AT_CENTRE"
    # To refuse the car is possible all the same, and the law was told what is missing.
    handovers.decide(order, "REFUSE")
    assert told()["disclosure.written"] is False


def test_guiding_case_17_no_keys_without_the_whole_disclosure(
    world: factories.World, order: Order
) -> None:
    cars.take(order, cars.list_car(world))
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    handovers.sign(order)
    assert handover.balance_paid(order_id=order.id, now=NOW)
    known_later("event")
    with pytest.raises(handover.LawSaysNo):
        handover.give_keys(
            order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
        )
    order.refresh_from_db()
    assert order.state == "PAID"


def test_dearer_price_or_other_place_needs_no_new_signature(
    world: factories.World, order: Order
) -> None:
    cars.take(order, cars.list_car(world))
    StockCar.objects.update(place=world.hub, mileage_km=88)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    assert told()["disclosure.written"] is True
