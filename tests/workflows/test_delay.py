"""A train is cancelled: exactly the cars behind it, one entry each, one notice, within minutes."""

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
    check_promises,
    check_told,
    facts,
    ids_of,
    make_story,
    moved_orders,
    report,
)
from yinuo.contexts.ledger.models import Entry, Untold
from yinuo.contexts.ledger.queries import get_many
from yinuo.contexts.notices.models import CallTask, Delivery, DirectMessage, Notice
from yinuo.contexts.notices.operations import issue, release
from yinuo.contexts.notices.operations.reading import mark_read
from yinuo.contexts.notices.operations.send import keep_outcome
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.promises.models import Choice, Promise
from yinuo.contexts.promises.operations.choices import choose
from yinuo.contexts.transit.models import CarrierEvent, Shipment
from yinuo.contexts.transit.operations.delays import NotADelay
from yinuo.jobs import schedule
from yinuo.platform.channels.port import Outcome
from yinuo.workflows import delay, hold, tell, ticks
from yinuo.workflows.dates import NobodyAnswers

pytestmark = pytest.mark.django_db
SOON = NOW + 11 * MINUTE


@pytest.fixture
def story() -> Story:
    return make_story()


@pytest.mark.need(1)
def test_exactly_the_cars_behind_the_train_move(story: Story) -> None:
    before = {promise.order_id: promise for promise in Promise.objects.all()}
    assert len(before) == len(story.orders)
    event = report(story)
    schedule.sweep(SOON)
    assert moved_orders(event.public_id) == ids_of(story.on_train)
    entries = Entry.objects.filter(kind="promise.revised")
    assert entries.count() == len(story.on_train)
    for promise in Promise.objects.all():
        old = before[promise.order_id]
        moved = promise.order_id in ids_of(story.on_train)
        assert (promise.latest_date > old.latest_date) == moved
        assert promise.version == old.version + moved
        # Told before the old date, not after it.
        assert SOON.date() < old.latest_date
    check_promises()


@pytest.mark.need(1, 2, 4)
def test_everybody_hears_once_on_each_channel_in_five_parts(story: Story) -> None:
    event = report(story)
    schedule.sweep(SOON)
    notices = Notice.objects.filter(kind="promise.revised").select_related("order__person")
    assert sorted(notice.order_id for notice in notices) == ids_of(story.on_train)
    for notice in notices:
        person = notice.order.person
        sent = {one.channel: one for one in Delivery.objects.filter(notice=notice)}
        assert set(sent) == ({"SMS", "MAIL"} if person.email else {"SMS"})
        assert all(one.state == "SENT" for one in sent.values())
        assert sent["SMS"].address == person.phone
        assert notice.code
        assert notice.code in sent["SMS"].text
        assert notice.sent_at is not None
        assert notice.sent_at - event.received_at <= 30 * MINUTE
        assert notice.known_at == event.received_at
        if person.email:
            mail = sent["MAIL"].text.split("\n\n")
            assert len(mail) == 8
            who = "王敏负责" if notice.language == "zh" else "Wang Min answers you"
            assert who in mail[5]
            reason = "列车停运" if notice.language == "zh" else "train carrying it was cancelled"
            assert reason in mail[1]
    check_told()
    assert not Untold.objects.exists()
    assert Entry.objects.filter(kind="notice.sent").count() == Delivery.objects.count()


def test_what_was_recorded_is_what_happened(story: Story) -> None:
    event = report(story)
    schedule.sweep(SOON)
    for entry_id in Entry.objects.filter(kind="promise.revised").values_list("id", flat=True):
        said = get_many([entry_id])[entry_id].payload
        assert said["cause"] == "TRAIN_CANCELLED"
        assert said["cause_ref"] == event.public_id
        assert said["known_at"] == "2026-02-11T01:30:00Z"
        assert (said["place_zh"], said["car_state"]) == ("郑州站", "UNHURT")
        assert said["answerer"] == story.staff.public_id
        assert said["days_later"] > 0
        assert said["days_earlier"] == 0
        assert said["choose_by_at"] == "2026-02-25T10:00:00Z"
        assert said["answer_by_at"] == "2026-02-12T04:00:00Z"
    assert not Choice.objects.exists()
    holds = QueueNote.objects.filter(kind="HOLD", cause_ref=event.public_id)
    assert sorted(holds.values_list("order_id", flat=True)) == ids_of(story.on_train)
    assert set(holds.values_list("code", flat=True)) == {"TRANSIT_DELAYED"}
    assert Entry.objects.filter(kind="queue.held").count() == len(story.on_train)
    alert = DirectMessage.objects.get(channel="CHAT")
    assert f"{len(story.on_train)} 位客户" in alert.text
    assert event.public_id in alert.text


