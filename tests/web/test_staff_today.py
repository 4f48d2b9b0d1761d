"""S1 through HTTP: one list by due time, answered, handed over, decided; and who may see it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.notices.models import CallTask, Notice
from yinuo.contexts.orders.models import Order, StaffLook
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.production.models import BuildEvent, HeldSupply, Plan, Resource
from yinuo.contexts.promises.models import Choice
from yinuo.contexts.transit.models import CarrierEvent, Lane, Shipment
from yinuo.platform import clock
from yinuo.platform.spoken import at_local
from yinuo.workflows import tell

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
PAGES = (
    "/staff/",
    "/staff/people",
    "/staff/notices/new",
    "/staff/orders",
    "/staff/orders/NC26LU",
    "/staff/plan",
    "/staff/quality",
    "/staff/outbox",
)


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


def chosen(order: Order, way: str = "OTHER_CAR") -> Choice:
    return factories.make_choice(order, way)


def bounced(order: Order, **changed: object) -> CallTask:
    fields: dict[str, object] = {
        "reason": "BOUNCED",
        "due_at": factories.NOW + HOUR,
        "opened_at": factories.NOW,
        **changed,
    }
    return CallTask.objects.create(notice=Notice.objects.get(order=order), **fields)


def carrier_event(world: factories.World, **changed: object) -> CarrierEvent:
    lane = Lane.objects.create(
        origin=world.hub,
        destination=world.centre,
        mode="RAIL",
        departure_weekdays=[1],
        transit_days_mean=3,
        transit_days_sd=1,
        preparation_days=1,
    )
    train = Shipment.objects.create(
        code="T1",
        sender="rail",
        external_id="s1",
        digest="",
        lane=lane,
        mode="RAIL",
        departs_at=factories.NOW - 9 * HOUR,
        arrives_at=factories.NOW + HOUR,
        expected_at=factories.NOW + HOUR,
        departed_at=factories.NOW - 9 * HOUR,
        state="DEPARTED",
    )
    fields: dict[str, object] = {
        "public_id": "evt_1",
        "sender": "rail",
        "external_id": "e1",
        "digest": "",
        "shipment": train,
        "kind": "CANCELLED",
        "at": factories.NOW,
        "received_at": factories.NOW - 4 * HOUR,
        "state": "QUARANTINED",
        "problem": "SHIPMENT_CANCELLED",
        **changed,
    }
    return CarrierEvent.objects.create(**fields)


@pytest.mark.parametrize("path", PAGES)
def test_only_staff_who_work_here_now_come_in(
    world: factories.World, order: Order, path: str
) -> None:
    for person in (world.alice, world.bob, world.carol):
        answer = sign_in(person).get(path)
        assert (answer.status_code, answer["Location"][:12]) == (302, "/login?next=")
    assert Client().get(path).status_code == 302
    member = sign_in_staff(world.dora)
    assert member.get(path).status_code == 200
    StaffMember.objects.filter(id=world.dora.id).update(active=False)
    assert member.get(path).status_code == 302


def test_an_empty_day_says_when_the_next_promise_is_due(
    world: factories.World, order: Order, dora: Client
) -> None:
    assert "今天没有到期的承诺。" in read(dora, "/staff/")
    chosen(order)
    page = read(dora, "/staff/")
    assert "今天没有到期的承诺。下一次是 2月12日 12:00，有 1 条。" in page
    english = read(sign_in_staff(world.dora, accept_language="en"), "/staff/")
    assert "No promise is due today. Next: 12 February, 12:00, 1 due." in english


@pytest.mark.need(4)
def test_everything_stands_in_one_list_by_due_time(
    world: factories.World, order: Order, dora: Client
) -> None:
    chosen(order)
    bounced(order)
    carrier_event(world, received_at=factories.NOW - 5 * HOUR)
    late = factories.make_order(world, "BR26AA", state="IN_TRANSIT", line=world.other_line)
    factories.make_promise(
        late,
        from_date=dt.date(2026, 1, 20),
        until_date=dt.date(2026, 2, 1),
        latest_date=dt.date(2026, 2, 3),
        state="BROKEN",
    )
    page = read(dora, "/staff/")
    wanted = (
        "承诺 2月3日 交车，没有做到",
        "停运 · T1",
        "短信没有送到，请打电话",
        "客户选了“换一台”，等答复",
    )
    places = [page.index(words) for words in wanted]
    assert places == sorted(places)
    assert page.count("is-late") == 2
    assert "王敏" in page


def test_the_page_asks_the_database_the_same_for_one_row_and_for_forty(
    world: factories.World, dora: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(40):
        order = factories.make_order(world, f"OR26{n:02}", state="IN_TRANSIT")
        factories.make_promise(order, latest_date=dt.date(2026, 3, 12))
        notice = factories.move_promise(world, order)
        Notice.objects.filter(id=notice.id).update(code=f"CODE{n:02}")
        chosen(order)
    with django_assert_max_num_queries(37):
        page = read(dora, "/staff/")
    assert page.count("等答复") == 40


def test_an_answer_is_recorded_told_and_takes_the_row_away(
    world: factories.World, order: Order, dora: Client
) -> None:
    task = chosen(order)
    address = f"/staff/choices/{task.entry_id}"
    assert "答复客户" in read(dora, address)
    text = "同色现车有一台，明天 10:00 到店看。"
    assert send(dora, address, 302, text=text) == "/staff/"
    task.refresh_from_db()
    assert task.answered_at == factories.NOW
    entry = ledger.list_of_subject(order.id, ("choice.answered",))[0]
    assert entry.payload["answer"] == text.rstrip("。")
    assert "等答复" not in read(dora, "/staff/")
    assert dora.get(address).status_code == 302
    assert StaffLook.objects.filter(order=order, action="ANSWERED").count() == 1
    # Its first promise was told to nobody yet: it is told with the answer, and numbered after what
    # was told before, although its entry is the older one.
    Notice.objects.update(created_at=factories.NOW - HOUR)
    tell.issue_notices(now=factories.NOW)
    notice = Notice.objects.filter(order=order).latest("created_at")
    page = read(sign_in(world.alice), "/o/NC26LU/changes/2")
    assert notice.state == "WAITING"
    assert "同色现车有一台" in page
    # It was read before it left, and leaves under the name that the record gives it.
    [read_entry] = ledger.list_of_subject(order.id, ("notice.read",))
    notice.refresh_from_db()
    assert read_entry.payload["notice"] == notice.public_id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("不清楚，找400", "不知道也能说：写清谁去查、几点前答复。"),
        ("请耐心等待，会尽快处理", "不知道也能说：写清谁去查、几点前答复。"),
        ("We don’t know yet, sorry", "不知道也能说：写清谁去查、几点前答复。"),
        ("好", "还没有写答复。请写明说了什么。"),
    ],
)
def test_an_answer_that_puts_the_customer_off_is_refused_and_kept_in_the_form(
    order: Order, dora: Client, text: str, words: str
) -> None:
    task = chosen(order)
    page = send(dora, f"/staff/choices/{task.entry_id}", 409, text=text)
    assert words in page
    assert text in page
    task.refresh_from_db()
    assert task.answered_at is None


def test_not_knowing_is_an_answer_with_a_person_and_a_time(
    world: factories.World, order: Order, dora: Client
) -> None:
    task = chosen(order)
    send(
        dora,
        f"/staff/choices/{task.entry_id}",
        302,
        text="还不知道有没有现车，去问仓库。",
        who=str(world.manager.id),
        by="2026-02-11T18:00",
    )
    task.refresh_from_db()
    assert (task.answered_at, task.answerer) == (None, world.manager)
    assert task.answer_by_at == at_local(dt.date(2026, 2, 11), 18)
    page = read(dora, "/staff/")
    assert "赵磊" in page
    assert "2月11日 18:00" in page
    past = send(
        dora,
        f"/staff/choices/{task.entry_id}",
        409,
        text="还在问，没有结果。",
        who=str(world.manager.id),
        by="2026-02-10T18:00",
    )
    assert "请选谁负责，再写一个还没到的时间。" in past


def test_taking_over_puts_the_new_name_on_the_customers_page(
    world: factories.World, order: Order
) -> None:
    task = chosen(order)
    manager = sign_in_staff(world.manager)
    assert "我来办" in read(manager, "/staff/")
    assert send(manager, f"/staff/choices/{task.entry_id}/take", 302) == "/staff/"
    assert "我来办" not in read(manager, "/staff/")
    assert "赵磊" in read(sign_in(world.alice), "/o/NC26LU/changes/1")


def test_a_call_ends_with_what_was_said_or_with_who_answers_by_when(
    world: factories.World, order: Order, dora: Client
) -> None:
    task = bounced(order)
    address = f"/staff/calls/{task.id}"
    page = read(dora, address)
    assert world.alice.phone in page
    assert "请写明电话结果" in send(dora, address, 409, text="嗯")
    assert "写清谁去查" in send(dora, address, 409, text="说会尽快回复他")
    later = {"who": str(world.manager.id), "by": "2026-02-11T17:00"}
    send(dora, address, 302, text="没人接，下午再打", **later)
    task.refresh_from_db()
    assert (task.done_at, task.owner) == (None, world.manager)
    assert "没人接，下午再打" in read(dora, address)
    send(dora, address, 302, text="接了，他选继续等")
    task.refresh_from_db()
    assert task.done_at == factories.NOW
    assert "这个电话已经有人处理完了。" in send(dora, address, 409, text="接了，又说了一遍")


def test_taking_over_a_call(world: factories.World, order: Order, dora: Client) -> None:
    task = bounced(order)
    assert "没有人负责" in read(dora, "/staff/")
    send(dora, f"/staff/calls/{task.id}/take", 302)
    task.refresh_from_db()
    assert task.owner == world.dora


@pytest.mark.parametrize(("decision", "state"), [("use", "RECEIVED"), ("aside", "SET_ASIDE")])
def test_a_report_that_contradicts_waits_for_a_decision(
    world: factories.World, dora: Client, decision: str, state: str
) -> None:
    event = carrier_event(world)
    page = read(dora, f"/staff/reports/carrier/{event.id}")
    assert "这趟车已经停运，却报告在走" in page
    assert send(dora, f"/staff/reports/carrier/{event.id}", 302, decision=decision) == "/staff/"
    event.refresh_from_db()
    assert (event.state, event.decided_by) == (state, world.dora)
    again = send(dora, f"/staff/reports/carrier/{event.id}", 409, decision=decision)
    assert "这条报告已经有人处理过了。" in again


def test_reports_of_the_plant_wait_too(world: factories.World, order: Order, dora: Client) -> None:
    build = BuildEvent.objects.create(
        sender="plant",
        external_id="b1",
        digest="",
        order=order,
        kind="BUILT",
        at=factories.NOW,
        received_at=factories.NOW,
        state="QUARANTINED",
        problem="VIN_TAKEN",
    )
    supply = HeldSupply.objects.create(
        resource=Resource.objects.create(code="TOW", kind="OPTION", name_zh="钩", name_en="Tow"),
        week_date=dt.date(2026, 2, 16),
        quantity=900,
        sender="factory",
        external_id="c1",
        digest="",
        received_at=factories.NOW,
        problem={"line": 2, "zh": "第 2 行：产能比上周多 4 倍。旧日期不变。", "en": "Line 2"},
    )
    page = read(dora, "/staff/")
    assert "这个 VIN 已经属于另一台车" in page
    assert "第 2 行：产能比上周多 4 倍。旧日期不变。" in page
    send(dora, f"/staff/reports/build/{build.id}", 302, decision="aside")
    send(dora, f"/staff/reports/supply/{supply.id}", 302, decision="use")
    build.refresh_from_db()
    supply.refresh_from_db()
    assert (build.state, supply.state) == ("SET_ASIDE", "RELEASED")
    assert dora.get("/staff/reports/nothing/1").status_code == 404


def test_a_refused_plan_is_a_task_until_another_is_in_force(
    world: factories.World, dora: Client
) -> None:
    plan = Plan.objects.create(
        public_id="pln_1",
        sender="factory",
        external_id="plan-07",
        digest="",
        state="REFUSED",
        problem={"line": 212, "zh": "第 212 行：产能比上周多 4 倍。旧日期不变。", "en": "Line 212"},
        uploaded_at=factories.NOW,
    )
    assert "第 212 行：产能比上周多 4 倍。旧日期不变。" in read(dora, "/staff/")
    Plan.objects.create(
        public_id="pln_2",
        sender="factory",
        external_id="plan-08",
        digest="",
        state="COMMITTED",
        cause_code="PLANT_SLOWER",
        evidence="产能会纪要",
        uploaded_at=factories.NOW + HOUR,
        committed_at=factories.NOW + HOUR,
    )
    assert "第 212 行" not in read(dora, "/staff/")
    assert "第 212 行" in read(dora, f"/staff/plan/{plan.public_id}/diff")


def test_a_silent_carrier_and_a_forgotten_notice_are_said(
    world: factories.World, order: Order, dora: Client
) -> None:
    carrier_event(world, state="APPLIED", problem="")
    Notice.objects.filter(order=order).update(state="WAITING", send_at=factories.NOW - HOUR)
    page = read(dora, "/staff/")
    assert "rail 的物流数据从 2月11日 05:20 起没更新，日期可能不准。" in page
    assert "通知该发了，还没有发出" in page
    CarrierEvent.objects.update(received_at=factories.NOW - HOUR)
    assert "没更新" not in read(dora, "/staff/")


@pytest.mark.need(12)
def test_orders_without_a_word_for_eight_days_go_to_the_manager(
    world: factories.World, order: Order, dora: Client
) -> None:
    factories.make_order(world, "SI26AA", person=world.carol, line=world.other_line)
    factories.make_order(
        world, "NW26AA", line=world.other_line, locked_at=factories.NOW - 7 * factories.DAY
    )
    for path in ("/staff/", "/staff/people"):
        page = read(dora, path)
        silent = page[page.index("超过 8 天没有消息的订单") :]
        assert "交给经理赵磊。" in silent
        assert "SI26AA" in silent
        assert "NW26AA" not in silent
    Notice.objects.filter(order=order).update(sent_at=factories.NOW - 9 * factories.DAY)
    page = read(dora, "/staff/")
    assert "NC26LU" in page[page.index("超过 8 天没有消息的订单") :]


@pytest.mark.need(5)
def test_who_may_cancel_stands_on_top(world: factories.World, order: Order, dora: Client) -> None:
    chosen(order, "CANCEL")
    page = read(dora, "/staff/people")
    assert "已选退订" in page
    assert "1 位等车的客户，这一周联系了 1 位（100%）。" in page
