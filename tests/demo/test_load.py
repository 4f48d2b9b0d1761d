"""Loading the demo: what is in it, and that it is loaded once, wholly, and the same each time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from tests.verify.verifier import VERIFY
from yinuo.contexts.ledger.models import Entry, Leaf, Untold
from yinuo.contexts.ledger.operations.overtakes import refresh_figures
from yinuo.contexts.ledger.queries.overtakes import QueueFigures, get_figures
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.people.models import ApiKey, Person, StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.planning.queries import get_growth_study
from yinuo.contexts.production.models import Build, Plan, PlanWeek, SupplyWeek
from yinuo.contexts.promises.models import Outcome, Promise, Undated
from yinuo.contexts.promises.queries.kept import count_due
from yinuo.contexts.transit.models import CarrierEvent, Lane, Load, Shipment
from yinuo.jobs.management.commands.demo import who_to_log_in_as
from yinuo.jobs.schedule import give_out
from yinuo.platform import clock, installation
from yinuo.platform.installation import NotADemo, NotEmpty
from yinuo.platform.spoken import local_date
from yinuo.workflows.demo import load as loading
from yinuo.workflows.demo import story
from yinuo.workflows.demo.days import PROMISING_SINCE, START
from yinuo.workflows.demo.feeding import Broken, feed
from yinuo.workflows.demo.load import load
from yinuo.workflows.demo.records import Reports
from yinuo.workflows.demo.timeline import tell
from yinuo.workflows.demo.world import DEFAULT_SEED, SMALL_SCALE, World, make_world

OPEN = ["LOCKED", "SCHEDULED", "IN_BUILD", "BUILT", "IN_TRANSIT", "AT_CENTRE"]


@pytest.fixture(scope="module")
def world() -> World:
    """The world of the small demo."""
    return make_world(DEFAULT_SEED, SMALL_SCALE)


def read_log_figures() -> QueueFigures:
    """The public figures, worked out of the log as it stands after loading."""
    refresh_figures(now=START)
    return get_figures()


def quiet(_text: str) -> None:
    """Says nothing."""


@pytest.mark.usefixtures("demo_database")
class TestContents:
    def test_there_is_a_maker_with_cars_places_lanes_and_staff(self) -> None:
        assert Counter(Place.objects.values_list("kind", flat=True)) == {
            "PLANT": 1,
            "HUB": 1,
            "CENTRE": 4,
        }
        assert set(Place.objects.filter(kind="CENTRE").values_list("city_zh", flat=True)) == {
            "天津",
            "上海",
            "南昌",
            "海口",
        }
        assert Lane.objects.count() == 4
        roles = set(StaffMember.objects.values_list("role", flat=True))
        assert {"SPECIALIST", "MANAGER", "PLANNER", "QUALITY"} <= roles
        assert StaffMember.objects.filter(name_zh__in=["王敏", "李静", "赵磊"]).count() == 3

    def test_cars_stand_at_every_stage(self) -> None:
        states = Counter(Order.objects.values_list("state", flat=True))
        assert set(states) == {*OPEN, "DELIVERED"}
        waiting = sum(states[state] for state in OPEN)
        assert 560 <= waiting <= 660
        assert 580 <= states["DELIVERED"] <= 640

    @pytest.mark.need(22)
    def test_every_open_order_has_a_promise_and_so_had_those_delivered_lately(
        self, world: World
    ) -> None:
        waiting = set(Order.objects.filter(state__in=OPEN).values_list("id", flat=True))
        promised = set(Promise.objects.exclude(state="CLOSED").values_list("order_id", flat=True))
        # Her shop agreed that she asks for the slot, and she has not asked.
        held = set(Undated.objects.filter(why="NOT_ASKED").values_list("order_id", flat=True))
        assert held == {Order.objects.get(code="HK24LI").id}
        assert promised == waiting - held
        ended = set(Promise.objects.filter(state="CLOSED").values_list("order_id", flat=True))
        lately = Order.objects.filter(state="DELIVERED", delivered_at__gt=PROMISING_SINCE)
        passed = [world.codes[row] for row in world.cast.overtaking]
        expected = set(lately.exclude(code__in=passed).values_list("id", flat=True))
        assert expected <= ended
        assert len(ended) >= 20
        assert set(Order.objects.values_list("days_told_at_lock", flat=True)) == {45}

    def test_the_plant_reaches_two_thirds_of_its_plan(self) -> None:
        day = dt.timedelta(days=1)
        monday = dt.datetime(2026, 2, 9, tzinfo=dt.UTC)
        built = Build.objects.filter(built_at__gte=monday - 84 * day, built_at__lt=monday).count()
        weeks = PlanWeek.objects.filter(
            week_date__gte=(monday - 84 * day).date(),
            week_date__lt=monday.date(),
            plan__state="COMMITTED",
        ).order_by("week_date", "plan__committed_at")
        planned = {week.week_date: week.cars for week in weeks}
        assert len(planned) == 12
        assert built / sum(planned.values()) == pytest.approx(2 / 3, abs=0.1)

    def test_the_holiday_weeks_are_low_in_plan_and_centres(self) -> None:
        plan = Plan.objects.filter(state="COMMITTED").latest("committed_at")
        cars = dict(plan.weeks.values_list("week_date", "cars"))
        assert cars[dt.date(2026, 2, 16)] < 0.6 * cars[dt.date(2026, 3, 9)]
        closed = SupplyWeek.objects.filter(resource__kind="CENTRE", week_date=dt.date(2026, 2, 16))
        assert set(closed.values_list("quantity", flat=True)) == {0}
        assert closed.count() == 4

    def test_the_named_orders_are_where_their_story_needs_them(self, world: World) -> None:
        state = dict(Order.objects.filter(code__in=world.cast.rows).values_list("code", "state"))
        assert len(state) == 10
        assert state["NC26TG"] == "AT_CENTRE"
        assert state["NC26LU"] == "IN_TRANSIT"
        assert state["BJ24ZH"] == "LOCKED"
        assert state["TJ26ZH"] == "BUILT"
        assert state["SH26XN"] == "AT_CENTRE"
        train = Shipment.objects.get(code=world.train_name(world.cast.train))
        assert (train.state, train.lane.destination.code) == ("DEPARTED", "NC")
        assert Load.objects.filter(shipment=train, order__code="NC26LU").exists()
        assert not Load.objects.filter(shipment=train, order__state="DELIVERED").exists()

    @pytest.mark.need(24)
    def test_the_order_of_2024_was_passed_three_times_with_reasons(self) -> None:
        passed = Order.objects.get(code="BJ24ZH")
        assert passed.locked_at.year == 2024
        notes = QueueNote.objects.filter(
            kind="EXCEPTION", order__line=passed.line, order__rank__gt=passed.rank
        )
        assert Counter(notes.values_list("code", flat=True)) == {
            "RETURNED_CAR_SAME_CITY": 2,
            "ACCIDENT_REPLACEMENT": 1,
        }
        assert set(notes.values_list("order__state", flat=True)) == {"DELIVERED"}

    @pytest.mark.need(24, 25)
    def test_whoever_checks_the_log_finds_that_nobody_was_passed_in_secret(self) -> None:
        rows = Leaf.objects.order_by("idx").values_list("entry__body", flat=True)
        leaves = [body.encode() for body in rows if body is not None]
        audit = VERIFY.Audit()
        audit.feed(leaves, b"".join(map(VERIFY.leaf_hash, leaves)))
        assert audit.findings == []
        figures = read_log_figures()
        assert figures.unexplained == 0
        pairs = {one.code: one.pairs for one in figures.by_code if one.pairs}
        assert pairs == {"RETURNED_CAR_SAME_CITY": 6, "ACCIDENT_REPLACEMENT": 5}
        assert all(one.used <= one.allowed for one in figures.quotas)

    def test_the_batch_of_the_hold_is_mostly_not_delivered(self) -> None:
        cars = Build.objects.filter(batch="B17")
        assert cars.count() >= 10
        assert cars.exclude(order__state="DELIVERED").count() > cars.count() / 2
        assert not cars.filter(order__code="NC26LU").exists()

    def test_nobody_can_be_reached_and_nobody_is_told_of_what_was_before_the_promises(
        self,
    ) -> None:
        phones = Person.objects.values_list("phone", flat=True)
        assert all(phone.startswith("100") and len(phone) == 11 for phone in phones)
        mails = Person.objects.exclude(email="").values_list("email", flat=True)
        assert all(mail.endswith("@example.cn") for mail in mails)
        assert not Notice.objects.filter(order__delivered_at__lt=PROMISING_SINCE).exists()
        assert Notice.objects.exists()

    @pytest.mark.need(26)
    def test_promises_have_ended_by_what_came_to_pass(self) -> None:
        ended = list(Outcome.objects.select_related("order"))
        assert len(ended) >= 20
        for one in ended:
            assert one.order.delivered_at is not None
            assert one.ended_date == local_date(one.order.delivered_at)
            assert PROMISING_SINCE <= one.first_made_at < one.order.delivered_at
            assert PROMISING_SINCE < one.recorded_at <= START
            assert one.told_before
        kinds = Counter(Entry.objects.values_list("kind", flat=True))
        assert kinds["promise.kept"] + kinds["promise.late"] == len(ended)

    @pytest.mark.need(26)
    def test_how_promises_were_kept_can_be_said_from_the_beginning(self) -> None:
        due = count_due(local_date(START))
        assert due.ranges >= 20
        assert due.inside > 0
        assert due.kept > due.dates * 0.8
        assert due.told == due.late

    def test_no_weekly_note_is_owed_for_the_weeks_before(self) -> None:
        assert Promise.objects.exclude(state="CLOSED").exists()
        assert (
            not Promise.objects.filter(next_update_at__lte=START).exclude(state="CLOSED").exists()
        )

    def test_what_must_grow_is_known_from_the_beginning(self) -> None:
        study = get_growth_study()
        assert study is not None
        assert study.made_at == START
        assert study.result["stages"]

    def test_only_those_who_locked_lately_wait_for_the_word_of_their_first_date(self) -> None:
        waiting = set(Untold.objects.values_list("entry__kind", "entry__subject_id"))
        late = Order.objects.filter(locked_at__gte=START - dt.timedelta(days=14))
        fresh = set(late.exclude(state="DELIVERED").values_list("id", flat=True))
        damaged = Order.objects.get(code="SH26XN").id
        assert waiting == {("promise.made", order_id) for order_id in fresh} | {
            ("damage.told", damaged)
        }

    def test_railway_plant_and_shop_have_keys_for_what_they_do(self) -> None:
        feeds = dict(ApiKey.objects.filter(revoked_at=None).values_list("sender", "feeds"))
        assert feeds == {
            "rail": ["events", "shipments"],
            "plant": ["builds", "plan"],
            "shop": ["orders", "quotes"],
        }

    def test_a_household_reads_along(self) -> None:
        owner = Order.objects.get(code="NC26LU").person
        assert owner.household is not None
        assert owner.household.members.count() == 2

    def test_no_report_of_the_demo_is_doubted(self) -> None:
        assert set(CarrierEvent.objects.values_list("state", flat=True)) == {"APPLIED"}

    def test_the_clock_runs_from_the_beginning_of_the_story(self) -> None:
        assert dt.timedelta(0) <= clock.now() - START < dt.timedelta(minutes=10)
        assert not clock.is_frozen()
        demo = installation.get_demo()
        assert (demo.seed, demo.scale, demo.started_at) == (DEFAULT_SEED, SMALL_SCALE, START)

    def test_visitors_are_told_whom_to_log_in_as(self) -> None:
        lines = who_to_log_in_as()
        assert any("NC26LU" in line for line in lines)
        for line in lines:
            phone = line.split()[0]
            assert (
                Person.objects.filter(phone=phone).exists()
                or StaffMember.objects.filter(phone=phone).exists()
            )

    def test_a_demo_is_not_loaded_twice(self) -> None:
        before = Order.objects.count()
        with pytest.raises(NotEmpty):
            load(seed=1, scale=SMALL_SCALE, send=give_out, say=quiet)
        assert Order.objects.count() == before


def fingerprint() -> list[tuple[Any, ...]]:
    """Everything of the demo's orders that does not depend on keys drawn at random."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.external_id, o.code, o.locked_at, o.state, p.name, p.phone, b.batch, b.vin,"
            " b.built_at, m.from_date, m.until_date, m.latest_date"
            " FROM orders_order o JOIN people_person p ON p.id = o.person_id"
            " LEFT JOIN production_build b ON b.order_id = o.id"
            " LEFT JOIN promises_promise m ON m.order_id = o.id ORDER BY 1"
        )
        return list(cursor.fetchall())


