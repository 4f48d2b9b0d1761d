"""Capacity, plans, plant reports, shipments and carrier events: taken, held back or refused."""

from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.workflows.feeds import (
    NOW,
    event,
    make_catalogue,
    make_network,
    order,
    plan_rows,
    shipment,
)
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.production.models import BuildEvent, HeldSupply, Plan, Resource, SupplyWeek
from yinuo.contexts.production.operations import quarantine as production_desk
from yinuo.contexts.production.queries import quarantine as production_waiting
from yinuo.contexts.production.queries.forecasting import load_capacity
from yinuo.contexts.transit.models import CarrierEvent, Load, Shipment
from yinuo.contexts.transit.operations import quarantine as transit_desk
from yinuo.contexts.transit.operations.delays import take_delay
from yinuo.contexts.transit.queries import quarantine as transit_waiting
from yinuo.workflows.intake import Report, run_feed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def maker() -> None:
    make_catalogue()
    make_network()
    report = run_feed(
        "orders",
        [order(n, code=f"ORD{n}", centre="TJ" if n == 5 else "NC") for n in range(1, 6)],
        sender="sales",
        now=NOW,
    )
    assert report.ok


@pytest.fixture
def staff() -> StaffMember:
    return StaffMember.objects.create(
        public_id="stf_li", name_zh="李静", name_en="Li Jing", phone="10000000002", role="PLANNER"
    )


def send(
    feed: str, *records: dict[str, object], sender: str = "rail", skip_bad: bool = False
) -> Report:
    return run_feed(feed, list(records), sender=sender, now=NOW, skip_bad=skip_bad)


def wrongs(report: Report) -> list[tuple[int, str]]:
    return [(problem.line, problem.field) for problem in report.problems.kept]


class TestCapacity:
    def row(
        self, number: int, week: str, quantity: int, resource: str = "TOW"
    ) -> dict[str, object]:
        return {"id": f"c{number}", "resource": resource, "week": week, "quantity": quantity}

    def test_is_recorded_by_its_monday(self) -> None:
        report = send("capacity", self.row(1, "2026-W08", 40), self.row(2, "2026/2/23", 50))
        assert (report.accepted, report.held) == (2, 0)
        weeks = SupplyWeek.objects.order_by("week_date").values_list("week_date", "quantity")
        assert list(weeks) == [(dt.date(2026, 2, 16), 40), (dt.date(2026, 2, 23), 50)]

    def test_a_day_that_is_no_monday_is_refused_with_its_monday(self) -> None:
        report = send("capacity", self.row(1, "2026-02-18", 40))
        assert "2026-02-16" in report.problems.kept[0].zh

    def test_a_plant_is_not_supply(self) -> None:
        assert wrongs(send("capacity", self.row(1, "2026-W08", 9, "P1"))) == [(1, "resource")]

    def test_a_jump_waits_and_can_be_released(self, staff: StaffMember) -> None:
        report = send("capacity", self.row(1, "2026-W08", 40), self.row(2, "2026-W09", 200))
        assert (report.accepted, report.held) == (2, 1)
        assert report.warnings[0].zh == "第 2 行：产能比上周多 4 倍。旧日期不变。"
        assert SupplyWeek.objects.get().quantity == 40
        [waiting] = production_waiting.list_quarantined()
        assert (waiting.kind, waiting.what) == ("SUPPLY", "TOW 2026-02-23 200")
        # Sent again it is known, though it waits.
        assert send("capacity", self.row(2, "2026-W09", 200)).duplicates == 1
        production_desk.release_supply(supply_id=waiting.id, staff_id=staff.id, now=NOW)
        assert SupplyWeek.objects.filter(quantity=200).count() == 1
        assert HeldSupply.objects.get().decided_by == staff
        assert production_waiting.count_quarantined() == 0
        with pytest.raises(production_desk.NotWaiting):
            production_desk.set_aside_supply(supply_id=waiting.id, staff_id=staff.id, now=NOW)

    def test_two_figures_for_one_week_are_refused_and_the_line_is_named(self) -> None:
        rows = [self.row(1, "2026-W08", 40), self.row(2, "2026/2/16", 60)]
        report = send("capacity", *rows)
        assert wrongs(report) == [(2, "quantity")]
        problem = report.problems.kept[0]
        assert "和第 1 行矛盾" in problem.zh
        assert "contradicts line 1, which says 40" in problem.en
        # The same figure twice is no contradiction, and a later delivery corrects an earlier one.
        assert not wrongs(
            send("capacity", self.row(3, "2026-W09", 50), self.row(4, "2026-W09", 50))
        )
        assert send("capacity", self.row(5, "2026-W09", 60)).accepted == 1

    def test_the_newest_word_on_a_week_holds_whoever_sent_it(self) -> None:
        send("capacity", self.row(1, "2026-W08", 40), sender="supplier-a")
        send("capacity", self.row(1, "2026-W08", 60), sender="supplier-b")
        capacity = load_capacity(dt.date(2026, 2, 16), 2)
        assert capacity.planned[capacity.codes.index("TOW")].tolist() == [60, 60]
        # Both stay on record, with who said so.
        assert SupplyWeek.objects.count() == 2

    def test_the_same_id_with_another_figure_is_refused(self) -> None:
        send("capacity", self.row(1, "2026-W08", 40))
        assert wrongs(send("capacity", self.row(1, "2026-W08", 41))) == [(1, "id")]

    def test_three_times_is_no_jump_and_less_is_none_either(self) -> None:
        rows = [
            self.row(1, "2026-W08", 40),
            self.row(2, "2026-W09", 120),
            self.row(3, "2026-W10", 0),
        ]
        assert send("capacity", *rows).held == 0

    def test_a_correction_of_the_same_week_is_judged_by_that_week(self) -> None:
        send("capacity", self.row(1, "2026-W08", 40), self.row(2, "2026-W09", 100))
        report = send("capacity", self.row(3, "2026-W09", 310))
        assert report.held == 1
        assert "同一周" in report.warnings[0].zh


