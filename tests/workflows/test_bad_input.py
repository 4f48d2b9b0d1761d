"""Capacity of zero, classes that are never built, turns past the horizon, no history at all.

Whatever comes in, nobody is given a made-up date, and everybody hears why there is none.
"""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.core.management import call_command
from django.test import Client

from tests.web.people import read
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
    facts,
    ids_of,
    make_story,
    upload_plan,
)
from tests.workflows.test_quote import lock, measured, with_hood
from yinuo.contexts.catalogue.models import CarModel, Spec
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.forecasting import OpenOrders, load_open
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Need, Plan, PlanWeek, Resource, SupplyWeek
from yinuo.contexts.promises.models import ForecastRun, Promise, Undated
from yinuo.contexts.transit.models import Lane
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.workflows import first_promise, outlook, quote, replan, tell, ticks
from yinuo.workflows.inputs import HORIZON_WEEKS

pytestmark = pytest.mark.django_db

SOON = NOW + 11 * MINUTE
# The first day that three years of weeks do not reach.
END = MONDAY + HORIZON_WEEKS * WEEK
AFTER = f"{END:%Y-%m}"
AFTER_ZH, AFTER_EN = f"{END.year}年{END.month}月以后", f"after {END:%B} {END.year}"
# The odds are in twenty; no year in a text may lie past the last one that can be worked out.
YEARS = re.compile(r"20[3-9]\d|9999")


def commit(story: Story, plan: Plan, cause: str = "PLANT_STOPPED", now: dt.datetime = NOW) -> int:
    replan.preview(plan_id=plan.id, now=now)
    replan.commit_plan(
        plan_id=plan.id,
        cause_code=cause,
        evidence="停产通知 0211",
        staff_id=story.staff.id,
        now=now,
    )
    return replan.apply(plan_id=plan.id, now=now)


def payloads(kind: str) -> dict[int, dict[str, object]]:
    rows = Entry.objects.filter(kind=kind).select_related("opening").order_by("id")
    return {row.subject_id: json.loads(row.opening.payload) for row in rows if row.subject_id}


def no_plant(weeks: int = 60) -> dict[int, int]:
    return dict.fromkeys(range(weeks), 0)


def dates_of_promises() -> list[tuple[object, ...]]:
    rows = Promise.objects.order_by("order_id")
    return list(rows.values_list("order_id", "from_date", "until_date", "latest_date", "dots"))


class TestPlantThatBuildsNothing:
    """A plan of zeros in every week, from now on for good."""

    @pytest.mark.need(22, 123)
    def test_nobody_gets_a_date_and_everybody_hears_at_once(self) -> None:
        story = make_story()
        before = dates_of_promises()
        plan = upload_plan(story, no_plant())
        impact = replan.preview(plan_id=plan.id, now=NOW)
        assert impact["undated"] == len(story.queued)
        assert commit(story, plan) == 0
        assert dates_of_promises() == before
        told = payloads("promise.at_risk")
        assert sorted(told) == ids_of(story.queued)
        for said in told.values():
            assert (said["expect_from"], said["expect_until"]) == ("", "")
            assert (said["expect_after"], said["dots"]) == (AFTER, 0)
            assert (said["cause"], said["cause_ref"]) == ("PLANT_STOPPED", plan.public_id)
        schedule.sweep(SOON)
        texts = Delivery.objects.filter(notice__order__in=story.queued).exclude(channel="PAGE")
        assert texts.count() >= len(story.queued)
        for channel, language, text in texts.values_list("channel", "notice__language", "text"):
            assert not YEARS.search(text)
            if channel == "MAIL":
                assert (AFTER_ZH if language == "zh" else AFTER_EN) in text
        check_promises()
        check_told()

    def test_done_again_it_changes_nothing(self) -> None:
        story = make_story()
        plan = upload_plan(story, no_plant())
        commit(story, plan)
        schedule.sweep(SOON)
        before = facts()
        Plan.objects.filter(id=plan.id).update(applied_at=None)
        replan.apply(plan_id=plan.id, now=SOON)
        Plan.objects.filter(id=plan.id).update(applied_at=plan.applied_at)
        after = facts()
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= {"production_plan"}

    def test_new_orders_hear_when_their_turn_lies_past_what_can_be_worked_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        story = make_story()
        measured(story)
        spec = Spec.objects.get(code="S7-A")
        commit(story, upload_plan(story, no_plant()))
        order = lock(story, spec, NOW - HOUR)
        schedule.sweep(SOON)
        assert not Promise.objects.filter(order=order).exists()
        undated = Undated.objects.get(order=order)
        assert (undated.why, undated.after_date) == ("BEYOND", END)
        answer = quote.ask(spec_code="S7-A", centre_code="NC", now=SOON)
        shown = quote.as_json(answer, SOON)
        assert (shown["window"], shown["why_no_date"], shown["after"]) == (None, "BEYOND", AFTER)
        monkeypatch.setattr(clock, "now", lambda: SOON)
        for language, words in (("zh", AFTER_ZH), ("en", AFTER_EN)):
            text = read(Client(headers={"accept-language": language}), "/quote?spec=S7-A&centre=NC")
            said = re.sub(r"<[^>]*>", "", text)
            assert words.lower().replace(" ", "") in said.lower().replace(" ", "")
            assert not YEARS.search(said)


