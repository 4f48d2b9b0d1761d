"""What leaving costs as it goes on: counted and forecast."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from tests.factories import NOW, World
from tests.web.people import read, sign_in_staff
from tests.workflows.leaving_story import DEPOSIT_FEN, ordered
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.platform import clock
from yinuo.workflows import cold_orders
from yinuo.workflows.cancellation import cancel
from yinuo.workflows.leaving_costs import expect, look

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


def test_each_state_goes_on_losing_what_it_lost() -> None:
    assert expect({"LOCKED": 1}, {"LOCKED": 3, "BUILT": 10}) == pytest.approx(0.75)
    assert expect({}, {"LOCKED": 3}) == 0
    assert expect({"LOCKED": 2}, {}) == 0


@pytest.mark.need(101, 117)
def test_who_left_and_what_it_will_cost(world: World) -> None:
    orders = [ordered(world, f"CO26A{n}") for n in range(4)]
    old = ordered(world, "CO26OL", locked_at=NOW - 400 * DAY)
    cold_orders.run(now=NOW)
    cancel(person_id=orders[0].person_id, order_id=orders[0].id, request_key="a", now=NOW)
    costs = look(staff_id=world.dora.id, now=NOW)
    assert (costs.left, costs.by_ground, costs.by_state) == (1, [("EARLY", 1)], [("LOCKED", 1)])
    # Of four that stand a fifth of all who stood leaves: 0.8 orders of the mean deposit.
    assert (costs.expected, costs.expected_fen) == (1, DEPOSIT_FEN * 4 // 5)
    assert (costs.offered, costs.offered_fen) == (1, DEPOSIT_FEN)
    assert (costs.owed, costs.owed_fen) == (1, DEPOSIT_FEN)
    assert old.state == "LOCKED"
    page = read(sign_in_staff(world.dora), "/staff/pulse")
    assert "四周里有 1 人退订" in page
    assert "车还没开工" in page


def test_only_staff_look(world: World) -> None:
    with pytest.raises(NotStaff):
        look(staff_id=0, now=NOW)
