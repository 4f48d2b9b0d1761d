"""A car goes to an order: recorded as it leaves its line, week by week, for everybody to check."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import transaction

from tests import factories
from tests.factories import World
from tests.workflows.feeds import NOW, event, make_catalogue, make_network, order
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations import gathered
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations.allocating import BUILT, Left, allocate, close_batches
from yinuo.contexts.orders.operations.holds import except_orders, hold_orders, release_orders
from yinuo.contexts.orders.operations.notes import ReasonTooLate, note_exception
from yinuo.contexts.orders.rules import batches
from yinuo.workflows import cancellation, progress
from yinuo.workflows.intake import run_feed

DAY = dt.timedelta(days=1)
# A Monday, 09:00 in Shanghai.
MONDAY = dt.datetime(2026, 2, 16, 1, tzinfo=dt.UTC)


def leaves(*types: str) -> list[dict[str, Any]]:
    """The public leaves of these types, in the order in which they were recorded."""
    rows = [
        json.loads(body) for body in Entry.objects.order_by("id").values_list("body", flat=True)
    ]
    return [one for one in rows if one["t"] in types]


def said(*types: str) -> list[tuple[str, ...]]:
    return [
        tuple(str(v) for k, v in sorted(one.items()) if k not in "vspcn") for one in leaves(*types)
    ]


class TestFromReports:
    @pytest.fixture(autouse=True)
    def maker(self, db: None) -> None:
        make_catalogue()
        make_network()

    def lock(self, *numbers: int, now: dt.datetime = NOW) -> None:
        records = [order(n, code=f"ORD{n}") for n in numbers]
        assert run_feed("orders", records, sender="sales", now=now).ok

    def start(self, number: int, at: dt.datetime, now: dt.datetime) -> None:
        report = {"id": f"s{number}-{at:%d%H}", "order": f"ORD{number}", "kind": "STARTED"}
        record = {**report, "at": at.isoformat()}
        assert run_feed("builds", [record], sender="plant", now=now).ok
        progress.apply_builds(now=now)

    @pytest.mark.need(25)
    def test_locks_stand_in_the_order_of_their_ranks_behind_their_line(self) -> None:
        self.lock(3, 1, 2)
        assert [one["t"] for one in leaves("line", "lock")] == ["line", "lock", "lock", "lock"]
        opened = [json.loads(body)["s"] for body in Entry.objects.filter(kind="order.locked")
                  .order_by("id").values_list("body", flat=True)]  # fmt: skip
        subjects = list(Entry.objects.filter(kind="order.locked").order_by("id")
                        .values_list("subject_id", flat=True))  # fmt: skip
        by_rank = list(Order.objects.order_by("rank").values_list("id", flat=True))
        assert subjects == by_rank
        assert len(set(opened)) == 3
        assert leaves("except") == []

    @pytest.mark.need(24)
    def test_who_was_told_late_says_so_and_nobody_else(self) -> None:
        self.lock(2)
        self.lock(3)
        assert leaves("except") == []
        self.lock(1)
        late = Order.objects.get(code="ORD1")
        [entry] = Entry.objects.filter(kind="queue.excepted")
        assert (entry.subject_id, json.loads(entry.body)["code"]) == (late.id, "RECORDED_LATE")
        # The planner treats it as everybody else.
        assert not late.queue_notes.exists()
        assert [one["t"] for one in leaves("line")] == ["line"]

    @pytest.mark.need(25)
    def test_a_car_that_is_begun_leaves_its_line_once_before_anything_else_of_it(self) -> None:
        self.lock(1, 2)
        self.start(1, NOW - DAY, NOW)
        self.start(1, NOW - DAY / 2, NOW)
        assert said("alloc") == [(batches.week_of(NOW), "S7-A@NC", "alloc")]
        record = event(9, "HANDED_OVER", at=NOW.isoformat(), order="ORD2", shipment="")
        assert run_feed("events", [record], sender="centres", now=NOW).ok
        progress.apply_moves(now=NOW)
        second = Order.objects.get(code="ORD2")
        kinds = Entry.objects.filter(subject_id=second.id).order_by("id")
        assert list(kinds.values_list("kind", flat=True))[:3] == [
            "order.locked",
            "order.allocated",
            "car.handed_over",
        ]

    def test_what_lies_before_the_log_is_history_until_a_batch_was_closed(self) -> None:
        self.lock(1, 2, 3)
        self.start(1, MONDAY - 20 * DAY, MONDAY)
        self.start(2, MONDAY - DAY, MONDAY)
        assert [one["batch"] for one in leaves("alloc")] == ["HISTORY", "2026-W08"]
        assert close_batches(now=MONDAY + 8 * DAY) == 1
        self.start(3, MONDAY - 20 * DAY, MONDAY + 8 * DAY)
        assert leaves("alloc")[-1]["batch"] == "2026-W09"


@pytest.fixture
def world(db: None) -> World:
    return factories.make_world()


def locked(world: World, code: str, day: int) -> Order:
    return factories.make_order(world, code, locked_at=MONDAY - (100 - day) * DAY)


def go(order_row: Order, now: dt.datetime) -> None:
    with transaction.atomic():
        allocate([Left(order_row.id, BUILT, "bld", now)], now=now)


class TestBatches:
    def test_a_week_is_closed_once_it_is_over_line_by_line(self, world: World) -> None:
        for n in range(3):
            go(locked(world, f"CA26A{n}", n), MONDAY + n * DAY)
        # Sunday, 23:59 in Shanghai; the week is over a minute later and closed in the morning.
        end = dt.datetime(2026, 2, 22, 16, tzinfo=dt.UTC)
        for early in (MONDAY, end, end + dt.timedelta(hours=5, minutes=59)):
            assert close_batches(now=early) == 0
        assert close_batches(now=end + batches.CLOSED_AFTER) == 1
        assert close_batches(now=end + 3 * DAY) == 0
        [batch] = leaves("batch")
        assert (batch["batch"], batch["count"]) == ("2026-W08", 3)
        assert batch["line"] == leaves("alloc")[0]["line"]

    def test_weeks_that_were_missed_are_caught_up_in_their_order(self, world: World) -> None:
        go(locked(world, "CA26AA", 1), MONDAY)
        go(locked(world, "CA26AB", 2), MONDAY + 21 * DAY)
        assert close_batches(now=MONDAY + 60 * DAY) == 2
        assert [one["batch"] for one in leaves("batch")] == ["2026-W08", "2026-W11"]
        go(locked(world, "CA26AC", 3), MONDAY + 60 * DAY)
        assert close_batches(now=MONDAY + 60 * DAY) == 0
        assert close_batches(now=MONDAY + 70 * DAY) == 1

    def test_nothing_to_close_where_nothing_was_allocated(self, world: World) -> None:
        locked(world, "CA26AA", 1)
        assert close_batches(now=MONDAY) == 0

    @pytest.mark.parametrize(
        ("at", "week"),
        [
            ("2025-12-28T15:59:59+00:00", "2025-W52"),
            ("2025-12-28T16:00:00+00:00", "2026-W01"),
            ("2027-01-03T15:59:59+00:00", "2026-W53"),
            ("2027-01-03T16:00:00+00:00", "2027-W01"),
        ],
    )
    def test_weeks_begin_at_midnight_in_shanghai(self, at: str, week: str) -> None:
        moment = dt.datetime.fromisoformat(at)
        assert batches.week_of(moment) == week
        since, until = batches.span_of(week)
        assert since <= moment < until
        assert batches.weeks_to_close(week, until + batches.CLOSED_AFTER) == []
        assert batches.weeks_to_close(week, until + batches.WEEK + batches.CLOSED_AFTER) == [
            batches.week_of(until)
        ]

    @pytest.mark.need(24)
    def test_a_reason_comes_before_the_week_is_closed(self, world: World) -> None:
        one = locked(world, "CA26AA", 1)
        go(one, MONDAY)
        assert note_exception(
            order_code="CA26AA", code="ACCIDENT_REPLACEMENT", cause_ref="a", now=MONDAY
        )
        close_batches(now=MONDAY + 9 * DAY)
        with pytest.raises(ReasonTooLate):
            note_exception(
                order_code="CA26AA", code="ALREADY_BUILT", cause_ref="b", now=MONDAY + 9 * DAY
            )

    def test_a_reason_of_the_planner_alone_is_no_leaf(self, world: World) -> None:
        one = locked(world, "CA26AA", 1)
        except_orders(order_ids=[one.id], code="STOCK_CAR", cause_ref="x", public=False, now=MONDAY)
        assert one.queue_notes.count() == 1
        assert leaves("except") == []

    def test_inside_a_story_of_many_steps(self, world: World) -> None:
        one = locked(world, "CA26AA", 1)
        with transaction.atomic(), gathered():
            go(one, MONDAY)
        assert len(leaves("alloc")) == 1


@pytest.mark.need(24)
def test_holds_end_with_the_order_and_stand_again_with_it(world: World) -> None:
    one = factories.make_order(world, "CA26AA")
    hold_orders(order_ids=[one.id], code="CUSTOMER_WAITS", cause_ref="trm_1", now=factories.NOW)
    cancellation.cancel(
        person_id=one.person_id, order_id=one.id, request_key="k", now=factories.NOW
    )
    assert [one["t"] for one in leaves("hold", "release", "cancel")] == [
        "hold",
        "release",
        "cancel",
    ]
    # Nothing holds an order that has ended, and nothing is said of its end any more.
    assert not hold_orders(
        order_ids=[one.id], code="QUALITY_HOLD", cause_ref="h", now=factories.NOW
    )
    cancellation.come_back(person_id=one.person_id, order_id=one.id, now=factories.NOW)
    types = ("hold", "release", "cancel", "restore")
    assert [one["t"] for one in leaves(*types)][-2:] == ["restore", "hold"]
    assert release_orders(cause_ref="trm_1", now=factories.NOW) == [one.id]
    assert [one["t"] for one in leaves(*types)][-1] == "release"
    numbers = [one["n"] for one in leaves(*types)]
    assert numbers == [*range(len(numbers))]
    Order.objects.filter(id=one.id).update(state="DELIVERED", delivered_at=factories.NOW)
    hold_orders(order_ids=[one.id], code="QUALITY_HOLD", cause_ref="h", now=factories.NOW)
    assert len(leaves(*types)) == len(numbers)
