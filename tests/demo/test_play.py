"""Letting time pass: the story's three parts, the daily life of the maker, and kills in between."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Delivery, Notice, NoticeEntry
from yinuo.contexts.orders.models import Order
from yinuo.contexts.production.models import Build, Plan, QualityHold
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.transit.models import CarrierEvent, Shipment
from yinuo.jobs.schedule import sweep
from yinuo.platform import clock
from yinuo.workflows.demo import story
from yinuo.workflows.demo.days import START, closed_days, day_of, instant_of
from yinuo.workflows.demo.places import daily_places
from yinuo.workflows.demo.play import play_now, tick
from yinuo.workflows.demo.report import make_report
from yinuo.workflows.demo.story import PlayedAlready
from yinuo.workflows.demo.timeline import PLANT_WEEK, QUALITY_HOLD, TRAIN, stop_day, tell
from yinuo.workflows.demo.world import DEFAULT_SEED, SMALL_SCALE, World, make_world

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    """The world of the small demo."""
    return make_world(DEFAULT_SEED, SMALL_SCALE)


def quiet(_text: str) -> None:
    """Says nothing."""


def pass_time(length: dt.timedelta, start: dt.datetime = START) -> list[str]:
    """Let time pass; what was said."""
    said: list[str] = []
    tick(start, start + length, sweep=sweep, say=said.append)
    return said


@pytest.mark.usefixtures("demo_database")
class TestStory:
    @pytest.mark.need(1, 2)
    def test_a_cancelled_train_is_told_before_anybody_asks(self, world: World) -> None:
        old = Promise.objects.get(order__code="NC26LU")
        pass_time(HOUR)
        train = Shipment.objects.get(code=world.train_name(world.cast.train))
        assert train.state == "CANCELLED"
        event = CarrierEvent.objects.get(kind="CANCELLED")
        assert (event.state, event.cause_code) == ("APPLIED", "TRAIN_CANCELLED")
        moved = Promise.objects.get(order__code="NC26LU")
        assert moved.latest_date > old.latest_date
        notice = Notice.objects.get(order__code="NC26LU", known_at__gte=START)
        assert notice.sent_at is not None
        assert notice.sent_at - notice.known_at <= 30 * HOUR / 60
        sms = Delivery.objects.get(notice=notice, channel="SMS")
        assert "列车停运" in sms.text
        report = make_report(START + HOUR)
        assert report.orders_affected >= 1
        assert report.notices_sent >= report.orders_affected
        assert (report.notices_missing, report.notices_duplicate) == (0, 0)
        assert report.notices_without_five_parts == 0
        assert report.first_notice_minutes_p95 is not None
        assert report.first_notice_minutes_p95 <= 30
        assert (report.asked_first, report.unfair_pairs) == (0, 0)

    def test_a_held_batch_moves_its_cars_and_lets_later_ones_pass(self) -> None:
        play_now(QUALITY_HOLD, now=START, sweep=sweep, say=quiet)
        hold = QualityHold.objects.get()
        assert (hold.batch, hold.placed_by.role) == ("B17", "QUALITY")
        held = Build.objects.filter(batch="B17").exclude(order__state="DELIVERED")
        revised = set(
            Entry.objects.filter(kind="promise.revised").values_list("subject_id", flat=True)
        )
        assert set(held.values_list("order_id", flat=True)) <= revised
        report = make_report(START)
        assert (report.notices_missing, report.unfair_pairs) == (0, 0)

    def test_a_lost_week_is_committed_with_cause_and_evidence(self) -> None:
        play_now(PLANT_WEEK, now=START, sweep=sweep, say=quiet)
        plan = Plan.objects.get(external_id__startswith="YF-STOP")
        assert (plan.state, plan.cause_code) == ("COMMITTED", "PLANT_STOPPED")
        assert plan.evidence
        assert plan.applied_at is not None
        assert plan.committed_by is not None
        assert plan.committed_by.role == "PLANNER"
        assert plan.weeks.filter(cars=0).count() == 1
        report = make_report(START)
        assert report.orders_affected > 300
        assert (report.notices_missing, report.notices_duplicate, report.unfair_pairs) == (0, 0, 0)

    def test_a_part_is_played_once(self) -> None:
        play_now(TRAIN, now=START, sweep=sweep, say=quiet)
        with pytest.raises(PlayedAlready):
            play_now(TRAIN, now=START, sweep=sweep, say=quiet)
        pass_time(HOUR)
        assert CarrierEvent.objects.filter(kind="CANCELLED").count() == 1

    def test_all_three_parts_and_the_days_between(self) -> None:
        said = "\n".join(pass_time(2 * DAY + 3 * HOUR))
        assert said.count("B17") == 1
        assert "YF-STOP" in said
        now = START + 2 * DAY + 3 * HOUR
        assert clock.now() == now
        report = make_report(now)
        assert (report.notices_missing, report.notices_duplicate, report.unfair_pairs) == (0, 0, 0)
        assert report.delivered > 617 - 5
        assert set(CarrierEvent.objects.values_list("state", flat=True)) == {"APPLIED"}


@pytest.mark.usefixtures("demo_database")
class TestDailyLife:
    def test_cars_go_on_being_built_sent_and_handed_over(self) -> None:
        before = Counter(Order.objects.values_list("state", flat=True))
        pass_time(6 * DAY)
        after = Counter(Order.objects.values_list("state", flat=True))
        assert after["DELIVERED"] > before["DELIVERED"]
        assert after["LOCKED"] < before["LOCKED"]
        assert Shipment.objects.filter(departed_at__gt=START).exists()
        assert Build.objects.filter(built_at__gt=START).exists()

    def test_a_kill_repeats_records_but_nothing_they_do(self, world: World) -> None:
        pass_time(6 * HOUR)
        played = story.recall(world)
        counts = _counts()
        # As after a kill that lost the newest step: the same hours are reported again.
        played.until = world.start_day
        story.keep(world, played)
        tick(START + 6 * HOUR, START + 6 * HOUR + HOUR / 60, sweep=sweep, say=quiet)
        again = _counts()
        assert again["builds"] == counts["builds"]
        assert again["events"] == counts["events"]
        assert again["notices"] == counts["notices"]

    def test_steps_are_short_after_an_event_and_end_on_full_hours_else(self) -> None:
        seen: list[dt.datetime] = []

        def watch(now: dt.datetime) -> Mapping[str, int]:
            seen.append(now)
            assert clock.now() == now
            return {}

        tick(START, START + 4 * HOUR, sweep=watch, say=quiet)
        assert seen[0] == START + dt.timedelta(minutes=10)
        gaps = [later - earlier for earlier, later in pairwise(seen)]
        lively = [gap for at, gap in zip(seen, gaps, strict=False) if at < START + 2 * HOUR]
        assert set(lively) == {dt.timedelta(minutes=5)}
        assert seen[-1] == START + 4 * HOUR
        assert {at.minute for at in seen[-2:-1]} == {0}


def _counts() -> dict[str, int]:
    return {
        "builds": Entry.objects.filter(kind="car.built").count(),
        "events": CarrierEvent.objects.count(),
        "notices": NoticeEntry.objects.count(),
    }


class TestTimeline:
    def test_nothing_played_is_the_twin_itself(self, world: World) -> None:
        line = tell(world, {})
        assert (line.handed_day == world.maker.handed_day).all()
        assert (line.departed_day == world.maker.departed_day).all()

    def test_the_cars_of_the_cancelled_train_go_a_week_later(self, world: World) -> None:
        line = tell(world, {TRAIN: world.start_day})
        aboard = world.maker.train == world.cast.train
        assert (line.departed_day[aboard] == world.maker.departed_day[aboard] + 7).all()
        assert (line.handed_day[aboard] > world.maker.handed_day[aboard]).all()
        assert (line.handed_day[~aboard] == world.maker.handed_day[~aboard]).all()

    def test_the_stopped_week_moves_every_later_build(self, world: World) -> None:
        stop = stop_day(world.start_day)
        line = tell(world, {PLANT_WEEK: world.start_day})
        late = world.maker.built_day >= stop
        assert stop % 7 == 0
        assert stop > world.start_day + 7
        assert (line.built_day[late] == world.maker.built_day[late] + 7).all()
        assert (line.built_day[~late] == world.maker.built_day[~late]).all()

    def test_held_cars_are_not_handed_over_before_the_release(self, world: World) -> None:
        line = tell(world, {QUALITY_HOLD: world.start_day})
        held = (world.batch == 17) & (world.maker.handed_day > world.start_day)
        assert held.any()
        assert (line.handed_day[held] >= world.start_day + 16).all()

    @pytest.mark.parametrize("scale", [50, 1000])
    def test_a_released_batch_is_handed_over_in_turn_by_the_places_of_the_centres(
        self, scale: int
    ) -> None:
        world = make_world(scale=scale)
        line = tell(world, {QUALITY_HOLD: world.start_day + 1})
        first = int(world.start_day) + 18
        for region in range(4):
            here = world.maker.region == region
            handed, done, places = line.handed_day[here].astype(int), 0, 1.0
            for day in range(first, first + 60):
                done += int((handed == day).sum())
                places += daily_places(world, day)[region]
                assert done <= places + 1e-6
        held = (world.batch == 17) & (world.maker.handed_day > world.start_day + 1)
        assert line.handed_day[held].max() < world.start_day + 60
        assert (line.handed_day >= world.maker.handed_day).all()

    @pytest.mark.parametrize("parts", [(TRAIN,), (TRAIN, PLANT_WEEK, QUALITY_HOLD)])
    def test_every_story_keeps_the_order_of_a_cars_way(
        self, world: World, parts: tuple[str, ...]
    ) -> None:
        line = tell(world, dict.fromkeys(parts, world.start_day))
        own = np.ones(len(line.built_day), bool)
        own[list(world.cast.overtaking)] = False
        assert (line.built_day <= line.departed_day)[own].all()
        assert (line.departed_day <= line.arrived_day)[own].all()
        assert (line.arrived_day <= line.handed_day + 1e-9)[own].all()
        days = line.handed_day.astype(int)
        moved = (line.handed_day != world.maker.handed_day) & (days < len(closed_days()))
        assert not closed_days()[days[moved]].any()

    def test_days_and_moments_are_each_others_inverse(self) -> None:
        assert instant_of(day_of(START)) == START
