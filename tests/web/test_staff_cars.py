"""Cars that stand somewhere, for staff: by centre, filtered, and off the list for a reason."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests import cars, factories
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.places.models import Place
from yinuo.contexts.vehicles.models import StockCar
from yinuo.platform import clock

pytestmark = [pytest.mark.django_db, pytest.mark.need(50)]
PAGE = "/staff/cars"
NOW = factories.NOW


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    """Two cars at Nanchang, one of them taken by this order, and one in Tianjin."""
    order = factories.make_order(world, "NC26LU")
    cars.take(order, cars.list_car(world))
    cars.list_car(world, vin="LYFNC00P000000002", kind="STOCK", items=(), events=())
    tianjin = Place.objects.get(code="TJ").id
    cars.list_car(world, vin="LYFNC00P000000003", kind="NEARLY_NEW", place_id=tianjin)
    return order


def shown(page: str) -> set[str]:
    """The last digits of the cars on a page."""
    return {number for number in "123" if f"LYFNC00P00000000{number}" in page}


def test_filters_and_whose_each_car_is(world: factories.World, order: Order) -> None:
    manager = sign_in_staff(world.manager)
    page = read(manager, PAGE)
    assert shown(page) == {"1", "2", "3"}
    assert "/staff/orders/NC26LU" in page
    assert "写明 2 处，1 件以前的事" in page
    assert "客户 2月11日 09:20 签收" in page
    for query, numbers in {
        "centre=TJ": {"3"},
        "kind=DISPLAY": {"1"},
        "kind=STOCK&centre=TJ": set(),
        "state=TAKEN": {"1"},
        "state=FREE": {"2", "3"},
        "disclosed=yes": {"1"},
        "disclosed=no": {"2", "3"},
        "model=S7": {"1", "2", "3"},
        "model=X9": set(),
    }.items():
        assert shown(read(manager, f"{PAGE}?{query}")) == numbers, query
    english = read(sign_in_staff(world.manager), f"{PAGE}?lang=en")
    assert "2 places and 1 earlier events" in english
    assert f"{PAGE}?centre=NC" in read(manager, "/staff/centres/NC")


def test_centre_sees_and_withdraws_its_own(world: factories.World, order: Order) -> None:
    dora = sign_in_staff(world.dora)
    assert shown(read(dora, PAGE)) == {"1", "2"}
    read(dora, f"{PAGE}?centre=TJ", 403)
    there = StockCar.objects.get(vin__endswith="3")
    send(dora, f"{PAGE}/{there.public_id}/withdraw", 403, why="x")
    nobody = StaffMember.objects.create(
        public_id="stf_q", name_zh="周检", name_en="Q", phone="10000009100", role="QUALITY"
    )
    read(sign_in_staff(nobody), PAGE, 403)
    for stranger in (sign_in(world.alice), sign_in(world.carol)):
        assert stranger.get(PAGE).status_code in (302, 403, 404)
        assert "LYFNC" not in stranger.get(PAGE).content.decode()


def test_car_leaves_the_list_by_name_and_for_a_reason(world: factories.World, order: Order) -> None:
    dora, car = sign_in_staff(world.dora), StockCar.objects.get(vin__endswith="2")
    form = f"{PAGE}/{car.public_id}/withdraw"
    assert "请写明为什么下架。" in send(dora, form, 409, why=" ")
    for _ in range(2):
        send(dora, form, 302, why="运去别的城市了", request_key="k1")
    car.refresh_from_db()
    assert (car.state, car.withdrawn_by, car.withdrawn_why) == (
        "WITHDRAWN",
        world.dora,
        "运去别的城市了",
    )
    assert "运去别的城市了" in read(dora, f"{PAGE}?state=WITHDRAWN")
    assert "LYFNC00P000000002" not in read(sign_in(world.alice), "/o/NC26LU/cars")
    taken = StockCar.objects.get(vin__endswith="1")
    page = send(dora, f"{PAGE}/{taken.public_id}/withdraw", 409, why="我要卖掉")
    assert "已经是客户的了，不能下架" in page
    assert 'value="我要卖掉"' in page, "nothing typed is lost"
    send(dora, f"{PAGE}/car_none/withdraw", 404, why="x")


def test_command_lists_and_withdraws(world: factories.World, order: Order) -> None:
    out = StringIO()
    call_command("cars", "list", "--centre", "NC", "--json", stdout=out)
    rows = {row["vin"][-1]: row for row in json.loads(out.getvalue())}
    assert {key: (row["state"], row["order_code"]) for key, row in rows.items()} == {
        "1": ("TAKEN", "NC26LU"),
        "2": ("FREE", ""),
    }
    out = StringIO()
    call_command("cars", "list", "--kind", "NEARLY_NEW", stdout=out)
    assert "LYFNC00P000000003" in out.getvalue()
    assert "LYFNC00P000000001" not in out.getvalue()
    call_command("cars", "withdraw", rows["2"]["public_id"], "--why", "x", stdout=out)
    call_command("cars", "withdraw", rows["2"]["public_id"], "--why", "x", stdout=out)
    assert StockCar.objects.get(vin__endswith="2").state == "WITHDRAWN"
    for wrong in (rows["1"]["public_id"], "car_none"):
        with pytest.raises(CommandError):
            call_command("cars", "withdraw", wrong, "--why", "x", stdout=out)
