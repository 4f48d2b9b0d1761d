"""Contracts through HTTP: the customer's record, staff's clauses and rulings, the public's view."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from tests.contexts.terms.drafts import SEVEN_DAYS, make_clause, make_template, shown
from tests.contexts.terms.test_haikou import SEVEN_DAYS_FACTS as VOID_FACTS
from tests.contexts.terms.test_haikou import (
    before_the_law_was_asked,
    draft,
    old_contract,
    state_it,
    write,
)
from tests.factories import DAY, NOW, World, make_order, make_world
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.orders.models import Launch, Order, QueueNote
from yinuo.contexts.terms.models import Matter, Remedy, Ruling, Template
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.rules import SETTLE_FIRST, NewSideTerm
from yinuo.platform import clock
from yinuo.workflows import slots

pytestmark = pytest.mark.django_db
HOLD = NewSideTerm("SCHEDULE_HOLD", "360 日内可随时申请排产", NOW, days=360)
RULING = {
    "court": "海口市美兰区人民法院",
    "case": "(2025)0108-1",
    "date": "2026-02-03",
    "source": "https://example.cn/judgment",
    "zh": "剥夺了验车的权利，无效。",
    "en": "It took the right to inspect: void.",
}


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return make_world()


@pytest.fixture
def order(world: World) -> Order:
    """Alice's order with a contract, a side term and a public promise in it."""
    state_it()
    make_template("fair-sale", [make_clause("deposit", "定金抵作车款。", NOW)], NOW)
    order = make_order(world, "HK24LI")
    contracts.agree(
        order_id=order.id,
        template_code="fair-sale",
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        shown=[shown("deposit", NOW)],
        person_id=world.alice.id,
        facts={"features": [{"code": "npa", "zh": "城区辅助驾驶", "en": "City assist"}]},
        now=NOW,
    )
    slots.agree_side_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)
    return order


@pytest.mark.need(83, 133)
def test_the_record_shows_what_was_promised_by_contract_shop_and_in_public(
    world: World, order: Order
) -> None:
    for person in (world.alice, world.bob):
        page = read(sign_in(person), "/o/HK24LI/record")
        for words in (
            "360 日内可随时申请排产",
            "支持验车后付尾款",
            "318,900 元",
            "定金抵作车款。",
            "城区辅助驾驶",
            "对照过的法律",
            "民法典",
        ):
            assert words in page
        assert ("现在申请排产" in page) == (person == world.alice)
    assert "City assist" in read(sign_in(world.alice), "/o/HK24LI/record?lang=en")
    assert "360 日内" in read(sign_in_staff(world.dora), "/o/HK24LI/record")
    read(sign_in(world.carol), "/o/HK24LI/record", 404)


@pytest.mark.need(133)
def test_only_the_buyer_asks_for_a_slot_and_only_once(world: World, order: Order) -> None:
    send(sign_in(world.carol), "/o/HK24LI/slot", 404)
    send(sign_in(world.bob), "/o/HK24LI/slot", 403)
    alice = sign_in(world.alice)
    assert send(alice, "/o/HK24LI/slot", 302) == "/o/HK24LI/record"
    assert QueueNote.objects.get().until_at == NOW
    page = read(alice, "/o/HK24LI/record")
    assert "您申请了排产" in page
    assert "现在申请排产" not in page
    assert "不用申请" in send(alice, "/o/HK24LI/slot", 409)


@pytest.fixture
def exposed(world: World) -> Order:
    """An order at the centre whose contract holds the seven-day clause."""
    write("balance-7-days", SEVEN_DAYS, VOID_FACTS)
    order = make_order(world, "HK24LJ", state="AT_CENTRE")
    old_contract(order, before_the_law_was_asked("car-sale", ["balance-7-days"]))
    return order


def ruled(world: World, **changed: str) -> tuple[Client, int, str]:
    """The manager records the ruling; the client, the status and the page or address."""
    client = sign_in_staff(world.manager)
    answer = client.post("/staff/terms/balance-7-days", {**RULING, **changed})
    return client, answer.status_code, answer.content.decode()


