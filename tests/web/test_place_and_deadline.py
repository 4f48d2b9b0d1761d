"""C3 and C5 through HTTP, and the rules behind their words."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from tests import factories
from tests.web.people import read, send, sign_in
from yinuo.contexts.orders.models import Dispute, Order
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.contexts.promises.models import Deadline
from yinuo.contexts.promises.queries.customer import chance_by
from yinuo.platform import clock
from yinuo.web.customer.deadline import columns, read_day

pytestmark = pytest.mark.django_db
DAY = factories.DAY
TODAY = factories.today()


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    order = factories.make_order(world, "NC26LU")
    factories.make_promise(order)
    return order


@pytest.mark.parametrize(
    ("day", "said", "dots"),
    [
        ("2026-03-01", "3月1日前到：20 次里约 0 次。很可能来不及。", 0),
        ("2026-03-04", "20 次里约 4 次。多半来不及。", 4),
        ("2026-03-08", "20 次里约 10 次。说不准。", 10),
        ("2026-03-12", "20 次里约 16 次。多半来得及。", 16),
        ("2026-03-15", "20 次里约 20 次。很可能来得及。", 20),
        ("2026/03/15", "20 次里约 20 次。", 20),
    ],
)
def test_the_chance_is_counted_in_twenty(
    world: factories.World, order: Order, day: str, said: str, dots: int
) -> None:
    page = read(sign_in(world.alice), f"/o/NC26LU/by?d={day}")
    assert said in page
    assert page.count('<i class="in">') == dots
    assert page.count("<i>") == 20 - dots


@pytest.mark.parametrize(
    ("dots", "word"),
    [
        (20, "VERY_LIKELY"),
        (19, "VERY_LIKELY"),
        (18, "LIKELY"),
        (15, "LIKELY"),
        (14, "OPEN"),
        (8, "OPEN"),
        (7, "UNLIKELY"),
        (3, "UNLIKELY"),
        (2, "VERY_UNLIKELY"),
        (0, "VERY_UNLIKELY"),
    ],
)
def test_each_count_has_its_word(dots: int, word: str) -> None:
    dates = [TODAY] * dots + [TODAY + DAY] * (20 - dots)
    chance = chance_by(dates, TODAY)
    assert (chance.dots, chance.word) == (dots, word)


def test_columns_hold_every_dot_once() -> None:
    for span in (0, 1, 8, 9, 30, 400):
        dates = sorted(TODAY + (span * n // 19) * DAY for n in range(20))
        stacks = columns(dates, TODAY + span // 2 * DAY)
        assert sum(map(len, stacks)) == 20
        assert 1 <= len(stacks) <= 9
        assert sum(map(sum, stacks)) == chance_by(dates, TODAY + span // 2 * DAY).dots


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-02-30", "没看懂这个日期。"),
        ("明年春天", "没看懂这个日期。"),
        ("2026-02-10", "这一天已经过了。"),
        ("2031-01-01", "最多看三年以内。"),
    ],
)
def test_a_day_that_cannot_be_is_said_and_kept(
    world: factories.World, order: Order, typed: str, said: str
) -> None:
    page = read(sign_in(world.alice), f"/o/NC26LU/by?d={typed}", 400)
    assert said in page
    assert f'value="{typed}"' in page


def test_days_are_read_as_people_write_them() -> None:
    assert read_day("2026/03/06", TODAY).date == dt.date(2026, 3, 6)
    assert read_day(" 2026-03-06 ", TODAY).date == dt.date(2026, 3, 6)
    assert read_day("", TODAY) == read_day("  ", TODAY)
    assert read_day("", TODAY).problem == ""


def test_a_day_is_saved_with_its_reason(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    where = send(client, "/o/NC26LU/by", 302, d="2026-03-06", reason="PLATE")
    assert "记下了：3月6日，车牌指标。机会少于一半时告诉您。" in read(client, where)
    assert Deadline.objects.get().saved_at == factories.NOW
    assert "3月6日前到：20 次里约" in read(client, "/o/NC26LU")
    Deadline.objects.update(told_at=factories.NOW)
    send(client, "/o/NC26LU/by", 302, d="2026-03-09", reason="TAX")
    row = Deadline.objects.get()
    assert (row.date, row.reason, row.told_at) == (dt.date(2026, 3, 9), "TAX", None)


def test_saving_needs_a_reason_and_a_day(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    page = send(client, "/o/NC26LU/by", 400, d="2026-03-06", reason="")
    assert "请选一个原因。" in page
    assert 'value="2026-03-06"' in page
    page = send(client, "/o/NC26LU/by", 400, d="2026-02-01", reason="TAX")
    assert "这一天已经过了。" in page
    assert not Deadline.objects.exists()


def test_only_the_owner_saves_a_day(world: factories.World, order: Order) -> None:
    assert "请下单的人自己登录" in read(sign_in(world.bob), "/o/NC26LU/by?d=2026-03-06")
    send(sign_in(world.bob), "/o/NC26LU/by", 403, d="2026-03-06", reason="TAX")
    send(sign_in(world.carol), "/o/NC26LU/by", 404, d="2026-03-06", reason="TAX")
    assert not Deadline.objects.exists()


def test_a_day_typed_before_the_login_is_kept(world: factories.World, order: Order) -> None:
    client = Client()
    send(client, "/o/NC26LU/by", 302, d="2026-03-06", reason="LOAN")
    session = client.session
    session["person_id"] = world.alice.id
    session.save()
    page = read(client, "/o/NC26LU/by")
    assert "3月6日前到" in page
    assert 'value="LOAN" checked' in page
    assert "checked" not in read(client, "/o/NC26LU/by?d=2026-03-07")


def test_without_a_promise_no_chance_is_given(world: factories.World) -> None:
    factories.make_order(world, "EM26AA")
    page = read(sign_in(world.alice), "/o/EM26AA/by?d=2026-03-06")
    assert "还没有预计日期，现在算不了。" in page
    send(sign_in(world.alice), "/o/EM26AA/by", 403, d="2026-03-06", reason="TAX")


def fill_line(world: factories.World) -> None:
    """Two ahead and waiting, one ahead left this week, one ahead left long ago, three passed."""
    carol = world.carol
    for n, (state, left_days) in enumerate(
        [("LOCKED", 90), ("IN_BUILD", 3), ("BUILT", 3), ("DELIVERED", 30)]
    ):
        factories.make_order(
            world,
            f"AH26{n}X",
            person=carol,
            state=state,
            locked_at=factories.NOW - (100 + n) * DAY,
            state_at=factories.NOW - left_days * DAY,
        )
    for n, code in enumerate(["RETURNED_CAR_SAME_CITY"] * 2 + ["ACCIDENT_REPLACEMENT"]):
        later = factories.make_order(
            world,
            f"PA26{n}X",
            person=carol,
            state="IN_TRANSIT",
            locked_at=factories.NOW - (20 - n) * DAY,
        )
        factories.let_past(later, code)


@pytest.mark.need(24, 25)
def test_the_place_its_movement_and_who_left_first(world: factories.World, order: Order) -> None:
    fill_line(world)
    page = read(sign_in(world.alice), "/o/NC26LU/queue")
    for text in (
        "前面还有 2 台",
        "上周往前走了 1 台。",
        "一共 3 台：",
        "退订车给了同城订单：2 台",
        "事故换车：1 台",
        "先锁单的先给车。只有下面的原因可以例外，加钱不在里面。",
    ):
        assert text in page
    for others in ("高林", "AH26", "PA26", "10000000003"):
        assert others not in page
    assert "没有登记原因" not in page


@pytest.mark.need(24)
def test_an_overtake_without_reason_is_not_hidden(world: factories.World, order: Order) -> None:
    later = factories.make_order(
        world, "PA26ZZ", person=world.carol, state="BUILT", locked_at=factories.NOW - 5 * DAY
    )
    page = read(sign_in(world.alice), "/o/NC26LU/queue")
    assert "还有 1 台没有登记原因。这不应该，请打给王敏，要一个答复。" in page
    later.state = "CANCELLED"
    later.cancelled_at = factories.NOW
    later.save()
    assert "没有登记原因" not in read(sign_in(world.alice), "/o/NC26LU/queue")


def test_a_hold_of_ones_own_explains_who_passed_meanwhile(
    world: factories.World, order: Order
) -> None:
    note = factories.hold_for_quality(order)
    for n, left_at in enumerate([note.from_at - 2 * DAY, note.from_at + DAY / 2]):
        factories.make_order(
            world,
            f"PA26{n}Y",
            person=world.carol,
            state="BUILT",
            locked_at=factories.NOW - 5 * DAY,
            state_at=left_at,
        )
    place = get_place_in_line(order.id, factories.NOW)
    assert (place.overtakes, place.unexplained) == ({"QUALITY_HOLD": 1}, 1)


@pytest.mark.need(24, 25)
def test_a_hold_stands_on_the_page_of_its_owner_who_can_object(
    world: factories.World, order: Order
) -> None:
    client, path = sign_in(world.alice), "/o/NC26LU/queue"
    assert "提出异议" not in read(client, path)
    hold_orders(order_ids=[order.id], code="QUALITY_HOLD", cause_ref="hld", now=factories.NOW)
    page = read(client, path)
    assert "现在可以让后面先走" in page
    assert "质量检查，从" in page
    assert "提出异议" in page
    # Whoever reads along may not decide.
    assert "提出异议" not in read(sign_in(world.bob), path)
    send(sign_in(world.bob), path, 403, words="x")
    for _ in range(2):
        send(client, path, 302, words="没有人来查过车", request_key="r1")
    [said] = Dispute.objects.filter(order=order)
    assert (said.about, said.words, said.opened_by) == ("PLACE", "没有人来查过车", world.alice)
    page = read(client, path)
    assert said.code in page
    assert "提出异议" not in page
    release_orders(cause_ref="hld", now=factories.NOW + DAY)
    assert "现在可以让后面先走" not in read(client, path)


def test_first_in_line_built_and_ended(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    page = read(client, "/o/NC26LU/queue")
    assert "下一台就是您的" in page
    assert "上周没有动。" in page
    factories.make_order(world, "BU26AA", state="BUILT")
    assert "您的车已经做出来了" in read(client, "/o/BU26AA/queue")
    factories.make_order(world, "CA26AA", state="CANCELLED")
    assert "订单已经结束，不再排队。" in read(client, "/o/CA26AA/queue")


def test_another_line_does_not_count(world: factories.World, order: Order) -> None:
    factories.make_order(
        world, "OL26AA", line=world.other_line, locked_at=factories.NOW - 300 * DAY
    )
    assert get_place_in_line(order.id, factories.NOW).ahead == 0


@pytest.mark.parametrize("page", ["do", "say", "record", "queue", "by", "options"])
def test_every_page_of_an_order_is_closed_to_strangers(
    world: factories.World, order: Order, page: str
) -> None:
    path = f"/o/NC26LU/{page}"
    assert "打电话 10000009001" in read(sign_in(world.alice), path)
    read(sign_in(world.bob), path)
    read(sign_in(world.carol), path, 404)
    assert Client().get(path)["Location"].startswith("/login?next=")
