"""The figures of kept promises: counted from the day their truth is known, nobody left out."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import pytest

from tests import factories
from tests.factories import DAY, FROM_DATE, LATEST_DATE, NOW, UNTIL_DATE, World
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.promises.queries.kept import Due, count_due
from yinuo.platform.spoken import at_local
from yinuo.workflows.demo.days import PROMISING_SINCE, START
from yinuo.workflows.demo.report import make_report

AFTER = LATEST_DATE + DAY


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    return factories.make_world()


def promise(world: World, code: str, came: dt.date | None = None, *, warned: bool = False) -> Order:
    """An order with the usual promise; its car came on that day, or has not come."""
    order = factories.make_order(world, code)
    factories.make_promise(order)
    if warned:
        factories.move_promise(world, order)
        Promise.objects.filter(order=order).update(moved_count=1, first_latest_date=LATEST_DATE)
    if came:
        at = at_local(came, 10)
        Order.objects.filter(id=order.id).update(state="DELIVERED", state_at=at, delivered_at=at)
        end_promises(now=at, order_ids=[order.id])
    return order


@pytest.mark.need(22)
def test_a_promise_counts_from_the_day_its_truth_is_known(world: World) -> None:
    promise(world, "NC26AA", FROM_DATE - DAY)
    promise(world, "NC26AB", FROM_DATE)
    promise(world, "NC26AC", UNTIL_DATE)
    promise(world, "NC26AD", LATEST_DATE)
    promise(world, "NC26AE")
    # The range ends on that very day: those that came are known, those that wait are not.
    assert count_due(UNTIL_DATE).ranges == 0
    assert count_due(UNTIL_DATE + DAY) == Due(5, 2, 0, 0, 0, 0, 5, 0)
    assert count_due(LATEST_DATE).dates == 0
    assert count_due(AFTER) == Due(5, 2, 5, 4, 1, 0, 5, 0)


def test_cancelled_orders_count_nowhere(world: World) -> None:
    order = promise(world, "NC26AA")
    Order.objects.filter(id=order.id).update(state="CANCELLED", cancelled_at=NOW)
    end_promises(now=NOW)
    assert count_due(AFTER) == Due(0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.need(1)
def test_late_ones_that_still_wait_are_asked_whether_they_were_told(world: World) -> None:
    promise(world, "NC26AA", AFTER)
    promise(world, "NC26AB")
    Promise.objects.update(first_latest_date=LATEST_DATE)
    told = promise(world, "NC26AC")
    factories.move_promise(world, told)
    due = count_due(AFTER)
    # The move promised six days more than the first date, which is what was told in time.
    assert (due.late, due.told, due.moves) == (3, 1, 1)


@pytest.mark.need(22)
def test_the_report_says_what_it_cannot_say_yet(demo_database: str) -> None:
    assert demo_database
    report = make_report(PROMISING_SINCE)
    assert (report.coverage_80, report.kept_share, report.told_before_share) == (None, None, None)
    assert set(report.not_measured) == {"coverage_80", "kept_share", "told_before_share"}


@pytest.mark.need(1, 22)
def test_the_shares_of_the_report(demo_database: str) -> None:
    assert demo_database
    before = count_due(START.date())
    yesterday = START.date() - DAY
    open_ones = Promise.objects.filter(
        state="ACTIVE", stage="COMMITTED", first_until_date__gt=yesterday
    )
    first, second, third, *_ = open_ones.order_by("order_id")
    for one in (first, second, third):
        one.first_from_date = yesterday - 9 * DAY
        one.first_until_date = one.first_latest_date = yesterday
        one.save()
    at = at_local(yesterday - DAY, 10)
    Order.objects.filter(id=first.order_id).update(state="DELIVERED", state_at=at, delivered_at=at)
    end_promises(now=START)
    report = asdict(make_report(START))
    # Two still wait: none of them came inside its range, and nobody told them.
    inside, kept = before.inside + 1, before.kept + 1
    assert report["coverage_80"] == round(inside / (before.ranges + 3), 4)
    assert report["kept_share"] == round(kept / (before.dates + 3), 4)
    assert before.told == before.late
    assert report["told_before_share"] < 1
    assert report["not_measured"] == {}