@pytest.mark.need(21, 136, 151)
def test_a_ruling_through_the_page_and_the_orders_put_right(world: World, exposed: Order) -> None:
    for code, over in (("s7", None), ("over", NOW)):
        Launch.objects.create(
            code=code,
            car_model=world.line.spec.car_model,
            opens_at=NOW - DAY,
            closes_at=over,
            template_code="car-sale",
            created_at=NOW - DAY,
        )
    page = read(sign_in_staff(world.manager), "/staff/terms/balance-7-days")
    assert "没有结束的订单 1 个" in page
    assert "换模板之前签不了新合同" not in page
    client, status, _ = ruled(world)
    assert (status, Ruling.objects.count()) == (302, 1)
    page = read(client, "/staff/terms/balance-7-days")
    assert "HK24LJ" in page
    assert "/launch/s7" in page
    assert "换模板之前签不了新合同" in page
    assert "/launch/over" not in page
    assert "判定后第 8 天，还没清完" in page
    assert "登记判决" not in page
    remedy = Remedy.objects.get()
    send(client, "/staff/terms/balance-7-days/strike", 302, remedy=str(remedy.id))
    assert "8 天清完" in read(client, "/staff/terms")
    own = read(sign_in(world.alice), "/o/HK24LJ/record")
    assert "这一条无效，不约束您。" in own


def test_a_ruling_without_its_source_comes_back_with_what_was_typed(
    world: World, exposed: Order
) -> None:
    for changed in ({"source": " "}, {"date": "soon"}, {"date": "2027-01-01"}):
        _, status, page = ruled(world, **changed)
        assert status == 409
        assert RULING["court"] in page
    assert not Ruling.objects.exists()


def test_who_may_rule_and_issue(world: World, exposed: Order) -> None:
    dora = sign_in_staff(world.dora)
    assert "登记判决" not in read(dora, "/staff/terms/balance-7-days")
    send(dora, "/staff/terms/balance-7-days", 403, **RULING)
    send(dora, "/staff/terms/balance-7-days/strike", 403, remedy="1")
    for address in ("templates/1", "clauses/new", "templates/new", "balance-7-days/version"):
        send(dora, f"/staff/terms/{address}", 403)
    assert sign_in(world.alice).get("/staff/terms").status_code == 302
    read(dora, "/staff/terms/nothing", 404)


@pytest.mark.need(20)
def test_a_template_that_the_law_stops_is_not_issued_and_the_page_says_why(
    world: World, exposed: Order
) -> None:
    template = draft("again", ["balance-7-days"])
    manager = sign_in_staff(world.manager)
    page = send(manager, f"/staff/terms/templates/{template.id}", 409)
    assert "先验车" in page or "验车" in page
    assert "民法典" in page
    template.refresh_from_db()
    assert template.state == Template.State.DRAFT


@pytest.mark.need(151)
def test_everybody_sees_the_clause_its_ruling_and_the_days(world: World, exposed: Order) -> None:
    anybody = Client()
    assert "balance-7-days 条" in read(anybody, "/public/terms")
    ruled(world)
    page = read(anybody, "/public/terms/balance-7-days")
    assert SEVEN_DAYS in page
    assert "判定后第 8 天，还没清完" in page
    assert "还有 0 个模板、1 个订单要处理。" in page
    said = json.loads(read(anybody, "/public/terms/balance-7-days.json"))
    assert said["rulings"][0]["open_orders"] == 1
    assert said["versions"][0]["void"] is True
    whole = json.loads(read(anybody, "/public/terms.json"))
    assert whole["rulings"][0]["days"] == 8
    assert "Day 8 since the ruling" in read(anybody, "/public/terms?lang=en")
    read(anybody, "/public/terms/nothing", 404)
    assert "HK24LJ" not in read(anybody, "/public/terms")


@pytest.mark.need(84)
def test_a_dispute_on_the_page_settles_first_and_keeps_what_was_typed(world: World) -> None:
    manager = sign_in_staff(world.manager)
    assert "没有纠纷。" in read(manager, "/staff/matters")
    send(manager, "/staff/matters", 409, title="定金返还纠纷", claims="many")
    send(manager, "/staff/matters", 302, title="定金返还纠纷", claims="10000")
    matter = Matter.objects.get()
    step = {"tactic": "JURISDICTION_OBJECTION", "why": "拖一拖", "spent": "8000", "trust": "伤信任"}
    page = send(manager, f"/staff/matters/{matter.id}", 409, **step, evidence="看过原件")
    for words in ("先谈和解。还没有回答", "和解方案是什么", "拖一拖", "看过原件"):
        assert words in page
    # Every field has a name and a label of its own, so that no answer stands in another's place.
    form = page[page.index(f'action="/staff/matters/{matter.id}"') :].split("</form>")[0]
    names = re.findall(r'name="(\w+)"', form)
    assert len(set(names)) == len(names) == 11
    ids = re.findall(r' id="(\w+)"', page)
    assert len(set(ids)) == len(ids)
    answers = dict.fromkeys(SETTLE_FIRST, "写明了")
    send(manager, f"/staff/matters/{matter.id}", 302, **{**step, **answers})
    send(manager, f"/staff/matters/{matter.id}", 302, **{**step, "tactic": "SETTLE"})
    page = read(manager, "/staff/matters")
    assert "已了结" in page
    assert "16,000 元" in page
    assert "Settle" in read(manager, "/staff/matters?lang=en")
    read(sign_in_staff(world.dora), "/staff/matters", 403)


