"""Decisions: the version in force, what follows, what is missing, and a record that lasts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.rules import Decision, Facts, Pack, decide, examine, explain, scan
from yinuo.engines.rules.deciding import follow
from yinuo.engines.rules.rule import Action, Effect, Level, Mark
from yinuo.rulepacks import load_pack

DAY = dt.date(2026, 3, 2)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def facts(pack: Pack, **subjects: Mapping[str, object]) -> Facts:
    return pack.read_facts(subjects)


DEPOSIT = {"as_earnest": True, "amount_fen": 7_000_000}


def test_a_deposit_above_the_cap_is_stopped_with_its_article(pack: Pack) -> None:
    given_facts = facts(pack, deposit=DEPOSIT, order={"price_fen": 31_890_000})
    decision = decide(pack, given_facts, DAY, rule_ids=["deposit.cap"])
    finding = decision.find("deposit.cap")
    assert decision.clearance == "stop"
    assert finding.law.zh == "《民法典》第586条第2款"
    assert finding.law.en == "Civil Code art. 586(2)"
    assert finding.values == {"cap_fen": 6_378_000, "excess_fen": 622_000}
    assert "63,780 元" in finding.says.zh
    assert "CNY 6,220" in finding.says.en


def test_a_missing_fact_is_never_a_pass(pack: Pack) -> None:
    decision = decide(pack, facts(pack, deposit=DEPOSIT), DAY, rule_ids=["deposit.cap"])
    assert decision.clearance == "cannot_tell"
    assert decision.missing == ("order.price_fen",)
    assert "整车价款（order.price_fen）" in "\n".join(explain(decision, "zh"))
    assert "price of the car (order.price_fen)" in "\n".join(explain(decision, "en"))


def test_no_facts_at_a_moment_is_no_pass_either(pack: Pack) -> None:
    for moment in pack.schema.moments:
        binding = {
            rule.id
            for rule_id in pack.asked_at(moment)
            if (rule := pack.version(rule_id, dt.date(2026, 10, 1)))
            and rule.effect in ("block", "duty", "deadline")
            and rule.mark != "V3"
        }
        decision = decide(pack, {}, dt.date(2026, 10, 1), at=moment)
        assert {finding.rule_id for finding in decision.having("ask")} == binding
        assert decision.clearance == ("cannot_tell" if binding else "go")


def test_without_a_question_only_rules_with_a_known_fact_are_asked(pack: Pack) -> None:
    decision = decide(pack, facts(pack, voice={"takedown_wanted": True}), DAY)
    assert [finding.rule_id for finding in decision.findings] == ["voice.heard"]
    assert decision.missing == ("voice.infringement_evidence",)
    assert decide(pack, {}, DAY).findings == ()
    assert decide(pack, facts(pack, ask={"today_date": "2026-03-02"}), DAY).findings == ()


def test_the_version_in_force_on_the_day_of_the_fact_decides(pack: Pack) -> None:
    clause = facts(
        pack,
        clause={
            "standard": True,
            "material": True,
            "prompt_conspicuous": True,
            "prompt_means": ["tick_box"],
            "explanation_asked": False,
        },
    )
    old, new = (
        decide(pack, clause, day, rule_ids=["clause.prompt"])
        for day in (dt.date(2023, 12, 4), dt.date(2023, 12, 5))
    )
    assert (old.clearance, new.clearance) == ("go", "stop")
    assert old.find("clause.prompt").effective_from == dt.date(2021, 1, 1)
    assert new.find("clause.prompt").effective_from == dt.date(2023, 12, 5)


def test_a_rule_that_is_not_in_force_is_named(pack: Pack) -> None:
    decision = decide(pack, {}, dt.date(2026, 8, 31), rule_ids=["service.human"])
    assert decision.not_in_force == ("service.human",)
    assert decision.findings == ()
    assert "service.human: not in force on 2026-08-31" in explain(decision, "en")
    assert "service.human：2026年8月31日尚未施行或已失效" in explain(decision, "zh")
    with pytest.raises(KeyError):
        decision.find("service.human")


@pytest.mark.parametrize("unknown", [{"rule_ids": ["no.such"]}, {"at": "tea"}])
def test_what_the_pack_does_not_have_is_an_error(pack: Pack, unknown: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        decide(pack, {}, DAY, **unknown)


@pytest.mark.parametrize(
    ("effect", "level", "mark", "answer", "kept", "action"),
    [
        ("block", "L1", "V1", True, None, "stop"),
        ("block", "L2", "V2", True, None, "person"),
        ("block", "L3", "V1", True, None, "evidence"),
        ("block", "L1", "V1", False, None, "none"),
        ("block", "L1", "V1", None, None, "ask"),
        ("duty", "L1", "V1", True, False, "stop"),
        ("duty", "L4", "V1", True, False, "log"),
        ("duty", "L1", "V1", True, True, "tell"),
        ("duty", "L1", "V1", True, None, "ask"),
        ("duty", "L4", "V1", True, None, "unsure"),
        ("duty", "L3", "V3", True, False, "warn"),
        ("duty", "L3", "V3", None, None, "unsure"),
        ("deadline", "L2", "V1", True, False, "person"),
        ("warn", "L4", "V2", True, None, "warn"),
        ("warn", "L4", "V2", None, None, "unsure"),
        ("right", "L2", "V1", True, None, "tell"),
        ("right", "L2", "V1", None, None, "unsure"),
        ("calc", "L2", "V1", True, None, "tell"),
        ("block", "L1", "V3", True, None, "warn"),
    ],
)  # fmt: skip
def test_what_follows(
    pack: Pack,
    effect: Effect,
    level: Level,
    mark: Mark,
    answer: bool | None,
    kept: bool | None,
    action: Action,
) -> None:
    like = "inspect.joint" if effect in ("duty", "deadline") else "voice.heard"
    rule = pack.version(like, DAY)
    assert rule
    found = follow(replace(rule, effect=effect, level=level, mark=mark), answer=answer, kept=kept)
    assert found == action


def test_a_stored_decision_is_the_decision(pack: Pack) -> None:
    for rule in pack.rules:
        for example in rule.examples:
            decision = decide(pack, example.facts, example.on, rule_ids=[rule.id])
            text = json.dumps(decision.to_record(), ensure_ascii=False)
            again = Decision.from_record(json.loads(text))
            assert again == decision
            assert again.digest() == decision.digest()
            for language in ("zh", "en"):
                assert explain(again, language) == explain(decision, language)


def test_another_fact_gives_another_digest(pack: Pack) -> None:
    one, other = (
        decide(pack, facts(pack, voice={"takedown_wanted": wanted}), DAY, rule_ids=["voice.heard"])
        for wanted in (False, True)
    )
    assert one.digest() != other.digest()
    assert len(one.digest()) == 64


def test_a_record_of_another_version_is_not_guessed(pack: Pack) -> None:
    record = decide(pack, {}, DAY, rule_ids=["voice.heard"]).to_record()
    with pytest.raises(ValueError, match="version 2"):
        Decision.from_record({**record, "v": 2})


def test_only_facts_that_were_read_are_kept(pack: Pack) -> None:
    known = facts(pack, voice={"takedown_wanted": True}, car={"km": 12})
    assert decide(pack, known, DAY, rule_ids=["voice.heard"]).facts == {
        "voice.takedown_wanted": True
    }


def test_the_gravest_comes_first_and_every_rule_names_its_law(pack: Pack) -> None:
    known = facts(
        pack,
        balance={"demanded": True},
        inspection={"offered": False},
        clause={"balance_before_inspection": False},
        car={"delivered_date": "2026-03-02"},
        fault={"disputed": True, "reported_date": "2026-03-02"},
    )
    decision = decide(pack, known, DAY, rule_ids=["consumer.proof6m", "inspect.before_balance"])
    lines = explain(decision, "zh")
    assert lines[0] == "不能这样办。（按 2026年3月2日的规定）"
    assert lines[1].startswith("〔拦住〕没安排验车")
    assert sum(line.startswith("  依据：") for line in lines) == 2
    assert "2026年9月2日" in "".join(lines)


def test_rules_that_do_not_apply_are_named_when_asked(pack: Pack) -> None:
    known = facts(pack, recall={"owner_charged": False})
    decision = decide(pack, known, DAY, rule_ids=["recall.cost"])
    assert explain(decision, "en") == ["No rule stands in the way. (law of 2026-03-02)"]
    assert "[does not apply]" in explain(decision, "en", all_rules=True)[1]


def test_an_exemption_is_named(pack: Pack) -> None:
    rule = pack.version("contract.formed", DAY)
    assert rule
    found = examine(pack, rule, {**rule.examples[0].facts, "order.seller_may_rescind": True})
    assert (found.answer, found.exempt) == ("not", ("right_to_rescind",))


def test_flat_and_nested_facts_are_the_same_and_null_is_unknown(pack: Pack) -> None:
    nested = {"order": {"price_fen": 5}, "car": {"km": None}}
    assert (
        pack.read_facts({"order.price_fen": 5}) == pack.read_facts(nested) == {"order.price_fen": 5}
    )


@given(st.lists(st.tuples(*[st.sampled_from([True, False, None])] * 3), max_size=40))
@settings(max_examples=50, deadline=None)
def test_a_scan_says_of_each_row_what_the_rule_says(
    rows: list[tuple[bool | None, bool | None, bool | None]],
) -> None:
    names = ("clause.balance_before_inspection", "balance.demanded", "inspection.offered")
    rule = load_pack().version("inspect.before_balance", DAY)
    assert rule
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    expected = [
        rule.when.run({n: v for n, v in zip(names, row, strict=True) if v is not None})
        for row in rows
    ]
    assert scan(rule, columns, len(rows)) == expected


def test_a_scan_without_columns_or_with_short_ones(pack: Pack) -> None:
    rule = pack.version("voice.heard", DAY)
    assert rule
    assert scan(rule, {}, 3) == [None, None, None]
    with pytest.raises(ValueError, match="has 1 rows, not 3"):
        scan(rule, {"voice.takedown_wanted": [True]}, 3)
