"""A promise in danger is told before its date, once, also after a kill; two looks must agree."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.workflows.story import DAY, MINUTE, NOW, Story, check_told, facts, make_story
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.notices.models import Delivery
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Promise, UnusualPeriod
from yinuo.contexts.promises.operations import forecasting, watching
from yinuo.contexts.promises.operations.unusual import Declared, declare_unusual, end_unusual
from yinuo.contexts.promises.queries.choices import newest_opened
from yinuo.contexts.promises.rules import stage_of
from yinuo.contexts.transit.models import Shipment
from yinuo.jobs import schedule
from yinuo.workflows import ticks
from yinuo.workflows.outlook import work_out_built

TODAY = NOW.date()


@pytest.fixture
def story(db: None) -> Story:
    assert db is None
    return make_story()


def night(number: int) -> dt.datetime:
    """The nightly look of so many days later."""
    return (NOW + number * DAY).replace(hour=2, minute=0)


def shift(orders: list[Order], days: int) -> None:
    """Promise these orders so many days more, or less, than the forecast says."""
    for promise in Promise.objects.filter(order__in=orders):
        for name in ("from_date", "until_date", "latest_date"):
            setattr(promise, name, getattr(promise, name) + days * DAY)
        promise.save()


def kinds_of(order: Order) -> list[str]:
    """The life of one promise so far."""
    rows = Entry.objects.filter(subject_id=order.id, kind__startswith="promise.")
    return list(rows.order_by("id").values_list("kind", flat=True))


def warned() -> set[int]:
    """Orders whose customers were told of a danger."""
    rows = Entry.objects.filter(kind="promise.at_risk").values_list("subject_id", flat=True)
    return {order_id for order_id in rows if order_id is not None}


@pytest.mark.need(22)
def test_a_routine_move_needs_two_nights(story: Story) -> None:
    # The last of their line, so that nobody else is passed or pushed.
    far = story.queued[-6:]
    shift(far, 21)
    ticks.look_again(now=night(1))
    assert not Entry.objects.filter(kind="promise.revised", subject_id=far[0].id).exists()
    assert Promise.objects.get(order=far[0]).outside_count == -1
    ticks.look_again(now=night(2))
    for order in far:
        promise = Promise.objects.get(order=order)
        assert (promise.stage, promise.outside_count) == ("PULLED_IN", 0)
        assert kinds_of(order)[-1] == "promise.revised"


@pytest.mark.need(1, 22)
def test_whoever_is_in_danger_is_told_the_same_day_with_chance_and_ways(story: Story) -> None:
    shift(story.on_train, -3)
    ticks.look_again(now=night(1))
    # Worked out apart from the code that decides: from the days of the forecast.
    outlook = work_out_built(night(1))
    promises = Promise.objects.in_bulk()
    over = set()
    for row, order_id in enumerate(outlook.orders.order_ids.tolist()):
        promise = promises[order_id]
        late = sum(day > promise.latest_date.toordinal() for day in outlook.dots[row].tolist())
        if late / 20 > (0.3 if (promise.latest_date - TODAY).days <= 14 else 0.8):
            over.add(order_id)
    assert over >= {order.id for order in story.on_train}
    moved = set(Entry.objects.filter(kind="promise.revised").values_list("subject_id", flat=True))
    assert over <= warned() | moved
    schedule.sweep(night(1).replace(hour=8, minute=5))
    said = Delivery.objects.filter(channel="SMS", notice__kind="promise.at_risk").first()
    assert said is not None
    assert said.text.startswith(("承诺的", "Your date"))
    mail = Delivery.objects.filter(
        channel="MAIL", notice__kind="promise.at_risk", notice__language="zh"
    ).first()
    assert mail is not None
    assert mail.text.startswith("承诺的日子可能赶不上\n\n按车现在的位置重算了。按时交车：20 次里约")
    assert "现在看，" in mail.text
    for order_id in warned():
        entries = list_of_subject(order_id)
        assert stage_of(entries) == Promise.objects.get(order=order_id).stage
        opened = newest_opened(order_id)
        assert opened is not None
        [warning] = [one for one in entries if one.kind == "promise.at_risk"]
        assert (opened.entry_id, opened.opened_at) == (warning.entry_id, warning.recorded_at)
    check_told()


@pytest.mark.need(1)
def test_the_day_before_everybody_without_the_car_is_told_without_any_forecast(
    story: Story,
) -> None:
    near, there, later = story.on_train[:3]
    for order, days in ((near, 1), (there, 1), (later, 2)):
        Promise.objects.filter(order=order).update(
            from_date=TODAY, until_date=TODAY, latest_date=TODAY + days * DAY
        )
    Order.objects.filter(id=there.id).update(state="AT_CENTRE")
    assert ticks.warn_on_last_day(now=NOW) == 1
    assert warned() == {near.id}
    assert ticks.warn_on_last_day(now=NOW + MINUTE) == 0
    # On the day itself also the car that stands at its centre; the next one comes a day later.
    midnight = (NOW + DAY).replace(hour=0, minute=1)
    assert ticks.warn_on_last_day(now=midnight) == 2
    assert warned() == {near.id, there.id, later.id}
    body = json.loads(Entry.objects.get(kind="promise.at_risk", subject_id=near.id).body)
    assert body["code"] == "LAST_DAY"
    assert ticks.break_promises(now=(NOW + 2 * DAY).replace(hour=0, minute=1)) == 2
    assert kinds_of(near) == ["promise.made", "promise.at_risk", "promise.broken"]


def test_the_all_clear_comes_after_two_quiet_nights(story: Story) -> None:
    order = story.queued[-1]
    made = Promise.objects.get(order=order)
    Promise.objects.filter(order=order).update(
        from_date=TODAY, until_date=TODAY, latest_date=TODAY + DAY
    )
    assert ticks.warn_on_last_day(now=NOW) == 1
    Promise.objects.filter(order=order).update(
        from_date=made.from_date,
        until_date=made.until_date,
        latest_date=made.latest_date + 60 * DAY,
    )
    ticks.look_again(now=night(1))
    assert kinds_of(order)[-1] == "promise.at_risk"
    ticks.look_again(now=night(2))
    assert kinds_of(order)[-1] == "promise.recovered"
    assert Promise.objects.get(order=order).stage == "RECOVERED"
    before = facts()
    ticks.look_again(now=night(2) + MINUTE)
    assert facts() == before


class Killed(Exception):
    """The worker died here."""


def die_after(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, call: int
) -> Callable[[], None]:
    """Let the worker die after the given call of a function; returns how to let it live."""
    function, calls = getattr(module, name), [0]

    def dying(*words: Any, **named: Any) -> Any:
        answer = function(*words, **named)
        calls[0] += 1
        if calls[0] == call:
            raise Killed
        return answer

    monkeypatch.setattr(module, name, dying)
    return lambda: monkeypatch.setattr(module, name, function)


@pytest.mark.need(1, 22)
@pytest.mark.parametrize(
    ("module", "name"),
    [
        (forecasting, "start_run"),
        (forecasting, "revise"),
        (watching, "keep_memory"),
        (watching, "warn"),
        (watching, "give_all_clear"),
        (forecasting, "finish_run"),
    ],
)
def test_a_look_that_is_killed_and_repeated_says_the_same(
    story: Story, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    shift(story.on_train, -3)
    shift(story.in_yard[:4], -9)
    shift(story.queued[-6:], 21)
    for number in (1, 2):
        heal = die_after(monkeypatch, module, name, 1)
        with contextlib.suppress(Killed):
            ticks.look_again(now=night(number))
        heal()
        ticks.look_again(now=night(number) + MINUTE)
    told = Entry.objects.filter(kind__in=("promise.at_risk", "promise.recovered"))
    keys = list(told.values_list("change_key", flat=True))
    assert len(keys) == len(set(keys))
    assert warned() >= {order.id for order in story.on_train[:1]}
    # One night is one look, however often it was begun.
    for order in story.queued[-6:]:
        nights = Entry.objects.filter(kind="promise.revised", subject_id=order.id)
        assert [key.split(":")[1] for key in nights.values_list("change_key", flat=True)] == [
            (night(2)).date().isoformat()
        ]
    for promise in Promise.objects.all():
        assert stage_of(list_of_subject(promise.order_id)) == promise.stage


@pytest.mark.need(93)
def test_an_unusual_time_widens_what_moves_and_says_so(story: Story) -> None:
    plain = {one.order_id: one for one in Promise.objects.all()}
    ref = declare_unusual(
        what=Declared(
            None,
            TODAY,
            TODAY + 200 * DAY,
            200,
            "寒潮，北方铁路限速",
            "Cold wave, slow trains",
            "铁路调度通知 0211-7",
        ),
        staff_id=story.manager.id,
        now=NOW,
    )
    # What was promised stands: declaring moves nobody.
    ticks.look_again(now=night(1))
    assert not Entry.objects.filter(kind="promise.revised").exists()
    far = story.queued[-3:]
    shift(far, 21)
    ticks.look_again(now=night(2))
    ticks.look_again(now=night(3))
    for order in far:
        promise = Promise.objects.select_related("unusual").get(order=order)
        assert promise.unusual is not None
        assert promise.unusual.public_id == ref
        said = list_of_subject(order.id, ["promise.revised"])[-1].payload
        assert said["unusual"] == ref
        was = plain[order.id]
        assert promise.until_date - promise.from_date > was.until_date - was.from_date
    # Ended: what moves from now on is as narrow as ever, and says nothing of it.
    period = UnusualPeriod.objects.get(public_id=ref)
    end_unusual(period_id=period.id, staff_id=story.manager.id, now=night(4))
    shift(far, 60)
    ticks.look_again(now=night(4))
    ticks.look_again(now=night(5))
    for order in far:
        promise = Promise.objects.get(order=order)
        assert promise.unusual_id is None
        assert list_of_subject(order.id, ["promise.revised"])[-1].payload["unusual"] == ""


@pytest.mark.need(22)
def test_a_car_that_stands_at_its_centre_does_not_get_later_day_by_day(story: Story) -> None:
    Shipment.objects.filter(id=story.train.id).update(state="ARRIVED", arrived_at=NOW - DAY)
    Order.objects.filter(id__in=[order.id for order in story.on_train]).update(state="AT_CENTRE")
    there = {order.id for order in story.on_train}

    def first_days(now: dt.datetime) -> list[int]:
        outlook = work_out_built(now)
        ids = outlook.orders.order_ids.tolist()
        firsts = outlook.windows.first.tolist()
        return [day for order_id, day in zip(ids, firsts, strict=True) if order_id in there]

    assert first_days(NOW + DAY) == first_days(NOW)
    # Ready two days after it came, on the morning of the 12th; handed over the day after.
    assert min(first_days(NOW)) == (TODAY + 2 * DAY).toordinal()
