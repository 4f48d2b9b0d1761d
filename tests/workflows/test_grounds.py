"""No date without grounds, by one rule: what a quote says, a first promise says as well."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from tests.web.people import read, sign_in
from tests.workflows.story import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    NOW,
    WEEK,
    Story,
    check_promises,
    check_told,
    make_story,
    upload_plan,
)
from tests.workflows.test_quote import lock, measured, with_hood
from tests.workflows.test_quote_grounds import launches
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.ledger.wording import say
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.people.operations.keys import create_key
from yinuo.contexts.production.models import Build, Need, Plan, PlanWeek, Resource, SupplyWeek
from yinuo.contexts.promises.models import Promise, Undated
from yinuo.contexts.promises.queries.quotes import Floor
from yinuo.contexts.promises.queries.work import list_no_date
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.workflows import first_promise, quote, replan
from yinuo.workflows.grounds import MISSING, find_grounds, what_is_missing
from yinuo.workflows.inputs import load_inputs
from yinuo.workflows.outlook import outlook_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    """A line whose cars were never held against a plan and that no launch speaks of."""
    return make_story(promised=False, grounded=False)


def both_doors(story: Story, at: dt.datetime, spec_code: str = "S7-A") -> tuple[Any, Any]:
    """What a quote says, and what an order is promised that is locked at the same moment."""
    quote.refresh(now=at)
    asked = quote.ask(spec_code=spec_code, centre_code="NC", now=at).asked
    order = lock(story, Spec.objects.get(code=spec_code), at)
    first_promise.run(now=at)
    promise = Promise.objects.filter(order=order).first()
    if promise is None:
        return asked.why, list_no_date([order.id])[order.id].why
    window = Floor(promise.from_date, promise.until_date, promise.latest_date)
    return asked.window, window


@pytest.mark.need(22, 102)
def test_without_grounds_neither_door_names_a_date_and_both_say_the_same(story: Story) -> None:
    assert both_doors(story, NOW) == ("NO_OUTPUT", "NO_OUTPUT")
    waiting = [order.id for order in story.queued]
    assert set(list_no_date(waiting).values()) == {("NO_OUTPUT", "")}
    assert not Promise.objects.filter(order__in=waiting).exists()
    # Cars that are built stand in no queue: their dates rest on lanes and centres.
    built = [*story.on_train, *story.in_yard]
    assert Promise.objects.filter(order__in=built).count() == len(built)


@pytest.mark.need(22, 102, 112)
def test_the_day_a_reference_is_stated_both_doors_name_a_date(story: Story) -> None:
    assert both_doors(story, NOW) == ("NO_OUTPUT", "NO_OUTPUT")
    launches()
    quoted, promised = both_doors(story, NOW + 2 * HOUR)
    assert quoted == promised
    assert promised.until_date - promised.from_date > 7 * DAY
    assert Promise.objects.count() == len(story.orders) + 2
    assert not Undated.objects.exists()
    check_promises()


@pytest.mark.need(22, 102)
def test_the_monday_after_the_first_measured_week_both_doors_name_a_date(story: Story) -> None:
    plan = Plan.objects.get(state="COMMITTED")
    assert both_doors(story, NOW) == ("NO_OUTPUT", "NO_OUTPUT")
    for number, order in enumerate(story.queued[:5]):
        Build.objects.create(order=order, batch="B18", built_at=NOW + number * HOUR)
        type(order).objects.filter(id=order.id).update(state="BUILT", state_at=NOW + DAY)
    assert PlanWeek.objects.filter(plan=plan, week_date=MONDAY).exists()
    sunday = dt.datetime.combine(MONDAY + WEEK, dt.time(), NOW.tzinfo) - MINUTE
    assert both_doors(story, sunday) == ("NO_OUTPUT", "NO_OUTPUT")
    quoted, promised = both_doors(story, sunday + 2 * HOUR)
    assert quoted == promised
    assert not Undated.objects.exists()


def test_a_plan_that_nobody_built_by_is_not_output(story: Story) -> None:
    measured(story)
    Build.objects.all().delete()
    with connection.cursor() as cursor:
        # An order never goes back; here it never left.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE orders_order DISABLE TRIGGER USER")
        ids = [order.id for order in (*story.on_train, *story.in_yard)]
        cursor.execute("UPDATE orders_order SET state = 'LOCKED' WHERE id = ANY(%s)", [ids])
        cursor.execute("ALTER TABLE orders_order ENABLE TRIGGER USER")
    assert both_doors(story, NOW) == ("NO_OUTPUT", "NO_OUTPUT")


def test_what_is_missing_first_is_said_by_both_doors(story: Story) -> None:
    with_hood(story)
    assert both_doors(story, NOW, "S7-H") == ("NO_OUTPUT", "NO_OUTPUT")
    SupplyWeek.objects.all().delete()
    assert both_doors(story, NOW + 2 * HOUR, "S7-H") == ("NO_SUPPLY", "NO_SUPPLY")
    Need.objects.filter(spec__code="S7-H").delete()
    assert both_doors(story, NOW + 4 * HOUR, "S7-H") == ("NOT_PLANNED", "NOT_PLANNED")


def test_grounds_of_another_plant_that_may_build_the_car_count(story: Story) -> None:
    spare = Resource.objects.create(code="P2", kind="PLANT", name_zh="二厂", name_en="Plant 2")
    Need.objects.create(spec=Spec.objects.get(), resource=spare, alternative=1)
    launches(resource_code="P2")
    grounds = find_grounds(load_inputs(load_open(), now=NOW))
    assert grounds.any.tolist() == [True]
    assert [one.count for one in grounds.references] == [3]
    quoted, promised = both_doors(story, NOW)
    assert quoted == promised


def put_in_force(story: Story, plan: Plan, cause_code: str) -> None:
    replan.preview(plan_id=plan.id, now=NOW)
    replan.commit_plan(
        plan_id=plan.id,
        cause_code=cause_code,
        evidence="生产会议纪要 02-11",
        staff_id=story.manager.id,
        now=NOW + HOUR,
    )
    schedule.sweep(NOW + HOUR)


@pytest.mark.need(22)
def test_a_new_plan_dates_nobody_who_has_no_grounds(story: Story) -> None:
    first_promise.run(now=NOW)
    plan = upload_plan(story, {}, name="faster")
    put_in_force(story, plan, "PLANT_FASTER")
    schedule.sweep(NOW + DAY + 17 * HOUR)
    assert not Promise.objects.filter(order__in=story.queued).exists()
    why = Undated.objects.filter(order__in=story.queued).values_list("why", flat=True)
    assert set(why) == {"NO_OUTPUT"}


def test_a_promise_made_on_grounds_is_watched_after_they_are_gone() -> None:
    """Whoever was promised a date hears when it moves, whatever the records have lost since."""
    story = make_story()
    PlanWeek.objects.filter(week_date__lt=MONDAY).delete()
    outlook = outlook_of(load_inputs(load_open(), now=NOW))
    assert not outlook.grounded[-1]
    assert outlook.windows.dated[-1]
    assert not outlook.beyond.any()
    before = Promise.objects.get(order=story.queued[-1]).latest_date
    plan = upload_plan(story, dict.fromkeys(range(6), 0), name="stop")
    put_in_force(story, plan, "PLANT_STOPPED")
    assert Promise.objects.get(order=story.queued[-1]).latest_date > before + 20 * DAY
    check_promises()
    check_told()


def test_a_turn_that_passes_out_of_sight_is_seen_without_grounds() -> None:
    make_story()
    PlanWeek.objects.filter(week_date__lt=MONDAY).delete()
    PlanWeek.objects.filter(week_date__gte=MONDAY).update(cars=0)
    outlook = outlook_of(load_inputs(load_open(), now=NOW))
    assert outlook.beyond.tolist() == (~outlook.windows.dated).tolist()
    assert outlook.beyond.any()


@pytest.mark.need(22, 104)
def test_the_customer_reads_the_reason_with_place_and_rate_and_hears_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_promise.run(now=NOW)
    order = story.queued[3]
    monkeypatch.setattr(clock, "now", lambda: NOW)
    page = read(sign_in(order.person), f"/o/{order.code}?lang=zh")
    for words in ("还算不出日期", "没有依据，我们不说日期", "前面还有 3 台", "上周往前走了 16 台"):
        assert words in page
    wednesday = dt.datetime(2026, 2, 11, 18, 1, tzinfo=NOW.tzinfo)
    schedule.sweep(wednesday)
    (entry,) = list_of_subject(order.id, ["promise.unknown"])
    assert entry.payload["why"] == "NO_OUTPUT"
    for language, words in (("zh", "没有依据，我们不说日期"), ("en", "no week of output")):
        assert words in say(entry, language)


def test_the_api_says_no_date_where_the_promise_says_none(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote.refresh(now=NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    key = create_key(sender="shop", feeds=["quotes"], signed=False, now=NOW).key
    answer = Client().post(
        "/api/v1/quotes",
        json.dumps({"spec": "S7-A", "centre": "NC"}),
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    said = answer.json()
    first_promise.run(now=NOW)
    assert said["why_no_date"] == Undated.objects.get(order=story.queued[-1]).why
    assert (said["window"], said["ahead"], said["moved_last_week"]) == (None, 44, 16)


def test_the_first_thing_that_is_missing_is_what_is_said() -> None:
    """All sixteen cases against the plain reading of the list."""
    cases = np.array(list(itertools.product((False, True), repeat=4)))
    found = what_is_missing(*cases.T)
    for case, row in zip(cases.tolist(), found.tolist(), strict=True):
        wants = [name for name, has in zip(MISSING[1:], case, strict=True) if not has]
        assert MISSING[row] == (wants[0] if wants else "")
