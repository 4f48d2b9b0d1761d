"""The nightly watch: an alarm where dates come true too late, told once, ended when they hold."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from tests.contexts.promises.test_guard import given_promise
from tests.factories import DAY, World
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Need, Resource
from yinuo.contexts.promises.models import DriftAlarm
from yinuo.platform.spoken import at_local
from yinuo.workflows import drift

WEEK = dt.timedelta(days=7)
MONDAY = dt.date(2026, 3, 2)


@pytest.fixture
def world(db: None) -> World:
    assert db is None
    made = factories.make_world()
    plant = Resource.objects.create(code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1")
    Need.objects.create(spec=made.line.spec, resource=plant)
    return made


def night(week: int) -> dt.datetime:
    """Two in the morning of the Wednesday after so many weeks."""
    return at_local(MONDAY + week * WEEK + 2 * DAY, 2)


def give_weeks(world: World, first: int, count: int, late: int, number: int = 0) -> None:
    """Ten promises come due each week; `late` of them came true ten days after their date."""
    for week in range(first, first + count):
        latest = MONDAY + week * WEEK + DAY
        for one in range(10):
            ended = latest + 10 * DAY if one < late else latest - 8 * DAY
            given_promise(world, number + week * 10 + one, latest, ended)


@pytest.mark.need(22, 93)
def test_late_weeks_raise_one_alarm_for_the_plant_and_one_for_the_centre(world: World) -> None:
    give_weeks(world, 0, 6, late=6)
    assert drift.watch(now=night(6)) == 2
    centre = DriftAlarm.objects.get(kind="CENTRE")
    assert (centre.code, centre.place_id, centre.limit) == ("NC", world.centre.id, 200.0)
    assert centre.evidence >= centre.limit
    assert (centre.weeks, centre.recent_weeks) == (centre.recent_weeks, centre.weeks)
    assert centre.late_count / centre.due_count == pytest.approx(0.6)
    # Ten days after a date that lay 11.5 days behind the middle: nearly twice as far.
    assert centre.factor_percent == 190
    plant = DriftAlarm.objects.get(kind="PLANT")
    assert (plant.code, plant.name_zh, plant.place_id) == ("P1", "一厂", None)
    told = list(
        DirectMessage.objects.filter(key__startswith="drift:").values_list("text", flat=True)
    )
    assert len(told) == 2
    assert any("南昌交付中心" in text and "/staff/unusual" in text for text in told)
    # Repeated, and a night later: the same alarms stand.
    assert drift.watch(now=night(6)) == drift.watch(now=night(6) + DAY) == 0
    assert DirectMessage.objects.filter(key__startswith="drift:").count() == 2


def test_promises_that_hold_raise_nothing(world: World) -> None:
    give_weeks(world, 0, 12, late=0)
    assert drift.watch(now=night(12)) == 0
    assert not DriftAlarm.objects.exists()


def test_a_plant_is_named_by_its_place_where_it_has_one(world: World) -> None:
    place = Place.objects.create(
        code="P1", kind="PLANT", name_zh="一厂", name_en="Plant 1", city_zh="北京",
        city_en="Beijing", latitude=40.0, longitude=116.0,
    )  # fmt: skip
    give_weeks(world, 0, 6, late=6)
    drift.watch(now=night(6))
    assert DriftAlarm.objects.get(kind="PLANT").place_id == place.id


def test_it_ends_when_dates_hold_again_and_may_come_again(world: World) -> None:
    give_weeks(world, 0, 6, late=6)
    drift.watch(now=night(6))
    give_weeks(world, 6, 5, late=0)
    assert drift.watch(now=night(11)) == 0
    give_weeks(world, 11, 2, late=0)
    assert drift.watch(now=night(13)) == 2
    assert not DriftAlarm.objects.filter(ended_at=None).exists()
    # What was before the end is not held against the cell again.
    assert drift.watch(now=night(13) + DAY) == 0
    give_weeks(world, 14, 7, late=7)
    assert drift.watch(now=night(21)) == 2
    assert DriftAlarm.objects.count() == 4


def test_an_empty_house_is_quiet(db: None) -> None:
    assert db is None
    assert drift.watch(now=night(0)) == 0