class TestPartThatNeverComes:
    """A configuration whose part was reported as zero for every week."""

    def scene(self) -> tuple[Story, Order]:
        story = make_story()
        spec = with_hood(story, cars_a_week=0)
        order = lock(story, spec, NOW - HOUR)
        schedule.sweep(SOON)
        return story, order

    @pytest.mark.need(104)
    def test_it_has_no_date_and_the_others_keep_theirs(self) -> None:
        story = make_story()
        before = dates_of_promises()
        order = lock(story, with_hood(story, cars_a_week=0), NOW - HOUR)
        schedule.sweep(SOON)
        assert dates_of_promises() == before
        assert Undated.objects.get(order=order).why == "BEYOND"

    def test_it_is_not_worked_out_again_every_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _, order = self.scene()
        runs = ForecastRun.objects.count()
        looked: list[dt.datetime] = []

        def work_out(orders: OpenOrders, *, now: dt.datetime) -> outlook.Outlook:
            looked.append(now)
            return outlook.work_out(orders, now=now)

        monkeypatch.setattr("yinuo.workflows.first_promise.work_out", work_out)
        for minute in range(1, 10):
            first_promise.run(now=SOON + minute * MINUTE)
        assert (ForecastRun.objects.count(), looked) == (runs, [])
        # Somebody who orders now does not wait for the next look.
        late = lock(make_friend(order), Spec.objects.get(code="S7-A"), SOON)
        assert first_promise.run(now=SOON + 10 * MINUTE) == 1
        assert Promise.objects.filter(order=late).exists()

    def test_when_the_part_comes_the_order_gets_its_date(self) -> None:
        _, order = self.scene()
        for number, week in enumerate(SupplyWeek.objects.order_by("week_date")):
            week.pk, week.quantity, week.external_id = None, 2, f"again-{number}"
            week.save(force_insert=True)
        assert first_promise.run(now=SOON + MINUTE) == 0
        assert first_promise.run(now=SOON + 16 * MINUTE) == 1
        first_promise.run(now=SOON + 32 * MINUTE)
        assert Promise.objects.get(order=order).latest_date < END

    @pytest.mark.need(12, 104)
    def test_its_customer_hears_on_the_third_evening_and_then_every_week(self) -> None:
        _, order = self.scene()
        evening = dt.datetime.combine(NOW.date() + 3 * DAY, dt.time(18), NOW.tzinfo)
        ticks.keep_in_touch(now=evening - MINUTE)
        assert order.id not in payloads("promise.unknown")
        ticks.keep_in_touch(now=evening)
        ticks.keep_in_touch(now=evening + MINUTE)
        said = payloads("promise.unknown")[order.id]
        assert (said["why"], said["after"]) == ("BEYOND", AFTER)
        assert Entry.objects.filter(kind="promise.unknown", subject_id=order.id).count() == 1
        tell.issue_notices(now=evening)
        schedule.send_notices(evening + HOUR)
        texts = Delivery.objects.filter(notice__order=order).values_list("text", flat=True)
        assert any(AFTER_ZH in text for text in texts)
        wednesday = dt.datetime(2026, 2, 18, 18, tzinfo=NOW.tzinfo)
        ticks.keep_in_touch(now=wednesday)
        assert Entry.objects.filter(kind="promise.unknown", subject_id=order.id).count() == 2


def make_friend(order: Order) -> Story:
    """A story with just what `lock` needs: another order of the same person."""
    story = Story.__new__(Story)
    story.orders = [order]
    assert order.owner is not None
    story.staff = order.owner
    return story


