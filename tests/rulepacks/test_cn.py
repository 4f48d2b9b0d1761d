"""The Chinese rule pack: its examples, what notices a wrong change, and the stories of needs."""

from __future__ import annotations

import datetime as dt
import re

import chinese_calendar
import pytest

from tests.rulepacks import mutations
from yinuo.engines.rules import Case, Decision, Facts, Pack, Rule, check_case, decide
from yinuo.engines.rules.examples import check_example
from yinuo.rulepacks import FOLDER, load_folder, load_pack

PACK = load_pack()
CHINESE = re.compile(r"[\u3400-\u9fff]")
LISTED = re.findall(
    r"\S+",
    """
contract.formed contract.no_paid_void contract.mistake contract.precontract contract.ad_as_offer
clause.prompt clause.void clause.online_void clause.against_drafter clause.shanghai inspect.joint
inspect.before_balance inspect.short_window inspect.signature reject.fundamental disclose.used
delay.notify delay.remedy deposit.cap deposit.double deposit.choice prepay.refund prepay.written
3g.period 3g.repair 3g.assembly60 3g.return7 3g.return60 3g.return24 3g.parts 3g.clock 3g.loaner
3g.usefee 3g.reply 3g.losses 3g.reset_transfer 3g.exempt 3g.resale 3g.records 3g.penalty
consumer.proof6m consumer.quality7 consumer.noreason consumer.fraud3x consumer.stall15
consumer.complaints consumer.records complaint.12315 service.human recall.report_stop recall.plan
recall.timing recall.objection recall.cost recall.keep recall.penalty recall.format ota.recall
ota.grade ota.no_hide adas.words adas.notice ad.false ad.clear ad.absolute ad.cite ad.prompts
ad.disparage_medical ad.penalty ad.live ad.competition price.tag price.compare price.honour
price.defence price.auto privacy.core privacy.auto voice.heard vehicle.data
""",
)


def test_every_rule_of_the_list_is_there() -> None:
    assert len(LISTED) == 80
    assert set(LISTED) <= set(PACK.ids())
    assert set(PACK.ids()) - set(LISTED) == {
        "clause.ruled_void",
        "terms.unilateral_change",
        "schedule.side_term",
        "deposit.forfeit",
        "3g.filing",
        "recall.reports",
        "contract.as_promised",
        "contract.no_less_by_update",
        "privacy.erase",
    }


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: f"{rule.id}-{rule.effective_from}")
def test_the_examples_of_a_rule(rule: Rule) -> None:
    wrong = [check_example(PACK, rule, example) for example in rule.examples]
    assert not any(wrong), wrong
    assert len(rule.examples) >= 4
    assert len({example.on for example in rule.examples}) >= 2


@pytest.mark.parametrize("table", mutations.tables(), ids=mutations.name_of)
def test_a_wrong_change_makes_an_example_fail(table: mutations.Table) -> None:
    tried = [*mutations.outer_mutations(table), *mutations.inner_mutations(table)]
    assert len(tried) >= 3
    assert [what for what, changed in tried if mutations.survives(PACK, changed)] == []


def test_the_mutations_themselves_are_sound() -> None:
    assert not [table["id"] for table in mutations.tables() if not mutations.survives(PACK, table)]
    assert list(mutations.mutants("a.p and not b.q <= c.r")) == [
        "a.p or not b.q <= c.r",
        "a.p and (not not b.q <= c.r)",
        "a.p and (not b.q < c.r)",
    ]


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: f"{rule.id}-{rule.effective_from}")
def test_a_rule_speaks_both_languages(rule: Rule) -> None:
    for words in (rule.title, rule.says, *(each.words for each in rule.exemptions)):
        assert CHINESE.search(words.zh)
        assert not CHINESE.search(words.en)
        assert not re.search(r"[,;!?]\s|\.$", words.zh)
    assert set(re.findall(r"{(\w+)}", rule.says.zh)) == set(re.findall(r"{(\w+)}", rule.says.en))


