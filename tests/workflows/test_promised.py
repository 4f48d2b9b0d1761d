"""What the page promises with the car is in the contract, and is compared with the car by name."""

from __future__ import annotations

import pytest

from tests import cars, factories, handovers
from tests.web.people import read, sign_in
from tests.workflows.launch_story import agree, choose, make_launch, pay
from yinuo.contexts.catalogue.models import Option, Spec
from yinuo.contexts.handover.queries.sold_with import list_features
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Contract, EnabledFeatures
from yinuo.platform import clock
from yinuo.workflows import confirm, handover, lock
from yinuo.workflows.promised import is_of_other_spec, promised_with_spec

NOW = factories.NOW
pytestmark = [pytest.mark.django_db, pytest.mark.need(85, 136)]


def codes(contract: Contract, what: str) -> list[str]:
    return [one["code"] for one in contract.facts[what]]


def with_hud() -> None:
    """Every car of the story has a head-up display as an option."""
    hud = Option.objects.create(code="HUD", name_zh="抬头显示", name_en="Head-up display")
    for spec in Spec.objects.all():
        spec.options.add(hud)


def test_page_says_it_and_the_contract_keeps_it() -> None:
    clock.set_test_clock(at=NOW, running=False)
    sale = make_launch()
    with_hud()
    ticket = choose(sale, "a", sale.world.alice)
    client = sign_in(sale.world.alice)
    page = read(client, f"/t/{ticket.code}/confirm")
    assert "选装：抬头显示。" in page
    assert "手机钥匙、语音控制、辅助驾驶、在线地图。" in page
    english = read(client, f"/t/{ticket.code}/confirm?lang=en")
    assert "Phone key, Voice control, Driver assistance, Online maps." in english
    pay(agree(ticket, sale.world.alice))
    order_id = lock.deposit_paid(ticket_id=ticket.id, now=NOW)
    assert order_id is not None
    contract = Contract.objects.get(order=order_id)
    assert contract.facts["promises"] == list(confirm.PROMISES)
    assert contract.facts["spec"]["code"] == "S7-A"
    assert codes(contract, "options") == ["HUD"]
    assert codes(contract, "features") == ["key", "voice", "assist", "online"]
    record = read(client, f"/o/{Order.objects.get(id=order_id).code}/record")
    assert "Phone key" in record


def test_page_that_promises_something_else_is_another_page() -> None:
    sale = make_launch()
    ticket = choose(sale, "a", sale.world.alice)
    before = confirm.show(ticket, now=NOW).digest()
    assert confirm.show(ticket, now=NOW).digest() == before
    with_hud()
    assert confirm.show(ticket, now=NOW).digest() != before


def test_every_promised_feature_is_tried_at_the_inspection() -> None:
    for model in ("A7", "X9", "R", "S7", "unknown"):
        tried = [
            code.removeprefix("feature_")
            for code, check in checking.all_checks(checking.checklist_for(model)).items()
            if check.group == checking.FEATURES
        ]
        assert [one.code for one in list_features(model)] == tried
        assert tried
        assert all(one.zh and one.en for one in list_features(model))


def test_what_does_not_work_with_the_keys_is_named() -> None:
    world = factories.make_world()
    order = handovers.make_car(world)
    handovers.make_contract(world, order, promised_with_spec("S7-A"))
    handovers.pay_deposit(order)
    handovers.answer_all(handovers.begin(order, world), feature_voice="听不懂话")
    handovers.decide(order, "TAKE_FIX")
    handovers.sign(order)
    assert handover.balance_paid(order_id=order.id, now=NOW)
    handover.give_keys(
        order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
    )
    assert EnabledFeatures.objects.get().lacking == ["voice"]


def test_another_car_promises_its_own_configuration() -> None:
    world = factories.make_world()
    order = handovers.make_car(world)
    handovers.make_contract(world, order, {"quote": "q", **promised_with_spec("S7-A")})
    base = Spec.objects.get(code="S7-A")
    other = Spec.objects.create(
        code="S7-H",
        car_model=base.car_model,
        name_zh="性能",
        name_en="Performance",
        price_fen=base.price_fen,
    )
    other.options.add(Option.objects.create(code="TOW", name_zh="拖车钩", name_en="Tow bar"))
    cars.take(order, cars.list_car(world, spec_id=other.id, price_fen=handovers.PRICE))
    old, new = Contract.objects.filter(order=order).order_by("version")
    assert (old.facts["spec"]["code"], new.facts["spec"]["code"]) == ("S7-A", "S7-H")
    assert (codes(old, "options"), codes(new, "options")) == ([], ["TOW"])
    assert new.facts["quote"] == "q"
    assert is_of_other_spec(old.facts, "S7-H")
    assert not is_of_other_spec(new.facts, "S7-H")
    assert not is_of_other_spec({}, "S7-H"), "nothing was kept in it: nothing differs"
