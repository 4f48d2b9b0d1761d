"""The slow guard's weeks: each judged once, in order, by what was known, for new ranges only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import DAY, NOW, World
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.queries.staff import NotStaff
from yinuo.contexts.promises.models import GuardWeek, Outcome, Promise
from yinuo.contexts.promises.operations.guard import fold_weeks
from yinuo.contexts.promises.queries.guard import list_guard_for_staff, list_levels, load_due
from yinuo.contexts.promises.rules.guard import GUARD, percent_in_use

WEEK = dt.timedelta(days=7)
MONDAY = dt.date(2026, 3, 2)


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    return factories.make_world()


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(1000))


def given_promise(
    world: World, number: int, latest: dt.date, ended: dt.date | None, how: str = "HANDED_OVER"
) -> Order:
    """An order promised by `latest` whose car came, or which was cancelled, on `ended`."""
    state = "LOCKED" if ended is None else {"HANDED_OVER": "DELIVERED"}.get(how, "CANCELLED")
    order = factories.make_order(world, f"G{number:05d}", state=state)
    factories.make_promise(
        order, from_date=latest - 20 * DAY, until_date=latest - 3 * DAY, latest_date=latest
    )
    if ended is not None:
        row = Promise.objects.get(order=order)
        late = max(0, (ended - latest).days)
        Outcome.objects.create(
            order=order,
            ended_how=how,
            ended_date=ended,
            first_from_date=row.first_from_date,
            first_until_date=row.first_until_date,
            first_latest_date=row.first_latest_date,
            first_odds_percent=95,
            first_made_at=row.first_made_at,
            last_from_date=row.from_date,
            last_until_date=row.until_date,
            last_latest_date=row.latest_date,
            last_odds_percent=95,
            last_made_at=row.worked_out_at,
            moved_count=0,
            late_days_first=late,
            late_days_last=late,
            told_before=True,
            recorded_at=NOW,
        )
    return order


def fold(world: World, today: dt.date) -> int:
    return fold_weeks(cell_of={world.line.spec_id: "P1"}, today=today)


@pytest.mark.need(22, 23)
def test_late_weeks_widen_slowly_and_open_orders_count(
    world: World, numbers: Iterator[int]
) -> None:
    for _ in range(30):
        given_promise(world, next(numbers), MONDAY + DAY, None)
    assert fold(world, MONDAY + WEEK + 2 * DAY) == 1
    row = GuardWeek.objects.get()
    assert (row.cell, row.horizon, row.week_date) == ("P1", "DAYS", MONDAY)
    assert (row.known, row.missed) == (30, 30)
    # At most three percent a week, and 30 verdicts weigh an eleventh of that.
    assert 1.002 < row.level < 1.003
    assert row.percent == 100


def test_a_week_waits_for_its_reports_and_is_judged_once(
    world: World, numbers: Iterator[int]
) -> None:
    order = given_promise(world, next(numbers), MONDAY + 6 * DAY, None)
    # Monday and Tuesday: the hand-overs of Sunday may still be on their way to us.
    assert fold(world, MONDAY + WEEK) == fold(world, MONDAY + WEEK + DAY) == 0
    assert fold(world, MONDAY + WEEK + 2 * DAY) == 1
    Order.objects.filter(id=order.id).update(state="CANCELLED", cancelled_at=NOW)
    given_promise(world, next(numbers), MONDAY + DAY, MONDAY)
    for _ in range(3):
        assert fold(world, MONDAY + WEEK + 3 * DAY) == 0
    assert (GuardWeek.objects.get().known, GuardWeek.objects.get().missed) == (1, 1)


def test_a_car_that_came_in_time_is_judged_when_it_came_and_cancelled_orders_nowhere(
    world: World, numbers: Iterator[int]
) -> None:
    given_promise(world, next(numbers), MONDAY + 9 * DAY, MONDAY + 2 * DAY)
    given_promise(world, next(numbers), MONDAY + DAY, MONDAY + 30 * DAY)
    given_promise(world, next(numbers), MONDAY + DAY, MONDAY - DAY, "CANCELLED")
    due = load_due(MONDAY, MONDAY + WEEK)
    assert [(one.latest - MONDAY, one.ended) for one in due] == [
        (9 * DAY, MONDAY + 2 * DAY),
        (DAY, MONDAY + 30 * DAY),
    ]
    assert load_due(MONDAY + WEEK, MONDAY + 9 * WEEK) == []
    assert fold(world, MONDAY + 4 * WEEK) == 1
    assert (GuardWeek.objects.get().known, GuardWeek.objects.get().missed) == (2, 1)


def test_weeks_that_were_missed_are_folded_in_order_as_if_night_by_night(
    world: World, numbers: Iterator[int]
) -> None:
    for week in range(3):
        for _ in range(4 + week):
            given_promise(world, next(numbers), MONDAY + week * WEEK + DAY, None)
    nights = []
    for week in range(3):
        fold(world, MONDAY + (week + 1) * WEEK + 2 * DAY)
        nights.append(list_levels()["P1", "DAYS"])
    rows = list(GuardWeek.objects.order_by("week_date").values_list("week_date", "known", "level"))
    assert [known for _, known, _ in rows] == [4, 5, 6]
    GuardWeek.objects.all().delete()
    assert fold(world, MONDAY + 3 * WEEK + 2 * DAY) == 3
    again = list(GuardWeek.objects.order_by("week_date").values_list("week_date", "known", "level"))
    assert again == rows
    assert nights[0].level < nights[1].level < nights[2].level == rows[2][2]


def test_p13_a_later_outcome_changes_no_week_that_was_judged(
    world: World, numbers: Iterator[int]
) -> None:
    given_promise(world, next(numbers), MONDAY + DAY, None)
    fold(world, MONDAY + WEEK + 2 * DAY)
    before = list(GuardWeek.objects.values())
    given_promise(world, next(numbers), MONDAY + 2 * WEEK, MONDAY + 3 * WEEK)
    fold(world, MONDAY + WEEK + 4 * DAY)
    assert list(GuardWeek.objects.values()) == before


def test_specs_without_a_cell_and_an_empty_house_move_nothing(
    world: World, numbers: Iterator[int]
) -> None:
    assert fold(world, MONDAY + WEEK) == 0
    given_promise(world, next(numbers), MONDAY + DAY, None)
    assert fold_weeks(cell_of={}, today=MONDAY + 2 * WEEK) == 0
    assert not GuardWeek.objects.exists()


def test_staff_read_the_widest_first_and_nobody_else_does(world: World) -> None:
    for number, (cell, level, percent) in enumerate((("P1", 1.01, 100), ("P2", 1.2, 120))):
        GuardWeek.objects.create(
            cell=cell, horizon="WEEKS", week_date=MONDAY, known=10 + number, missed=number,
            level=level, percent=percent,
        )  # fmt: skip
    GuardWeek.objects.create(
        cell="P2",
        horizon="WEEKS",
        week_date=MONDAY - WEEK,
        known=9,
        missed=9,
        level=1.1,
        percent=110,
    )
    seen = list_guard_for_staff(world.dora.id)
    assert [(one.cell, one.percent, one.weeks, one.known, one.missed) for one in seen] == [
        ("P2", 120, 2, 20, 10),
        ("P1", 100, 1, 10, 0),
    ]
    with pytest.raises(NotStaff):
        list_guard_for_staff(987654)


def test_the_database_refuses_a_guard_that_narrows(world: World) -> None:
    assert world
    with pytest.raises(DatabaseError), transaction.atomic():
        GuardWeek.objects.create(
            cell="P1", horizon="DAYS", week_date=MONDAY, known=1, missed=0, level=0.9, percent=90
        )


@given(st.lists(st.floats(-0.0015, 0.0285), min_size=1, max_size=200))
def test_the_factor_in_use_follows_in_steps_and_never_flickers(moves: list[float]) -> None:
    level, percent, changes = 1.0, 100, []
    for move in moves:
        level = min(max(level * (1 + move), GUARD.lowest), GUARD.highest)
        new = percent_in_use(level, percent)
        if new != percent:
            changes.append(abs(new - percent))
        percent = new
        assert abs(100 * level - percent) < 6
        assert 100 <= percent <= 400
    assert all(change >= 5 or percent == 100 for change in changes)


def test_the_guard_allows_what_the_odds_say() -> None:
    assert GUARD.coverage == pytest.approx(0.9)
    assert (GUARD.lowest, GUARD.highest, GUARD.step) == (1.0, 4.0, 0.03)
