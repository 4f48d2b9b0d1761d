"""Two people at the same moment: one bay is given once, and a car does not drive into a visit."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from tests import factories
from tests.contexts.handover.centre_worlds import NOW, book, make_centre, tomorrow
from yinuo.contexts.handover.models import Occupancy, SlotCount, Visit
from yinuo.contexts.handover.operations import yard
from yinuo.platform.refusals import Refusal

pytestmark = pytest.mark.need(53)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do these at the same moment, each on a connection of its own; what came of each."""
    ready = threading.Barrier(len(deeds))
    came: list[object] = [None] * len(deeds)

    def run(number: int) -> None:
        try:
            ready.wait(timeout=20)
            came[number] = deeds[number]()
        except (Refusal, DatabaseError) as refused:
            came[number] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return came


def test_six_at_once_for_two_bays(fresh_database: str) -> None:
    world = factories.make_world()
    make_centre(world)
    orders = [factories.make_order(world, f"P{n}26AA", state="AT_CENTRE") for n in range(6)]
    came = at_once(*(lambda order=order: book(order, tomorrow(10)) for order in orders))
    refused = [one for one in came if isinstance(one, Refusal)]
    assert len(refused) == 4
    assert {one.code for one in refused} == {"slot_gone"}
    assert len({visit.bay_id for visit in Visit.objects.all()}) == 2
    assert SlotCount.objects.get(zone=None, slot_at=tomorrow(10)).people == 2


def test_one_customer_with_two_telephones_books_once(fresh_database: str) -> None:
    world = factories.make_world()
    make_centre(world)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")
    same = at_once(*(lambda: book(order, tomorrow(10)) for _ in range(3)))
    assert len({visit.public_id for visit in same}) == 1  # type: ignore[attr-defined]
    other = at_once(*(lambda n=n: book(order, tomorrow(14), key=f"k{n}") for n in range(2)))
    assert [one.code for one in other if isinstance(one, Refusal)] == ["already_booked"] * 2
    assert Visit.objects.count() == 1


def test_a_booking_and_a_car_that_moves(fresh_database: str) -> None:
    world = factories.make_world()
    centre = make_centre(world)
    order = factories.make_order(world, "AA26AA", state="AT_CENTRE")

    def drive() -> object:
        return yard.issue_permit(
            driver_id=centre.eve.id,
            vin="VIN",
            from_zone_id=centre.gate.id,
            to_zone_id=centre.hall.id,
            from_at=tomorrow(10),
            until_at=tomorrow(10, 30),
            staff_id=world.dora.id,
            now=NOW,
        )

    came = at_once(lambda: book(order, tomorrow(10)), drive)
    assert sum(isinstance(one, Refusal) for one in came) == 1
    assert len(set(Occupancy.objects.values_list("kind", flat=True))) == 1


def test_past_all_locks_the_database_still_gives_a_bay_once(fresh_database: str) -> None:
    """Two writers that know nothing of the centre's lock: the constraint decides."""
    world = factories.make_world()
    centre = make_centre(world)
    orders = [factories.make_order(world, f"P{n}26AA", state="AT_CENTRE") for n in range(2)]

    def write(number: int) -> object:
        with transaction.atomic():
            return Visit.objects.create(
                public_id=f"vis_{number}",
                order=orders[number],
                centre=world.centre,
                bay=centre.bays[0],
                staff=(world.dora, centre.eve)[number],
                during=DateTimeTZRange(tomorrow(10), tomorrow(11, 30)),
                party=1,
                booked_at=NOW,
            )

    came = at_once(lambda: write(0), lambda: write(1))
    assert Visit.objects.count() == 1
    # Overlapping, or found out while both waited for each other: either way one of them loses.
    assert sum(isinstance(one, DatabaseError) for one in came) == 1
