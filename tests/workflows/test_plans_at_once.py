"""Plans that meet: put into force at the same time, worked out twice, older than what happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.workflows.story import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Story,
    check_promises,
    facts,
    make_story,
    moved_orders,
    upload_plan,
)
from tests.workflows.test_two_workers import at_once, check_story
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations import record_series
from yinuo.contexts.production.models import Build, Plan
from yinuo.contexts.production.operations.plans import ImpactNotSeen
from yinuo.contexts.promises.models import ForecastRun, Promise
from yinuo.jobs import schedule
from yinuo.workflows import dates, explain, fairness, replan

SOON = NOW + 11 * MINUTE


def put_into_force(story: Story, plan: Plan, now: dt.datetime = NOW) -> None:
    replan.commit_plan(
        plan_id=plan.id,
        cause_code="PLANT_STOPPED",
        evidence="设备检修单 0213",
        staff_id=story.staff.id,
        now=now,
    )


def seen(changed: dict[int, int], now: dt.datetime = NOW) -> Callable[[Story], Plan]:
    def make(story: Story) -> Plan:
        plan = upload_plan(story, changed)
        replan.preview(plan_id=plan.id, now=now)
        return plan

    return make


def attempt(story: Story, plan: Plan, taken: list[int], refused: list[int]) -> Callable[[], None]:
    def run() -> None:
        try:
            put_into_force(story, plan, NOW + MINUTE)
        except ImpactNotSeen:
            refused.append(plan.id)
        else:
            taken.append(plan.id)
            replan.apply(plan_id=plan.id, now=SOON)

    return run


@pytest.mark.need(26)
def test_one_plan_worked_out_by_two_workers_moves_everybody_once(fresh_database: str) -> None:
    story = make_story()
    plan = seen({1: 0})(story)
    put_into_force(story, plan)
    at_once(*[lambda: replan.apply(plan_id=plan.id, now=SOON)] * 2)
    moved = moved_orders(plan.public_id)
    assert len(moved) == len(set(moved)) > 20
    versions = Promise.objects.filter(order_id__in=moved).values_list("version", flat=True)
    assert set(versions) == {2}
    schedule.sweep(SOON + MINUTE)
    check_story(story)


def test_of_two_plans_put_into_force_at_once_the_dates_follow_the_newer(
    fresh_database: str,
) -> None:
    """Whoever comes second has not seen what the plan does to the dates as they are then."""
    story = make_story()
    plans = [seen({1: 0})(story), seen({1: 0, 2: 0, 3: 0})(story)]
    taken: list[int] = []
    refused: list[int] = []
    at_once(*[attempt(story, plan, taken, refused) for plan in plans])
    schedule.sweep(SOON + MINUTE)
    assert sorted(taken + refused) == sorted(plan.id for plan in plans)
    assert len(taken) >= 1
    newest = Plan.objects.filter(state="COMMITTED").order_by("-committed_at", "-id")[0]
    assert newest.id in taken
    # Worked out once more from nothing, no date differs from what the two left behind.
    outlook, fresh = replan._outlook(SOON, newest.id)
    assert not dates.compare(outlook, fresh, routine=False, now=SOON).move.any()
    assert fairness.watch(ref="test", now=SOON) == 0
    check_story(story)


@pytest.mark.django_db
def test_a_plan_seen_before_another_came_into_force_is_looked_at_again() -> None:
    story = make_story()
    first, second = seen({1: 0})(story), seen({2: 0})(story)
    put_into_force(story, first, NOW + MINUTE)
    with pytest.raises(ImpactNotSeen):
        put_into_force(story, second, NOW + 2 * MINUTE)
    replan.preview(plan_id=second.id, now=NOW + 3 * MINUTE)
    put_into_force(story, second, NOW + 4 * MINUTE)
    # The older one is behind the times before it was worked out: only the newer moves dates.
    assert replan.apply(plan_id=first.id, now=SOON) == 0
    assert moved_orders(first.public_id) == []
    assert replan.apply(plan_id=second.id, now=SOON) > 20
    assert list(Plan.objects.filter(applied_at=None)) == []


@pytest.mark.django_db
def test_a_plan_older_than_what_was_built_does_not_move_built_cars_back() -> None:
    story = make_story()
    plan = seen({0: 0, 1: 0})(story)
    built = story.queued[:5]
    for order in built:
        order.state = "BUILT"
        order.save()
    Build.objects.bulk_create(
        [Build(order=order, batch="B18", built_at=NOW + HOUR) for order in built]
    )
    before = dict(Promise.objects.values_list("order_id", "latest_date"))
    later = NOW + 2 * HOUR
    put_into_force(story, plan, later)
    replan.apply(plan_id=plan.id, now=later)
    ids = {order.id for order in built}
    assert ids.isdisjoint(moved_orders(plan.public_id))
    after = dict(Promise.objects.filter(order_id__in=ids).values_list("order_id", "latest_date"))
    assert after == {order_id: before[order_id] for order_id in ids}
    check_promises()


STEPS = ("outlook", "compare", "half", "moved", "told", "explained")


@pytest.mark.django_db
@pytest.mark.parametrize("step", STEPS)
def test_a_job_that_dies_between_forecast_and_commit_leaves_the_truth_and_is_repeated(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it dies, what stands is one truth, and the next sweep ends where it would have."""
    story = make_story()
    plan = seen({1: 0, 2: 0})(story)
    put_into_force(story, plan)
    before = facts()

    def die(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    def write_and_die(*given: Any, **named: Any) -> None:
        record_series(*given, **named)
        die()

    where = {
        "outlook": ("yinuo.workflows.dates.compare", die),
        "compare": ("yinuo.workflows.dates._parts", die),
        "half": ("yinuo.contexts.promises.operations.forecasting.record_series", write_and_die),
        "moved": ("yinuo.workflows.dates.danger.speak", die),
        "told": ("yinuo.workflows.replan.alert_staff", die),
        "explained": ("yinuo.workflows.explain.keep_inputs", die),
    }[step]
    with monkeypatch.context() as patch:
        patch.setattr(*where)
        with pytest.raises(KeyboardInterrupt):
            replan.apply(plan_id=plan.id, now=SOON)
    connection.needs_rollback = False
    check_promises()
    if step in ("outlook", "compare", "half"):
        assert facts()["promises_promise"] == before["promises_promise"]
    assert Plan.objects.get(id=plan.id).applied_at is None
    schedule.sweep(SOON)
    assert Plan.objects.get(id=plan.id).applied_at == SOON
    moved = moved_orders(plan.public_id)
    assert len(moved) == Entry.objects.filter(kind="promise.revised").count() > 20
    assert ForecastRun.objects.filter(cause_ref=plan.public_id).count() == 1
    outlook, fresh = replan._outlook(SOON, plan.id)
    assert not dates.compare(outlook, fresh, routine=False, now=SOON).move.any()
    assert explain.run(now=SOON + DAY) >= 0
    check_promises()
