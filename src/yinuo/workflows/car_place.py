"""Where and from when a car is seen and handed over: one that was built, or one that was taken.

A taken car that stands at a centre is seen and handed over there, wherever the order's line is. One
that stands elsewhere is brought to the centre of the order.
"""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.handover.operations import visits
from yinuo.contexts.handover.operations.visits import By
from yinuo.contexts.handover.queries.visits import find_open
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.operations.progress import hand_over_at
from yinuo.contexts.orders.queries.customer import CustomerOrder
from yinuo.contexts.orders.rules.life import AT_THE_CENTRE
from yinuo.contexts.places.queries import PlaceFacts, get_place
from yinuo.contexts.transit.queries.arrivals import expected_at
from yinuo.contexts.vehicles.queries.cars import CarSeen, get_ready_date
from yinuo.platform.spoken import at_local, write_instant


def other_centre(order: CustomerOrder, car: CarSeen) -> PlaceFacts | None:
    """The centre where this car is handed over, if it is not that of the order."""
    place = get_place(car.place_id)
    return place if place.kind == "CENTRE" and place.code != order.centre_code else None


def comes_at(order_id: int, state: str) -> dt.datetime | None:
    """When the car can be looked at; None where it can now, or where nobody knows when.

    A car that was taken is there from its day on; the one that was to be built is of no account
    any more.
    """
    if ready := get_ready_date(order_id):
        return at_local(ready, 0)
    return None if state in AT_THE_CENTRE else expected_at([order_id]).get(order_id)


def move_hand_over(*, order: CustomerOrder, person_id: int, car: CarSeen, now: dt.datetime) -> None:
    """Have the order handed over where its car stands, in the caller's transaction.

    A visit that was booked elsewhere, or before the car is ready, is off.
    """
    there = other_centre(order, car)
    visit = find_open(order.id)
    if visit and (there or visit.from_at < at_local(car.ready_date, 0)):
        try:
            visits.cancel(order_id=order.id, by=By(person_id=person_id), now=now)
        except visits.NothingBooked:
            visits.drop_for_order(order_id=order.id)
    if there is None:
        return
    hand_over_at(order_id=order.id, place_id=there.id)
    record(
        Fact(
            "car.handed_over_at",
            f"handed_over_at:{car.public_id}:{order.code}",
            {"code": car.kind},
            {
                "order": order.code,
                "car": car.public_id,
                "place_zh": there.name_zh,
                "place_en": there.name_en,
                "at": write_instant(now),
            },
            order.id,
            order.code,
        ),
        now=now,
    )
