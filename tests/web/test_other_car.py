"""C4: another car. See it first, read everything, sign, take it; who comes second; who may look."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from PIL import Image

from tests import factories
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.handover.models import Inspection
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.contexts.terms.models import Decision
from yinuo.contexts.vehicles.models import Assignment, CarHold, Disclosure, StockCar
from yinuo.contexts.vehicles.operations import keeping, listing
from yinuo.contexts.vehicles.operations.listing import NewCar
from yinuo.contexts.vehicles.rules import Event, Item
from yinuo.platform import clock
from yinuo.workflows import inspecting, other_car

pytestmark = pytest.mark.django_db
NOW, DAY = factories.NOW, factories.DAY
PAGE = "/o/NC26LU"


def photo() -> tuple[str, str]:
    """A photo of a scratch, kept."""
    out = io.BytesIO()
    Image.new("RGB", (30, 30), "grey").save(out, "JPEG")
    kept = other_car.keep_photo([out.getvalue()], claimed="image/jpeg")
    return kept.digest, kept.media_type


def list_one(world: factories.World, **changed: object) -> str:
    """A display car at Nanchang with a scratch."""
    given = {
        "kind": "DISPLAY",
        "vin": "LYFNC00P000000001",
        "spec_id": Spec.objects.get(code="S7-A").id,
        "place_id": world.centre.id,
        "price_fen": 23_590_000,
        "mileage_km": 86,
        "built_date": dt.date(2025, 11, 3),
        "ready_date": dt.date(2026, 2, 14),
        "items": (
            Item(
                "右后门",
                "Rear right door",
                "DAMAGED",
                "一处 3 厘米划痕",
                "a 3 cm scratch",
                *photo(),
            ),
            Item("座椅", "Seats", "WORN", "坐过人", "people sat in it"),
        ),
        "events": (Event(dt.date(2025, 11, 20), "进店展示", "shown in the shop"),),
        **changed,
    }
    return listing.list_car(car=NewCar(**given), now=NOW - DAY)  # type: ignore[arg-type]


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    made = factories.make_world()
    factories.make_order(made, "NC26LU")
    return made


def digest_on(page: str) -> str:
    """The digest of the text that stands on the page."""
    return page.split('name="digest" value="')[1].split('"')[0]


@pytest.mark.need(50)
@pytest.mark.need(15)
def test_see_sign_take_and_keep_a_copy(world: factories.World) -> None:
    car = list_one(world)
    behind = factories.make_order(world, "BE26AA", person=world.carol, locked_at=NOW - DAY)
    ahead = factories.make_order(world, "AH26AA", person=world.carol, locked_at=NOW - 90 * DAY)
    before = get_place_in_line(behind.id, NOW).ahead
    alice = sign_in(world.alice)
    assert "合适的有 1 台" in read(alice, f"{PAGE}/options")
    assert "有 2 处和新车不一样" in read(alice, f"{PAGE}/cars")
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    page = read(alice, f"{PAGE}/cars/{car}")
    assert "这台车给您留到 2月14日 18:00，原来的位置也留着。" in page
    assert "右后门 · 有损伤，没有修 · 一处 3 厘米划痕" in page
    assert Order.objects.get(code="NC26LU").state == "LOCKED"
    send(alice, f"{PAGE}/cars/{car}", 302, name="陈安", digest=digest_on(page))
    taken = Assignment.objects.get()
    assert (taken.left_state, taken.price_fen) == ("LOCKED", 23_590_000)
    assert Order.objects.get(code="NC26LU").state == "AT_CENTRE"
    copy = alice.get(f"{PAGE}/cars/{car}/copy")
    assert copy.content.decode() == Disclosure.objects.get().text
    assert "a 3 cm scratch" not in copy.content.decode()
    assert Decision.objects.get().clearance == "go"
    kinds = [one.kind for one in list_of_subject(taken.order_id)]
    assert kinds[-6:] == [
        "car.kept",
        "car.disclosed",
        "decision.recorded",
        "car.taken",
        "queue.excepted",
        "order.allocated",
    ]
    # The order's page says which car it is, and that car is put before its customer.
    assert "您换的是展车，车架号 LYFNC00P000000001。" in read(alice, PAGE)
    inspecting.begin(order_id=taken.order_id, staff_id=world.dora.id, now=NOW)
    assert Inspection.objects.get().vin == "LYFNC00P000000001"
    # Those behind gain a place; those ahead read in public why somebody left before them.
    assert get_place_in_line(behind.id, NOW).ahead == before - 1
    seen = get_place_in_line(ahead.id, NOW)
    assert (seen.overtakes, seen.unexplained) == ({"STOCK_CAR": 1}, 0)
    carol = sign_in(world.carol)
    assert "换了现成的车，离开了队伍" in read(carol, "/o/AH26AA/queue")


def test_gone_meanwhile_says_that_the_place_stays(world: factories.World) -> None:
    car = list_one(world)
    factories.make_order(world, "CA26RL", person=world.carol)
    carol, alice = sign_in(world.carol), sign_in(world.alice)
    send(carol, f"/o/CA26RL/cars/{car}", 302, step="keep")
    assert "这台刚被订走。您的位置没有变。" in send(alice, f"{PAGE}/cars/{car}", 409, step="keep")
    assert "现在没有合适的车" in read(alice, f"{PAGE}/cars")
    with pytest.raises(IntegrityError), transaction.atomic():
        CarHold.objects.create(
            car=StockCar.objects.get(),
            order=Order.objects.get(code="NC26LU"),
            from_at=NOW,
            until_at=NOW + DAY,
        )
    send(carol, f"/o/CA26RL/cars/{car}", 302, step="back")
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    assert CarHold.objects.filter(ended_at=None).count() == 1


def test_hold_runs_out_by_the_clock_and_the_place_was_never_touched(world: factories.World) -> None:
    car = list_one(world)
    alice = sign_in(world.alice)
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    digest = digest_on(read(alice, f"{PAGE}/cars/{car}"))
    until = CarHold.objects.get().until_at
    clock.set_test_clock(at=until, running=False)
    page = send(alice, f"{PAGE}/cars/{car}", 409, name="陈安", digest=digest)
    assert "留的时间过了" in page
    assert other_car.let_run_out(now=until) == 1
    assert other_car.let_run_out(now=until) == 0
    assert CarHold.objects.get().end == "RAN_OUT"
    assert not Assignment.objects.exists()
    assert not QueueNote.objects.exists()
    assert Order.objects.get(code="NC26LU").state == "LOCKED"


def test_text_that_changed_is_not_signed(world: factories.World) -> None:
    car = list_one(world)
    alice = sign_in(world.alice)
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    digest = digest_on(read(alice, f"{PAGE}/cars/{car}"))
    StockCar.objects.update(mileage_km=460)
    page = send(alice, f"{PAGE}/cars/{car}", 409, name="陈安", digest=digest)
    assert "车况说明刚刚更新了" in page
    assert "460 公里" in page
    assert 'value="陈安"' in page, "nothing typed is lost"
    assert send(alice, f"{PAGE}/cars/{car}", 409, name=" ", digest=digest_on(page))
    assert Order.objects.get(code="NC26LU").state == "LOCKED", "all of it happens, or none"


@pytest.mark.need(50)
def test_database_keeps_a_car_from_going_without_its_own_disclosure(world: factories.World) -> None:
    car = StockCar.objects.get(public_id=list_one(world))
    other = StockCar.objects.get(public_id=list_one(world, vin="LYFNC00P000000002"))
    order = Order.objects.get(code="NC26LU")
    signed = Disclosure.objects.create(
        public_id="dis_1",
        car=other,
        order=order,
        person=world.alice,
        text="x",
        language="zh",
        digest="0" * 64,
        signed_name="陈安",
        signed_at=NOW,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            car=car,
            order=order,
            disclosure=signed,
            left_state="LOCKED",
            price_fen=1,
            assigned_at=NOW,
        )
        transaction.get_connection().check_constraints()
    with pytest.raises(DatabaseError), transaction.atomic():
        Disclosure.objects.update(text="y")


def test_law_is_asked_and_stops_a_car_that_was_not_disclosed(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = list_one(world)
    alice = sign_in(world.alice)
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    digest = digest_on(read(alice, f"{PAGE}/cars/{car}"))
    monkeypatch.setattr("yinuo.contexts.vehicles.queries.cars.is_signed", lambda *_: False)
    page = send(alice, f"{PAGE}/cars/{car}", 409, name="陈安", digest=digest)
    assert "没有书面讲清" in page
    assert not Assignment.objects.exists()


def test_orders_of_the_same_city_come_first_for_two_days(world: factories.World) -> None:
    car = list_one(world)
    order = factories.make_order(world, "TJ26AA", line=world.other_line)
    alice = sign_in(world.alice)
    assert "现在没有合适的车" in read(alice, "/o/TJ26AA/cars")
    assert "这台车先给NC的订单" in read(alice, f"/o/TJ26AA/cars/{car}").replace(
        "南昌交付中心", "NC"
    )
    send(alice, f"/o/TJ26AA/cars/{car}", 409, step="keep")
    clock.set_test_clock(at=NOW + DAY, running=False)
    send(alice, f"/o/TJ26AA/cars/{car}", 302, step="keep")
    assert CarHold.objects.get().order_id == order.id


def test_household_stranger_and_staff(world: factories.World) -> None:
    car = list_one(world)
    digest = StockCar.objects.get().items.order_by("id")[0].photo_digest
    bob = sign_in(world.bob)
    assert "我先看车" not in read(bob, f"{PAGE}/cars/{car}")
    send(bob, f"{PAGE}/cars/{car}", 403, step="keep")
    send(bob, f"{PAGE}/cars/{car}", 403, name="x", digest="x")
    carol = sign_in(world.carol)
    for path in ("cars", f"cars/{car}", f"cars/{car}/copy", f"cars/{car}/photos/{digest}"):
        read(carol, f"{PAGE}/{path}", 404)
    staff = sign_in_staff(world.dora)
    read(staff, f"{PAGE}/cars/{car}")
    alice = sign_in(world.alice)
    assert alice.get(f"{PAGE}/cars/{car}/photos/{digest}")["Content-Type"] == "image/jpeg"
    read(alice, f"{PAGE}/cars/{car}/photos/{'0' * 64}", 404)
    read(alice, f"{PAGE}/cars/car_none", 404)


def test_not_while_the_buyer_changes(world: factories.World) -> None:
    car = list_one(world)
    alice = sign_in(world.alice)
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    digest = digest_on(read(alice, f"{PAGE}/cars/{car}"))
    order = Order.objects.get(code="NC26LU")
    order.conditions.create(name="BUYER_CHANGE", cause_ref="x", from_at=NOW)
    send(alice, f"{PAGE}/cars/{car}", 409, name="陈安", digest=digest)
    assert not Assignment.objects.exists()


def test_listing_needs_the_condition(world: factories.World) -> None:
    with pytest.raises(listing.NothingDisclosed):
        list_one(world, items=())
    list_one(world)
    with pytest.raises(listing.ListedAlready):
        list_one(world)
    car = StockCar.objects.get()
    keeping.keep_car(
        public_id=car.public_id,
        order_id=Order.objects.get().id,
        order_code="NC26LU",
        city=world.centre.city_zh,
        now=NOW,
    )
    with pytest.raises(listing.SomebodyHasIt):
        listing.withdraw_car(public_id=car.public_id, why="卖了", staff_id=None, now=NOW)


def test_in_english(world: factories.World) -> None:
    car = list_one(world)
    alice = sign_in(world.alice, **{"Accept-Language": "en"})
    send(alice, f"{PAGE}/cars/{car}", 302, step="keep")
    page = read(alice, f"{PAGE}/cars/{car}")
    assert "Rear right door · damaged, not repaired · a 3 cm scratch" in page
    assert "10,000 yuan less than now." in page
