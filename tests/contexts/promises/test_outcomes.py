"""How promises end: written once with the order's end, never changed, counted honestly."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import DAY, LATEST_DATE, NOW, World
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Outcome, Promise
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.platform.spoken import at_local


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    return factories.make_world()


def ended(world: World, code: str, on: dt.date, *, state: str = "DELIVERED") -> Order:
    """An order with a promise that was handed over, or cancelled, on that day at ten."""
    order = factories.make_order(world, code)
    factories.make_promise(order)
    end(order, on, state=state)
    return order


def end(order: Order, on: dt.date, *, state: str = "DELIVERED") -> None:
    at = at_local(on, 10)
    times = {"delivered_at": at} if state == "DELIVERED" else {"cancelled_at": at}
    Order.objects.filter(id=order.id).update(state=state, state_at=at, **times)


def fact_of(order: Order) -> tuple[str, str, dict[str, object]]:
    entry = Entry.objects.select_related("opening").get(change_key=f"outcome:{order.id}")
    return entry.kind, json.loads(entry.body)["code"], json.loads(entry.opening.payload)


CASES = [
    # days after the latest date, late days, kind of fact
    (-20, 0, "promise.kept"),
    (0, 0, "promise.kept"),
    (1, 1, "promise.late"),
    (30, 30, "promise.late"),
]


@pytest.mark.need(22)
@pytest.mark.parametrize(("after", "late", "kind"), CASES)
def test_a_hand_over_is_measured_against_what_was_promised(
    world: World, after: int, late: int, kind: str
) -> None:
    order = ended(world, "NC26AA", LATEST_DATE + after * DAY)
    assert end_promises(now=NOW, order_ids=[order.id]) == 1
    outcome = Outcome.objects.get(order=order)
    assert (outcome.ended_how, outcome.late_days_first, outcome.late_days_last) == (
        "HANDED_OVER",
        late,
        late,
    )
    assert outcome.ended_date == LATEST_DATE + after * DAY
    assert outcome.told_before == (late == 0)
    assert fact_of(order)[0] == kind
    assert fact_of(order)[2]["late_days"] == late
    assert Promise.objects.get(order=order).state == "CLOSED"


def test_the_first_and_the_last_promise_are_both_kept_in_mind(world: World) -> None:
    order = ended(world, "NC26AA", LATEST_DATE)
    Promise.objects.filter(order=order).update(
        first_from_date=LATEST_DATE - 19 * DAY,
        first_until_date=LATEST_DATE - 9 * DAY,
        first_latest_date=LATEST_DATE - 6 * DAY,
        first_odds_percent=90,
        first_made_at=NOW - 60 * DAY,
        moved_count=2,
    )
    end_promises(now=NOW)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.late_days_first, outcome.late_days_last, outcome.moved_count) == (6, 0, 2)
    assert (outcome.first_odds_percent, outcome.last_odds_percent) == (90, 95)
    assert outcome.first_made_at == NOW - 60 * DAY
    assert (outcome.first_from_date, outcome.last_from_date) == (
        LATEST_DATE - 19 * DAY,
        factories.FROM_DATE,
    )
    kind, code, private = fact_of(order)
    assert (kind, code, private["late_days_first"]) == ("promise.kept", "REVISED", 6)


def test_a_cancelled_order_kept_nothing_and_broke_nothing(world: World) -> None:
    order = ended(world, "NC26AA", LATEST_DATE - 3 * DAY, state="CANCELLED")
    end_promises(now=NOW)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.ended_how, outcome.late_days_first) == ("CANCELLED", 0)
    assert not rules.was_kept(outcome.ended_how, outcome.last_latest_date, outcome.ended_date)
    assert fact_of(order)[0] == "promise.cancelled"


@pytest.mark.need(1, 22)
def test_a_late_car_of_which_we_told_in_time_is_known_as_told(world: World) -> None:
    told, silent = (factories.make_order(world, code) for code in ("NC26AA", "NC26AB"))
    for order in (told, silent):
        factories.make_promise(order)
        end(order, LATEST_DATE)
    # Both were promised six days less at first; one was told of the move.
    first = LATEST_DATE - 6 * DAY
    Promise.objects.update(first_latest_date=first)
    factories.move_promise(world, told)
    end_promises(now=NOW)
    found = dict(Outcome.objects.values_list("order_id", "told_before"))
    assert found == {told.id: True, silent.id: False}


def test_the_end_of_a_promise_is_written_once(world: World) -> None:
    order = ended(world, "NC26AA", LATEST_DATE)
    waits = factories.make_order(world, "NC26AB")
    factories.make_promise(waits)
    assert [end_promises(now=NOW), end_promises(now=NOW + DAY)] == [1, 0]
    Promise.objects.filter(order=order).update(state="ACTIVE")
    assert end_promises(now=NOW + DAY) == 1
    assert Outcome.objects.get(order=order).recorded_at == NOW
    assert Entry.objects.filter(change_key=f"outcome:{order.id}").count() == 1
    assert Promise.objects.get(order=waits).state == "ACTIVE"


def test_orders_that_never_had_a_promise_have_no_outcome(world: World) -> None:
    factories.make_order(world, "NC26AA", state="DELIVERED")
    assert end_promises(now=NOW) == 0
    assert not Outcome.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE promises_outcome SET told_before = true",
        "DELETE FROM promises_outcome",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE promises_outcome",
        "SET LOCAL session_replication_role = replica; DELETE FROM promises_outcome",
    ],
)
@pytest.mark.need(22)
def test_what_came_of_a_promise_cannot_be_changed(world: World, statement: str) -> None:
    ended(world, "NC26AA", LATEST_DATE)
    end_promises(now=NOW)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Outcome.objects.count() == 1


def entry(kind: str, at: dt.datetime, latest: dt.date) -> Recorded:
    return Recorded(1, kind, 1, 0, {"latest": latest.isoformat()}, {}, at)


@given(
    st.sampled_from(["promise.revised", "promise.at_risk", "promise.broken", "promise.kept_as_is"]),
    st.integers(-40, 40),
    st.integers(-10, 10),
)
def test_only_word_of_a_delay_before_the_day_is_over_counts(
    kind: str, hours: int, later: int
) -> None:
    midnight = at_local(LATEST_DATE + DAY, 0)
    at = midnight + dt.timedelta(hours=hours)
    word = entry(kind, at, LATEST_DATE + later * DAY)
    in_time = at < midnight
    says_so = kind in ("promise.at_risk", "promise.broken") or (
        kind == "promise.revised" and later > 0
    )
    assert rules.told_before(LATEST_DATE, [word]) == (in_time and says_so)
    assert not rules.told_before(LATEST_DATE, [])
