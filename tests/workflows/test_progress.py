"""Reports that were received move cars on: forward only, once, and as facts of the ledger."""

from __future__ import annotations

import datetime as dt
import random
import threading

import pytest
from django.db import connection, transaction

from tests.workflows.feeds import NOW, event, make_catalogue, make_network, order, shipment
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.production.models import Build, BuildEvent
from yinuo.contexts.transit.models import CarrierEvent, Shipment
from yinuo.contexts.transit.operations.progress import take_moves
from yinuo.contexts.transit.operations.quarantine import release_event
from yinuo.workflows import progress
from yinuo.workflows.intake import run_feed

VIN = "LYF00000000000001"


def make_maker() -> None:
    make_catalogue()
    make_network()
    orders = [order(n, code=f"ORD{n}") for n in range(1, 7)]
    assert run_feed("orders", orders, sender="sales", now=NOW).ok


@pytest.fixture
def maker(db: None) -> None:
    make_maker()


def build(number: int, code: str, kind: str, day: int, **changes: object) -> dict[str, object]:
    at = f"2026-01-{day:02d}T10:00+08:00"
    return {"id": f"b{number}", "order": code, "kind": kind, "at": at, **changes}


def send(feed: str, *records: dict[str, object]) -> None:
    report = run_feed(feed, list(records), sender="rail", now=NOW)
    assert report.ok, report.problems.kept


def facts_of(code: str) -> list[str]:
    return [one.kind for one in ledger.list_of_subject(Order.objects.get(code=code).id)][1:]


def state_of(code: str) -> str:
    return Order.objects.get(code=code).state


