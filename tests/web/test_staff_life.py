"""S2: the lawful next steps, an objection answered, and money kept only by law and by two."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from tests.factories import NOW
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows.leaving_story import DEPOSIT_FEN, ordered
from yinuo.contexts.orders.models import Dispute, Order, StaffLook
from yinuo.contexts.payments.models import Keep, Refund
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import clock
from yinuo.web.console.forms import read_fen

pytestmark = pytest.mark.django_db
URL = "/staff/orders/SL26AA"


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def left(world: factories.World) -> Order:
    """Alice left an order whose car had been begun: two days to say whether any of it is kept."""
    order = ordered(world, "SL26AA", "IN_BUILD", NOW - dt.timedelta(days=30))
    send(sign_in(world.alice), "/o/SL26AA/cancel", 302, do="cancel", request_key="a")
    return order


def test_the_page_names_only_what_is_lawful_now(world: factories.World) -> None:
    factories.make_order(world, "SL26AB", state="AT_CENTRE")
    page = read(sign_in_staff(world.dora), "/staff/orders/SL26AB")
    assert "验完车" in page
    assert "退订" in page
    for never in ("签字收车", "付清尾款", "交钥匙"):
        assert never not in page
    english = read(sign_in_staff(world.dora), "/staff/orders/SL26AB?lang=en")
    assert "finish the inspection" in english
    assert "give the keys" not in english


@pytest.mark.need(134)
def test_all_of_it_goes_back_by_one_named_person(world: factories.World, left: Order) -> None:
    client = sign_in_staff(world.dora)
    assert "客户退订了，付过 5,000 元。要不要留？" in read(client, URL)
    send(client, f"{URL}/life", 302, do="give_back")
    assert Refund.objects.get(order=left).amount_fen == DEPOSIT_FEN
    assert StaffLook.objects.filter(order=left, action="ANSWERED").count() == 1
    # A colleague who comes second is told; nothing is paid twice.
    send(client, f"{URL}/life", 409, do="give_back")
    assert Refund.objects.count() == 1


@pytest.mark.need(134)
def test_without_a_clause_of_the_contract_nothing_is_kept(
    world: factories.World, left: Order
) -> None:
    page = send(
        sign_in_staff(world.dora),
        f"{URL}/life",
        409,
        do="propose",
        yuan="5000",
        clause="deposit.seven_days",
        reason="客户不要车了",
        defeats="1",
    )
    assert "不能留：" in page
    # Nothing typed is lost.
    assert 'value="5000"' in page
    assert "客户不要车了" in page
    assert not Keep.objects.exists()


def test_an_objection_is_answered_and_what_stood_goes_on(
    world: factories.World, left: Order
) -> None:
    alice, dora = sign_in(world.alice), sign_in_staff(world.dora)
    send(alice, "/o/SL26AA/cancel", 302, do="disagree", words="全额退给我", request_key="d")
    dispute = Dispute.objects.get()
    page = read(dora, URL)
    assert f"客户有异议（{dispute.code}），钱和取消都停住" in page
    assert "全额退给我" in page
    send(dora, f"{URL}/life", 409, do="give_back")
    assert "请写明结果和理由" in send(dora, f"{URL}/life", 409, do="settle", outcome=" ")
    send(dora, f"{URL}/life", 302, do="settle", outcome="全部退给您")
    assert "客户有异议" not in read(dora, URL)
    send(dora, f"{URL}/life", 302, do="give_back")
    assert Refund.objects.count() == 1
    assert "您对这一条有异议" not in read(alice, "/o/SL26AA")


def test_customers_and_strangers_do_none_of_it(world: factories.World, left: Order) -> None:
    for person in (world.alice, world.carol):
        answer = sign_in(person).post(f"{URL}/life", {"do": "give_back"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login")
    assert not Refund.objects.exists()
    StaffMember.objects.filter(id=world.dora.id).update(active=False)
    assert sign_in_staff(world.dora).post(f"{URL}/life", {"do": "give_back"}).status_code != 200
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("5000", 500_000), (" 5,000.50 ", 500_050), ("0.001", 0), ("-3", 0), ("NaN", 0), ("abc", 0)],
)
def test_an_amount_that_is_none_keeps_nothing(typed: str, fen: int) -> None:
    assert (read_fen(typed) or 0) == fen
