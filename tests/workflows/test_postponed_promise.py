"""A customer wants the car later: the promise moves with the wish, is told, and owes nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.people import read, send, sign_in
from tests.workflows.story import DAY, MINUTE, NOW, Story, make_story
from tests.workflows.test_quote import measured
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Condition, Order, Postponement, QueueNote
from yinuo.contexts.orders.operations import postponing
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.queries.rights import PromiseGround, get_ground
from yinuo.contexts.promises.rules import Windows, not_before
from yinuo.contexts.promises.rules.owed import OwedTable
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.platform.spoken import local_date
from yinuo.workflows import fairness, first_promise, postpone, ticks

pytestmark = pytest.mark.django_db
TODAY = local_date(NOW)
DAYS = st.integers(0, 700)


@pytest.fixture
def story() -> Story:
    clock.set_test_clock(at=NOW, running=False)
    found = make_story(promised=False)
    measured(found)
    first_promise.run(now=NOW)
    return found


def ask(order: Order, day: dt.date, now: dt.datetime = NOW, key: str = "k") -> None:
    """The customer asks for a day, and the clock follows."""
    postpone.postpone(
        person_id=order.person_id,
        order_id=order.id,
        typed=day.isoformat(),
        request_key=key,
        now=now,
    )
    assert postpone.apply(now=now) == 1
    assert postpone.apply(now=now) == 0


def windows() -> dict[int, tuple[dt.date, dt.date, dt.date]]:
    """What everybody is promised."""
    rows = Promise.objects.values_list("order_id", "from_date", "until_date", "latest_date")
    return {row[0]: row[1:] for row in rows}


def revised(order: Order) -> list[dict[str, object]]:
    """The moves that this order was told."""
    entries = list_of_subject(order.id, ("promise.revised",))
    return [dict(one.payload) for one in entries]


@pytest.mark.need(19, 112)
def test_promise_moves_to_the_day_and_is_told_with_the_own_cause(story: Story) -> None:
    order, before = story.queued[2], windows()
    day = before[order.id][2] + 40 * DAY
    ask(order, day)
    after = windows()
    assert after[order.id][0] == day
    assert after[order.id][1] >= day + 3 * DAY
    assert after[order.id][2] > after[order.id][1]
    assert {key: after[key] for key in after if key != order.id} == {
        key: before[key] for key in before if key != order.id
    }
    (told,) = revised(order)
    assert told["cause"] == "CUSTOMER_POSTPONED"
    assert "您改了要车的日子" in read(sign_in(order.person), f"/o/{order.code}")
    assert min(Promise.objects.get(order=order).dot_dates) >= day
    schedule.give_out(NOW + MINUTE)
    assert Notice.objects.filter(order=order).exists()
    assert fairness.check(NOW) == []
    # The nightly looks leave the day alone.
    for night in (1, 2):
        ticks.look_again(now=NOW + night * DAY)
    assert windows()[order.id] == after[order.id]
    assert len(revised(order)) == 1


@pytest.mark.need(112)
def test_no_clock_calls_the_old_date_broken_and_nothing_is_owed(story: Story) -> None:
    order, late = story.on_train[0], story.on_train[1]
    old = windows()[order.id][2]
    ask(order, old + 60 * DAY)
    passed = NOW + (old - TODAY).days * DAY + 2 * DAY
    assert ticks.break_promises(now=passed)
    row = Promise.objects.get(order=order)
    assert (row.state, row.stage) == ("ACTIVE", "RE_PROMISED")
    table = OwedTable("v1", TODAY, "FEN", 0, 10_000, 300_000, {}, frozenset())
    assert (table.is_ours("CUSTOMER_POSTPONED"), table.rate("CUSTOMER_POSTPONED")) == (False, 0)
    # A change of the own wish opens no way out on our account.
    assert get_ground(order.id, local_date(passed)) == PromiseGround(None, moved=False)
    # A date that had passed before is put off as well: from now on the own day counts.
    assert Promise.objects.get(order=late).state == "BROKEN"
    ask(late, local_date(passed) + 10 * DAY, passed)
    row = Promise.objects.get(order=late)
    assert (row.state, row.from_date) == ("ACTIVE", local_date(passed) + 10 * DAY)
    assert get_ground(late.id, local_date(passed)).moved, "that it was broken was told before"


@pytest.mark.need(11, 112)
def test_order_goes_on_from_its_rank_in_time_for_the_day(story: Story) -> None:
    order = story.queued[5]
    others = [row for key, row in windows().items() if key in {one.id for one in story.queued}]
    way = min(row[0] for row in others) - TODAY
    day = TODAY + 90 * DAY
    ask(order, day)
    row = Postponement.objects.get()
    assert row.release_date == day - way
    standing = Condition.objects.filter(order=order, name="POSTPONED", until_at=None)
    assert postponing.release_due(now=NOW + (89 * DAY - way)) == 0
    assert standing.exists()
    assert postponing.release_due(now=NOW + (90 * DAY - way)) == 1
    assert postponing.release_due(now=NOW + (90 * DAY - way)) == 0
    assert not standing.exists()
    # Later cars may still pass it: it is in nobody's way before its day.
    held = QueueNote.objects.filter(order=order, code="CUSTOMER_WAITS", until_at=None)
    assert held.exists()
    assert postponing.resume_due(now=NOW + 90 * DAY) == 1
    assert postpone.apply(now=NOW + 90 * DAY) == 1
    assert not held.exists()


@pytest.mark.need(112)
def test_another_day_replaces_the_first_and_the_way_back_is_told(story: Story) -> None:
    order, before = story.queued[0], windows()
    # A day that the promise keeps anyway moves nothing.
    ask(order, before[order.id][0] - 2 * DAY)
    assert (windows(), revised(order)) == (before, [])
    ask(order, TODAY + 200 * DAY, NOW + MINUTE, "k1")
    ask(order, TODAY + 120 * DAY, NOW + 2 * MINUTE, "k2")
    assert windows()[order.id][0] == TODAY + 120 * DAY
    assert [bool(one["days_later"]) for one in revised(order)] == [True, False]
    client = sign_in(order.person)
    send(client, f"/o/{order.code}/postpone", 302, do="resume")
    held = QueueNote.objects.filter(order=order, code="CUSTOMER_WAITS", until_at=None)
    assert held.exists(), "until its date is its own again, nobody is measured by it"
    assert postpone.apply(now=NOW + 3 * MINUTE) == 1
    assert not held.exists()
    after = windows()
    assert after[order.id][0] <= before[order.id][0] + 3 * DAY
    assert {key: after[key] for key in after if key != order.id} == {
        key: before[key] for key in before if key != order.id
    }
    assert revised(order)[-1]["days_earlier"]


@pytest.mark.django_db(databases=[])
@given(st.lists(st.tuples(DAYS, DAYS, DAYS, DAYS), min_size=1, max_size=8))
@settings(max_examples=60)
def test_ranges_begin_on_the_day_and_no_end_comes_earlier(
    rows: list[tuple[int, int, int, int]],
) -> None:
    today = 700_000
    table = np.array([sorted(row[:3]) for row in rows], np.int64) + today
    wanted = np.array([row[3] for row in rows], np.int64) + today
    old = Windows(table[:, 0], table[:, 1], table[:, 2])
    dots = np.linspace(table[:, 0], table[:, 2], 20).round().astype(np.int64).T
    new, kept = not_before(old, dots, wanted, today)
    stays = old.first >= wanted
    assert (new.first == np.maximum(old.first, wanted)).all()
    assert (new.table() >= old.table()).all()
    assert (new.first <= new.last).all()
    assert (new.last <= new.latest).all()
    assert (new.table()[stays] == old.table()[stays]).all()
    assert (kept[stays] == dots[stays]).all()
    assert (kept[~stays] >= wanted[~stays, None]).all()
    assert (np.diff(kept, axis=1) >= 0).all()