class TestPlan:
    def test_is_stored_uploaded_and_moves_nothing(self) -> None:
        report = send("plan", *plan_rows("p-1"), sender="planning")
        assert (report.accepted, report.held) == (10, 0)
        plan = Plan.objects.get()
        assert (plan.state, plan.problem, plan.weeks.count()) == ("UPLOADED", None, 10)
        assert report.ids == [plan.public_id]
        assert not ProcrastinateJob.objects.exclude(task_name="promises.first").exists()

    @pytest.mark.need(26)
    def test_a_jump_refuses_the_whole_plan_and_says_where(self) -> None:
        rows = plan_rows("p-1")
        rows[4]["cars"] = 500
        report = send("plan", *rows)
        assert report.held == 10
        assert report.warnings[0].zh == "第 5 行：产能比上周多 4 倍。旧日期不变。"
        assert "5 times the week before (100)" in report.warnings[0].en
        plan = Plan.objects.get()
        assert plan.problem is not None
        assert (plan.state, plan.problem["line"]) == ("REFUSED", 5)

    def test_a_jump_against_the_plan_in_force(self) -> None:
        send("plan", *plan_rows("p-1"))
        Plan.objects.update(
            state="COMMITTED", cause_code="PLANT_FASTER", evidence="x", committed_at=NOW
        )
        report = send("plan", *plan_rows("p-2", cars=310))
        assert "同一周" in report.warnings[0].zh
        assert send("plan", *plan_rows("p-3", cars=300)).held == 0

    def test_an_old_or_short_plan_is_refused(self) -> None:
        report = send("plan", *plan_rows("p-1", first=dt.date(2026, 1, 5), weeks=20))
        assert "旧计划" in report.warnings[0].zh
        report = send("plan", *plan_rows("p-2", weeks=7))
        assert "2026-03-30" in report.warnings[0].zh
        assert set(Plan.objects.values_list("state", flat=True)) == {"REFUSED"}

    def test_is_taken_whole_or_not_at_all(self) -> None:
        rows = plan_rows("p-1")
        rows[3]["cars"] = "many"
        report = send("plan", *rows, skip_bad=True)
        assert (report.written, wrongs(report)) == (False, [(4, "cars")])
        rows = plan_rows("p-1")
        rows[3]["plan"] = "p-2"
        assert wrongs(send("plan", *rows)) == [(4, "plan")]
        assert Plan.objects.count() == 0

    def test_the_same_plan_again_and_another_under_its_name(self) -> None:
        send("plan", *plan_rows("p-1"))
        report = send("plan", *reversed(plan_rows("p-1")))
        assert (report.accepted, report.duplicates) == (0, 10)
        report = send("plan", *plan_rows("p-1", cars=110))
        assert (report.written, wrongs(report)) == (False, [(1, "plan")])
        assert send("plan", *plan_rows("p-1"), sender="other").accepted == 10