@pytest.mark.parametrize("why", ["NOT_PLANNED", "NO_LANE", "NO_SUPPLY"])
def test_what_is_missing_is_named(why: str) -> None:
    story = make_story()
    before = dates_of_promises()
    spec = Spec.objects.get(code="S7-A")
    if why == "NO_LANE":
        far = Place.objects.get(code="NC")
        far.pk, far.code = None, "TJ"
        far.save(force_insert=True)
        order = lock(story, spec, NOW - HOUR, "TJ")
    else:
        new = Spec.objects.create(
            code="S7-X",
            car_model=CarModel.objects.get(code="S7"),
            name_zh="新配置",
            name_en="New",
            price_fen=1,
        )
        if why == "NO_SUPPLY":
            part = Resource.objects.create(code="X", kind="OPTION", name_zh="件", name_en="part")
            for resource in (story.plant, part):
                Need.objects.create(spec=new, resource=resource)
        order = lock(story, new, NOW - HOUR)
    schedule.sweep(SOON)
    found = Undated.objects.get()
    assert (found.order_id, found.why, found.after_date) == (order.id, why, None)
    assert dates_of_promises() == before


def test_a_car_that_is_built_waits_for_a_lane_and_not_for_a_part() -> None:
    story = make_story(promised=False)
    part = Resource.objects.create(code="X", kind="OPTION", name_zh="件", name_en="part")
    Need.objects.create(spec=Spec.objects.get(code="S7-A"), resource=part)
    schedule.sweep(NOW)
    assert sorted(Undated.objects.values_list("order_id", "why")) == [
        (order_id, "NO_SUPPLY") for order_id in ids_of(story.queued)
    ]
    assert Promise.objects.count() == len(story.on_train) + len(story.in_yard)


def test_a_centre_that_hands_nothing_over_is_not_taken_for_one_that_never_reported() -> None:
    make_story(promised=False)
    centre = Resource.objects.create(code="NC", kind="CENTRE", name_zh="南昌", name_en="Nanchang")
    schedule.sweep(NOW)
    assert Promise.objects.count() == Order.objects.count()
    SupplyWeek.objects.bulk_create(
        [
            SupplyWeek(
                resource=centre,
                week_date=MONDAY + n * WEEK,
                quantity=0,
                sender="centre",
                external_id=f"n-{n}",
                digest="",
                received_at=NOW,
            )
            for n in range(4)
        ]
    )
    found = outlook.work_out(load_open(), now=NOW)
    assert not found.windows.dated.any()
    assert found.beyond.all()


class TestNoHistory:
    """The first day: nothing was ever built, planned or reported."""

    def test_without_a_plan_nobody_is_promised_anything(self) -> None:
        story = make_story(promised=False)
        PlanWeek.objects.all().delete()
        Plan.objects.all().delete()
        assert all(count >= 0 for count in schedule.sweep(NOW).values())
        undated = Undated.objects.filter(order__in=story.queued)
        assert set(undated.values_list("why", flat=True)) == {"NO_SUPPLY"}
        answer = quote.ask(spec_code="S7-A", centre_code="NC", now=SOON)
        assert (answer.asked.window, answer.asked.why) == (None, "NO_SUPPLY")
        assert answer.asked.ahead == len(story.queued)

    def test_without_orders_every_step_runs(self) -> None:
        assert set(schedule.sweep(NOW).values()) <= {0, 1}
        schedule.sweep(dt.datetime(2026, 2, 12, 2, 30, tzinfo=NOW.tzinfo))
        assert Promise.objects.count() == 0

    def test_without_lanes_every_step_runs_and_says_why(self) -> None:
        story = make_story(promised=False)
        Lane.objects.exclude(id=story.train.lane_id).delete()
        Place.objects.filter(code="NC").update(code="NC-OLD")
        schedule.sweep(NOW)
        call_command("plan", "whatif", "--more", "P1=5")

    def test_a_plan_that_has_run_out_goes_on_as_it_ended(self) -> None:
        story = make_story(promised=False, grounded=False)
        PlanWeek.objects.update(cars=4)
        for n, week in enumerate(PlanWeek.objects.order_by("-week_date")):
            PlanWeek.objects.filter(id=week.id).update(week_date=MONDAY - (n + 1) * WEEK)
        schedule.sweep(NOW)
        assert Promise.objects.filter(order__in=story.queued).count() == len(story.queued)
