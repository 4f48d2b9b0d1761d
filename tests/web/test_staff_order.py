"""S2 through HTTP: found by one field, read beside the customer's own page, every look kept."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.notices.models import Delivery, Notice
from yinuo.contexts.orders.models import Inquiry, Order, StaffLook
from yinuo.platform import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    order = factories.make_order(world, "NC26LU", state="IN_TRANSIT")
    factories.make_promise(order)
    factories.move_promise(world, order)
    return order


@pytest.fixture
def dora(world: factories.World) -> Client:
    return sign_in_staff(world.dora)


@pytest.mark.parametrize(
    "typed", ["NC26LU", " nc26 lu", "NC26", "10000000001", "+86 1000 0000 001", "0001", "陈安"]
)
def test_one_field_finds_the_caller(order: Order, dora: Client, typed: str) -> None:
    answer = dora.get("/staff/orders", {"q": typed})
    assert answer["Location"] == "/staff/orders/NC26LU"


def test_several_hits_are_listed_and_none_says_what_else_to_try(
    world: factories.World, order: Order, dora: Client
) -> None:
    factories.make_order(world, "NC26XX", state="DELIVERED", line=world.other_line)
    page = read(dora, "/staff/orders?q=NC26")
    assert page.index("NC26LU") < page.index("NC26XX")
    assert world.alice.phone not in page
    assert "****0001" in page
    assert "换一种查法" in read(dora, "/staff/orders?q=ZZZZ")


def test_the_page_shows_sources_and_outcomes(order: Order, dora: Client) -> None:
    notice = Notice.objects.get(order=order)
    Delivery.objects.create(
        notice=notice,
        channel="SMS",
        address="10000000001",
        text="交车日改为",
        provider="Aliyun",
        state="BOUNCED",
        next_try_at=factories.NOW,
        sent_at=factories.NOW,
        bounced_at=factories.NOW + dt.timedelta(minutes=1),
        problem="停机",
    )
    page = read(dora, "/staff/orders/NC26LU")
    for words in (
        "比上次晚 6 天：改为 3月2日—3月12日",
        f"短信已发出（{notice.code}）",
        f"短信没有送到（{notice.code}）",
        "停机",
        "账本",
        'src="/o/NC26LU"',
    ):
        assert words in page, words
    assert 'type="date"' not in page


def test_the_customers_page_beside_is_their_own_page_and_nothing_can_be_done_on_it(
    world: factories.World, order: Order, dora: Client
) -> None:
    own = read(sign_in(world.alice), "/o/NC26LU")
    beside = read(dora, "/o/NC26LU")
    for words in ("3月2日—3月12日", "比上次晚 6 天", "运车的列车停运了"):
        assert words in own
        assert words in beside
    read(dora, "/o/NC26LU/changes/1")
    assert Notice.objects.get(order=order).read_at is None
    answer = dora.post("/o/NC26LU/options", {"chosen": "CANCEL"})
    assert answer["Location"].startswith("/login")
    assert dora.get("/o/XX26XX").status_code == 404


def test_every_look_is_kept_and_shown_to_the_customer_as_role_and_time(
    world: factories.World, order: Order, dora: Client
) -> None:
    read(dora, "/staff/orders/NC26LU")
    read(dora, "/o/NC26LU")
    assert StaffLook.objects.filter(order=order).count() == 1
    clock.set_test_clock(at=factories.NOW + dt.timedelta(minutes=11), running=False)
    read(dora, "/staff/orders/NC26LU")
    assert StaffLook.objects.filter(order=order).count() == 2
    page = read(sign_in(world.alice), "/o/NC26LU")
    assert "交付专员" in page
    assert page.count("王敏") == page[: page.index("looks")].count("王敏") + page[
        page.index("looks") :
    ].count("王敏负责")


def test_a_customer_who_asks_about_the_date_is_noted_with_one_tap(
    world: factories.World, order: Order, dora: Client
) -> None:
    for _tapped_twice in range(2):
        assert send(dora, "/staff/orders/NC26LU/asked", 302) == "/staff/orders/NC26LU"
    row = Inquiry.objects.get(order=order)
    assert (row.about, row.asked_at, row.staff) == ("DATE", factories.NOW, world.dora)
    page = read(dora, "/staff/orders/NC26LU")
    assert "客户来问交车日期" in page
    assert "客户来问过 1 次。" in page


def test_a_code_as_read_out_leads_to_the_order(order: Order, dora: Client) -> None:
    assert dora.get("/staff/orders/nc26-lu")["Location"] == "/staff/orders/NC26LU"
    assert dora.get("/staff/orders/XX26XX").status_code == 404


def test_the_page_asks_a_fixed_number_of_questions(
    world: factories.World,
    order: Order,
    dora: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for minutes in range(20):
        clock.set_test_clock(at=factories.NOW + dt.timedelta(minutes=minutes), running=False)
        send(dora, "/staff/orders/NC26LU/asked", 302)
    assert Inquiry.objects.filter(order=order).count() == 20
    with django_assert_max_num_queries(41):
        read(dora, "/staff/orders/NC26LU")
    for n in range(25):
        factories.make_order(world, f"TJ26{n:02}", line=world.other_line)
    with django_assert_max_num_queries(12):
        page = read(dora, "/staff/orders?q=TJ26")
    assert page.count("data-row") == 25