class TestBuilds:
    def row(self, number: int, kind: str, **changes: object) -> dict[str, object]:
        at = "2026-02-10T10:00+08:00"
        return {"id": f"b{number}", "order": "ORD1", "kind": kind, "at": at, **changes}

    def test_names_an_order_in_three_ways(self) -> None:
        public_id = Order.objects.get(code="ORD2").public_id
        rows = [
            self.row(1, "STARTED", order="ord1"),
            self.row(2, "STARTED", order=public_id),
            self.row(3, "STARTED", order="o-3"),
        ]
        assert send("builds", *rows, sender="sales").accepted == 3
        codes = BuildEvent.objects.order_by("id").values_list("order__code", flat=True)
        assert list(codes) == ["ORD1", "ORD2", "ORD3"]
        # Another sender's own ids are its own.
        assert wrongs(send("builds", self.row(3, "STARTED", order="o-3"))) == [(1, "order")]
        assert ProcrastinateJob.objects.filter(task_name="progress.apply").count() == 1

    def test_what_cannot_be_waits(self, staff: StaffMember) -> None:
        Order.objects.filter(code="ORD4").update(state="DELIVERED", delivered_at=NOW)
        vin = "LYF00000000000001"
        report = send(
            "builds",
            self.row(1, "BUILT", at="2026-02-11T09:30+08:00"),
            self.row(2, "BUILT", at="2025-09-30T09:30+08:00"),
            self.row(3, "BUILT", order="ORD4"),
            self.row(4, "BUILT", order="ORD2", vin=vin),
            self.row(5, "BUILT", order="ORD3", vin=vin),
        )
        assert (report.accepted, report.held) == (5, 4)
        problems = BuildEvent.objects.order_by("id").values_list("problem", flat=True)
        assert list(problems) == ["FUTURE", "BEFORE_LOCK", "ORDER_DELIVERED", "", "VIN_TAKEN"]
        waiting = production_waiting.list_quarantined()
        assert [one.what for one in waiting][:1] == ["ORD1 BUILT"]
        production_desk.set_aside_build(event_id=waiting[0].id, staff_id=staff.id, now=NOW)
        production_desk.release_build(event_id=waiting[1].id, staff_id=staff.id, now=NOW)
        states = BuildEvent.objects.order_by("id").values_list("state", flat=True)
        assert list(states)[:2] == ["SET_ASIDE", "RECEIVED"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [({"vin": "TOO-SHORT"}, "vin"), ({"kind": "PAINTED"}, "kind"), ({"week": ""}, "week")],
    )
    def test_a_wrong_field_is_named(self, changes: dict[str, object], field: str) -> None:
        row = {**self.row(1, "SCHEDULED", week="2026-W08"), **changes}
        assert wrongs(send("builds", row)) == [(1, field)]


