"""Whatever is booked, moved, stopped and driven: nobody is hurt, nothing is booked twice."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.contexts.handover.centre_worlds import NOW, PLAN, Centre, make_centre, tomorrow
from yinuo.contexts.handover.models import MovePermit, SlotCount, SlotStop, Visit
from yinuo.contexts.handover.operations import absences, missed, visits, yard
from yinuo.contexts.handover.operations.visits import By
from yinuo.contexts.handover.rules.slots import half_hours
from yinuo.contexts.orders.models import Order
from yinuo.platform.refusals import Refusal

pytestmark = pytest.mark.django_db

HALVES = st.integers(0, 17)
STEPS = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 5), HALVES, st.integers(1, 4)),
    st.tuples(st.just("move"), st.integers(0, 5), HALVES, st.integers(1, 4)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("drive"), HALVES, st.integers(1, 2), st.booleans()),
    st.tuples(st.just("stop"), HALVES, st.integers(1, 4), st.booleans()),
    st.tuples(st.just("lift")),
    st.tuples(st.just("away"), st.booleans(), HALVES),
    st.tuples(st.just("miss"), st.integers(0, 5)),
)


def _at(half: int) -> dt.datetime:
    return tomorrow(9) + half * dt.timedelta(minutes=30)


def _do(centre: Centre, orders: list[Order], step: tuple[Any, ...]) -> None:
    """One step; a refusal is an answer like any other."""
    name, rest = step[0], step[1:]
    zone = {True: centre.hall.id, False: centre.gate.id}
    staff = centre.world.dora.id
    alice = By(person_id=centre.world.alice.id)
    if name in ("book", "move"):
        order, at = orders[rest[0]], _at(rest[1])
        given_all = {"order_id": order.id, "by": alice, "from_at": at, "party": rest[2]}
        if name == "book":
            key = f"{order.id}-{Visit.objects.filter(order=order).count()}"
            visits.book(**given_all, expected_at=None, request_key=key, now=NOW)
        else:
            visits.move(**given_all, expected_at=None, now=NOW)
    elif name == "cancel":
        visits.cancel(order_id=orders[rest[0]].id, by=alice, now=NOW)
    elif name == "drive":
        yard.issue_permit(
            driver_id=centre.eve.id,
            vin="VIN",
            from_zone_id=centre.gate.id,
            to_zone_id=zone[rest[2]],
            from_at=_at(rest[0]),
            until_at=_at(rest[0] + rest[1]),
            staff_id=staff,
            now=NOW,
        )
    elif name == "stop":
        until = _at(rest[0] + rest[1])
        yard.stop_slot(
            zone_id=zone[rest[2]],
            from_at=_at(rest[0]),
            until_at=until,
            reason="查",
            staff_id=staff,
            now=NOW,
        )
    elif name == "lift":
        for row in SlotStop.objects.filter(lifted_at=None):
            yard.lift_stop(public_id=row.public_id, staff_id=staff, now=NOW)
    elif name == "away":
        who = centre.eve.id if rest[0] else staff
        absences.record_absence(
            away_id=who, from_at=_at(rest[1]), until_at=None, reason="SICK", staff_id=staff, now=NOW
        )
        for visit in Visit.objects.filter(
            staff=who, state="BOOKED", during__endswith__gt=_at(rest[1])
        ):
            absences.rescue_visit(visit_id=visit.id, manager_id=centre.world.manager.id, now=NOW)
    elif name == "miss":
        found = Visit.objects.filter(order=orders[rest[0]], state="BOOKED").first()
        if found is not None:
            missed.record_no_show(public_id=found.public_id, by="CENTRE", staff_id=staff, now=NOW)


def _meet(one: Any, other: Any) -> bool:
    return bool(one.lower < other.upper and other.lower < one.upper)


def _check(centre: Centre) -> None:
    held = list(Visit.objects.filter(state__in=["BOOKED", "STARTED"]).select_related("bay"))
    for one, other in combinations(held, 2):
        if _meet(one.during, other.during):
            assert one.bay_id != other.bay_id
            assert one.staff_id != other.staff_id
            assert one.order_id != other.order_id
    moves = list(MovePermit.objects.filter(state="ISSUED"))
    stops = list(SlotStop.objects.filter(lifted_at=None))
    for move in moves:
        zones = {move.from_zone_id, move.to_zone_id}
        assert not [v for v in held if v.bay.zone_id in zones and _meet(v.during, move.during)]
        assert not [s for s in stops if s.zone_id in zones and _meet(s.during, move.during)]
        assert not [
            v for v in held if v.staff_id == move.driver_id and _meet(v.during, move.during)
        ]
    for first, second in combinations(moves, 2):
        assert not _meet(first.during, second.during)
    for stop in stops:
        assert not [
            v for v in held if v.bay.zone_id == stop.zone_id and _meet(v.during, stop.during)
        ]
    _check_people(centre, held)


def _check_people(centre: Centre, held: list[Visit]) -> None:
    """The counters are what a recount finds, and no more than fits."""
    people: Counter[tuple[int | None, dt.datetime]] = Counter()
    for visit in held:
        for slot in half_hours(visit.during.lower, visit.during.upper):
            people[None, slot] += visit.party
            people[visit.bay.zone_id, slot] += visit.party
    counted = {
        (zone, at): n for zone, at, n in SlotCount.objects.values_list("zone", "slot_at", "people")
    }
    assert {key: n for key, n in counted.items() if n} == dict(people)
    assert all(n <= PLAN.people_max for (zone, _), n in people.items() if zone is None)
    assert all(n <= 6 for (zone, _), n in people.items() if zone == centre.hall.id)


@pytest.mark.need(53)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_nothing_is_booked_twice_and_nobody_walks_among_moving_cars(
    steps: list[tuple[Any, ...]],
) -> None:
    with transaction.atomic():
        centre = make_centre(factories.make_world(), days=3)
        orders = [
            factories.make_order(centre.world, f"P{number}26AA", state="AT_CENTRE")
            for number in range(6)
        ]
        for step in steps:
            with contextlib.suppress(Refusal), transaction.atomic():
                _do(centre, orders, step)
            _check(centre)
        ranks = dict(Order.objects.values_list("id", "rank"))
        assert ranks == {order.id: order.rank for order in orders}
        transaction.set_rollback(True)
