"""A car that is taken from stock delays nobody: shown by the forecast that promises are made of."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from tests import cars
from tests.workflows.story import NOW, Story, make_story
from tests.workflows.test_quote import measured
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.vehicles.operations import listing
from yinuo.contexts.vehicles.operations.listing import NewCar
from yinuo.workflows import fairness, first_promise, ticks
from yinuo.workflows.inputs import load_inputs
from yinuo.workflows.outlook import work_out_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    found = make_story(promised=False)
    measured(found)
    first_promise.run(now=NOW)
    return found


def built_weeks() -> dict[int, list[int]]:
    """The week in which each waiting order is built, scenario by scenario."""
    worked = work_out_queue(load_inputs(load_open(), now=NOW))
    ids = worked.inputs.orders.order_ids[worked.waiting].tolist()
    weeks, before = {}, Counter[int]()
    for order_id, kind in zip(ids, worked.classes.tolist(), strict=True):
        # So many of its class come first; it is built in the week in which they are passed.
        served = worked.run.cumulative[kind] > before[kind]
        weeks[order_id] = (~served).sum(axis=0).tolist()
        before[kind] += 1
    return weeks


def take(order: Order) -> None:
    """A stock car at the order's own centre, seen, signed and taken."""
    car = listing.list_car(
        car=NewCar(
            "STOCK",
            "LYFNC00P000000009",
            order.line.spec_id,
            order.line.centre_id,
            24_590_000,
            3,
            dt.date(2026, 1, 5),
            dt.date(2026, 2, 13),
            (),
        ),
        now=NOW,
    )
    cars.take(order, car, NOW)


@pytest.mark.need(50)
@pytest.mark.parametrize("place", [0, -1])
def test_stock_car_delays_no_queued_order(story: Story, place: int) -> None:
    chosen = Order.objects.get(id=story.queued[place].id)
    before, promised = built_weeks(), dict(Promise.objects.values_list("order_id", "latest_date"))
    others = [order for order in story.queued if order.id != chosen.id]
    ahead = {order.id: get_place_in_line(order.id, NOW).ahead for order in others}
    take(chosen)
    after = built_weeks()
    assert chosen.id not in after
    for order in others:
        weeks = zip(after[order.id], before[order.id], strict=True)
        assert all(new <= old for new, old in weeks), "later in no scenario"
        assert get_place_in_line(order.id, NOW).ahead <= ahead[order.id]
        assert get_place_in_line(order.id, NOW).unexplained == 0
    ticks.look_again(now=NOW)
    now = dict(Promise.objects.values_list("order_id", "latest_date"))
    assert all(now[order.id] <= promised[order.id] for order in others)
    assert fairness.check(NOW) == []
