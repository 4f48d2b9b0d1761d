"""Several workers at once, and promises that change under the hands of one that works them out."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, connections, transaction

from tests.contexts.ledger.test_record import check_streams
from tests.workflows.story import (
    DAY,
    MINUTE,
    NOW,
    Story,
    check_promises,
    check_told,
    ids_of,
    make_story,
    moved_orders,
    report,
    upload_plan,
)
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery, Notice
from yinuo.contexts.production.models import Plan
from yinuo.contexts.promises.models import Choice, Promise
from yinuo.contexts.promises.operations import forecasting
from yinuo.jobs import schedule
from yinuo.platform import locks
from yinuo.workflows import dates, delay, inputs, outlook, replan

SOON = NOW + 11 * MINUTE


def at_once(*works: Callable[[], object]) -> None:
    """Run `works` in threads that start together; the first failure is raised here."""
    failures: list[BaseException] = []
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            ready.wait(10)
            work()
        except BaseException as failure:  # noqa: BLE001 -- raised again in the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if failures:
        raise failures[0]


def check_story(story: Story) -> None:
    check_streams({order.id: order.code for order in story.orders})
    check_promises()
    check_told()


def commit_closed_week(story: Story) -> Plan:
    plan = upload_plan(story, {1: 0})
    replan.preview(plan_id=plan.id, now=NOW)
    replan.commit_plan(
        plan_id=plan.id,
        cause_code="PLANT_STOPPED",
        evidence="涂装线停产一周，设备检修单 0213",
        staff_id=story.staff.id,
        now=NOW,
    )
    return plan


def test_four_workers_tell_everybody_once(fresh_database: str) -> None:
    story = make_story()
    event = report(story)
    at_once(*[lambda: schedule.sweep(SOON)] * 4)
    schedule.sweep(SOON + MINUTE)
    assert moved_orders(event.public_id) == ids_of(story.on_train)
    assert Entry.objects.filter(kind="promise.revised").count() == len(story.on_train)
    assert not Choice.objects.exists()
    assert Notice.objects.filter(kind="promise.revised").count() == len(story.on_train)
    channels = Counter(Delivery.objects.values_list("notice__order_id", "channel"))
    assert set(channels.values()) == {1}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"SENT"}
    assert {one.version for one in Promise.objects.filter(order__in=story.on_train)} == {2}
    check_story(story)


def test_what_comes_at_the_same_time_leaves_one_truth(fresh_database: str) -> None:
    story = make_story()
    first = report(story, "DELAYED", expected_at=NOW + 14 * DAY)
    second = report(story, "DELAYED", expected_at=NOW + 21 * DAY, at=NOW + MINUTE)
    plan = commit_closed_week(story)
    at_once(
        lambda: delay.apply(event_id=first.id, now=SOON),
        lambda: delay.apply(event_id=second.id, now=SOON),
        lambda: replan.apply(plan_id=plan.id, now=SOON),
        lambda: schedule.issue_notices(SOON),
    )
    schedule.sweep(SOON + MINUTE)
    story.train.refresh_from_db()
    assert story.train.expected_at == NOW + 21 * DAY
    latest = Promise.objects.filter(order__in=story.on_train).values_list("latest_date", flat=True)
    assert min(latest) > (NOW + 21 * DAY).date()
    assert len(moved_orders(plan.public_id)) > 20
    check_story(story)


def test_nobody_reads_promises_that_another_cause_is_moving(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = make_story()
    event = report(story)
    plan = commit_closed_week(story)
    inside, steps = threading.Event(), []

    def built(now: Any) -> Any:
        steps.append("train")
        inside.set()
        # Time enough for the other to read, if it could.
        time.sleep(1.0)
        steps.append("train read")
        return outlook.work_out_built(now)

    def queued(*given: Any, **named: Any) -> Any:
        steps.append("plan")
        return inputs.load_inputs(*given, **named)

    def second() -> None:
        assert inside.wait(10)
        replan.apply(plan_id=plan.id, now=SOON)

    monkeypatch.setattr("yinuo.workflows.delay.work_out_built", built)
    monkeypatch.setattr("yinuo.workflows.replan.load_inputs", queued)
    at_once(lambda: delay.apply(event_id=event.id, now=SOON), second)
    assert steps == ["train", "train read", "plan"]
    check_promises()


def test_a_worker_whose_session_breaks_leaves_no_lock(fresh_database: str) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(), locks.held("a name"):
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        raise ZeroDivisionError
    connection.close()
    done: list[bool] = []

    def take() -> None:
        with locks.held("a name"):
            done.append(True)

    at_once(take)
    assert done == [True]


@pytest.mark.django_db
def test_a_promise_that_changed_meanwhile_is_worked_out_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = make_story()
    event = report(story)
    real, calls = forecasting.revise, []

    def revise(**given: Any) -> forecasting.Moved:
        calls.append(given)
        if len(calls) == 1:
            Promise.objects.filter(order=story.on_train[0]).update(version=7)
        return real(**given)

    monkeypatch.setattr(forecasting, "revise", revise)
    delay.apply(event_id=event.id, now=SOON)
    assert len(calls) == 2
    assert moved_orders(event.public_id) == ids_of(story.on_train)
    assert Promise.objects.get(order=story.on_train[0]).version == 8


@pytest.mark.django_db
def test_a_promise_that_never_stands_still_is_not_given_up_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = make_story()
    event = report(story)
    real = forecasting.revise

    def revise(**given: Any) -> forecasting.Moved:
        promise = Promise.objects.get(order=story.on_train[0])
        Promise.objects.filter(order=promise.order).update(version=promise.version + 1)
        return real(**given)

    with monkeypatch.context() as patch:
        patch.setattr(forecasting, "revise", revise)
        with pytest.raises(dates.StillChangingError):
            delay.apply(event_id=event.id, now=SOON)
    event.refresh_from_db()
    assert event.state == "RECEIVED"
    with transaction.atomic():
        delay.apply(event_id=event.id, now=SOON + MINUTE)
    assert moved_orders(event.public_id) == ids_of(story.on_train)
    check_promises()
