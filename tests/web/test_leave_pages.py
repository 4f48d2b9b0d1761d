"""C7 and the page for waiting longer, through HTTP: before, after, and for whom."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tests import factories
from tests.factories import NOW
from tests.web.people import read, send, sign_in
from tests.workflows.leaving_story import ordered
from yinuo.contexts.orders.models import Cancellation, Dispute, Order, Postponement, QueueNote
from yinuo.contexts.payments.models import Refund
from yinuo.platform import clock
from yinuo.workflows import cold_orders, postpone

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return ordered(world, "LE26AA", locked_at=NOW - HOUR)


def state(order: Order) -> str:
    return Order.objects.get(id=order.id).state


@pytest.mark.need(45, 117)
def test_what_comes_back_is_said_before_anything_is_asked(
    world: factories.World, order: Order
) -> None:
    page = read(sign_in(world.alice), "/o/LE26AA/cancel")
    assert "退给您 5,000 元，原路退回，2月16日前到账。" in page
    assert "2月14日 09:20 前重新付定金，就回到原来的位置。" in page
    english = read(sign_in(world.alice), "/o/LE26AA/cancel?lang=en")
    assert "You get 5,000 yuan back the way you paid, by 16 February." in english
    # Leaving and waiting weigh the same, nothing is asked, nothing is offered instead.
    assert len(re.findall(r'class="way"', page)) == 2
    assert "为什么" not in page
    assert "<textarea" not in page
    assert page.index("退给您") < page.index('value="cancel"')


def test_three_taps_from_the_order_to_the_refund(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    assert 'href="/o/LE26AA/do"' in read(client, "/o/LE26AA")
    assert 'href="/o/LE26AA/cancel"' in read(client, "/o/LE26AA/do")
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="a")
    assert state(order) == "CANCELLED"
    page = read(client, "/o/LE26AA/cancel")
    assert "退款 5,000 元已提交，2月16日前到账。" in page
    assert "回到原来的位置</button>" in page
    assert 'href="/o/LE26AA/money"' in page
    # The way back stands on the order's own page too, as long as it is open.
    home = read(client, "/o/LE26AA")
    assert "2月14日 09:20 前重新付定金，就回到原来的位置。" in home
    assert 'href="/o/LE26AA/cancel"' in home
    # Sent twice, also by the back button: one refund.
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="a")
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="b")
    assert Refund.objects.count() == Cancellation.objects.count() == 1


def test_coming_back_asks_for_the_deposit_and_says_by_when(
    world: factories.World, order: Order
) -> None:
    client = sign_in(world.alice)
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="a")
    send(client, "/o/LE26AA/cancel", 302, do="back")
    send(client, "/o/LE26AA/cancel", 302, do="back")
    page = read(client, "/o/LE26AA/cancel")
    assert "请付定金 5,000 元。2月14日 09:20 前到账，就回到原来的位置。" in page
    assert "回到原来的位置</button>" not in page
    clock.set_test_clock(at=NOW + 73 * HOUR, running=False)
    assert "重新付定金" not in read(sign_in(world.alice), "/o/LE26AA")
    assert "请付定金" not in read(sign_in(world.alice), "/o/LE26AA/cancel")
    send(sign_in(world.alice), "/o/LE26AA/cancel", 409, do="back")


def test_only_who_ordered_leaves(world: factories.World, order: Order) -> None:
    bob = sign_in(world.bob)
    page = read(bob, "/o/LE26AA/cancel")
    assert 'value="cancel"' not in page
    send(bob, "/o/LE26AA/cancel", 403, do="cancel", request_key="b")
    carol = sign_in(world.carol)
    read(carol, "/o/LE26AA/cancel", 404)
    send(carol, "/o/LE26AA/cancel", 404, do="cancel", request_key="c")
    assert state(order) == "LOCKED"


@pytest.mark.need(101)
def test_why_is_asked_afterwards_and_may_stay_empty(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="a")
    assert "为什么退订？可以不答。" in read(client, "/o/LE26AA/cancel")
    assert Cancellation.objects.get().why == ""
    send(client, "/o/LE26AA/cancel", 302, do="why", why="WAIT")
    assert Cancellation.objects.get().why == "WAIT"
    assert "记下了" in read(client, "/o/LE26AA/cancel")


def test_the_states_of_the_money(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="a")
    clock.set_test_clock(at=NOW + 9 * DAY, running=False)
    late = read(sign_in(world.alice), "/o/LE26AA/cancel")
    assert "退款晚了，这是我们的责任。" in late
    Refund.objects.update(
        state="PAID", paid_at=NOW + 9 * DAY, bank_reference="BK77", interest_fen=164
    )
    paid = read(sign_in(world.alice), "/o/LE26AA/cancel")
    assert "银行流水号 BK77" in paid
    assert "其中利息 1.64 元" in paid


@pytest.mark.need(134)
def test_disagreeing_shows_on_every_page_also_to_staff(
    world: factories.World, order: Order
) -> None:
    client = sign_in(world.alice)
    send(client, "/o/LE26AA/cancel", 302, do="cancel", request_key="a")
    send(client, "/o/LE26AA/cancel", 302, do="disagree", words="少退了", request_key="d")
    dispute = Dispute.objects.get()
    band = f"您对这一条有异议（{dispute.code}）。处理完以前，不催付款，不取消订单。"
    for path in ("", "/cancel", "/queue", "/record", "/do"):
        assert band in read(client, f"/o/LE26AA{path}")
    # Nor is a deposit asked for again meanwhile.
    send(client, "/o/LE26AA/cancel", 409, do="back")


def test_waiting_longer_keeps_the_place(world: factories.World, order: Order) -> None:
    client = sign_in(world.alice)
    data = {"do": "postpone", "d": "2026-06-01", "request_key": "p"}
    send(client, "/o/LE26AA/postpone", 302, **data)
    send(client, "/o/LE26AA/postpone", 302, **data)
    assert Postponement.objects.count() == 1
    note = QueueNote.objects.get(order=order)
    assert (note.code, note.until_at) == ("CUSTOMER_WAITS", None)
    assert Order.objects.get(id=order.id).rank == order.rank
    assert "按您的要求，6月1日 以后交车。位置不变。" in read(client, "/o/LE26AA")
    send(client, "/o/LE26AA/postpone", 302, do="resume")
    # It is in nobody's way before its promised date has followed.
    note.refresh_from_db()
    assert note.until_at is None
    assert postpone.run(now=NOW) == 1
    note.refresh_from_db()
    assert note.until_at == NOW
    assert "按您的要求" not in read(client, "/o/LE26AA")


@pytest.mark.parametrize("typed", ["", "gestern", "2026-02-11", "2031-01-01"])
def test_a_day_that_cannot_be_is_kept_and_explained(
    world: factories.World, order: Order, typed: str
) -> None:
    data = {"do": "postpone", "d": typed, "request_key": "p"}
    page = send(sign_in(world.alice), "/o/LE26AA/postpone", 409, **data)
    assert "请选明天以后、两年以内的一天。" in str(page)
    assert not Postponement.objects.exists()


@pytest.mark.need(23, 102)
def test_who_waited_a_year_is_offered_the_way_out_unasked(world: factories.World) -> None:
    old = ordered(world, "LE26CO", locked_at=NOW - 400 * DAY)
    own = ordered(world, "LE26CW", locked_at=NOW - 400 * DAY)
    QueueNote.objects.create(
        order=own, kind="HOLD", code="CUSTOMER_WAITS", cause_ref="x", from_at=NOW
    )
    ordered(world, "LE26CN", locked_at=NOW - 300 * DAY)
    assert cold_orders.run(now=NOW) == 1
    assert cold_orders.run(now=NOW) == 0
    page = read(sign_in(world.alice), f"/o/{old.code}")
    assert "您等得太久了。现在可以退订，钱全部退给您；不退，位置不变。" in page
    leave = read(sign_in(world.alice), f"/o/{old.code}/cancel")
    assert "您等了很久，车还没开工，钱全部退给您。" in leave
    assert "退给您 5,000 元" in leave


def test_after_the_start_the_page_says_who_decides_by_when(world: factories.World) -> None:
    ordered(world, "LE26OW", "IN_BUILD")
    page = read(sign_in(world.alice), "/o/LE26OW/cancel")
    assert "最多退给您 5,000 元" in page
    assert "2月13日 18:00 前告诉您。到时没有批准，全部退给您。" in page
    assert "这个位置不能再拿回来" in page