@pytest.mark.usefixtures("maker")
class TestBuilds:
    def test_a_car_is_scheduled_started_and_built(self) -> None:
        send("builds", build(1, "ORD1", "SCHEDULED", 5, week="2026-W04", batch="B17"))
        assert progress.apply_builds(now=NOW) == 1
        assert state_of("ORD1") == "SCHEDULED"
        send("builds", build(2, "ORD1", "STARTED", 20), build(3, "ORD1", "BUILT", 21, vin=VIN))
        assert progress.apply_builds(now=NOW) == 2
        row = Build.objects.get()
        assert (row.batch, row.vin, row.scheduled_week_date) == ("B17", VIN, dt.date(2026, 1, 19))
        assert row.started_at == dt.datetime(2026, 1, 20, 2, tzinfo=dt.UTC)
        order_row = Order.objects.get(code="ORD1")
        assert (order_row.state, order_row.state_at) == ("BUILT", row.built_at)
        assert facts_of("ORD1") == ["order.allocated", "car.built"]
        [*_, entry] = ledger.list_of_subject(order_row.id)
        assert entry.payload["at"] == "2026-01-21T02:00:00Z"
        assert entry.payload["known_at"] == "2026-02-11T01:20:00Z"
        assert set(BuildEvent.objects.values_list("state", flat=True)) == {"APPLIED"}

    def test_the_order_of_arrival_does_not_matter(self) -> None:
        reports = [
            build(1, "ORD1", "SCHEDULED", 5, week="2026-W04"),
            build(2, "ORD1", "SCHEDULED", 9, week="2026-W05"),
            build(3, "ORD1", "STARTED", 20),
            build(4, "ORD1", "BUILT", 21),
        ]
        for seed in range(6):
            sid = transaction.savepoint()
            mixed = random.Random(seed).sample(reports, k=4)
            for report in mixed:
                send("builds", report)
                progress.apply_builds(now=NOW)
            row = Build.objects.get()
            assert row.scheduled_week_date == dt.date(2026, 1, 26)
            assert row.started_at is not None
            assert (state_of("ORD1"), facts_of("ORD1")) == (
                "BUILT",
                ["order.allocated", "car.built"],
            )
            transaction.savepoint_rollback(sid)

    def test_applying_again_changes_nothing(self) -> None:
        send("builds", build(1, "ORD1", "BUILT", 21))
        assert progress.run(now=NOW) == 1
        assert progress.run(now=NOW) == 0
        BuildEvent.objects.update(state="RECEIVED")
        assert progress.run(now=NOW) == 1
        assert facts_of("ORD1") == ["order.allocated", "car.built"]

    def test_a_vin_of_another_car_waits_even_when_it_came_unseen(self) -> None:
        send("builds", build(1, "ORD1", "BUILT", 21, vin=VIN))
        send("builds", build(2, "ORD2", "BUILT", 22, vin=VIN))
        assert progress.apply_builds(now=NOW) == 2
        assert list(Build.objects.values_list("order__code", flat=True)) == ["ORD1"]
        assert BuildEvent.objects.get(external_id="b2").problem == "VIN_TAKEN"
        assert state_of("ORD2") == "LOCKED"

    def test_an_ended_order_stays_ended(self) -> None:
        send("builds", build(1, "ORD1", "BUILT", 21))
        Order.objects.filter(code="ORD1").update(state="CANCELLED", cancelled_at=NOW)
        progress.apply_builds(now=NOW)
        assert (state_of("ORD1"), facts_of("ORD1")) == ("CANCELLED", [])

    def test_a_limit_leaves_the_rest_for_the_next_batch(self) -> None:
        send("builds", *(build(n, f"ORD{n}", "BUILT", 21) for n in range(1, 6)))
        assert [progress.apply_builds(now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert Order.objects.filter(state="BUILT").count() == 5


@pytest.mark.usefixtures("maker")
class TestMoves:
    @pytest.fixture(autouse=True)
    def train(self, maker: None) -> None:
        send("shipments", shipment(1, ["ORD1", "ORD2"], departs_at="2026-02-08T08:00+08:00"))

    def test_a_train_takes_its_cars_along(self) -> None:
        send("events", event(1, "DEPARTED", at="2026-02-08T08:10+08:00"))
        assert progress.apply_moves(now=NOW) == 1
        assert {state_of("ORD1"), state_of("ORD2")} == {"IN_TRANSIT"}
        assert state_of("ORD3") == "LOCKED"
        send("events", event(2, "POSITION", place="ZZ"), event(3, "ARRIVED", place="NC"))
        progress.apply_moves(now=NOW)
        row = Shipment.objects.get()
        assert (row.state, row.arrived_at) == (
            "ARRIVED",
            dt.datetime(2026, 2, 11, 1, tzinfo=dt.UTC),
        )
        assert row.departed_at == dt.datetime(2026, 2, 8, 0, 10, tzinfo=dt.UTC)
        assert facts_of("ORD1") == ["order.allocated", "car.left_plant", "car.arrived"]
        arrived = ledger.list_of_subject(Order.objects.get(code="ORD1").id)[-1]
        assert (arrived.payload["place_zh"], arrived.public["code"]) == ("南昌站", "ARRIVED")
        assert set(CarrierEvent.objects.values_list("state", flat=True)) == {"APPLIED"}

    def test_a_hand_over_ends_the_way(self) -> None:
        send("events", event(1, "ARRIVED"), event(2, "HANDED_OVER", order="ORD1", shipment=""))
        progress.apply_moves(now=NOW)
        row = Order.objects.get(code="ORD1")
        assert (row.state, row.delivered_at) == (
            "DELIVERED",
            dt.datetime(2026, 2, 11, 1, tzinfo=dt.UTC),
        )
        assert facts_of("ORD1") == ["order.allocated", "car.arrived", "car.handed_over"]
        assert state_of("ORD2") == "AT_CENTRE"

    def test_a_late_departure_report_moves_nothing_back(self) -> None:
        send("events", event(1, "ARRIVED"))
        progress.apply_moves(now=NOW)
        send("events", event(2, "DEPARTED", at="2026-02-08T08:10+08:00"))
        progress.apply_moves(now=NOW)
        row = Shipment.objects.get()
        assert row.state == "ARRIVED"
        assert row.departed_at == dt.datetime(2026, 2, 8, 0, 10, tzinfo=dt.UTC)
        assert (state_of("ORD1"), facts_of("ORD1")) == (
            "AT_CENTRE",
            ["order.allocated", "car.arrived"],
        )

    def test_a_stopped_train_goes_on(self) -> None:
        Shipment.objects.update(state="STOPPED")
        send("events", event(1, "DEPARTED"))
        progress.apply_moves(now=NOW)
        assert Shipment.objects.get().state == "DEPARTED"

    def test_delays_are_left_for_their_own_story(self) -> None:
        late = {"cause": "TRAIN_LATE", "expected_at": "2026-02-18T08:00+08:00"}
        send("events", event(1, "DELAYED", **late), event(2, "CANCELLED", cause="TRAIN_CANCELLED"))
        assert progress.apply_moves(now=NOW) == 0
        assert set(CarrierEvent.objects.values_list("state", flat=True)) == {"RECEIVED"}

    def test_what_became_a_contradiction_meanwhile_waits_until_released(self) -> None:
        send("events", event(1, "ARRIVED"))
        Shipment.objects.update(state="CANCELLED")
        progress.apply_moves(now=NOW)
        row = CarrierEvent.objects.get()
        assert (row.state, row.problem) == ("QUARANTINED", "SHIPMENT_CANCELLED")
        assert state_of("ORD1") == "LOCKED"
        staff = StaffMember.objects.create(
            public_id="stf_1",
            name_zh="赵磊",
            name_en="Zhao Lei",
            phone="10000000003",
            role="MANAGER",
        )
        release_event(event_id=row.id, staff_id=staff.id, now=NOW)
        progress.apply_moves(now=NOW)
        row.refresh_from_db()
        assert (row.state, state_of("ORD1")) == ("APPLIED", "AT_CENTRE")

    def test_two_hand_overs_of_one_car_in_one_batch(self) -> None:
        send(
            "events",
            event(1, "HANDED_OVER", order="ORD3", shipment=""),
            event(2, "HANDED_OVER", order="ORD3", shipment="", at="2026-02-11T09:05+08:00"),
        )
        progress.apply_moves(now=NOW)
        problems = CarrierEvent.objects.order_by("id").values_list("state", "problem")
        assert list(problems) == [("APPLIED", ""), ("QUARANTINED", "ORDER_DELIVERED")]
        assert facts_of("ORD3") == ["order.allocated", "car.handed_over"]


def test_two_workers_take_different_reports(fresh_database: str) -> None:
    make_maker()
    send("shipments", shipment(1, ["ORD1"]), shipment(2, ["ORD2"]))
    send("events", event(1, "DEPARTED"), event(2, "DEPARTED", shipment="T2"))
    seen: list[int] = []

    def other_worker() -> None:
        seen.append(progress.apply_moves(now=NOW))
        connection.close()

    with transaction.atomic():
        mine = take_moves(1)
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join(timeout=20)
        assert not thread.is_alive()
        transaction.set_rollback(True)
    assert len(mine.events) == 1
    assert seen == [1]
    assert progress.run(now=NOW) == 1
    assert Order.objects.filter(state="IN_TRANSIT").count() == 2
    assert Shipment.objects.filter(state="DEPARTED").count() == 2
