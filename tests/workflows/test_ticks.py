"""What time alone brings: broken promises, the weekly note, deadlines out of reach."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.workflows.story import (
    CHINA,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Story,
    check_told,
    facts,
    ids_of,
    make_story,
    report,
)
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery, Notice
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Deadline, Promise, Undated
from yinuo.contexts.promises.queries.customer import get_choice
from yinuo.jobs import schedule
from yinuo.workflows import tell, ticks

pytestmark = pytest.mark.django_db
NOTE_AT = dt.datetime(2026, 2, 18, 18, 0, tzinfo=CHINA)


def tick(now: dt.datetime) -> int:
    """The clock's own work and its messages, without the nightly look."""
    done = ticks.run(now=now)
    tell.issue_notices(now=now)
    schedule.send_notices(now)
    return done


@pytest.fixture
def story() -> Story:
    return make_story(arrives_at=NOW + 8 * DAY)


def payloads(kind: str) -> list[dict[str, object]]:
    rows = Entry.objects.filter(kind=kind).select_related("opening").order_by("id")
    return [json.loads(row.opening.payload) for row in rows]


@pytest.mark.need(4, 12)
def test_on_wednesday_everybody_hears_also_when_nothing_moved(story: Story) -> None:
    assert tick(NOTE_AT - MINUTE) == 0
    assert tick(NOTE_AT) == len(story.orders)
    notices = Notice.objects.filter(kind="promise.kept_as_is")
    assert sorted(notices.values_list("order_id", flat=True)) == ids_of(story.orders)
    # Nothing to decide: no SMS, mail where there is an address, else the page.
    assert not Delivery.objects.filter(channel="SMS").exists()
    for notice in notices.select_related("order__person"):
        delivery = Delivery.objects.get(notice=notice)
        assert delivery.channel == ("MAIL" if notice.order.person.email else "PAGE")
    said = payloads("promise.kept_as_is")
    assert {one["next_update_at"] for one in said} == {"2026-02-25T10:00:00Z"}
    ahead = {one["order"]: one["ahead"] for one in said}
    assert [ahead[order.code] for order in story.queued] == list(range(len(story.queued)))
    zh = Delivery.objects.filter(channel="MAIL", notice__language="zh").first()
    assert zh is not None
    assert zh.text.startswith("这周没有变化\n\n")
    check_told()


def test_the_weekly_note_comes_once_a_week(story: Story) -> None:
    tick(NOTE_AT)
    before = facts()
    for now in (NOTE_AT, NOTE_AT + MINUTE, NOTE_AT + 2 * DAY):
        assert ticks.keep_in_touch(now=now) == 0
    assert facts() == before
    assert ticks.keep_in_touch(now=NOTE_AT + 7 * DAY) == len(story.orders)


def test_after_a_change_the_note_does_not_say_that_the_week_was_quiet(story: Story) -> None:
    tuesday = NOTE_AT - DAY
    Promise.objects.filter(order=story.queued[0]).update(worked_out_at=tuesday)
    tick(NOTE_AT)
    for order in story.queued[:2]:
        entry = Entry.objects.get(kind="promise.kept_as_is", subject_id=order.id)
        expected = "SINCE" if order is story.queued[0] else "SAME"
        assert json.loads(entry.body)["code"] == expected
    mail = Delivery.objects.get(channel="MAIL", notice__order=story.queued[0])
    assert mail.text.startswith("上次通知以后没有变化\n\n")


@pytest.mark.need(12)
def test_without_a_date_people_hear_that_there_is_none(story: Story) -> None:
    Promise.objects.filter(order__in=story.queued[:2]).delete()
    for order in story.queued[:2]:
        Undated.objects.create(order=order, why="NO_SUPPLY", tried_at=NOW)
    assert ticks.keep_in_touch(now=NOTE_AT - MINUTE) == 0
    tick(NOTE_AT)
    unknown = Notice.objects.filter(kind="promise.unknown")
    assert sorted(unknown.values_list("order_id", flat=True)) == ids_of(story.queued[:2])
    assert [one["next_update_at"] for one in payloads("promise.unknown")] == [
        "2026-02-25T10:00:00Z"
    ] * 2
    for notice in unknown:
        text = Delivery.objects.get(notice=notice).text.split("\n\n")
        assert text[0] in ("还算不出日期", "No date yet")
        assert len(text) == 8
    before = facts()
    tick(NOTE_AT + MINUTE)
    assert facts() == before
    # A worker that was down does not say last week's word on Saturday.
    assert ticks.keep_in_touch(now=NOTE_AT + 10 * DAY) == len(story.orders) - 2


