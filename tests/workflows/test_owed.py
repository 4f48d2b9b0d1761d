"""Late days are credited each day without a claim, once, and settled when the order ends."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.contexts.promises.test_owed_rules import table
from tests.factories import (
    FROM_DATE,
    NOW,
    UNTIL_DATE,
    World,
    make_order,
    make_promise,
    make_world,
    record_of,
    window,
)
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.queries import get_many, list_of_subject
from yinuo.contexts.ledger.wording import parts_of
from yinuo.contexts.notices.models import DirectMessage, NoticeEntry
from yinuo.contexts.notices.rules import channels_for
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Credit, Promise, Settlement
from yinuo.contexts.promises.operations.outcomes import end_promises
from yinuo.contexts.promises.operations.owed import TooEarly, VersionTaken, store_table
from yinuo.contexts.promises.queries import owed as queries
from yinuo.platform.spoken import at_local, local_date
from yinuo.workflows import owed, tell

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 2, 5)
MORNING = at_local(dt.date(2026, 2, 6), 9)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def late(world: World) -> Order:
    """An order of Alice's that was first promised by 5 February."""
    return make_late(world, "LA26TE")


def make_late(world: World, code: str, first: dt.date = FIRST) -> Order:
    order = make_order(world, code)
    make_promise(order)
    Promise.objects.filter(order=order).update(
        first_latest_date=first,
        first_from_date=first - 10 * DAY,
        first_until_date=first - 3 * DAY,
        first_made_at=NOW - 60 * DAY,
    )
    return order


def move(order: Order, old: dt.date, new: dt.date, cause: str) -> None:
    record_of(
        order,
        "promise.revised",
        {
            **window(latest=new.isoformat()),
            "old_from": FROM_DATE.isoformat(),
            "old_until": UNTIL_DATE.isoformat(),
            "old_latest": old.isoformat(),
            "days_later": (new - old).days,
            "days_earlier": 0,
            "cause": cause,
            "cause_ref": "evt_train",
            "known_at": "2026-02-01T00:50:00Z",
            "choose_by_at": "2026-02-25T10:00:00Z",
            "choices": ["WAIT", "CANCEL"],
            "answerer": "stf_dora",
            "answer_by_at": "2026-02-12T04:00:00Z",
            "place_zh": "",
            "place_en": "",
            "car_state": "",
            "factors": ["TRANSPORT"],
            "factor_refs": ["evt_moved"],
            "factor_days": ["2"],
            "factor_latest_days": ["2"],
            "unusual": "",
            "run": "run_moved",
        },
        weeks=7,
        code=cause,
    )


def credits_of(order: Order) -> list[tuple[int, str, int]]:
    rows = Credit.objects.filter(order=order).order_by("step")
    return list(rows.values_list("step", "cause", "amount"))


def kinds(order: Order) -> list[str]:
    rows = Entry.objects.filter(subject_id=order.id, kind__startswith="credit.").order_by("id")
    return list(rows.values_list("kind", flat=True))


@pytest.mark.need(102, 162)
def test_a_late_day_is_credited_once_a_day_without_a_claim(late: Order) -> None:
    store_table(table=table(), now=NOW)
    assert owed.run(now=MORNING - DAY) == 0
    assert [owed.run(now=MORNING + n * dt.timedelta(hours=6)) for n in range(3)] == [1, 0, 0]
    assert credits_of(late) == [(1, "NO_CAUSE", 10_000)]
    assert kinds(late) == ["credit.begun", "credit.given"]
    assert owed.run(now=MORNING + DAY) == 1
    assert credits_of(late)[1:] == [(2, "NO_CAUSE", 10_000)]
    assert kinds(late) == ["credit.begun", "credit.given", "credit.given"]


def test_days_missed_while_nothing_ran_are_made_up_for(late: Order) -> None:
    store_table(table=table(), now=NOW)
    assert owed.run(now=MORNING + 9 * DAY) == 10
    assert sum(amount for _, _, amount in credits_of(late)) == 100_000
    assert kinds(late) == ["credit.begun", "credit.given"]
    # A clock that is put back takes nothing back and gives nothing twice.
    assert owed.run(now=MORNING) == 0
    assert owed.run(now=MORNING + 9 * DAY) == 0


def test_days_of_others_are_shown_and_not_paid(late: Order) -> None:
    store_table(table=table(), now=NOW)
    move(late, FIRST, FIRST + 2 * DAY, "WEATHER")
    move(late, FIRST + 2 * DAY, FIRST + 4 * DAY, "PLANT_STOPPED")
    owed.run(now=MORNING + 4 * DAY)
    assert credits_of(late) == [
        (1, "WEATHER", 0),
        (2, "WEATHER", 0),
        (3, "PLANT_STOPPED", 10_000),
        (4, "PLANT_STOPPED", 10_000),
        (5, "NO_CAUSE", 10_000),
    ]
    begun = list_of_subject(late.id, ["credit.begun"])[0]
    assert begun.payload["from_step"] == 3


def test_a_day_that_was_counted_stays_whatever_is_learned_later(late: Order) -> None:
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING)
    move(late, FIRST, FIRST + 5 * DAY, "WEATHER")
    owed.run(now=MORNING + DAY)
    assert credits_of(late) == [(1, "NO_CAUSE", 10_000), (2, "WEATHER", 0)]


