"""Side terms through HTTP: written by staff, agreed to by the buyer, seen by the planner."""

from __future__ import annotations

import pytest

from tests import handovers
from tests.factories import NOW, World, make_order, make_promise, make_world
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows.test_side_terms import BY
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.terms.models import SideOffer, SideTerm
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
PAGE = "/staff/orders/HK24LI/terms"
PRICE = {
    "kind": "PRICE",
    "text": "店里说便宜五千",
    "amount": "240,900",
    "by": "赵敏",
    "where": "海口国贸店",
    "date": NOW.date().isoformat(),
}
DATE = {**PRICE, "kind": "DELIVERY_BY", "text": "五一前一定交", "until": BY.isoformat()}


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return make_world()


@pytest.fixture
def order(world: World) -> Order:
    order = make_order(world, "HK24LI")
    handovers.make_contract(world, order)
    return order


@pytest.mark.need(133)
def test_written_once_agreed_by_the_buyer_and_shown_to_all_it_binds(
    world: World, order: Order
) -> None:
    manager = sign_in_staff(world.manager)
    assert "没有补充约定。" in read(manager, PAGE)
    for _ in range(2):
        assert send(manager, PAGE, 302, **PRICE, request_key="k") == PAGE
    made = SideOffer.objects.get()
    assert "等客户答复" in read(manager, PAGE)
    path = f"/o/HK24LI/offers/{made.public_id}"
    household = read(sign_in(world.bob), "/o/HK24LI/record")
    assert "只有买车的人能确认。" in household
    send(sign_in(world.bob), path, 403, do="agree")
    send(sign_in(world.carol), path, 404, do="agree")
    alice = sign_in(world.alice)
    page = read(alice, "/o/HK24LI/record")
    for words in ("等您确认的约定", "店里说便宜五千", "240,900 元", "赵敏", "不同意"):
        assert words in page
    assert "I agree" in read(alice, "/o/HK24LI/record?lang=en")
    read(alice, "/o/HK24LI/record?lang=zh")
    assert send(alice, path, 302, do="agree") == "/o/HK24LI/record"
    page = read(alice, "/o/HK24LI/record")
    assert "车价 240,900 元" in page
    assert "等您确认的约定" not in page
    assert "已经有答复了" in send(alice, path, 409, do="decline")
    assert "客户同意了" in read(manager, PAGE)
    assert SideTerm.objects.get().amount_fen == 24_090_000


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"amount": "便宜点"}, "要填数字"),
        ({"amount": ""}, "补充约定要写明内容"),
        ({"amount": "999,999"}, "不能比合同上的车价高"),
        ({"by": " "}, "谁说的"),
        ({"date": "昨天"}, "谁说的"),
        ({"kind": "SCHEDULE_HOLD", "days": "many"}, "要填数字"),
        ({"kind": "DELIVERY_BY", "until": "2026-01-01"}, "交车日期要在今天以后"),
    ],
)
def test_what_is_refused_comes_back_with_all_that_was_typed(
    world: World, order: Order, changed: dict[str, str], words: str
) -> None:
    page = send(sign_in_staff(world.manager), PAGE, 409, **{**PRICE, **changed})
    assert words in page
    assert "店里说便宜五千" in page
    assert "海口国贸店" in page
    assert not SideOffer.objects.exists()


def test_who_may_bind_the_maker_to_a_price_or_a_date(world: World, order: Order) -> None:
    dora = sign_in_staff(world.dora)
    for sent in (PRICE, DATE):
        assert "经理" in send(dora, PAGE, 403, **sent)
    send(dora, PAGE, 302, **{**PRICE, "kind": "FREE_TEXT"})
    made = SideOffer.objects.get()
    send(dora, PAGE, 302, do="withdraw", offer=made.public_id)
    assert "我们收回了" in read(dora, PAGE)
    assert "taken back by us" in read(dora, f"{PAGE}?lang=en")
    send(dora, PAGE, 409, do="withdraw", offer=made.public_id)
    assert sign_in(world.alice).get(PAGE).status_code == 302
    read(dora, "/staff/orders/XXXXXX/terms", 404)


def test_an_order_without_a_contract_says_why_nothing_can_be_agreed(world: World) -> None:
    make_order(world, "HK24LI")
    page = read(sign_in_staff(world.manager), PAGE)
    assert "没法加补充约定" in page
    assert "发给客户确认" not in page


@pytest.mark.need(133, 160)
def test_the_planner_sees_every_agreed_date_and_by_how_much_it_is_missed(
    world: World, order: Order
) -> None:
    manager = sign_in_staff(world.manager)
    assert "单独约定了交车日期的订单（0 个）" in read(manager, "/staff/plan")
    make_promise(order, latest_date=BY)
    send(manager, PAGE, 302, **DATE)
    path = f"/o/HK24LI/offers/{SideOffer.objects.get().public_id}"
    assert "最晚 5月1日 交车。" in read(sign_in(world.alice), "/o/HK24LI/record")
    send(sign_in(world.alice), path, 302, do="agree")
    page = read(manager, "/staff/plan")
    assert "约好 5月1日 前交车" in page
    assert "是违约" not in page
    Promise.objects.update(latest_date=BY.replace(day=9))
    assert "会晚 8 天，是违约" in read(manager, "/staff/plan")
    assert "8 days late: a breach" in read(manager, "/staff/plan?lang=en")
