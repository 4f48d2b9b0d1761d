"""After a refusal: three ways on that do not come in time are owned up to, once, by name."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories, handovers
from tests.web.people import read, sign_in_staff
from yinuo.contexts.handover.models import Inspection, Outcome
from yinuo.contexts.handover.queries.refused import list_late_for_staff
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.wording import parts_of
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import clock
from yinuo.workflows import cancellation, tell, three_ways

NOW, DAY = handovers.NOW, handovers.DAY
MINUTE = dt.timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    """Dora answers for it; its car was not taken."""
    order = handovers.make_ready(world)
    handovers.answer_all(handovers.begin(order, world), seats="后排坐垫脱线")
    handovers.decide(order, "REFUSE", "座椅修好我再来")
    return order


def manager(centre_code: str, number: int = 1) -> StaffMember:
    return StaffMember.objects.create(
        public_id=f"stf_manager{number}",
        name_zh=f"经理{number}",
        name_en=f"Manager {number}",
        phone=f"1000000920{number}",
        role="MANAGER",
        centre_code=centre_code,
    )


def by(order: Order) -> dt.datetime:
    at = Outcome.objects.get(inspection__order=order).answer_by_at
    assert at is not None
    return at


@pytest.mark.need(27, 30)
def test_late_ways_are_the_managers_and_the_customer_is_told_once(
    world: factories.World, order: Order
) -> None:
    manager("XX", 1)
    here = manager(world.centre.code, 2)
    assert three_ways.run(now=by(order) - MINUTE) == 0
    assert three_ways.run(now=by(order)) == 1
    assert three_ways.run(now=by(order) + DAY) == 0
    order.refresh_from_db()
    assert order.owner == here
    [told] = [one for one in ledger.list_of_subject(order.id) if one.kind == "owner.changed"]
    assert (told.public["code"], told.payload["answerer"]) == ("WAYS_LATE", here.public_id)
    tell.issue_notices(now=by(order))
    assert Notice.objects.filter(order=order, kind="owner.changed").count() == 1
    parts = parts_of([told], None, {here.public_id: here.name_zh}, "zh")
    assert parts.headline == "经理2接着负责您的订单"
    assert "三个办法没有按时给，抱歉" in parts.what
    assert "经理2" in parts.who


def test_the_row_stands_on_the_page_of_today_until_the_car_is_shown_again(
    world: factories.World, order: Order
) -> None:
    manager(world.centre.code)
    late = by(order) + MINUTE
    clock.set_test_clock(at=late, running=False)
    dora = sign_in_staff(world.dora)
    words = "客户没有收车，三个办法还没有给"
    assert words not in read(dora, "/staff/")
    three_ways.run(now=late)
    page = read(dora, "/staff/")
    assert page.count(words) == 1
    assert f"/staff/orders/{order.code}/handover" in page
    assert "经理1" in page
    handovers.begin(order, world, late)
    assert list_late_for_staff(world.dora.id) == []
    assert words not in read(dora, "/staff/")


def test_who_was_shown_the_car_again_in_time_is_told_nothing(
    world: factories.World, order: Order
) -> None:
    manager(world.centre.code)
    handovers.begin(order, world, NOW + DAY)
    assert three_ways.run(now=by(order) + DAY) == 0


def test_who_left_is_told_nothing(world: factories.World, order: Order) -> None:
    manager(world.centre.code)
    cancellation.cancel(person_id=order.person_id, order_id=order.id, request_key="c", now=NOW)
    assert three_ways.run(now=by(order) + DAY) == 0


def test_without_a_manager_it_waits_and_with_one_it_goes_on(
    world: factories.World, order: Order
) -> None:
    late = by(order) + MINUTE
    StaffMember.objects.filter(role="MANAGER").update(active=False)
    assert three_ways.run(now=late) == 0
    assert Inspection.objects.get().ways_late_at is None
    elsewhere = manager("XX")
    assert three_ways.run(now=late) == 1
    assert Order.objects.get(id=order.id).owner == elsewhere
    assert Inspection.objects.get().ways_late_at == late
