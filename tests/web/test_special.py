"""Something special: a typed request with its own things to do, an owner and a time."""

from __future__ import annotations

import pytest

from tests import factories
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.ledger.wording import parts_of
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Amendment, Order, QueueNote
from yinuo.platform import clock
from yinuo.workflows import buyer_change, tell

pytestmark = pytest.mark.django_db
PAGE = "/o/NC26LU/special"


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=factories.NOW, running=False)
    made = factories.make_world()
    order = factories.make_order(made, "NC26LU")
    factories.make_promise(order)
    return made


@pytest.mark.need(19)
def test_asked_done_step_by_step_and_told(world: factories.World) -> None:
    alice = sign_in(world.alice)
    for _ in range(2):
        send(alice, PAGE, 302, about="WHEELCHAIR", words="右前座")
    row = Amendment.objects.get()
    page = read(alice, PAGE)
    assert "王敏 2月12日 18:00 前给结果。" in page
    assert "量好尺寸：还没做" in page
    staff, address = sign_in_staff(world.dora), f"/staff/amendments/{row.public_id}"
    assert "右前座" in read(staff, address)
    assert "轮椅上下车" in read(staff, "/staff/")
    send(staff, f"{address}/tasks/MEASURED", 302)
    assert "量好尺寸：2月11日 09:20 做好了" in read(alice, PAGE)
    send(staff, address, 302, decision="accept")
    assert "办好了。" in read(alice, PAGE)
    assert not QueueNote.objects.exists(), "nothing is held for it"
    tell.issue_notices(now=clock.now())
    assert Notice.objects.count() == 1


def test_refused_with_its_ground_in_both_languages(world: factories.World) -> None:
    send(sign_in(world.alice), PAGE, 302, about="CHILD_SEAT")
    row = Amendment.objects.get()
    staff = sign_in_staff(world.manager)
    address = f"/staff/amendments/{row.public_id}"
    send(staff, address, 302, decision="refuse", ground="NOT_POSSIBLE")
    assert "民法典第 543 条" in read(sign_in(world.alice), PAGE)
    english = sign_in(world.alice, **{"Accept-Language": "en"})
    assert "Civil Code art. 543" in read(english, PAGE)
    told = [one for one in list_of_subject(row.order_id) if one.kind == "amendment.refused"]
    parts = parts_of(told, None, {world.manager.public_id: "赵磊"}, "zh")
    assert parts.headline == "没有办成：装儿童座椅"
    assert "可以补好材料再办一次" in parts.can


@pytest.mark.need(12)
def test_late_is_handed_up_and_the_customer_is_told_by_notice(world: factories.World) -> None:
    send(sign_in(world.alice), PAGE, 302, about="HOME_DELIVERY")
    now = factories.NOW + 2 * factories.DAY
    clock.set_test_clock(at=now, running=False)
    assert buyer_change.watch(now=now) == 1
    row = Amendment.objects.get()
    assert row.owner_id == world.manager.id
    tell.issue_notices(now=now)
    assert Notice.objects.count() == 1
    assert Order.objects.get().state == "LOCKED"


def test_who_may_ask(world: factories.World) -> None:
    send(sign_in(world.bob), PAGE, 403, about="WHEELCHAIR")
    read(sign_in(world.carol), PAGE, 404)
    send(sign_in(world.alice), PAGE, 409, about="ANYTHING", words="保留这句")
    assert not Amendment.objects.exists()