class TestLoading:
    def test_the_same_seed_gives_the_same_demo(
        self, demo_database: str, fresh_database: str
    ) -> None:
        assert demo_database != fresh_database
        connection.close()
        name = connection.settings_dict["NAME"]
        load(seed=DEFAULT_SEED, scale=SMALL_SCALE, send=give_out, say=quiet)
        second = fingerprint()
        connection.close()
        connection.settings_dict["NAME"] = demo_database.rsplit("dbname=", 1)[1].split()[0]
        first = fingerprint()
        connection.close()
        connection.settings_dict["NAME"] = name
        assert first == second

    def test_a_load_that_is_broken_off_leaves_nothing(
        self, fresh_database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert fresh_database

        def fail() -> None:
            raise RuntimeError("broken off")

        monkeypatch.setattr(loading, "_give_keys", fail)
        with pytest.raises(RuntimeError, match="broken off"):
            load(seed=1, scale=SMALL_SCALE, send=give_out, say=quiet)
        assert not Order.objects.exists()
        assert installation.find_demo() is None

    def test_another_seed_is_another_world(self, world: World) -> None:
        other = make_world(1, SMALL_SCALE)
        assert other.codes != world.codes
        assert set(other.cast.rows) == set(world.cast.rows)

    def test_a_large_demo_leaves_out_cars_delivered_long_ago(self, world: World) -> None:
        assert world.kept.all()
        large = make_world(DEFAULT_SEED, 8)
        old = large.maker.handed_day <= large.start_day - 100
        assert old.any()
        assert (large.kept == ~old).all()
        rows = list(Reports(large, tell(large, {})).orders(-1e4, large.start_day))
        assert len(rows) == large.kept.sum()
        handed = Reports(large, tell(large, {})).hand_overs(-1e4, large.start_day)
        assert (
            sum(1 for _ in handed)
            == (large.kept & (large.maker.handed_day <= large.start_day)).sum()
        )

    def test_codes_are_different_and_so_are_the_named_ones(self, world: World) -> None:
        assert len(set(world.codes)) == len(world.codes)
        for code, row in world.cast.rows.items():
            assert world.codes[row] == code

    def test_vins_are_different_and_have_seventeen_characters(self, world: World) -> None:
        vins = {world.vin(row) for row in range(len(world.codes))}
        assert len(vins) == len(world.codes)
        assert all(len(vin) == 17 and not set(vin) & set("IOQ") for vin in vins)

    def test_records_that_are_refused_stop_the_load(self, fresh_database: str) -> None:
        assert fresh_database
        with pytest.raises(Broken, match="orders"):
            feed("orders", [{"id": "1"}], sender="shop", now=START)


@pytest.mark.django_db
def test_without_a_demo_nobody_is_named() -> None:
    assert who_to_log_in_as() == []
    with pytest.raises(NotADemo):
        installation.get_demo()


def test_what_was_played_is_kept_for_its_own_demo_only(world: World) -> None:
    story.forget()
    played = story.recall(world)
    assert (played.until, played.parts) == (world.start_day, {})
    played.parts["train"] = 772.5
    played.until = 773.0
    story.keep(world, played)
    assert story.recall(world) == played
    assert story.recall(make_world(1, SMALL_SCALE)).parts == {}
    story.forget()
    assert story.recall(world).parts == {}
