"""Why dates change: whole days by factor that add up, with what is on record behind each."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.web.people import read, sign_in_staff
from tests.workflows.story import (
    CARS_A_WEEK,
    DAY,
    MINUTE,
    MONDAY,
    NOW,
    WEEK,
    Story,
    make_story,
    upload_plan,
)
from tests.workflows.test_whatif import supply
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.planning.models import Explanation, Snapshot
from yinuo.contexts.production.models import Plan, Resource
from yinuo.contexts.transit.models import Lane
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.workflows import explain, replan
from yinuo.workflows.inputs import Inputs, load_inputs
from yinuo.workflows.outlook import work_out_days
from yinuo.workflows.snapshots import CALENDAR, CENTRE, LANE, LEVEL, QUEUE, mix, pack, unpack

pytestmark = pytest.mark.django_db
EVIDENCE = "涂装线停产一周，设备检修单 0213"
EVERYTHING = frozenset({"P1", "OPTION", QUEUE, LANE, CENTRE, CALENDAR, LEVEL})


@pytest.fixture
def story() -> Story:
    clock.set_test_clock(at=NOW, running=False)
    return make_story()


def inputs_of(plan: Plan | None = None, now: dt.datetime = NOW) -> Inputs:
    return load_inputs(load_open(), now=now, plan_id=plan.id if plan else None)


def previewed(story: Story, changed: dict[int, int], now: dt.datetime = NOW) -> Plan:
    plan = upload_plan(story, changed)
    replan.preview(plan_id=plan.id, now=now)
    assert explain.run(now=now) >= 1
    return plan


@pytest.mark.need(2, 25)
def test_a_single_factor_takes_the_whole_change(story: Story) -> None:
    plan = previewed(story, {1: 0})
    found = explain.summary_of(plan.public_id)
    assert found is not None
    (only,) = found["factors"]
    committed = Plan.objects.get(state="COMMITTED")
    assert (only["factor"], only["refs"]) == ("P1", [committed.public_id, plan.public_id])
    assert (only["days"], found["other"], found["unknown"]) == (found["days"], 0, 0)
    assert found["orders"] == len(story.queued)
    old, new = (work_out_days(inputs_of(one))[~load_open().built, 1] for one in (None, plan))
    assert found["days"] == int((new - old).sum()) > 200
    assert only["later"] == int((new > old).sum())


@pytest.mark.need(2, 25)
def test_factors_that_pull_both_ways_are_told_apart_and_add_up(story: Story) -> None:
    explain.take_snapshot(ref="before", now=NOW - MINUTE)
    gone = [one.id for one in story.queued[:6]]
    Order.objects.filter(id__in=gone).update(state="CANCELLED", cancelled_at=NOW)
    Lane.objects.update(transit_days_mean=9)
    plan = previewed(story, {2: 0})
    found = explain.summary_of(plan.public_id)
    assert found is not None
    days = {one["factor"]: one["days"] for one in found["factors"]}
    assert set(days) == {"P1", QUEUE, LANE}
    assert days[QUEUE] < 0 < days["P1"]
    assert days[LANE] > 0
    assert sum(days.values()) + found["other"] == found["days"]
    old, new = unpack(bytes(Snapshot.objects.get(ref="before").content))[0], inputs_of(plan)
    before, after = (
        dict(zip(one.orders.order_ids.tolist(), work_out_days(one)[:, [1, 3]], strict=True))
        for one in (old, new)
    )
    for order in story.queued[6:]:
        (found_one,) = explain.explain_order(order.id)
        assert found_one.plan_ref == plan.public_id
        shares = found_one.shares
        moved = after[order.id] - before[order.id]
        assert sum(one.days for one in shares) + found_one.other == moved[0]
        assert sum(one.latest_days for one in shares) + found_one.latest_other == moved[1]
        assert all(one.refs and (one.days or one.latest_days) for one in shares)
    latest = sum(one["latest_days"] for one in found["factors"]) + found["latest_other"]
    assert latest == found["latest_days"]


def test_the_weeks_since_the_snapshot_go_with_the_queue(story: Story) -> None:
    explain.take_snapshot(ref="before", now=NOW)
    later = NOW + 7 * DAY
    # Nothing was built in the week: everybody who waits stands a week behind.
    plan = previewed(story, {}, now=later)
    found = explain.summary_of(plan.public_id)
    assert found is not None
    days = {one["factor"]: one["days"] for one in found["factors"]}
    assert days[QUEUE] > 3 * len(story.queued)
    assert sum(days.values()) + found["other"] == found["days"]
    assert days.get("P1", 0) == 0


def test_old_and_new_parts_make_old_and_new_inputs(story: Story) -> None:
    old = inputs_of()
    Lane.objects.update(transit_days_mean=9)
    new = inputs_of(upload_plan(story, {1: 0}), NOW + 7 * DAY)
    part_of = {"P1": "P1"}
    for renewed, meant in ((frozenset[str](), old), (EVERYTHING, new)):
        mixed = mix(old, new, renewed, part_of)
        assert np.array_equal(work_out_days(mixed), work_out_days(meant))
    # An old queue is served in the weeks since by the plan of then, afterwards by the new one.
    planned = mix(old, new, frozenset({"P1"}), part_of).capacity.planned[0]
    assert planned[:3].tolist() == [CARS_A_WEEK, 0, CARS_A_WEEK]
    assert mix(old, new, frozenset({"P1"}), part_of).shared.origin == MONDAY
    assert mix(old, new, frozenset({QUEUE}), part_of).shared.origin == MONDAY + WEEK


def test_a_snapshot_gives_the_same_dates(story: Story) -> None:
    supply("NC", 12, kind="CENTRE")
    inputs = inputs_of()
    again, at = unpack(pack(inputs, NOW))
    assert at == NOW
    assert np.array_equal(work_out_days(again), work_out_days(inputs))
    assert (work_out_days(inputs)[:, 1] < BEYOND_HORIZON).all()


def test_a_new_plant_and_a_new_centre_have_no_old_side(story: Story) -> None:
    explain.take_snapshot(ref="before", now=NOW - MINUTE)
    Resource.objects.create(code="P2", kind="PLANT", name_zh="二厂", name_en="Plant 2")
    supply("NC", 6, kind="CENTRE")
    plan = previewed(story, {1: 0})
    found = explain.summary_of(plan.public_id)
    assert found is not None
    assert {one["factor"] for one in found["factors"]} == {"P1", CENTRE}
    refs = {one["factor"]: one["refs"] for one in found["factors"]}
    assert len(refs[CENTRE]) == 3
    assert all(ref.startswith("maker NC-") for ref in refs[CENTRE])


def test_nothing_that_changed_is_said_to_be_nothing(story: Story) -> None:
    plan = previewed(story, {})
    found = explain.summary_of(plan.public_id)
    assert found is not None
    assert (found["factors"], found["days"], found["changed"]) == ([], 0, 0)
    assert explain.explain_order(story.queued[0].id) == []
    page = read(sign_in_staff(story.staff), f"/staff/plan/{plan.public_id}/diff")
    assert "和上一次相比，没有哪一样变了。" in page


@pytest.mark.need(2)
def test_staff_read_it_beside_the_plan_and_the_order(story: Story) -> None:
    plan = upload_plan(story, {1: 0})
    dora = sign_in_staff(story.staff)
    page = read(dora, f"/staff/plan/{plan.public_id}/diff")
    assert "正在分，一分钟后再看。" in page
    replan.preview(plan_id=plan.id, now=NOW)
    schedule.sweep(NOW)
    page = read(dora, f"/staff/plan/{plan.public_id}/diff")
    assert "一厂的计划" in page
    assert plan.public_id in page
    page = read(dora, f"/staff/orders/{story.queued[-1].code}")
    assert "这一单的日期为什么变" in page
    assert "一厂的计划：" in page


def test_what_was_explained_before_the_commit_stays_and_a_snapshot_follows(story: Story) -> None:
    plan = previewed(story, {1: 0})
    before = Explanation.objects.get(plan_ref=plan.public_id).made_at
    replan.commit_plan(
        plan_id=plan.id,
        cause_code="PLANT_STOPPED",
        evidence=EVIDENCE,
        staff_id=story.staff.id,
        now=NOW + MINUTE,
    )
    schedule.sweep(NOW + 2 * MINUTE)
    assert Explanation.objects.get(plan_ref=plan.public_id).made_at == before
    assert Snapshot.objects.filter(ref=plan.public_id).count() == 1
    # The next plan is told apart from this one by what was kept at its commit.
    following = previewed(story, {}, now=NOW + 3 * MINUTE)
    found = explain.summary_of(following.public_id)
    assert found is not None
    (only,) = found["factors"]
    assert only["days"] < 0
    assert only["refs"] == [plan.public_id, following.public_id]


def test_snapshots_are_taken_at_night_once_and_the_oldest_go(story: Story) -> None:
    for night in range(10):
        at = dt.datetime(2026, 2, 12, 3, 5, tzinfo=NOW.tzinfo) + night * DAY
        assert explain.run(now=at) == 1
        assert explain.run(now=at + MINUTE) == 0
    # The newest eight; of the two before, which lie in two weeks, the first of each.
    assert Snapshot.objects.count() == 9
    assert explain.run(now=NOW) == 0
