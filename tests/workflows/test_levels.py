"""How far plans come true, from the plans that were in force and what was built."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from tests.workflows.story import DAY, MONDAY, NOW, WEEK, Story, make_story
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.production.models import LaunchReference, Plan, PlanWeek
from yinuo.contexts.production.operations.reference import save_launch_reference
from yinuo.contexts.production.queries.forecasting import load_capacity
from yinuo.contexts.production.queries.vintages import HISTORY_WEEKS, load_vintages
from yinuo.workflows import outlook
from yinuo.workflows.levels import PRIOR_LOG_SD, learned_levels

pytestmark = pytest.mark.django_db
WEEKS = 40


def reference(**changed: Any) -> None:
    given: dict[str, Any] = {
        "resource_code": "P1",
        "from_date": MONDAY - 8 * WEEK,
        "mean": -0.33,
        "sd": 0.2,
        "launches": 3,
        "note_zh": "前三次投产",
        "note_en": "the three launches before",
    }
    save_launch_reference(**(given | changed))


def old_plan(story: Story, weeks_ago: int, cars: int, name: str) -> None:
    """A plan committed on a Monday morning some weeks ago, for all weeks from then on."""
    monday = MONDAY - weeks_ago * WEEK
    plan = Plan.objects.create(
        public_id=f"pln_{name}",
        sender="factory",
        external_id=name,
        digest="",
        uploaded_at=NOW - 100 * DAY,
        state="COMMITTED",
        cause_code="PLANT_FASTER",
        evidence="会议纪要",
        committed_at=dt.datetime.combine(monday, dt.time(9), NOW.tzinfo),
        applied_at=NOW - 99 * DAY,
    )
    PlanWeek.objects.bulk_create(
        PlanWeek(plan=plan, resource=story.plant, week_date=monday + week * WEEK, cars=cars)
        for week in range(30)
    )


@pytest.fixture
def story() -> Story:
    made = make_story(promised=False)
    PlanWeek.objects.all().delete()
    Plan.objects.all().delete()
    old_plan(made, 10, 5, "first")
    old_plan(made, 4, 9, "second")
    return made


def test_each_week_has_the_plan_that_was_in_force_when_it_began(story: Story) -> None:
    reference(from_date=MONDAY - 10 * WEEK)
    found = load_vintages(MONDAY)["P1"]
    assert found.planned.shape == (HISTORY_WEEKS, HISTORY_WEEKS)
    assert found.launch_week == HISTORY_WEEKS - 10
    # The first plan was committed after its week had begun: that week had no plan yet.
    assert np.isnan(found.planned[HISTORY_WEEKS - 10]).all()
    np.testing.assert_array_equal(found.planned[HISTORY_WEEKS - 9, :9], 5)
    np.testing.assert_array_equal(found.planned[HISTORY_WEEKS - 4, :4], 5)
    np.testing.assert_array_equal(found.planned[HISTORY_WEEKS - 3, :3], 9)
    assert np.isnan(found.planned[HISTORY_WEEKS - 3, 3:]).all()
    built = len(story.on_train) + len(story.in_yard)
    assert found.actual[-2:].sum() <= built
    assert found.actual.sum() == found.actual[-2:].sum() > 0


def test_weeks_from_before_the_first_report_are_not_weeks_without_output(story: Story) -> None:
    reference(from_date=MONDAY)
    found = load_vintages(MONDAY)["P1"]
    first = int(np.flatnonzero(found.actual)[0])
    known = np.isfinite(found.planned)
    weeks = np.arange(HISTORY_WEEKS)[:, None] + np.arange(HISTORY_WEEKS)[None, :]
    assert known.any()
    assert weeks[known].min() >= first


@pytest.mark.need(22)
def test_with_a_reference_class_far_weeks_are_corrected_and_near_ones_hardly(
    story: Story,
) -> None:
    capacity = load_capacity(MONDAY, WEEKS)
    before = learned_levels(capacity, load_vintages(MONDAY))
    assert (before.log_mean == before.log_mean[:, :1]).all()
    assert (before.log_sd <= PRIOR_LOG_SD).all()
    reference(from_date=MONDAY)
    after = learned_levels(capacity, load_vintages(MONDAY))
    row = capacity.codes.index("P1")
    assert after.log_mean[row, 0] > after.log_mean[row, 10] > after.log_mean[row, 30]
    assert after.log_mean[row, 30] == pytest.approx(np.log1p(-0.33), abs=0.05)
    assert after.log_sd[row, 30] > after.log_sd[row, 0]


@pytest.mark.need(113)
def test_p13_a_plan_committed_later_changes_nothing_that_was_known(story: Story) -> None:
    """P13: neither does a reference class that begins later."""
    reference()
    capacity = load_capacity(MONDAY, WEEKS)
    before = learned_levels(capacity, load_vintages(MONDAY))
    old_plan(story, -1, 99, "later")
    reference(from_date=MONDAY + WEEK, mean=-0.9)
    after = learned_levels(capacity, load_vintages(MONDAY))
    np.testing.assert_array_equal(before.log_mean, after.log_mean)
    np.testing.assert_array_equal(before.log_sd, after.log_sd)


@pytest.mark.need(22)
def test_dates_are_later_where_earlier_launches_fell_short(story: Story) -> None:
    Plan.objects.filter(external_id="second").update(state="UPLOADED")
    PlanWeek.objects.filter(plan__external_id="first").update(cars=2)
    orders = load_open()
    usual = outlook.work_out(orders, now=NOW)
    reference(from_date=MONDAY, mean=-0.6, sd=0.05)
    later = outlook.work_out(orders, now=NOW)
    assert (later.dots >= usual.dots).mean() > 0.95
    assert later.dots.mean() > usual.dots.mean()
    again = outlook.work_out(orders, now=NOW)
    np.testing.assert_array_equal(later.dots, again.dots)


def test_saying_it_again_replaces_it_and_nonsense_is_refused(story: Story) -> None:
    reference()
    reference(mean=-0.2)
    row = LaunchReference.objects.get()
    assert (row.mean, row.sd, row.launches) == (-0.2, 0.2, 3)
    for wrong in (
        {"resource_code": "P9"}, {"from_date": NOW.date()}, {"mean": -1.0}, {"sd": 0.0},
        {"sd": float("nan")}, {"launches": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"no such plant|Monday|mean lies"):
            reference(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        LaunchReference.objects.update(sd=-1)


def test_the_command_states_lists_and_refuses(story: Story) -> None:
    given = [
        "set", "P1", "--from", str(MONDAY), "--sd", "0.2", "--launches", "3",
        "--note-zh", "前三次投产", "--note-en", "three launches",
    ]  # fmt: skip
    said = StringIO()
    call_command("reference", "list", stdout=said)
    assert said.getvalue().strip()
    said = StringIO()
    call_command("reference", *given, "--mean=-0.33", stdout=said)
    assert "47" in said.getvalue()
    assert "87" in said.getvalue()
    said = StringIO()
    call_command("reference", "list", "--json", stdout=said)
    (row,) = json.loads(said.getvalue())
    assert (row["code"], row["launches"], row["note_zh"]) == ("P1", 3, "前三次投产")
    assert load_vintages(MONDAY)["P1"].mean == -0.33
    with pytest.raises(CommandError, match="mean"):
        call_command("reference", *given, "--mean=-2")