@pytest.mark.need(21, 136)
def test_a_ruling_overturned_through_its_page(world: World, exposed: Order) -> None:
    client, _, _ = ruled(world)
    page = read(client, "/staff/terms/balance-7-days")
    for words in ("这个判决被撤销了", "car-sale-1", "1 个还没处理的订单不再处理"):
        assert words in page
    ruling = Ruling.objects.get()
    sent = {"do": "overturn", "ruling": ruling.public_id, "why": "二审改判，(2026)01-2"}
    page = send(client, "/staff/terms/balance-7-days", 409, **sent)
    assert "二审改判，(2026)01-2" in page
    send(client, "/staff/terms/balance-7-days", 404, **{**sent, "ruling": "rul_x"})
    dora = sign_in_staff(world.dora)
    send(dora, "/staff/terms/balance-7-days", 403, **sent, where="https://example.cn/2")
    assert "这个判决被撤销了" not in read(dora, "/staff/terms/balance-7-days")
    sent |= {"where": "https://example.cn/2", "request_key": "k1"}
    for _ in range(2):
        send(client, "/staff/terms/balance-7-days", 302, **sent)
    ruling.refresh_from_db()
    assert ruling.overturned_by_id == world.manager.id
    page = read(client, "/staff/terms/balance-7-days?lang=en")
    assert "Overturned" in page
    assert "may stand in contracts again" in page
    assert "这个认定" in read(Client(), "/public/terms/balance-7-days")


def test_a_form_sent_twice_makes_one_dispute_and_one_step(world: World) -> None:
    manager = sign_in_staff(world.manager)
    page = read(manager, "/staff/matters")
    key = page.split('name="request_key" value="', 1)[1].split('"', 1)[0]
    opened = {"request_key": key, "title": "定金返还纠纷", "claims": "10000.50"}
    for _ in range(2):
        send(manager, "/staff/matters", 302, **opened)
    matter = Matter.objects.get()
    assert matter.claims_fen == 1_000_050
    step = {"tactic": "SETTLE", "why": "先例一边倒", "spent": "0", "trust": "好"}
    address = f"/staff/matters/{matter.id}"
    send(manager, address, 409, **step | {"why": " "}, request_key="k")
    for _ in range(2):
        send(manager, address, 302, **step, request_key="k")
    assert matter.steps.count() == 1
    send(manager, address, 409, **step, request_key="another")
    send(manager, "/staff/matters", 302, **opened | {"title": "另一件"})
    assert Matter.objects.count() == 2
    send(manager, "/staff/matters/999999", 404, **step)
    read(manager, address)


def test_what_was_typed_before_the_login_stands_in_the_dispute_again(world: World) -> None:
    manager = sign_in_staff(world.manager)
    send(manager, "/staff/matters", 302, title="定金返还纠纷", claims="10000")
    address = f"/staff/matters/{Matter.objects.get().id}"
    stranger = Client()
    stranger.post(address, {"why": "拖了三年", "tactic": "SETTLE"})
    session = stranger.session
    session.update({"person_id": None, "staff_id": world.manager.id})
    session.save()
    assert "拖了三年" in read(stranger, address)


def test_every_form_of_terms_and_disputes_carries_its_key(world: World, exposed: Order) -> None:
    client, _, _ = ruled(world)
    drafted = draft("again", ["balance-7-days"])
    send(client, "/staff/matters", 302, title="纠纷", claims="1")
    for address in (
        "/staff/terms/balance-7-days",
        "/staff/terms/balance-7-days/version",
        "/staff/terms/clauses/new",
        f"/staff/terms/templates/{drafted.id}",
        "/staff/matters",
    ):
        main = read(client, address).split('<main id="main"', 1)[1].split("</main>", 1)[0]
        assert main.count('method="post"') == main.count('name="request_key"') > 0
