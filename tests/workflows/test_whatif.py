"""What if: winners and losers of a supposed change, and that nothing is written."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.workflows.story import (
    DAY,
    MONDAY,
    NOW,
    WEEK,
    Story,
    facts,
    make_story,
)
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.orders.models import Line, Order
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Need, Resource, SupplyWeek
from yinuo.contexts.promises.models import Deadline, Promise
from yinuo.contexts.transit.models import Lane
from yinuo.platform import clock
from yinuo.platform.ids import new_code, new_id
from yinuo.workflows import whatif
from yinuo.workflows.supposed import (
    CapacityUnknown,
    ClosedWeek,
    Growth,
    Moved,
    NothingSupposed,
    PercentOutOfRange,
    UnknownCapacity,
    UnknownCentre,
    WeekGone,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return make_story()


def supply(code: str, quantity: int, kind: str = "OPTION") -> Resource:
    """A resource with the same quantity in each of 60 weeks."""
    resource = Resource.objects.create(code=code, kind=kind, name_zh=code, name_en=code)
    SupplyWeek.objects.bulk_create(
        SupplyWeek(
            resource=resource,
            week_date=MONDAY + week * WEEK,
            quantity=quantity,
            sender="maker",
            external_id=f"{code}-{week}",
            digest="",
            received_at=NOW,
        )
        for week in range(60)
    )
    return resource


def want_hood(story: Story) -> list[Order]:
    """As many orders again, each locked after one of the queue; they want a hood, one a week."""
    plain = story.orders[0].line
    spec = Spec.objects.create(
        code="S7-H",
        car_model=plain.spec.car_model,
        name_zh="碳纤维前盖",
        name_en="Carbon hood",
        price_fen=25_000_000,
    )
    for resource in (story.plant, supply("HOOD", 1)):
        Need.objects.create(spec=spec, resource=resource)
    line = Line.objects.create(spec=spec, centre=plain.centre)
    wanting = []
    for number, order in enumerate(story.queued):
        order.pk, order.line, order.rank = None, line, order.rank + 1
        order.public_id, order.code = new_id("ord"), new_code(6)
        order.external_id = f"hood-{number}"
        order.save()
        wanting.append(order)
    return wanting


@pytest.mark.need(104, 112)
def test_more_of_a_scarce_option_is_earlier_for_some_and_later_for_others(story: Story) -> None:
    wanting = {one.code for one in want_hood(story)}
    before = facts()
    answer = whatif.ask([Growth("HOOD", 200)], now=NOW)
    assert facts() == before
    assert answer.earlier > 10
    assert answer.later > 5
    assert {one.order for one in answer.best} <= wanting
    assert not {one.order for one in answer.worst} & wanting
    assert all(one.days == (one.after - one.before).days > 0 for one in answer.worst)
    assert [one.days for one in answer.worst] == sorted(
        (one.days for one in answer.worst), reverse=True
    )
    groups = {one.name_en: one for one in answer.specs}
    assert groups["Carbon hood"].earlier == answer.earlier
    assert groups["Standard"].later == answer.later
    assert answer.specs[0].name_en == "Standard"
    assert (
        sum(one.orders for one in answer.specs) == answer.orders == len(story.orders) + len(wanting)
    )


@pytest.mark.need(113, 123)
def test_a_plant_that_makes_more_keeps_more_promises_and_one_that_stops_fewer(
    story: Story,
) -> None:
    more = whatif.ask([Growth("P1", 50)], now=NOW)
    assert (more.later, more.lost) == (0, 0)
    assert more.earlier > 30
    less = whatif.ask([ClosedWeek("P1", MONDAY + WEEK + 2 * DAY)], now=NOW)
    assert less.earlier == 0
    assert less.later > 30
    assert 6 <= less.later_days_p50 <= 9
    assert more.kept_before == less.kept_before
    assert more.kept_before is not None
    assert more.kept_after is not None
    assert less.kept_after is not None
    assert less.kept_after < more.kept_before <= more.kept_after <= 1
    assert more.kept_before > 0.9


def test_closing_a_week_is_half_of_closing_two(story: Story) -> None:
    one = whatif.ask([ClosedWeek("P1", MONDAY + WEEK)], now=NOW)
    two = whatif.ask([ClosedWeek("P1", MONDAY + n * WEEK) for n in (1, 2)], now=NOW)
    assert two.later_days_p50 == pytest.approx(2 * one.later_days_p50, abs=3)
    assert two.later == one.later


def test_people_with_a_day_of_their_own_are_counted(story: Story) -> None:
    last = story.queued[-1]
    promise = Promise.objects.get(order=last)
    Deadline.objects.create(order=last, date=promise.until_date, reason="PLATE", saved_at=NOW)
    stop = [ClosedWeek("P1", MONDAY + week * WEEK) for week in (1, 2, 3)]
    assert whatif.ask(stop, now=NOW).own_days_lost == 1
    Deadline.objects.update(date=promise.from_date - 10 * DAY)
    assert whatif.ask([Growth("P1", 200)], now=NOW).own_days_won == 1


def test_another_centre_takes_the_queue_and_leaves_the_cars_that_are_built(story: Story) -> None:
    lane = Lane.objects.get()
    far = Place.objects.get(code="NC")
    far.pk, far.code, far.name_zh, far.name_en = None, "SH", "上海交付中心", "Shanghai centre"
    far.save()
    lane.pk, lane.destination, lane.transit_days_mean = None, far, 16
    lane.save()
    answer = whatif.ask([Moved("NC", "SH")], now=NOW)
    assert answer.later == len(story.queued)
    assert 8 <= answer.later_days_p50 <= 13
    assert answer.earlier == 0


def test_a_centre_that_grows_and_one_that_never_said_what_it_can_do(story: Story) -> None:
    with pytest.raises(CapacityUnknown):
        whatif.ask([Growth("NC", 10)], now=NOW)
    supply("NC", 2, kind="CENTRE")
    answer = whatif.ask([Growth("NC", 100)], now=NOW)
    assert answer.earlier > 20
    assert answer.later == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ([], NothingSupposed),
        ([Growth("P9", 5)], UnknownCapacity),
        ([Growth("P1", 0)], PercentOutOfRange),
        ([Growth("P1", -101)], PercentOutOfRange),
        ([Growth("P1", float("nan"))], PercentOutOfRange),
        ([Growth("P1", 1e9)], PercentOutOfRange),
        ([ClosedWeek("P1", MONDAY - DAY)], WeekGone),
        ([ClosedWeek("P1", dt.date(2200, 1, 1))], WeekGone),
        ([Moved("NC", "NC")], UnknownCentre),
        ([Moved("NC", "ZZ")], UnknownCentre),
        ([Moved("XX", "NC")], UnknownCentre),
    ],
)
def test_questions_that_cannot_be_answered_say_why(
    story: Story, changes: list[Growth], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as refused:
        whatif.ask(changes, now=NOW)
    assert "{" not in str(refused.value)


def test_a_plant_without_a_plan_is_no_base_for_a_percentage(story: Story) -> None:
    Resource.objects.create(code="P2", kind="PLANT", name_zh="二厂", name_en="Plant 2")
    with pytest.raises(CapacityUnknown):
        whatif.ask([Growth("P2", 10)], now=NOW)


def test_without_orders_there_is_nobody_to_compare() -> None:
    with pytest.raises(whatif.NobodyWaits):
        whatif.ask([Growth("P1", 5)], now=NOW)


def test_a_plant_that_stops_for_good_leaves_people_without_a_date(story: Story) -> None:
    answer = whatif.ask([Growth("P1", -100)], now=NOW)
    assert answer.lost == len(story.queued)
    assert answer.kept_after is not None
    assert answer.kept_before is not None
    # Cars that are built still come: their share of the promises stays.
    assert 0.2 < answer.kept_after < 0.4


def test_the_command_says_the_same(story: Story) -> None:
    clock.set_test_clock(at=NOW, running=False)
    out = StringIO()
    call_command("plan", "whatif", "--more", "P1=50", "--json", stdout=out)
    said = json.loads(out.getvalue())
    answer = whatif.ask([Growth("P1", 50)], now=NOW)
    assert (said["earlier"], said["kept_after"]) == (answer.earlier, answer.kept_after)
    assert said["best"][0]["before"] == answer.best[0].before.isoformat()
    out = StringIO()
    call_command("plan", "whatif", "--close", "P1=2026-02-16", stdout=out)
    assert "人会晚" in out.getvalue() or "later" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("plan", "whatif", "--more", "P1=many", stdout=out)
    with pytest.raises(CommandError):
        call_command("plan", "whatif", "--more", "P1", stdout=out)
