"""How often ranges held, week by week and by how far off they were given."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from tests import factories
from tests.factories import DAY, NOW, World
from tests.web.people import read, sign_in
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import HeldWeek, Promise
from yinuo.contexts.promises.operations.held import count_weeks
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.promises.queries.kept import get_weeks_held
from yinuo.platform import clock
from yinuo.platform.spoken import at_local

TODAY = factories.today()
LAST_MONDAY = dt.date(2026, 2, 2)


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    return factories.make_world()


def promised(
    world: World, code: str, until: dt.date, *, ahead: int = 20, came: dt.date | None = None
) -> Order:
    """An order whose range of five days ended on `until`, given `ahead` days before it began."""
    order = factories.make_order(world, code)
    factories.make_promise(
        order, from_date=until - 4 * DAY, until_date=until, latest_date=until + DAY
    )
    made_at = at_local(until - (4 + ahead) * DAY, 9)
    Promise.objects.filter(order=order).update(first_made_at=made_at, worked_out_at=made_at)
    if came:
        at = at_local(came, 10)
        Order.objects.filter(id=order.id).update(state="DELIVERED", state_at=at, delivered_at=at)
        end_promises(now=at, order_ids=[order.id])
    return order


def counted() -> dict[tuple[dt.date, str], tuple[int, int]]:
    return {
        (row.week_date, row.horizon): (row.due_count, row.inside_count)
        for row in HeldWeek.objects.all()
    }


@pytest.mark.need(22)
def test_ranges_count_in_the_week_in_which_they_ended(world: World) -> None:
    friday = LAST_MONDAY + 4 * DAY
    promised(world, "NC26AA", friday, came=friday)
    promised(world, "NC26AB", friday, came=friday - 5 * DAY)
    promised(world, "NC26AC", friday)
    promised(world, "NC26AD", friday - 7 * DAY, ahead=57, came=friday - 7 * DAY)
    promised(world, "NC26AE", friday, ahead=183, came=friday - 4 * DAY)
    # This week is not over.
    promised(world, "NC26AF", TODAY, came=TODAY)
    for _ in range(2):
        count_weeks(today=TODAY)
    assert counted() == {
        (LAST_MONDAY, "DAYS"): (3, 1),
        (LAST_MONDAY - 7 * DAY, "WEEKS"): (1, 1),
        (LAST_MONDAY, "MONTHS"): (1, 1),
    }


def test_the_horizons_are_those_of_the_widths(world: World) -> None:
    until = LAST_MONDAY + 6 * DAY
    for number, ahead in enumerate((0, 1, 56, 57, 182, 183)):
        promised(world, f"NC26A{number}", until, ahead=ahead)
        assert (
            rules.horizon_of(ahead) == ("DAYS", "DAYS", "DAYS", "WEEKS", "WEEKS", "MONTHS")[number]
        )
    count_weeks(today=TODAY)
    assert {key[1]: value for key, value in counted().items()} == {
        "DAYS": (3, 0),
        "WEEKS": (2, 0),
        "MONTHS": (1, 0),
    }


def test_a_cancelled_order_counts_nowhere_and_a_late_report_is_counted_again(world: World) -> None:
    gone = promised(world, "NC26AA", LAST_MONDAY)
    late = promised(world, "NC26AB", LAST_MONDAY)
    Order.objects.filter(id=gone.id).update(state="CANCELLED", cancelled_at=NOW)
    count_weeks(today=TODAY)
    assert counted() == {(LAST_MONDAY, "DAYS"): (1, 0)}
    at = at_local(LAST_MONDAY, 10)
    Order.objects.filter(id=late.id).update(state="DELIVERED", state_at=at, delivered_at=at)
    end_promises(now=NOW)
    count_weeks(today=TODAY)
    assert counted() == {(LAST_MONDAY, "DAYS"): (1, 1)}


@pytest.mark.parametrize(
    ("weeks", "held"),
    [
        ([], None),
        ([(10, 8)] * 5, None),
        ([(10, 8)] * 5 + [(0, 0)] * 9, None),
        ([(10, 8)] * 6, (6, 6)),
        ([(10, 8)] * 4 + [(10, 7), (4, 3), (5, 4)], (5, 7)),
    ],
)
def test_a_week_holds_when_eight_of_ten_came_inside(
    weeks: list[tuple[int, int]], held: tuple[int, int] | None
) -> None:
    assert rules.weeks_held(weeks) == held


@pytest.mark.need(22)
def test_the_order_page_says_how_often_such_ranges_held(world: World) -> None:
    clock.set_test_clock(at=NOW, running=False)
    factories.make_promise(factories.make_order(world, "NC26LU"))
    alice: Client = sign_in(world.alice)
    page = read(alice, "/o/NC26LU")
    assert "已经算到天。" in page
    assert "这样的范围准不准，记录还不满 6 周。" in page
    HeldWeek.objects.bulk_create(
        HeldWeek(
            week_date=LAST_MONDAY - 7 * week * DAY, horizon=horizon, due_count=10, inside_count=n
        )
        for horizon, counts in (("DAYS", (9, 8, 7, 8, 8, 10, 9)), ("MONTHS", (1,) * 9))
        for week, n in enumerate(counts)
    )
    assert get_weeks_held("DAYS", TODAY) == (6, 7)
    assert "这样的范围，7 周里有 6 周做到了。" in read(alice, "/o/NC26LU")
    assert "Ranges like this held in 6 of 7 weeks." in read(alice, "/o/NC26LU?lang=en")
    far = factories.make_order(world, "NC26FA")
    factories.make_promise(
        far,
        from_date=TODAY + 200 * DAY,
        until_date=TODAY + 230 * DAY,
        latest_date=TODAY + 240 * DAY,
    )
    page = read(alice, "/o/NC26FA?lang=zh")
    assert "还有半年以上，先算到月。" in page
    assert "9 周里有 0 周做到了。" in page
