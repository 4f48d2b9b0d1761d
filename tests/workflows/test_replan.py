"""A plant loses a week: what it does to people is seen before it is put into force."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest

from tests.workflows.story import (
    CARS_A_WEEK,
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
    upload_plan,
)
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery, DirectMessage, Notice
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.production.models import Plan
from yinuo.contexts.production.operations import plans
from yinuo.contexts.production.operations.plans import CauseNeeded, ImpactNotSeen, PlanNotOpen
from yinuo.contexts.promises.models import Deadline, Promise
from yinuo.contexts.promises.queries.work import load_current
from yinuo.engines.queue import unfair_pairs
from yinuo.jobs import schedule
from yinuo.workflows import replan

pytestmark = pytest.mark.django_db
EVIDENCE = "涂装线停产一周，设备检修单 0213"
LOST_WEEK = {1: 0}


@pytest.fixture
def story() -> Story:
    return make_story()


def previewed(story: Story, changed: dict[int, int] | None = None, name: str = "") -> Plan:
    plan = upload_plan(story, LOST_WEEK if changed is None else changed, name)
    replan.preview(plan_id=plan.id, now=NOW)
    return plan


def commit(story: Story, plan: Plan, now: dt.datetime = NOW, cause: str = "PLANT_STOPPED") -> None:
    replan.commit_plan(
        plan_id=plan.id, cause_code=cause, evidence=EVIDENCE, staff_id=story.staff.id, now=now
    )


def windows() -> dict[int, tuple[dt.date, dt.date, dt.date]]:
    rows = Promise.objects.values_list("order_id", "from_date", "until_date", "latest_date")
    return {row[0]: row[1:] for row in rows}


@pytest.mark.need(22, 26)
def test_what_the_preview_counts_is_what_the_commit_does(story: Story) -> None:
    before = windows()
    plan = upload_plan(story, LOST_WEEK)
    impact = replan.preview(plan_id=plan.id, now=NOW)
    assert windows() == before
    assert not Entry.objects.filter(kind__in=["promise.revised", "plan.committed"]).exists()
    commit(story, plan)
    schedule.sweep(NOW + MINUTE)
    after = windows()
    days = [
        (sum(d.toordinal() for d in after[one][:2]) - sum(d.toordinal() for d in before[one][:2]))
        / 2
        for one in before
        if after[one] != before[one]
    ]
    assert impact["moved"] == len(days) == len(moved_orders(plan.public_id)) > 20
    assert impact["later"] == sum(day > 0 for day in days)
    assert impact["earlier"] == sum(day < 0 for day in days)
    assert impact["later_days_max"] == -int(-max(days) // 1)
    assert impact["orders"] == len(story.queued)
    assert 5 <= impact["later_days_max"] <= 12
    assert (impact["undated"], impact["against_lock_order"]) == (0, 0)
    for sample in impact["samples"]:
        order_id = next(one.id for one in story.orders if one.code == sample["order"])
        assert [d.isoformat() for d in after[order_id]] == [
            sample["window_from"],
            sample["window_until"],
            sample["latest"],
        ]
        assert [d.isoformat() for d in before[order_id]] == [
            sample["old_from"],
            sample["old_until"],
            sample["old_latest"],
        ]


@pytest.mark.need(26)
def test_all_orders_are_quoted_again_and_nobody_is_passed(story: Story) -> None:
    plan = previewed(story)
    commit(story, plan)
    schedule.sweep(NOW + MINUTE)
    plan.refresh_from_db()
    assert plan.applied_at == NOW + MINUTE
    assert set(moved_orders(plan.public_id)) <= set(ids_of(story.queued))
    orders = load_open()
    current = load_current(orders.order_ids)
    group = orders.line_ids * 2 + orders.built
    pairs = unfair_pairs(group, current.windows.latest, orders.held, orders.excepted)
    assert len(pairs) == 0
    for column in current.windows.table()[~orders.built].T:
        assert (np.diff(column) >= 0).all()
    check_promises()


@pytest.mark.need(1, 2)
def test_everybody_whom_the_plan_moves_is_told_why(story: Story) -> None:
    plan = previewed(story)
    commit(story, plan)
    schedule.sweep(NOW + MINUTE)
    moved = moved_orders(plan.public_id)
    notices = Notice.objects.filter(kind="promise.revised")
    assert sorted(notices.values_list("order_id", flat=True)) == moved
    for entry in Entry.objects.filter(kind="promise.revised").select_related("opening"):
        said = json.loads(entry.opening.payload)
        assert (said["cause"], said["cause_ref"]) == ("PLANT_STOPPED", plan.public_id)
    sms = Delivery.objects.filter(channel="SMS", notice__language="zh")
    assert all("因工厂停产" in one.text for one in sms)
    assert DirectMessage.objects.filter(key=f"alert:{plan.public_id}").count() == 1
    committed = Entry.objects.get(kind="plan.committed")
    assert json.loads(committed.body)["cause"] == "PLANT_STOPPED"
    assert EVIDENCE not in committed.body
    check_told()


def test_every_step_again_changes_nothing(story: Story) -> None:
    plan = previewed(story)
    commit(story, plan)
    commit(story, plan)
    schedule.sweep(NOW + MINUTE)
    before = facts()
    commit(story, plan, NOW + MINUTE)
    assert replan.apply(plan_id=plan.id, now=NOW + MINUTE) == 0
    schedule.sweep(NOW + MINUTE)
    assert facts() == before


def test_a_plan_taken_up_again_after_a_kill_moves_nobody_twice(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = previewed(story)
    commit(story, plan)

    def fail(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(plans, "finish_plan", fail)
    with pytest.raises(ConnectionError):
        replan.apply(plan_id=plan.id, now=NOW + MINUTE)
    monkeypatch.undo()
    moved = moved_orders(plan.public_id)
    schedule.sweep(NOW + 2 * MINUTE)
    assert moved_orders(plan.public_id) == moved
    assert Entry.objects.filter(kind="promise.revised").count() == len(moved)
    check_told()


@pytest.mark.need(2)
@pytest.mark.parametrize(
    ("cause", "evidence"),
    [
        ("PLANT_STOPPED", ""),
        ("PLANT_STOPPED", "春节"),
        ("PLANT_STOPPED", "因为春节放假"),
        ("PLANT_STOPPED", "Spring Festival holidays"),
        ("", EVIDENCE),
        ("UNCONTROLLABLE", EVIDENCE),
        ("SPRING_FESTIVAL", EVIDENCE),
        # A plan shows nothing about trains, batches or positions.
        ("TRAIN_CANCELLED", EVIDENCE),
        ("QUALITY_HOLD", EVIDENCE),
        ("OUTPUT_MEASURED", EVIDENCE),
        ("OTHER", EVIDENCE),
    ],
)
def test_without_a_cause_and_its_evidence_no_plan_comes_into_force(
    story: Story, cause: str, evidence: str
) -> None:
    plan = previewed(story)
    with pytest.raises(CauseNeeded):
        replan.commit_plan(
            plan_id=plan.id, cause_code=cause, evidence=evidence, staff_id=story.staff.id, now=NOW
        )
    plan.refresh_from_db()
    assert plan.state == "UPLOADED"
    assert not Entry.objects.filter(kind="plan.committed").exists()
    assert schedule.sweep(NOW + MINUTE)["replan.sweep"] == 0


def test_another_cause_needs_a_manager(story: Story) -> None:
    plan = previewed(story)
    replan.commit_plan(
        plan_id=plan.id, cause_code="OTHER", evidence=EVIDENCE, staff_id=story.manager.id, now=NOW
    )
    plan.refresh_from_db()
    assert (plan.state, plan.committed_by_id) == ("COMMITTED", story.manager.id)


def test_a_plan_is_looked_at_before_it_is_committed(story: Story) -> None:
    plan = upload_plan(story, LOST_WEEK)
    with pytest.raises(ImpactNotSeen):
        commit(story, plan)
    replan.preview(plan_id=plan.id, now=NOW)
    with pytest.raises(ImpactNotSeen):
        commit(story, plan, NOW + 12 * HOUR + MINUTE)
    commit(story, plan, NOW + 12 * HOUR)


def test_an_impact_seen_before_another_plan_came_into_force_is_stale(story: Story) -> None:
    first, second = previewed(story), previewed(story, {1: 0, 2: 0})
    commit(story, first, NOW + MINUTE)
    with pytest.raises(ImpactNotSeen):
        commit(story, second, NOW + 2 * MINUTE)
    replan.preview(plan_id=second.id, now=NOW + 3 * MINUTE)
    commit(story, second, NOW + 4 * MINUTE)
    # The earlier plan was never applied: its dates would not hold any more.
    schedule.sweep(NOW + 5 * MINUTE)
    first.refresh_from_db()
    assert first.applied_at is not None
    assert moved_orders(first.public_id) == []
    assert len(moved_orders(second.public_id)) > 20


def test_a_committed_plan_is_not_committed_again_for_another_reason(story: Story) -> None:
    plan = previewed(story)
    commit(story, plan)
    with pytest.raises(PlanNotOpen):
        commit(story, plan, cause="PART_LATE")
    refused = previewed(story)
    Plan.objects.filter(id=refused.id).update(state="REFUSED")
    with pytest.raises(PlanNotOpen):
        commit(story, refused)


def test_a_faster_plan_pulls_dates_in(story: Story) -> None:
    plan = upload_plan(story, dict.fromkeys(range(1, 20), 3 * CARS_A_WEEK))
    impact = replan.preview(plan_id=plan.id, now=NOW)
    assert impact["earlier"] > 20
    assert impact["later"] == 0
    commit(story, plan, cause="PLANT_FASTER")
    schedule.sweep(NOW + MINUTE)
    sms = Delivery.objects.filter(channel="SMS", notice__language="zh").first()
    assert sms is not None
    assert "，早" in sms.text


def test_people_who_miss_their_own_day_are_counted(story: Story) -> None:
    before = windows()
    last = story.queued[-1]
    middle = before[last.id][0] + (before[last.id][1] - before[last.id][0]) / 2
    for order, date in (
        (last, middle + 3 * DAY),
        (story.queued[-2], middle + 300 * DAY),
        (story.queued[-3], dt.date(2026, 2, 14)),
        (story.on_train[0], dt.date(2026, 2, 14)),
    ):
        Deadline.objects.create(order=order, date=date, reason="PLATE", saved_at=NOW)
    plan = upload_plan(story, {1: 0, 2: 0})
    assert replan.preview(plan_id=plan.id, now=NOW)["missed_deadlines"] == 1