def test_facts_and_moments_are_all_used_and_speak_both_languages() -> None:
    assert {name for rule in PACK.rules for name in rule.facts()} == set(PACK.schema.facts)
    assert {name for rule in PACK.rules for name in rule.asked_at} == set(PACK.schema.moments)
    assert {c.key for rule in PACK.rules for c in rule.citations} == set(PACK.schema.sources)
    for words in [*PACK.schema.moments.values(), *(f.meaning for f in PACK.schema.facts.values())]:
        assert CHINESE.search(words.zh)
        assert not CHINESE.search(words.en)


def test_what_stands_on_memory_only_warns() -> None:
    doubtful = [rule for rule in PACK.rules if rule.mark == "V3"]
    assert len(doubtful) >= 3
    for rule in doubtful:
        for example in rule.examples:
            decision = decide(PACK, example.facts, example.on, rule_ids=[rule.id])
            assert decision.clearance == "go"


def test_the_calendar_agrees_with_a_second_source() -> None:
    day, end = dt.date(2020, 1, 1), dt.date(2026, 12, 31)
    while day <= end:
        assert PACK.schema.calendar.is_workday(day) == chinese_calendar.is_workday(day), day
        day += dt.timedelta(days=1)
    assert PACK.schema.calendar.is_workday(dt.date(2027, 1, 4)) is None


def test_the_pack_is_read_once_and_its_label_names_its_content() -> None:
    assert load_pack() is PACK
    assert re.fullmatch(r"cn@[0-9a-f]{12}", PACK.label)
    assert load_folder(FOLDER / "cn").digest == PACK.digest
    with pytest.raises(FileNotFoundError):
        load_folder(FOLDER / "nowhere")


@pytest.mark.parametrize("case", PACK.cases, ids=lambda case: case.id)
def test_a_case_step_by_step(case: Case) -> None:
    assert list(check_case(PACK, case)) == []
    assert case.needs


def step(pack: Pack, case_id: str, number: int) -> Decision:
    """The decision of one step of a case."""
    case = next(each for each in pack.cases if each.id == case_id)
    told = case.steps[number - 1]
    return decide(pack, told.facts, told.on, rule_ids=told.rule_ids, at=told.at)


HAIKOU = "haikou.balance_before_inspection"


@pytest.mark.need(20, 21)
def test_need_020_021_seven_days_or_forfeiture_is_no_clause_to_issue() -> None:
    decision = step(PACK, HAIKOU, 2)
    assert decision.clearance == "stop"
    assert {each.rule_id for each in decision.having("stop")} == {
        "clause.void",
        "inspect.before_balance",
        "clause.prompt",
    }
    assert "第497条" in decision.find("clause.void").law.zh


@pytest.mark.need(135)
def test_need_135_one_the_inspection_may_not_be_excluded_by_a_standard_term() -> None:
    assert step(PACK, HAIKOU, 5).find("inspect.before_balance").action == "stop"


@pytest.mark.need(135, 142)
def test_need_135_two_the_rules_may_not_be_changed_alone() -> None:
    assert step(PACK, HAIKOU, 5).find("terms.unilateral_change").action == "stop"


@pytest.mark.need(133, 135, 160)
def test_need_135_three_a_side_agreement_may_not_be_scheduled_away() -> None:
    assert step(PACK, HAIKOU, 5).find("schedule.side_term").action == "stop"
    assert step(PACK, HAIKOU, 4).find("clause.against_drafter").answer == "holds"


@pytest.mark.need(134)
def test_need_134_a_deposit_is_not_kept_without_reason_and_name() -> None:
    assert step(PACK, HAIKOU, 6).clearance == "stop"


@pytest.mark.need(85)
def test_need_085_the_deposit_comes_back_twice() -> None:
    finding = step(PACK, HAIKOU, 7).find("deposit.double")
    assert finding.values["total_fen"] == 1_000_000
    assert finding.says.zh == "应返还 10,000 元：已付的 5,000 元，加上定金罚则的 5,000 元。"


