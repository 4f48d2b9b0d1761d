"""Lanes and centres as they were seen: from trains that arrived and cars that were handed over."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.workflows.story import DAY, HOUR, MONDAY, NOW, Story, make_story
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.production.models import Build, QualityHold
from yinuo.contexts.transit.models import Load, Shipment
from yinuo.workflows.onward import Onward, load_onward
from yinuo.workflows.outlook import work_out_built

pytestmark = pytest.mark.django_db
CARS = 40


def a_train_came(
    story: Story, *, arrived: dt.datetime, handed_after_days: float | None, batch: str = ""
) -> list[Order]:
    """A train with cars that were handed over so long after it came, or still stand there."""
    number = Shipment.objects.count()
    train = Shipment.objects.create(
        code=f"X{number}", sender="rail", external_id=f"x{number}", digest="", mode="RAIL",
        lane=story.train.lane, departs_at=arrived - 8 * DAY, arrives_at=arrived,
        expected_at=arrived, departed_at=arrived - 8 * DAY, arrived_at=arrived, state="ARRIVED",
    )  # fmt: skip
    first = story.orders[0]
    made = []
    for n in range(CARS):
        handed = None if handed_after_days is None else arrived + handed_after_days * DAY
        locked = arrived - 100 * DAY + n * HOUR
        order = Order.objects.create(
            public_id=f"ord_{number}_{n}", code=f"T{number:02d}{n:03d}", sender="shop",
            external_id=f"t{number}-{n}", digest="", person=first.person, line=first.line,
            locked_at=locked, rank=int(locked.timestamp() * 1e6) + number,
            state="AT_CENTRE" if handed is None else "DELIVERED", state_at=handed or arrived,
            delivered_at=handed,
        )  # fmt: skip
        Load.objects.create(shipment=train, order=order, during=(arrived - 9 * DAY, arrived))
        if batch:
            Build.objects.create(order=order, batch=batch, built_at=arrived - 10 * DAY)
        made.append(order)
    return made


def own_days(onward: Onward) -> float:
    """The median of the only centre's own days."""
    assert onward.lanes.own_days is not None
    return float(np.median(onward.lanes.own_days))


def test_until_something_was_seen_what_is_stated_holds() -> None:
    make_story(promised=False)
    onward = load_onward(NOW, MONDAY)
    assert onward.lanes.transit_days.tolist() == [6.0]
    assert onward.lanes.transit_sd_days.tolist() == [1.0]
    assert own_days(onward) == 0
    assert onward.placed_day == {}


@pytest.mark.need(22)
def test_a_slow_lane_and_late_appointments_are_learned() -> None:
    story = make_story(promised=False)
    for week in range(1, 6):
        a_train_came(story, arrived=NOW - 7 * week * DAY - 3 * DAY, handed_after_days=6.5)
    onward = load_onward(NOW, MONDAY)
    # Five trains of eight days weigh 5 against the 8 of what is stated: six days.
    assert onward.lanes.transit_days.tolist() == [pytest.approx((5 * 8 + 8 * 6) / 13)]
    assert own_days(onward) == 3


@pytest.mark.need(22)
def test_nothing_is_known_before_its_day() -> None:
    story = make_story(promised=False)
    before = load_onward(NOW, MONDAY)
    a_train_came(story, arrived=NOW + DAY, handed_after_days=9)
    after = load_onward(NOW, MONDAY)
    assert after.lanes.transit_days.tolist() == before.lanes.transit_days.tolist()
    assert own_days(after) == own_days(before)
    assert after.placed_day == {}


def test_a_held_batch_says_nothing_of_other_cars() -> None:
    story = make_story(promised=False)
    for week in range(1, 6):
        arrived = NOW - 7 * week * DAY - 14 * DAY
        a_train_came(story, arrived=arrived, handed_after_days=14, batch=f"B{week}")
    assert own_days(load_onward(NOW, MONDAY)) > 8
    for week in range(1, 6):
        QualityHold.objects.create(
            public_id=f"hld_{week}", batch=f"B{week}", cause_code="QUALITY_HOLD", evidence="x",
            placed_at=NOW - 30 * DAY, placed_by=story.staff, released_at=NOW - DAY,
            expected_release_date=MONDAY,
        )  # fmt: skip
    assert own_days(load_onward(NOW, MONDAY)) == 0


def test_a_car_whose_turn_came_waits_for_its_own_days_alone() -> None:
    story = make_story(promised=False)
    for week in range(3, 8):
        a_train_came(story, arrived=NOW - 7 * week * DAY, handed_after_days=8.5)
    waiting = a_train_came(story, arrived=NOW - 6 * DAY, handed_after_days=None)
    onward = load_onward(NOW, MONDAY)
    # Two days of preparation end on Saturday; places are given out from the next morning on.
    assert {onward.placed_day[order.id] for order in waiting} == {-1.0}
    outlook = work_out_built(NOW)
    rows = np.isin(outlook.orders.order_ids, [order.id for order in waiting])
    assert rows.sum() == CARS
    expected = dt.date.fromordinal(int(np.median(outlook.dots[rows][:, 10])))
    assert dt.timedelta(0) < expected - NOW.date() <= 5 * DAY
    assert load_open(only_built=True).order_ids.size == outlook.orders.order_ids.size
