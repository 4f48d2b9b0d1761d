"""The trust page: promises kept, told first, answered, growth beside it, and who waits too long."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from tests.factories import make_choice, make_order, make_promise, make_world, move_promise
from tests.web.people import read, sign_in
from yinuo.contexts.orders.models import Inquiry, Order
from yinuo.contexts.people.models import StaffMember
from yinuo.platform import clock
from yinuo.workflows import care

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _frozen(now: dt.datetime) -> None:
    clock.set_test_clock(at=now, running=False)


def sign_in_staff(staff: StaffMember) -> Client:
    client = Client(headers={"accept-language": "zh"})
    session = client.session
    session["staff_id"], session["person_id"] = staff.id, None
    session.save()
    return client


@pytest.mark.need(23)
def test_a_2024_order_not_in_production_stands_on_top_of_the_oldest(now: dt.datetime) -> None:
    world = make_world()
    make_order(world, "NEWXYZ", locked_at=now - 10 * DAY)
    old = make_order(world, "OLDXYZ", locked_at=now - 480 * DAY)
    make_promise(old)
    page = read(sign_in_staff(world.dora), "/staff/pulse")
    assert page.index("OLDXYZ") < page.index("NEWXYZ")
    ages, _ = care.ageing(now=now)
    assert [one.waiting for one in ages] == [1, 0, 0, 0, 1]


@pytest.mark.need(162)
def test_trust_stands_beside_growth(now: dt.datetime) -> None:
    world = make_world()
    for code, late in (("KEPTXX", 0), ("LATEXX", 5)):
        order = make_order(world, code, locked_at=now - 5 * DAY)
        day = now.date() - late * DAY
        make_promise(order, from_date=day - DAY, until_date=day, latest_date=day)
        Order.objects.filter(id=order.id).update(state="DELIVERED", delivered_at=now - DAY)
    found = care.trust(now=now)
    assert (found.kept.handed_over, found.kept.by_first_promise) == (2, 1)
    assert (found.flow.locked, found.flow.handed_over) == (2, 2)
    page = read(sign_in_staff(world.dora), "/staff/pulse")
    assert "交了 2 台：按第一次承诺 1 台" in page
    assert "新锁 2 单，交了 2 台" in page


def test_an_answer_that_came_late_is_counted_as_owed_and_not_on_time(now: dt.datetime) -> None:
    world = make_world()
    order = make_order(world, "ASKXYZ")
    make_promise(order)
    move_promise(world, order)
    make_choice(order, chosen_at=now - 3 * DAY, answer_by_at=now - 2 * DAY, answered_at=now - DAY)
    found = care.trust(now=now).answered
    assert (found.owed, found.on_time) == (1, 0)


@pytest.mark.need(115)
def test_no_figure_of_speed_stands_without_what_it_may_have_cost(now: dt.datetime) -> None:
    """Quick answers beside those that did not help; cars handed over beside promises kept."""
    world = make_world()
    for code, late, state in (("KEPTXX", 0, "DELIVERED"), ("LATEXX", 5, "DELIVERED")):
        order = make_order(world, code, locked_at=now - 5 * DAY)
        day = now.date() - late * DAY
        make_promise(order, from_date=day - DAY, until_date=day, latest_date=day)
        Order.objects.filter(id=order.id).update(state=state, delivered_at=now - DAY)
    make_order(world, "GONEXX", state="CANCELLED", state_at=now - DAY)
    past = make_order(world, "PASTXX")
    make_promise(past)
    type(past).objects.filter(id=past.id).update(locked_at=now - 70 * DAY)
    asked = make_order(world, "ASKXYZ")
    make_promise(asked)
    move_promise(world, asked)
    make_choice(asked, chosen_at=now - 3 * DAY, answered_at=now - 2 * DAY, answer_by_at=now - DAY)
    found = care.trust(now=now)
    assert (found.answered.on_time, found.answered.again, found.flow.cancelled) == (1, 0, 1)
    move_promise(world, asked)
    make_choice(asked, "CANCEL", chosen_at=now - DAY / 2)
    assert care.trust(now=now).answered.again == 1
    page = read(sign_in_staff(world.dora), "/staff/pulse")
    speed, quality = page.index("新锁"), page.index("赶上第一次承诺的 1 台，退订 1 单")
    assert 0 < quality - speed < 200
    assert 0 < page.index("又改选的 1 位") - page.index("按时 1 件") < 200
    assert "客户先来问的：0 次。" in page


@pytest.mark.need(1)
def test_a_customer_who_asked_before_we_told_is_counted(now: dt.datetime) -> None:
    world = make_world()
    order = make_order(world, "ASKXYZ")
    make_promise(order)
    notice = move_promise(world, order)
    assert care.promptness(now=now).asked_first == 0
    Inquiry.objects.create(order=order, about="DATE", asked_at=notice.known_at)
    told_later = notice.known_at + dt.timedelta(minutes=5)
    type(notice).objects.filter(id=notice.id).update(sent_at=told_later, created_at=now - DAY)
    assert care.promptness(now=now).asked_first == 1


@pytest.mark.need(92)
def test_a_week_that_breaks_with_the_four_before_is_said(now: dt.datetime) -> None:
    world = make_world()
    for n in range(80):
        make_order(world, f"W{n:05d}", locked_at=now - (8 + n * 27 / 80) * DAY)
    make_order(world, "LASTWK", locked_at=now - DAY)
    found = care.intake(now=now)
    assert found.weeks[-1] == 1
    assert found.changed
    assert found.change.ratio < 0.1
    assert "明显少于前四周" in read(sign_in_staff(world.dora), "/staff/pulse")


def test_steady_orders_raise_no_alarm(now: dt.datetime) -> None:
    world = make_world()
    for n in range(60):
        make_order(world, f"W{n:05d}", locked_at=now - (0.1 + n * 34.8 / 60) * DAY)
    assert not care.intake(now=now).changed
    assert "不像偶然" not in read(sign_in_staff(world.dora), "/staff/pulse")


def test_customers_do_not_see_it() -> None:
    world = make_world()
    for person in (world.alice, world.bob, world.carol):
        assert sign_in(person).get("/staff/pulse").status_code in (302, 403)
    assert Client().get("/staff/pulse").status_code in (302, 403)