@pytest.mark.need(136, 151)
def test_need_136_151_a_new_order_with_the_clause_is_found_in_the_daily_look() -> None:
    decision = step(PACK, HAIKOU, 8)
    assert decision.clearance == "stop"
    assert {each.rule_id for each in decision.having("stop")} == {
        "clause.void",
        "clause.ruled_void",
        "inspect.before_balance",
    }


@pytest.mark.need(24)
def test_need_024_paying_for_a_better_place_is_stopped() -> None:
    facts = PACK.read_facts(
        {
            "price": {
                "charged_fen": 1,
                "marked_fen": 1,
                "unmarked_fee": True,
                "condition_hidden": False,
            }
        }
    )
    assert decide(PACK, facts, dt.date(2026, 3, 2), rule_ids=["price.tag"]).clearance == "stop"


@pytest.mark.need(15, 50)
def test_need_015_050_a_car_damaged_on_the_way_is_disclosed_signed_and_copied() -> None:
    facts: Facts = {"car.condition": "repaired_in_transit", "disclosure.written": True}
    decision = decide(PACK, facts, dt.date(2026, 3, 2), rule_ids=["disclose.used"])
    assert decision.clearance == "cannot_tell"
    assert decision.missing == ("disclosure.copy_given", "disclosure.signed")
    told: Facts = {**facts, "disclosure.signed": False, "disclosure.copy_given": False}
    assert decide(PACK, told, dt.date(2026, 3, 2), rule_ids=["disclose.used"]).clearance == "stop"


@pytest.mark.need(29, 30)
def test_need_029_030_a_return_is_answered_with_articles() -> None:
    case = "tailgate.at_handover"
    assert step(PACK, case, 1).find("3g.return7").answer == "not"
    assert step(PACK, case, 1).find("consumer.proof6m").action == "tell"
    assert "第610条" in step(PACK, case, 2).find("reject.fundamental").law.zh


@pytest.mark.need(126, 127, 131)
def test_need_126_127_131_an_order_that_went_through_is_not_cancelled_away() -> None:
    decision = step(PACK, "flash_sale.price_slip", 1)
    assert decision.find("contract.formed").action == "stop"
    assert decision.find("contract.mistake").values["apply_by_date"] == dt.date(2026, 2, 16)
    assert decision.find("consumer.fraud3x").answer == "not"


@pytest.mark.need(159)
def test_need_159_a_ticked_box_is_no_prompt() -> None:
    facts = PACK.read_facts(
        {"clause": {"standard": True, "material": True, "prompt_conspicuous": True,
                    "prompt_means": ["tick_box", "pop_up"], "explanation_asked": False}}
    )  # fmt: skip
    decision = decide(PACK, facts, dt.date(2026, 3, 2), rule_ids=["clause.prompt"])
    assert decision.find("clause.prompt").kept is False
    assert decision.clearance == "stop"


def test_sentences_have_no_space_between_chinese_words() -> None:
    for rule in PACK.rules:
        for example in rule.examples:
            said = decide(PACK, example.facts, example.on, rule_ids=[rule.id]).findings[0].says
            assert not re.search(r"[\u3400-\u9fff] [\u3400-\u9fff]", said.zh)
            assert "{" not in said.zh + said.en
            assert not CHINESE.search(said.en)


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: f"{rule.id}-{rule.effective_from}")
def test_forgetting_a_fact_never_turns_an_answer_round(rule: Rule) -> None:
    for example in rule.examples:
        answer = rule.when.run(example.facts)
        kept = rule.kept.run(example.facts) if rule.kept else None
        for forgotten in example.facts:
            facts = {name: v for name, v in example.facts.items() if name != forgotten}
            assert rule.when.run(facts) in (answer, None)
            if rule.kept:
                assert rule.kept.run(facts) in (kept, None)