class TestShipments:
    def test_loads_its_cars_until_they_are_unloaded(self) -> None:
        assert send("shipments", shipment(1, "ORD1 ORD2；ord3")).ids == ["T1"]
        row = Shipment.objects.get()
        assert row.expected_at == row.arrives_at
        during = Load.objects.get(order__code="ORD3").during
        assert during.upper - during.lower == dt.timedelta(days=4)

    @pytest.mark.parametrize("together", [True, False])
    def test_a_car_in_two_places_names_the_other_shipment(self, together: bool) -> None:
        first, second = shipment(1, ["ORD1"]), shipment(2, ["ORD2", "ORD1"])
        if together:
            report = send("shipments", first, second)
            assert wrongs(report) == [(2, "orders")]
        else:
            send("shipments", first)
            report = send("shipments", second)
            assert wrongs(report) == [(1, "orders")]
        assert "班次 T1" in report.problems.kept[0].zh
        assert not Shipment.objects.filter(code="T2").exists()

    def test_a_car_may_take_the_next_train_when_its_own_was_cancelled(self) -> None:
        send("shipments", shipment(1, ["ORD1"]))
        Shipment.objects.update(state="CANCELLED")
        later = shipment(2, ["ORD1"], departs_at="2026-02-14T08:00+08:00")
        assert send("shipments", later).ok
        assert Load.objects.filter(order__code="ORD1").count() == 2

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"origin": "NC"}, "destination"),
            ({"arrives_at": "2026-02-12T08:00+08:00"}, "arrives_at"),
            ({"orders": ["NOBODY"]}, "orders"),
            ({"orders": ["ORD1", "ORD1"]}, "orders"),
            ({"orders": ["ORD5"]}, "orders"),
            ({"mode": "SEA"}, "mode"),
        ],
    )
    def test_a_wrong_field_is_named(self, changes: dict[str, object], field: str) -> None:
        report = send("shipments", shipment(1, **{"orders": ["ORD1"], **changes}))
        assert {name for _, name in wrongs(report)} == {field}

    def test_a_code_is_taken_once(self) -> None:
        send("shipments", shipment(1, ["ORD1"]))
        assert wrongs(send("shipments", shipment(2, ["ORD2"], code="T1"))) == [(1, "code")]


