"""What a plan does to people: sizes, centres, names, lost ranges and days behind the promise."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.workflows.story import DAY, MINUTE, MONDAY, NOW, WEEK, Story, make_story, upload_plan
from yinuo.contexts.production.models import PlanWeek
from yinuo.contexts.promises.models import Deadline, OwedVersion, Promise
from yinuo.jobs import schedule
from yinuo.workflows import replan

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return make_story()


def latest() -> dict[int, dt.date]:
    return dict(Promise.objects.values_list("order_id", "latest_date"))


@pytest.mark.need(22)
def test_sizes_and_centres_count_everybody_once(story: Story) -> None:
    plan = upload_plan(story, {1: 0, 2: 0})
    impact = replan.preview(plan_id=plan.id, now=NOW)
    assert json.loads(json.dumps(impact)) == impact
    steps = impact["steps"]
    assert sum(one["later"] for one in steps) == impact["later"] > 20
    assert sum(one["earlier"] for one in steps) == impact["earlier"]
    assert [one["from"] for one in steps] == [1, 3, 7, 14, 28, 56]
    assert [one["until"] for one in steps] == [2, 6, 13, 27, 55, None]
    most = max(one["from"] for one in steps if one["later"])
    assert most <= impact["later_days_max"]
    assert impact["later_days_p50"] <= impact["later_days_max"]
    assert [(one["code"], one["later"]) for one in impact["centres"]] == [("NC", impact["later"])]


@pytest.mark.need(22, 26)
def test_days_behind_the_first_promise_are_what_the_commit_brings(story: Story) -> None:
    before = latest()
    plan = upload_plan(story, {1: 0, 2: 0})
    impact = replan.preview(plan_id=plan.id, now=NOW)
    assert (impact["late_people"], impact["late_days"]) == (0, 0)
    replan.commit_plan(
        plan_id=plan.id,
        cause_code="PLANT_STOPPED",
        evidence="涂装线停产两周，检修单 0213",
        staff_id=story.staff.id,
        now=NOW,
    )
    schedule.sweep(NOW + MINUTE)
    late = [(day - before[one]).days for one, day in latest().items() if day > before[one]]
    assert (impact["late_people_after"], impact["late_days_after"]) == (len(late), sum(late))
    # The next plan starts from there: nobody is later than now, the first promise still counts.
    same = replan.preview(plan_id=upload_plan(story, {1: 0, 2: 0}).id, now=NOW + MINUTE)
    assert (same["late_people"], same["late_days"]) == (len(late), sum(late))
    assert same["later"] == 0


def test_people_who_miss_their_own_day_are_named(story: Story) -> None:
    last = story.queued[-1]
    promise = Promise.objects.get(order=last)
    middle = promise.from_date + (promise.until_date - promise.from_date) / 2
    for order, day in ((last, middle + 3 * DAY), (story.queued[-2], middle + 300 * DAY)):
        Deadline.objects.create(order=order, date=day, reason="TAX", saved_at=NOW)
    impact = replan.preview(plan_id=upload_plan(story, {1: 0, 2: 0}).id, now=NOW)
    (named,) = impact["missed"]
    assert impact["missed_deadlines"] == 1
    assert (named["order"], named["reason"]) == (last.code, "TAX")
    assert named["date"] == (middle + 3 * DAY).isoformat()
    assert named["chance"] < 10
    assert named["days"] >= 10


def test_a_plan_that_ends_takes_dates_away_and_says_from_whom(story: Story) -> None:
    plan = upload_plan(story, {})
    stops = MONDAY + 3 * WEEK
    PlanWeek.objects.filter(plan=plan, week_date__gte=stops).update(cars=0)
    before = latest()
    impact = replan.preview(plan_id=plan.id, now=NOW)
    assert 0 < impact["lost_range"] < len(story.queued)
    assert impact["lost_range"] == impact["undated"] == len(impact["lost"])
    codes = {order.code for order in story.queued[-impact["lost_range"] :]}
    assert set(impact["lost"]) == codes
    assert latest() == before


def test_a_plan_that_changes_nothing_moves_nobody(story: Story) -> None:
    impact = replan.preview(plan_id=upload_plan(story, {}).id, now=NOW)
    assert (impact["moved"], impact["later"], impact["missed"], impact["lost"]) == (0, 0, [], [])
    assert (impact["later_days_p50"], impact["centres"]) == (0, [])
    assert all(one["later"] == one["earlier"] == 0 for one in impact["steps"])


def test_what_the_late_days_would_cost_is_said_beforehand(story: Story) -> None:
    plan = upload_plan(story, {1: 0, 2: 0})
    assert "owed" not in replan.preview(plan_id=plan.id, now=NOW)
    OwedVersion.objects.create(
        version="v1",
        effective_from_date=NOW.date(),
        unit="FEN",
        start_after_days=2,
        per_day=10_000,
        cap=50_000,
        rates={},
        also_ours=[],
        stored_at=NOW,
    )
    impact = replan.preview(plan_id=plan.id, now=NOW)
    assert (impact["owed_unit"], impact["owed"]) == ("FEN", 0)
    # Two weeks lost: nearly everybody is later than seven days, and the cap is five days' worth.
    assert 0 < impact["owed_after"] <= 50_000 * impact["late_people_after"]
    assert impact["owed_after"] % 10_000 == 0
    assert impact["owed_after"] > 40_000 * impact["late_people_after"]
