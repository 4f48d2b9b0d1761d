"""Inspect, decide, sign, and only then pay; a car that is refused costs nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories, handovers
from yinuo.contexts.handover.models import Outcome, Signature, Statement
from yinuo.contexts.handover.operations.deciding import (
    Held,
    NoName,
    NothingDecided,
    NothingToFix,
    Outdated,
    Unchecked,
)
from yinuo.contexts.handover.operations.inspecting import (
    DecidedAlready,
    HiddenDamage,
    Inspector,
    NoCarYet,
    NotOpen,
    Said,
    UnknownCheck,
    state_feature,
)
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.operations.progress import NotNow, begin_condition, end_condition
from yinuo.contexts.payments.models import Bill
from yinuo.contexts.production.models import Build
from yinuo.contexts.terms.models import Decision, EnabledFeatures
from yinuo.platform.spoken import at_local
from yinuo.workflows import disclosure, handover, inspecting, settled

NOW, DAY = handovers.NOW, handovers.DAY
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


def kinds(order: Order) -> list[str]:
    return [one.kind for one in ledger.list_of_subject(order.id)]


def state(order: Order) -> str:
    order.refresh_from_db()
    return order.state


@pytest.mark.need(13, 27, 142)
def test_the_way_from_the_first_check_to_the_keys(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection)
    assert (state(order), Bill.objects.filter(kind="BALANCE").count()) == ("AT_CENTRE", 0)
    handovers.decide(order)
    assert (state(order), Bill.objects.filter(kind="BALANCE").count()) == ("INSPECTED", 0)
    payable = handovers.sign(order)
    assert state(order) == "SIGNED"
    assert (payable.why, payable.bill and payable.bill.amount_fen) == ("", 24_090_000)
    bill = Bill.objects.get(kind="BALANCE")
    assert bill.signature_id == Signature.objects.get().id
    assert handover.balance_paid(order_id=order.id, now=NOW)
    assert not handover.balance_paid(order_id=order.id, now=NOW)
    handover.give_keys(
        order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
    )
    assert state(order) == "DELIVERED"
    assert order.delivered_at == NOW
    told = kinds(order)
    for kind in ("inspection.opened", "inspection.decided", "inspection.signed", "keys.given"):
        assert told.count(kind) == 1
    assert told.count("car.handed_over") == 1
    assert told.count("inspection.recorded") == 6


@pytest.mark.need(13)
def test_a_signature_twice_is_one_signature_and_one_bill(
    world: factories.World, order: Order
) -> None:
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    first, again = handovers.sign(order), handovers.sign(order)
    assert first.bill == again.bill
    assert (Signature.objects.count(), Bill.objects.filter(kind="BALANCE").count()) == (1, 1)


@pytest.mark.need(13)
def test_nothing_is_signed_before_it_is_decided(world: factories.World, order: Order) -> None:
    handovers.answer_all(handovers.begin(order, world))
    with pytest.raises(NothingDecided):
        handovers.sign(order)
    assert not Bill.objects.filter(kind="BALANCE").exists()


def test_a_signature_on_an_older_version_is_refused(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection)
    handovers.decide(order)
    page = handovers.look(order)
    inspecting.look_again(order_id=order.id, now=NOW)
    assert state(order) == "AT_CENTRE"
    inspecting.answer(
        inspection_id=inspection.id,
        group="outside",
        answers={"paint": Said("PROBLEM", "右后门有划痕")},
        by=Inspector(helper="陈波"),
        now=NOW,
    )
    handovers.decide(order, "TAKE_FIX")
    with pytest.raises(Outdated, match="changed before you signed"):
        handover.sign(
            order_id=order.id,
            version=page.version,
            document_sha256=page.document_sha256,
            name="陈安",
            drawing="",
            person_id=order.person_id,
            now=NOW,
        )
    with pytest.raises(Outdated):
        handover.sign(
            order_id=order.id,
            version=handovers.look(order).version,
            document_sha256=page.document_sha256,
            name="陈安",
            drawing="",
            person_id=order.person_id,
            now=NOW,
        )
    assert not Signature.objects.exists()
    assert Outdated().message("zh") == "清单在您签字前改过，请再看一遍。"


@pytest.mark.parametrize(
    "drawing", ["", "[]", "x", '[["a"]]', "[[[1,2]]]", "{}", "[[[true,1],[2,3]]]"]
)
def test_an_empty_signature_is_none(world: factories.World, order: Order, drawing: str) -> None:
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    page = handovers.look(order)
    with pytest.raises(NoName):
        handover.sign(
            order_id=order.id,
            version=page.version,
            document_sha256=page.document_sha256,
            name=" ",
            drawing=drawing,
            person_id=order.person_id,
            now=NOW,
        )


def test_a_drawn_signature_is_kept_with_the_document(world: factories.World, order: Order) -> None:
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    page = handovers.look(order)
    handover.sign(
        order_id=order.id,
        version=page.version,
        document_sha256=page.document_sha256,
        name="",
        drawing="[[[1,2],[30,40]]]",
        person_id=order.person_id,
        now=NOW,
    )
    kept = Signature.objects.get()
    assert (kept.kind, kept.drawing, kept.signed_at) == ("DRAWN", "[[[1,2],[30,40]]]", NOW)
    assert (kept.document, kept.document_sha256) == (page.document, page.document_sha256)


@pytest.mark.need(27, 30, 134)
def test_a_refused_car_costs_nothing(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    handovers.answer_all(inspection, seats="后排坐垫脱线")
    handovers.decide(order, "REFUSE", "座椅修好我再来")
    outcome = Outcome.objects.get()
    assert outcome.answer_by_at == at_local(dt.date(2026, 2, 13), 18)
    assert outcome.answerer == world.dora
    assert (state(order), Bill.objects.filter(kind="BALANCE").count()) == ("AT_CENTRE", 0)
    [refused] = [one for one in ledger.list_of_subject(order.id) if one.kind == "car.refused"]
    assert refused.payload["words"] == "座椅修好我再来"
    assert outcome.decision is not None
    rules = {one["rule"] for one in outcome.decision.record["findings"]}
    assert {"reject.fundamental", "inspect.signature", "consumer.proof6m"} <= rules
    with pytest.raises(NotOpen):
        handovers.sign(order)


@pytest.mark.need(27, 30)
def test_a_fault_that_life_depends_on_gives_the_right_to_refuse_by_article(
    world: factories.World, order: Order
) -> None:
    handovers.answer_all(handovers.begin(order, world), boot="三次都打不开")
    handovers.decide(order, "REFUSE")
    decision = Decision.objects.get(at="handover")
    [right] = [one for one in decision.record["findings"] if one["rule"] == "reject.fundamental"]
    assert right["action"] == "tell"
    assert "610" in right["law_zh"]


def test_a_car_may_be_refused_without_a_single_check(world: factories.World, order: Order) -> None:
    handovers.begin(order, world)
    handovers.decide(order, "REFUSE")
    assert Outcome.objects.get().taken == "REFUSE"


def test_after_a_refusal_the_car_is_put_right_and_looked_at_again(
    world: factories.World, order: Order
) -> None:
    handovers.answer_all(handovers.begin(order, world), seats="脱线")
    handovers.decide(order, "REFUSE")
    second = handovers.begin(order, world, NOW + DAY)
    assert second.number == 2
    handovers.answer_all(second)
    handovers.decide(order)
    assert handovers.sign(order).bill is not None


def test_a_repair_has_a_date(world: factories.World, order: Order) -> None:
    handovers.answer_all(handovers.begin(order, world), tools="少一个三角牌")
    with pytest.raises(Outdated):
        handover.decide(order_id=order.id, version=1, taken="TAKE", words="", person_id=1, now=NOW)
    handovers.decide(order, "TAKE_FIX")
    assert Outcome.objects.get().fix_by_date == dt.date(2026, 2, 25)
    assert handovers.sign(order).why == ""


def test_what_may_not_be_decided_yet(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    with pytest.raises(Unchecked, match="15 checks"):
        handovers.decide(order)
    handovers.answer_all(inspection)
    with pytest.raises(NothingToFix):
        handovers.decide(order, "TAKE_FIX")
    handovers.decide(order)
    with pytest.raises(DecidedAlready):
        handovers.answer_all(inspection, paint="划痕")
    handovers.sign(order)
    with pytest.raises(NotOpen):
        handovers.answer_all(inspection, paint="划痕")
    with pytest.raises(NotOpen):
        handovers.decide(order)


def test_answers_that_the_list_does_not_have(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    for group, code, verdict in (
        ("roof", "paint", "GOOD"),
        ("outside", "boot", "GOOD"),
        ("outside", "paint", "FINE"),
    ):
        with pytest.raises(UnknownCheck):
            inspecting.answer(
                inspection_id=inspection.id,
                group=group,
                answers={code: Said(verdict)},
                by=Inspector(),
                now=NOW,
            )


@pytest.mark.need(29)
def test_what_a_customer_said_stays_when_it_is_said_differently(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    for words in ("软件没有任何问题？后备箱打不开", "按键没有反应", "按键没有反应"):
        inspecting.answer(
            inspection_id=inspection.id,
            group="inside",
            answers={"screens": Said("PROBLEM", words)},
            by=Inspector(order.person_id),
            now=NOW,
        )
    said = list(Statement.objects.order_by("id").values_list("words", flat=True))
    assert said == ["软件没有任何问题？后备箱打不开", "按键没有反应"]
    assert handovers.look(order).version == 3


def test_the_same_answers_again_change_nothing(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    version = handovers.answer_all(inspection).version
    assert handovers.answer_all(inspection).version == version == 7
    assert handovers.begin(order, world).id == inspection.id


@pytest.mark.need(15)
def test_known_damage_is_told_before_the_car_is_shown(world: factories.World, order: Order) -> None:
    number = disclosure.record(
        order_id=order.id,
        spot=("右后门", "right rear door"),
        words=("一处划痕", "a scratch"),
        staff_id=world.dora.id,
        now=NOW,
    )
    with pytest.raises(HiddenDamage):
        handovers.begin(order, world)
    for fresh in (True, False):
        told = disclosure.tell(order_id=order.id, damage_id=number, staff_id=world.dora.id, now=NOW)
        assert told is fresh
    assert kinds(order).count("damage.told") == 1
    assert handovers.begin(order, world).number == 1


def test_a_car_that_is_not_there_is_not_inspected(world: factories.World) -> None:
    moving = handovers.make_car(world, "NC26AA", state="IN_TRANSIT", vin="LYNS7ANC0S0000002")
    with pytest.raises(NotNow):
        handovers.begin(moving, world)
    unknown = handovers.make_car(world, "NC26BB", vin="LYNS7ANC0S0000003")
    Build.objects.filter(order=unknown).update(vin="")
    with pytest.raises(NoCarYet):
        handovers.begin(unknown, world)


def test_no_bill_without_a_contract(world: factories.World) -> None:
    order = handovers.make_car(world)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    assert handovers.sign(order) == handover.Payable(None, "no_contract")
    assert state(order) == "SIGNED"


@pytest.mark.need(20, 142)
def test_no_bill_by_a_clause_that_asks_for_money_before_the_car_is_seen(
    world: factories.World,
) -> None:
    order = handovers.make_ready(world)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    handovers.void_clause(order)
    payable = handovers.sign(order)
    assert (payable.bill, payable.why) == (None, "law")
    assert Decision.objects.get(at="balance").clearance == "stop"


def test_an_amount_other_than_the_contracts_is_blocked(world: factories.World) -> None:
    order = handovers.make_car(world)
    handovers.make_contract(world, order)
    handovers.pay_deposit(order, 400_000)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    payable = handovers.sign(order)
    assert payable.why == "amount"
    assert Bill.objects.get(kind="BALANCE").state == "BLOCKED"


@pytest.mark.need(28)
def test_no_keys_while_something_that_belongs_to_them_is_missing(
    world: factories.World, order: Order
) -> None:
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    handovers.sign(order)
    with pytest.raises(handover.LawSaysNo):
        handover.give_keys(
            order_id=order.id, staff_id=world.dora.id, confirmed=["tools_given"], now=NOW
        )
    stopped = Decision.objects.filter(order=order, at="handover").latest("id")
    assert stopped.clearance == "stop", "what stopped the keys can be read afterwards"
    assert kinds(order).count("decision.recorded") == Decision.objects.filter(order=order).count()
    with pytest.raises(NotNow):
        handover.give_keys(
            order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
        )
    assert state(order) == "SIGNED"


def test_a_dispute_stops_the_signature(world: factories.World, order: Order) -> None:
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    begin_condition(order_id=order.id, name="DISPUTED", cause_ref="case-1", now=NOW)
    with pytest.raises(NotNow):
        handovers.sign(order)
    assert not Signature.objects.exists()


@pytest.mark.need(28)
def test_held_says_what_may_be_done() -> None:
    assert "不用付款" in Held().message("zh")


@pytest.mark.need(83)
def test_with_the_keys_what_works_is_held_against_the_contract(world: factories.World) -> None:
    promised = [
        {"code": code, "zh": code, "en": code} for code in ("key", "voice", "assist", "preheat")
    ]
    order = handovers.make_car(world)
    handovers.make_contract(world, order, facts={"features": promised})
    handovers.pay_deposit(order)
    inspection = handovers.begin(order, world)
    codes = [one.code for one in handovers.look(order).groups[4].checks]
    assert codes[0] == "feature_key", "the group of what was promised"
    state_feature(
        inspection_id=inspection.id,
        code="feature_assist",
        enabled=False,
        enabled_by_date=NOW.date() + 30 * DAY,
        staff_id=world.dora.id,
        now=NOW,
    )
    handovers.answer_with(inspection, {"feature_voice": "听不懂"})
    handovers.decide(order, "TAKE_FIX")
    payable = handovers.sign(order)
    assert payable.bill is not None
    handovers.pay(payable.bill.id)
    assert settled.run(NOW) >= 1
    handover.give_keys(
        order_id=order.id, staff_id=world.dora.id, confirmed=handover.CONFIRMED, now=NOW
    )
    found = EnabledFeatures.objects.get()
    assert (found.cause, found.source) == ("HANDOVER", inspection.public_id)
    shown = set(codes) - {"feature_voice", "feature_assist"}
    assert found.features == sorted(code.removeprefix("feature_") for code in shown)
    assert {"voice", "assist"} <= set(found.lacking)
    assert "key" not in found.lacking
    assert kinds(order).count("features.found") == 1


@pytest.mark.need(13)
def test_who_could_not_be_asked_at_the_signature_is_asked_once_it_can_be(
    world: factories.World,
) -> None:
    order = handovers.make_car(world)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    assert handovers.sign(order).why == "no_contract"
    assert handover.ask_again(now=NOW) == 0
    handovers.make_contract(world, order)
    handovers.pay_deposit(order)
    begin_condition(order_id=order.id, name="DISPUTED", cause_ref="d", now=NOW)
    assert handover.ask_again(now=NOW) == 0
    end_condition(order_id=order.id, name="DISPUTED", cause_ref="d", now=NOW)
    assert handover.ask_again(now=NOW) == 1
    assert handover.ask_again(now=NOW) == 0
    bill = Bill.objects.get(kind="BALANCE")
    assert (bill.state, bill.amount_fen) == ("OPEN", handovers.PRICE - handovers.DEPOSIT)