def test_the_cap_ends_the_sum_and_not_the_counting(late: Order) -> None:
    store_table(table=table(cap=25_000), now=NOW)
    owed.run(now=MORNING + 4 * DAY)
    assert [amount for _, _, amount in credits_of(late)] == [10_000, 10_000, 5_000, 0, 0]


@pytest.mark.parametrize("state", ["DELIVERED", "CANCELLED"])
def test_the_end_of_the_order_settles_it_to_the_day(late: Order, state: str) -> None:
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING)
    ended_at = MORNING + 2 * DAY
    named = "delivered_at" if state == "DELIVERED" else "cancelled_at"
    Order.objects.filter(id=late.id).update(state=state, state_at=ended_at, **{named: ended_at})
    # Found days later: what counts is the day of the hand-over.
    assert owed.run(now=ended_at + 5 * DAY) == 0
    end_promises(now=ended_at + 5 * DAY)
    assert owed.run(now=ended_at + 5 * DAY) == 2
    assert owed.run(now=ended_at + 9 * DAY) == 0
    settled = Settlement.objects.get()
    assert (settled.late_days, settled.total) == (3, 30_000)
    assert kinds(late)[-2:] == ["credit.given", "credit.settled"]


def test_an_order_that_ended_in_time_is_owed_nothing(world: World) -> None:
    store_table(table=table(), now=NOW)
    order = make_late(world, "IN26TM", first=local_date(NOW) + DAY)
    Order.objects.filter(id=order.id).update(state="DELIVERED", delivered_at=NOW)
    end_promises(now=NOW)
    assert owed.run(now=NOW + 9 * DAY) == 0
    assert not Settlement.objects.exists()


@pytest.mark.usefixtures("late")
def test_without_a_table_nothing_is_credited_and_the_staff_hear_of_it_once_a_day() -> None:
    for hour in range(3):
        assert owed.run(now=MORNING + hour * dt.timedelta(hours=1)) == 0
    assert DirectMessage.objects.get().text.startswith("1 台车过了第一次承诺的日期")
    owed.run(now=MORNING + DAY)
    assert DirectMessage.objects.count() == 2
    assert queries.get_totals(local_date(MORNING)).late_without_table == 1
    store_table(table=table(), now=NOW)
    assert owed.run(now=MORNING + DAY) == 2


def test_the_customer_is_told_once_and_not_by_sms(late: Order) -> None:
    store_table(table=table(), now=NOW)
    for n in range(3):
        owed.run(now=MORNING + n * DAY)
        tell.issue_notices(now=MORNING + n * DAY)
    entry = list_of_subject(late.id, ["credit.begun"])[0]
    assert NoticeEntry.objects.filter(entry_id=entry.entry_id).count() == 1
    given = [one.entry_id for one in list_of_subject(late.id, ["credit.given"])]
    assert not NoticeEntry.objects.filter(entry_id__in=given).exists()
    names = {"stf_dora": "王敏", "": "王敏"}
    said = parts_of([entry], window(), names, "zh")
    assert said.headline == ("第一次承诺的 2月5日 过了。从第 1 天起，每天记给您 100 元。不用申请")
    assert not said.missing()
    assert channels_for({"credit.begun"}, phone="1", email="a@b.cn") == ["MAIL"]


def test_it_is_said_beside_a_broken_promise_and_does_not_lead(late: Order) -> None:
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING)
    entry = list_of_subject(late.id, ["credit.begun"])[0]
    broken = record_of(
        late,
        "promise.broken",
        {
            "latest": FIRST.isoformat(),
            "answerer": "stf_dora",
            "answer_by_at": "2026-02-12T04:00:00Z",
            "choices": ["WAIT", "CANCEL"],
            "choose_by_at": "2026-02-25T10:00:00Z",
            "known_at": "2026-02-06T01:00:00Z",
        },
        weeks=0,
        code="BROKEN",
    )
    both = [get_many([broken])[broken], entry]
    said = parts_of(both, window(), {"stf_dora": "Wang Min", "": "Wang Min"}, "en")
    assert said.headline == "We broke our promise"
    assert "you are credited 100 yuan a day, without asking." in said.what


def test_many_orders_are_counted_in_steps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed, "CHUNK", 2)
    store_table(table=table(), now=NOW)
    orders = [make_late(world, f"MA26{n:02}") for n in range(5)]
    assert owed.run(now=MORNING) == 5
    assert all(credits_of(order) == [(1, "NO_CAUSE", 10_000)] for order in orders)
    totals = queries.get_totals(local_date(MORNING))
    assert (totals.orders, totals.fen, totals.points, totals.days_ours) == (5, 50_000, 0, 5)


def test_tables_are_added_and_never_rewritten() -> None:
    assert store_table(table=table(), now=NOW)
    assert not store_table(table=table(), now=NOW)
    with pytest.raises(VersionTaken):
        store_table(table=table(per_day=1), now=NOW)
    past = table(version="2", effective_from=local_date(NOW) - DAY)
    with pytest.raises(TooEarly, match="2026-02-11"):
        store_table(table=past, now=NOW)
    assert store_table(table=table(version="2", effective_from=local_date(NOW)), now=NOW)
    assert [one.version for one in queries.list_tables()] == ["2", "2026-01"]


def test_the_database_refuses_to_change_or_double_a_credit(late: Order) -> None:
    store_table(table=table(), now=NOW)
    owed.run(now=MORNING)
    for statement in (
        "UPDATE promises_credit SET amount = 1",
        "UPDATE promises_owedversion SET cap = 1",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    again = Credit.objects.get()
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)