def overdue(order: Order, now: dt.datetime = NOW) -> dt.date:
    latest = (now - DAY).astimezone(CHINA).date()
    Promise.objects.filter(order=order).update(
        from_date=latest - 9 * DAY, until_date=latest - 2 * DAY, latest_date=latest
    )
    return latest


@pytest.mark.need(1, 22)
def test_a_broken_promise_is_said_to_be_broken_and_ours(story: Story) -> None:
    order = story.in_yard[0]
    latest = overdue(order)
    evening = dt.datetime.combine(latest, dt.time(23, 59), CHINA)
    assert ticks.break_promises(now=evening) == 0
    assert ticks.break_promises(now=evening + MINUTE) == 1
    tell.issue_notices(now=evening + MINUTE)
    notice = Notice.objects.get(kind="promise.broken")
    morning = dt.datetime.combine(latest + DAY, dt.time(8), CHINA)
    assert notice.send_at == morning
    schedule.send_notices(morning)
    sms = Delivery.objects.get(notice=notice, channel="SMS")
    assert sms.text.startswith("承诺的交车日没有做到，抱歉。")
    assert Promise.objects.get(order=order).state == "BROKEN"
    choice = get_choice(order.person_id, order.id)
    assert choice is not None
    assert choice.choose_by_at == morning.replace(hour=18) + 14 * DAY
    before = facts()
    assert ticks.break_promises(now=morning) == 0
    assert facts() == before
    check_told()


def test_after_a_break_there_is_a_new_promise_or_a_weekly_word(story: Story) -> None:
    order = story.in_yard[0]
    overdue(order)
    # A sweep breaks the promise before the nightly look gives the order a new one.
    schedule.sweep(NOW + DAY)
    kinds = list(
        Entry.objects.filter(subject_id=order.id, letter__gt="", kind__startswith="promise.")
        .order_by("id")
        .values_list("kind", flat=True)
    )
    assert kinds == ["promise.made", "promise.broken", "promise.revised"]
    promise = Promise.objects.get(order=order)
    assert (promise.state, promise.latest_date > NOW.date()) == ("ACTIVE", True)
    other = story.in_yard[1]
    overdue(other)
    ticks.break_promises(now=NOW)
    tick(NOTE_AT)
    assert Notice.objects.filter(order=other).exists()
    assert Entry.objects.filter(subject_id=other.id, kind="promise.unknown").count() == 1
    tick(NOTE_AT + 7 * DAY)
    assert Entry.objects.filter(subject_id=other.id, kind="promise.unknown").count() == 2


def test_a_day_of_ones_own_that_falls_below_even_is_told_once(story: Story) -> None:
    likely, unlikely = story.queued[3], story.queued[4]
    for order, early in ((unlikely, DAY), (likely, 0 * DAY)):
        tenth = Promise.objects.get(order=order).dot_dates[9]
        Deadline.objects.create(order=order, date=tenth - early, reason="PLATE", saved_at=NOW)
    assert tick(NOW + HOUR) == 1
    said = payloads("deadline.at_risk")
    assert [one["order"] for one in said] == [unlikely.code]
    assert int(str(said[0]["dots"])) < 10
    sms = Delivery.objects.get(channel="SMS", notice__kind="deadline.at_risk")
    assert sms.address == unlikely.person.phone
    before = facts()
    tick(NOW + 2 * HOUR)
    assert facts() == before


def test_promises_of_cars_handed_over_are_closed(story: Story) -> None:
    done = story.on_train[0]
    Order.objects.filter(id=done.id).update(state="DELIVERED", delivered_at=NOW)
    overdue(done)
    assert tick(NOW + MINUTE) == 1
    assert tick(NOW + MINUTE) == 0
    assert Promise.objects.get(order=done).state == "CLOSED"
    assert tick(NOTE_AT) == len(story.orders) - 1


@pytest.mark.need(22)
def test_the_nightly_look_moves_little_and_once_a_night(story: Story) -> None:
    night = (NOW + DAY).replace(hour=2, minute=0)
    assert ticks.look_again(now=night - MINUTE) == 0
    moved = ticks.look_again(now=night)
    assert moved < len(story.orders) / 4
    before = facts()
    assert ticks.look_again(now=night + HOUR) == 0
    assert facts() == before


def test_two_facts_on_one_day_come_in_one_notice(story: Story) -> None:
    event = report(story, "DELAYED", expected_at=NOW + 22 * DAY)
    order = story.on_train[0]
    Deadline.objects.create(
        order=order, date=Promise.objects.get(order=order).until_date, reason="TAX", saved_at=NOW
    )
    schedule.sweep(event.received_at + MINUTE)
    notice = Notice.objects.get(order=order)
    assert notice.kind == "promise.revised"
    assert notice.told_entries.count() == 2
