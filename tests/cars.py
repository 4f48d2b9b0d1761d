"""Cars that stand somewhere, for tests: listed, looked at, signed for and taken."""

from __future__ import annotations

import datetime as dt

from tests import factories
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.customer import get_for_customer
from yinuo.contexts.vehicles.operations import listing
from yinuo.contexts.vehicles.operations.listing import NewCar
from yinuo.contexts.vehicles.queries import cars
from yinuo.contexts.vehicles.rules import Event, Item, digest_of
from yinuo.workflows import other_car

NOW, DAY = factories.NOW, factories.DAY
VIN = "LYFNC00P000000001"
SCRATCH = Item("右后门", "Rear right door", "DAMAGED", "一处 3 厘米划痕", "a 3 cm scratch")
SEATS = Item("座椅", "Seats", "WORN", "坐过人", "people sat in it")
SHOWN = Event(dt.date(2025, 11, 20), "进店展示", "shown in the shop")


def list_car(world: factories.World, **changed: object) -> str:
    """A display car with a scratch at Nanchang, listed three days ago."""
    given = {
        "kind": "DISPLAY",
        "vin": VIN,
        "spec_id": Spec.objects.get(code="S7-A").id,
        "place_id": world.centre.id,
        "price_fen": 23_590_000,
        "mileage_km": 86,
        "built_date": dt.date(2025, 11, 3),
        "ready_date": dt.date(2026, 2, 11),
        "items": (SCRATCH, SEATS),
        "events": (SHOWN,),
        **changed,
    }
    return listing.list_car(car=NewCar(**given), now=NOW - 3 * DAY)  # type: ignore[arg-type]


def take(order: Order, car: str, now: dt.datetime = NOW) -> None:
    """The owner has the car kept, reads what is known of it, signs and takes it."""
    seen = get_for_customer(order.person_id, order.code)
    assert seen is not None
    other_car.hold(order=seen, car=car, now=now)
    found = cars.get_car(car, order_id=order.id, city="", now=now)
    assert found is not None
    other_car.take(
        order=seen,
        person_id=order.person_id,
        car=car,
        name="陈安",
        digest=digest_of(cars.text_of(found.id, "zh")),
        language="zh",
        now=now,
    )
    order.refresh_from_db()