class TestEvents:
    @pytest.fixture(autouse=True)
    def train(self) -> None:
        assert send("shipments", shipment(1, ["ORD1", "ORD2"])).ok

    @pytest.mark.need(1, 2)
    def test_a_cancelled_train_is_recorded_and_hands_on(self) -> None:
        report = send("events", event(1, "CANCELLED", cause="TRAIN_CANCELLED", place="ZZ"))
        row = CarrierEvent.objects.get()
        assert (report.ids, report.held) == ([row.public_id], 0)
        assert (row.state, row.cause_code) == ("RECEIVED", "TRAIN_CANCELLED")
        assert row.place is not None
        assert row.place.code == "ZZ"
        [job] = ProcrastinateJob.objects.filter(task_name="delay.apply")
        assert job.args == {"event_id": row.id}
        assert send("events", event(1, "CANCELLED", cause="TRAIN_CANCELLED", place="ZZ")).duplicates
        assert ProcrastinateJob.objects.filter(task_name="delay.apply").count() == 1

    @pytest.mark.need(2)
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"kind": "CANCELLED"}, "cause"),
            ({"kind": "CANCELLED", "cause": "TRAIN_LATE"}, "cause"),
            ({"kind": "CANCELLED", "cause": "TRUCK_LATE"}, "cause"),
            ({"kind": "CANCELLED", "cause": "SPRING_FESTIVAL"}, "cause"),
            ({"kind": "DELAYED", "cause": "TRAIN_LATE"}, "expected_at"),
            ({"kind": "ARRIVED", "cause": "WEATHER"}, "cause"),
            ({"kind": "HANDED_OVER"}, "order"),
            ({"kind": "ARRIVED", "shipment": "T9"}, "shipment"),
            ({"kind": "ARRIVED", "shipment": ""}, "shipment"),
            ({"kind": "ARRIVED", "order": "NOBODY"}, "order"),
            ({"kind": "ARRIVED", "place": "XX"}, "place"),
        ],
    )
    def test_a_wrong_field_is_named(self, changes: dict[str, object], field: str) -> None:
        report = send("events", {**event(1, ""), **changes})
        assert wrongs(report) == [(1, field)]
        assert not CarrierEvent.objects.exists()

    def test_an_unknown_shipment_may_be_sent_later_under_the_same_id(self) -> None:
        report = send("events", event(1, "DEPARTED", shipment="T2"))
        assert "send the shipment first" in report.problems.kept[0].en
        send("shipments", shipment(2, ["ORD3"]))
        assert send("events", event(1, "DEPARTED", shipment="T2")).accepted == 1

    @pytest.mark.parametrize(
        ("before", "then", "problem"),
        [
            ([], event(9, "DEPARTED", at="2026-02-11T09:26+08:00"), "FUTURE"),
            ([], event(9, "ARRIVED", place="TJ"), "OTHER_PLACE"),
            ([], event(9, "ARRIVED", shipment="", order="ORD3", place="TJ"), "OTHER_PLACE"),
            ([], event(9, "DAMAGED", cause="TRANSIT_DAMAGE", order="ORD3"), "NOT_ON_SHIPMENT"),
            ([], event(9, "POSITION", shipment="", order="ORD4"), "ORDER_DELIVERED"),
            (
                [event(1, "ARRIVED", at="2026-02-10T08:00+08:00")],
                event(9, "DEPARTED", at="2026-02-10T09:00+08:00"),
                "DEPARTED_AFTER_ARRIVED",
            ),
            (
                [event(1, "DEPARTED", at="2026-02-10T09:00+08:00")],
                event(9, "ARRIVED", at="2026-02-10T08:00+08:00"),
                "ARRIVED_BEFORE_DEPARTED",
            ),
            (
                [event(1, "ARRIVED")],
                event(9, "CANCELLED", cause="TRAIN_CANCELLED"),
                "AFTER_ARRIVED",
            ),
            (
                [event(1, "CANCELLED", cause="TRAIN_CANCELLED")],
                event(9, "ARRIVED"),
                "SHIPMENT_CANCELLED",
            ),
        ],
    )
    @pytest.mark.parametrize("together", [True, False])
    def test_a_contradiction_waits_for_staff(
        self,
        before: list[dict[str, object]],
        then: dict[str, object],
        problem: str,
        together: bool,
    ) -> None:
        Order.objects.filter(code="ORD4").update(state="DELIVERED", delivered_at=NOW)
        for batch in [[*before, then]] if together else [before, [then]]:
            assert send("events", *batch).ok
        row = CarrierEvent.objects.get(external_id="e9")
        assert (row.state, row.problem) == ("QUARANTINED", problem)
        [waiting] = transit_waiting.list_quarantined()
        assert (waiting.external_id, waiting.problem) == ("e9", problem)
        jobs = ProcrastinateJob.objects.filter(task_name="delay.apply")
        assert row.id not in [job.args["event_id"] for job in jobs]

    def test_departure_reported_after_the_arrival_is_only_late(self) -> None:
        report = send(
            "events",
            event(1, "ARRIVED", at="2026-02-11T09:00+08:00"),
            event(2, "DEPARTED", at="2026-02-09T09:00+08:00"),
        )
        assert report.held == 0

    def test_staff_release_or_set_aside_once(self, staff: StaffMember) -> None:
        send("events", event(1, "ARRIVED"))
        send("events", event(2, "CANCELLED", cause="TRAIN_CANCELLED"))
        [waiting] = transit_waiting.list_quarantined()
        transit_desk.release_event(event_id=waiting.id, staff_id=staff.id, now=NOW)
        row = CarrierEvent.objects.get(id=waiting.id)
        assert (row.state, row.decided_by, row.decided_at) == ("RECEIVED", staff, NOW)
        assert ProcrastinateJob.objects.filter(task_name="delay.apply").count() == 1
        with pytest.raises(transit_desk.NotWaiting):
            transit_desk.set_aside_event(event_id=waiting.id, staff_id=staff.id, now=NOW)

    def test_a_released_cancellation_is_not_held_again(self, staff: StaffMember) -> None:
        send("events", event(1, "CANCELLED", cause="TRAIN_CANCELLED"))
        Shipment.objects.update(state="ARRIVED", arrived_at=NOW)
        row = CarrierEvent.objects.get()
        assert take_delay(event_id=row.id) is None
        transit_desk.release_event(event_id=row.id, staff_id=staff.id, now=NOW)
        assert take_delay(event_id=row.id) is not None

    def test_every_reason_to_wait_has_words(self) -> None:
        assert Resource.objects.exists()
        send("events", event(1, "ARRIVED", place="TJ"))
        [waiting] = transit_waiting.list_quarantined()
        assert "不能在两个地方" in waiting.zh
        assert "two places" in waiting.en