def test_the_event_is_marked_last(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    event = report(story)

    def fail(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(delay, "alert_staff", fail)
    with pytest.raises(ConnectionError):
        delay.apply(event_id=event.id, now=SOON)
    event.refresh_from_db()
    assert event.state == "RECEIVED"
    assert len(moved_orders(event.public_id)) == len(story.on_train)
    monkeypatch.undo()
    delay.apply(event_id=event.id, now=SOON + MINUTE)
    event.refresh_from_db()
    assert event.state == "APPLIED"
    assert Entry.objects.filter(kind="promise.revised").count() == len(story.on_train)


def test_running_every_step_again_changes_nothing(story: Story) -> None:
    event = report(story)
    schedule.sweep(SOON)
    before = facts()
    for step in schedule.STEPS.values():
        step(SOON)
        step(SOON)
    delay.apply(event_id=event.id, now=SOON)
    assert facts() == before


def test_an_event_taken_up_again_after_another_moved_the_same_cars(story: Story) -> None:
    """A kill before the mark, then a hold of the batch, then the event is found again."""
    event = report(story, "DELAYED", expected_at=NOW + 14 * DAY)
    delay.apply(event_id=event.id, now=SOON)
    CarrierEvent.objects.filter(id=event.id).update(state="RECEIVED", applied_at=None)
    hold_id = hold.place(
        batch="B16",
        evidence="后备箱应急拉手 6 台失效",
        expected_release_date=dt.date(2026, 4, 1),
        staff_id=story.staff.id,
        now=SOON + MINUTE,
    )
    hold.apply(hold_id=hold_id, now=SOON + MINUTE)
    hold.release(hold_id=hold_id, now=SOON + 2 * MINUTE)
    before = Entry.objects.count()
    # Free again, the cars would be earlier; but this cause has been told already.
    delay.apply(event_id=event.id, now=SOON + 3 * MINUTE)
    assert moved_orders(event.public_id) == ids_of(story.on_train)
    assert Entry.objects.filter(kind="promise.revised").count() == 2 * len(story.on_train)
    assert Entry.objects.count() == before
    event.refresh_from_db()
    assert event.state == "APPLIED"
    check_promises()


def test_a_second_event_within_two_hours_joins_the_next_notice(story: Story) -> None:
    report(story, "DELAYED", expected_at=NOW + 14 * DAY)
    schedule.sweep(SOON)
    assert Notice.objects.filter(kind="promise.revised", state="SENT").count() == 8
    second = report(
        story, "DELAYED", expected_at=NOW + 19 * DAY, at=NOW + HOUR, received_at=NOW + HOUR
    )
    schedule.sweep(NOW + HOUR + MINUTE)
    third = report(
        story,
        "DELAYED",
        expected_at=NOW + 26 * DAY,
        at=NOW + 90 * MINUTE,
        received_at=NOW + 90 * MINUTE,
    )
    schedule.sweep(NOW + 91 * MINUTE)
    waiting = Notice.objects.filter(state="WAITING")
    assert waiting.count() == len(story.on_train)
    assert {notice.send_at for notice in waiting} == {SOON + 2 * HOUR}
    for event in (second, third):
        assert moved_orders(event.public_id) == ids_of(story.on_train)
    schedule.sweep(SOON + 2 * HOUR)
    assert not Notice.objects.filter(state="WAITING").exists()
    assert Notice.objects.count() == 2 * len(story.on_train)
    joined = Notice.objects.order_by("-id").first()
    assert joined is not None
    assert joined.told_entries.count() == 2
    assert joined.known_at == NOW + HOUR
    check_told()


def test_a_weekly_note_does_not_hold_up_news_of_a_delay() -> None:
    story = make_story(arrives_at=NOW + 8 * DAY)
    wednesday = dt.datetime(2026, 2, 18, 18, 0, tzinfo=CHINA)
    ticks.run(now=wednesday)
    tell.issue_notices(now=wednesday)
    schedule.send_notices(wednesday)
    weekly = Notice.objects.filter(kind="promise.kept_as_is", sent_at=wednesday)
    assert set(ids_of(story.on_train)) <= set(weekly.values_list("order_id", flat=True))
    event = report(
        story,
        "DELAYED",
        expected_at=NOW + 22 * DAY,
        at=wednesday,
        received_at=wednesday + 5 * MINUTE,
    )
    later = wednesday + 6 * MINUTE
    assert delay.apply(event_id=event.id, now=later) == len(story.on_train)
    tell.issue_notices(now=later)
    schedule.send_notices(later)
    fresh = Notice.objects.filter(kind="promise.revised")
    assert {notice.sent_at for notice in fresh} == {later}


def test_an_answer_waits_for_nothing(story: Story) -> None:
    report(story)
    schedule.sweep(SOON)
    order, other = story.on_train[:2]
    soon_after = SOON + 5 * MINUTE
    for number, (one, kind) in enumerate(((order, "choice.answered"), (other, "promise.revised"))):
        tell_it = issue.Tell(10**6 + number, kind, one.id, one.person_id, "zh", soon_after)
        issue.plan_notices([tell_it], now=soon_after)
    waiting = dict(Notice.objects.filter(state="WAITING").values_list("order_id", "send_at"))
    assert waiting == {order.id: soon_after, other.id: SOON + 2 * HOUR}


def test_codes_that_were_drawn_before_are_drawn_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter(["AAAA22"] * 12 + [f"BBBB2{sign}" for sign in "23456789"] * 12)
    monkeypatch.setattr(
        release, "new_codes", lambda count, _length: [next(codes) for _ in range(count)]
    )
    report(story)
    schedule.sweep(SOON)
    assert len(set(Notice.objects.values_list("code", flat=True))) == len(story.on_train)
    check_told()


def test_news_of_the_night_waits_for_eight_in_the_morning(story: Story) -> None:
    late = NOW.replace(hour=22, minute=30)
    report(story, "DELAYED", expected_at=NOW + 14 * DAY, at=late, received_at=late)
    schedule.sweep(late + MINUTE)
    notices = Notice.objects.filter(kind="promise.revised")
    assert {notice.state for notice in notices} == {"WAITING"}
    assert not Delivery.objects.filter(notice__in=notices).exists()
    morning = (NOW + DAY).replace(hour=8, minute=0)
    schedule.sweep(morning - MINUTE)
    assert {notice.state for notice in notices.all()} == {"WAITING"}
    schedule.sweep(morning)
    assert {notice.sent_at for notice in notices.all()} == {morning}


NOT_SHOWN = [
    ("DELAYED", "TRAIN_CANCELLED", "cause_not_shown"),
    ("CANCELLED", "TRUCK_LATE", "cause_not_shown"),
    ("CANCELLED", "TRAIN_LATE", "cause_not_shown"),
    ("CANCELLED", "TRANSIT_DAMAGE", "cause_not_shown"),
    ("CANCELLED", "PLANT_STOPPED", "cause_unknown"),
    ("CANCELLED", "OTHER", "cause_unknown"),
    ("CANCELLED", "SPRING_FESTIVAL", "cause_unknown"),
]


@pytest.mark.need(2, 3)
@pytest.mark.parametrize(("kind", "cause", "problem"), NOT_SHOWN)
def test_a_reason_that_the_event_does_not_show_is_not_told(
    story: Story, kind: str, cause: str, problem: str
) -> None:
    event = report(story, kind, cause_code=cause, expected_at=NOW + 9 * DAY)
    schedule.sweep(SOON)
    event.refresh_from_db()
    assert (event.state, event.problem) == ("QUARANTINED", problem)
    assert moved_orders(event.public_id) == []
    assert not Notice.objects.filter(kind="promise.revised").exists()
    story.train.refresh_from_db()
    assert story.train.state == "DEPARTED"


@pytest.mark.need(3)
def test_a_lorry_is_never_late_because_of_the_railway(story: Story) -> None:
    Shipment.objects.update(mode="ROAD")
    event = report(story, "CANCELLED", cause_code="TRAIN_CANCELLED")
    schedule.sweep(SOON)
    event.refresh_from_db()
    assert event.problem == "cause_not_shown"
    other = report(story, "CANCELLED")
    schedule.sweep(SOON)
    assert moved_orders(other.public_id) == ids_of(story.on_train)
    causes = Entry.objects.filter(kind="promise.revised").values_list("body", flat=True)
    assert {json.loads(body)["code"] for body in causes} == {"TRUCK_LATE"}


def test_a_report_about_one_car_without_a_train_shows_no_cause(story: Story) -> None:
    event = report(
        story, "DELAYED", shipment=None, order=story.on_train[0], expected_at=NOW + 9 * DAY
    )
    schedule.sweep(SOON)
    event.refresh_from_db()
    assert (event.state, event.problem) == ("QUARANTINED", "cause_not_shown")


def test_an_older_report_that_comes_later_is_set_aside(story: Story) -> None:
    newer = report(story, "DELAYED", expected_at=NOW + 12 * DAY)
    schedule.sweep(SOON)
    older = report(story, "DELAYED", expected_at=NOW + 6 * DAY, at=NOW - 5 * HOUR)
    schedule.sweep(SOON + MINUTE)
    older.refresh_from_db()
    story.train.refresh_from_db()
    assert (older.state, older.problem) == ("SET_ASIDE", "older_than_known")
    assert story.train.expected_at == NOW + 12 * DAY
    assert moved_orders(newer.public_id) == ids_of(story.on_train)
    assert moved_orders(older.public_id) == []


def test_reports_that_wait_together_leave_the_latest_one_in_force(story: Story) -> None:
    newer = report(story, "DELAYED", expected_at=NOW + 14 * DAY)
    report(story, "DELAYED", expected_at=NOW + 40 * DAY, at=NOW + HOUR, cause_code="TRUCK_LATE")
    older = report(story, "DELAYED", expected_at=NOW + 21 * DAY, at=NOW - HOUR)
    delay.apply(event_id=older.id, now=SOON)
    story.train.refresh_from_db()
    assert story.train.expected_at == NOW + 14 * DAY
    delay.apply(event_id=newer.id, now=SOON)
    story.train.refresh_from_db()
    assert story.train.expected_at == NOW + 14 * DAY


CONTRADICTIONS = [
    ("ARRIVED", "CANCELLED", {}, "already_arrived"),
    ("ARRIVED", "DELAYED", {"expected_at": NOW + 9 * DAY}, "already_arrived"),
    ("CANCELLED", "DELAYED", {"expected_at": NOW + 9 * DAY}, "already_cancelled"),
    ("DEPARTED", "DELAYED", {}, "delay_without_time"),
]


@pytest.mark.parametrize(("state", "kind", "more", "problem"), CONTRADICTIONS)
def test_a_report_against_what_is_known_waits_for_staff(
    story: Story, state: str, kind: str, more: dict[str, object], problem: str
) -> None:
    Shipment.objects.update(state=state)
    event = report(story, kind, **more)
    schedule.sweep(SOON)
    event.refresh_from_db()
    assert (event.state, event.problem) == ("QUARANTINED", problem)
    assert not Entry.objects.filter(kind="promise.revised").exists()


def test_a_departure_is_no_delay(story: Story) -> None:
    event = report(story, "DEPARTED")
    with pytest.raises(NotADelay):
        delay.apply(event_id=event.id, now=SOON)


def test_cars_at_the_centre_and_handed_over_are_left_alone(story: Story) -> None:
    Order.objects.filter(id=story.on_train[0].id).update(state="AT_CENTRE")
    Order.objects.filter(id=story.on_train[1].id).update(state="DELIVERED", delivered_at=NOW - DAY)
    event = report(story)
    schedule.sweep(SOON)
    assert moved_orders(event.public_id) == ids_of(story.on_train[2:])


def test_while_nobody_could_answer_no_promise_moves(story: Story) -> None:
    StaffMember.objects.update(active=False)
    event = report(story)
    with pytest.raises(NobodyAnswers, match="staff"):
        delay.apply(event_id=event.id, now=SOON)
    assert not Entry.objects.filter(kind="promise.revised").exists()
    event.refresh_from_db()
    assert event.state == "RECEIVED"
    StaffMember.objects.filter(id=story.manager.id).update(active=True)
    schedule.sweep(SOON)
    said = [
        json.loads(entry.opening.payload)["answerer"]
        for entry in Entry.objects.filter(kind="promise.revised").select_related("opening")
    ]
    assert said == [story.manager.public_id] * len(story.on_train)


def test_a_bounced_sms_becomes_a_telephone_call(story: Story) -> None:
    report(story)
    schedule.sweep(SOON)
    notice = Notice.objects.filter(kind="promise.revised").first()
    assert notice is not None
    sms = Delivery.objects.get(notice=notice, channel="SMS")
    for _ in range(2):
        keep_outcome(sms.id, Outcome("BOUNCED", "", "number out of use", True), now=SOON + HOUR)
    call = CallTask.objects.get()
    assert (call.notice_id, call.reason, call.owner_id) == (notice.id, "BOUNCED", story.staff.id)
    assert call.due_at == SOON + 5 * HOUR
    assert Entry.objects.filter(kind="notice.bounced").count() == 1


def test_a_notice_unread_two_days_before_its_choice_closes_becomes_a_call(story: Story) -> None:
    report(story)
    schedule.sweep(SOON)
    read, chosen, *unread = Notice.objects.filter(kind="promise.revised").order_by("id")
    assert mark_read(notice_id=read.id, now=SOON + HOUR)
    assert not mark_read(notice_id=read.id, now=SOON + 2 * HOUR)
    choose(person_id=chosen.person_id, order_id=chosen.order_id, chosen="WAIT", now=SOON + HOUR)
    closes = dt.datetime(2026, 2, 25, 18, tzinfo=CHINA)
    assert tell.follow_up(now=closes - 2 * DAY - MINUTE) == 0
    assert tell.follow_up(now=closes - 2 * DAY) == len(unread)
    assert tell.follow_up(now=closes - DAY) == 0
    calls = CallTask.objects.all()
    assert sorted(call.notice_id for call in calls) == [notice.id for notice in unread]
    assert {(call.reason, call.due_at) for call in calls} == {("UNREAD", closes)}
