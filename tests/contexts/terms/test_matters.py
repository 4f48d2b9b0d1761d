"""Disputes, in which settling comes first; and the car against what its contract promised."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.contexts.terms.drafts import make_clause, make_template, shown
from tests.factories import NOW, World, make_order, make_world
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Decision, EnabledFeatures, MatterStep
from yinuo.contexts.terms.operations import contracts, matters
from yinuo.contexts.terms.operations.delivered import judge_promised, record_enabled
from yinuo.contexts.terms.operations.side_terms import NoContract
from yinuo.contexts.terms.queries.matters import list_matters
from yinuo.contexts.terms.rules import SETTLE_FIRST, Lacking, list_promised

pytestmark = pytest.mark.django_db
ANSWERS = dict.fromkeys(SETTLE_FIRST, "写明了")
PROMISED = {
    "features": [
        {"code": "city", "zh": "城区辅助驾驶", "en": "city assist"},
        {"code": "v2l", "zh": "对外放电", "en": "vehicle to load"},
    ],
    "limits": [{"code": "power_kw", "zh": "最大功率", "en": "peak power", "number": 300}],
}


@pytest.fixture
def world() -> World:
    return make_world()


def step(world: World, matter_id: int, tactic: str, answers: dict[str, str]) -> MatterStep:
    return matters.take_step(
        matter_id=matter_id,
        tactic=tactic,
        why="先例一边倒",
        cost_fen=4_000_000,
        trust="拖长诉讼，伤信任",
        answers=answers,
        staff_id=world.manager.id,
        now=NOW,
    )


@pytest.mark.need(84)
def test_a_jurisdiction_objection_waits_until_settling_was_answered(world: World) -> None:
    matter = matters.open_matter(title="定金返还纠纷", claims_fen=1_000_000, now=NOW)
    for answers in ({}, {**ANSWERS, "offer": "  "}):
        with pytest.raises(matters.SettleFirst) as refused:
            step(world, matter.id, "JURISDICTION_OBJECTION", answers)
        assert "和解方案是什么" in refused.value.message("zh")
    step(world, matter.id, "JURISDICTION_OBJECTION", ANSWERS)
    step(world, matter.id, "SETTLE", {})
    [seen] = list_matters()
    assert [one.tactic for one in seen.steps] == ["JURISDICTION_OBJECTION", "SETTLE"]
    assert (seen.cost_fen, seen.closed_at) == (8_000_000, NOW)
    with pytest.raises(matters.MatterClosed):
        step(world, matter.id, "APPEAL", ANSWERS)


def test_a_step_says_what_it_is_and_the_database_keeps_it(world: World) -> None:
    matter = matters.open_matter(title="纠纷", claims_fen=0, now=NOW)
    with pytest.raises(matters.StepNotComplete):
        step(world, matter.id, "DELAY", ANSWERS)
    with pytest.raises(matters.StepNotComplete):
        matters.open_matter(title=" ", claims_fen=0, now=NOW)
    step(world, matter.id, "DEFEND", ANSWERS)
    for statement in ("UPDATE terms_matterstep SET why = 'x'", "DELETE FROM terms_matterstep"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        MatterStep.objects.create(
            matter=matter,
            tactic="APPEAL",
            why="w",
            trust="t",
            cost_fen=0,
            decided_by=world.manager,
            decided_at=NOW,
        )


@pytest.mark.need(76, 83)
@pytest.mark.parametrize(
    ("features", "limits", "lacking"),
    [
        (["city", "v2l"], {"power_kw": 300}, []),
        (["v2l"], {"power_kw": 320}, [Lacking("city", "城区辅助驾驶", "city assist")]),
        (
            ["city", "v2l", "more"],
            {"power_kw": 299},
            [Lacking("power_kw", "最大功率", "peak power", 300, 299)],
        ),
        (["city", "v2l"], {}, [Lacking("power_kw", "最大功率", "peak power", 300, None)]),
    ],
)
def test_the_car_is_held_against_its_contract(
    features: list[str], limits: dict[str, int], lacking: list[Lacking]
) -> None:
    def found(facts: dict[str, Any]) -> list[Lacking]:
        items = list_promised(facts, features, limits)
        judged = judge_promised(items, by_update=False, consented=(), on=NOW.date())
        return [item.as_lacking() for item, _ in judged]

    assert found(PROMISED) == lacking
    assert found({}) == []


@pytest.mark.need(76)
def test_less_after_an_update_stands_only_with_the_owners_consent() -> None:
    items = list_promised(PROMISED, ["city", "v2l"], {"power_kw": 220})
    for consented, left in (((), ["power_kw"]), (("v2l",), ["power_kw"]), (("power_kw",), [])):
        judged = judge_promised(items, by_update=True, consented=consented, on=NOW.date())
        assert [item.code for item, _ in judged] == left
    [(item, decision)] = judge_promised(items, by_update=True, consented=(), on=NOW.date())
    assert item.found_bp == 7333
    [finding] = decision.having("stop")
    assert finding.rule_id == "contract.no_less_by_update"
    assert "民法典" in finding.law.said("zh")
    [(_, unmeasured)] = judge_promised(
        list_promised(PROMISED, ["city", "v2l"], {}), by_update=False, consented=(), on=NOW.date()
    )
    assert unmeasured.clearance == "cannot_tell"


@pytest.fixture
def order(world: World) -> Order:
    make_template("car-sale", [make_clause("deposit", "定金抵作车款。", NOW)], NOW)
    order = make_order(world, "NC26LU", state="AT_CENTRE")
    contracts.agree(
        order_id=order.id,
        template_code="car-sale",
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        shown=[shown("deposit", NOW)],
        person_id=world.alice.id,
        facts=PROMISED,
        now=NOW,
    )
    return order


@pytest.mark.need(76, 83)
def test_an_update_that_takes_power_away_is_found_and_recorded(world: World, order: Order) -> None:
    whole = ["city", "v2l"]
    for _ in range(2):
        assert not record_enabled(
            order_id=order.id,
            cause="HANDOVER",
            source="ins_1",
            features=whole,
            limits={"power_kw": 300},
            now=NOW,
        )
    assert Entry.objects.filter(kind="features.found").count() == 1
    found = record_enabled(
        order_id=order.id,
        cause="UPDATE",
        source="ota_7",
        features=whole,
        limits={"power_kw": 220},
        now=NOW + dt.timedelta(days=30),
    )
    assert [one.code for one in found] == ["power_kw"]
    last = EnabledFeatures.objects.filter(contract__order=order).latest("id")
    assert last.lacking == ["power_kw"]
    kept = Decision.objects.get(order=order, at="features")
    assert (kept.clearance, len(kept.record["findings"]) > 0) == ("stop", True)
    with pytest.raises(NoContract):
        record_enabled(
            order_id=make_order(world, "NC26LV").id,
            cause="HANDOVER",
            source="ins_2",
            features=[],
            limits={},
            now=NOW,
        )
