"""The lists of checks, and what may be decided on what was found."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yinuo.contexts.handover.rules import checking as rules
from yinuo.platform.spoken import at_local
from yinuo.rulepacks import load_pack

MODELS = sorted(path.stem for path in rules.CHECKS.glob("*.toml"))
GROUPS = rules.checklist_for("A7")
CODES = list(rules.all_checks(GROUPS))
ALL_GOOD = dict.fromkeys(CODES, rules.GOOD)
SAFETY = [check.code for check in rules.all_checks(GROUPS).values() if check.system]


@pytest.mark.parametrize("model", [*MODELS, "unknown", "../any"])
def test_every_model_has_24_checks_in_6_groups(model: str) -> None:
    groups = rules.checklist_for(model)
    assert [len(group.checks) for group in groups] == [4] * 6
    assert groups == rules.from_record(rules.to_record(groups))


@pytest.mark.need(27)
@pytest.mark.parametrize("model", MODELS)
def test_the_boot_is_tried_three_ways_at_every_model(model: str) -> None:
    boot = rules.all_checks(rules.checklist_for(model))["boot"]
    assert (boot.system, boot.evidence, len(boot.actions)) == ("escape", "film", 3)
    assert [
        word in zh for word, (zh, _) in zip(("按键", "语音", "应急拉手"), boot.actions, strict=True)
    ] == [True] * 3


@pytest.mark.need(28)
@pytest.mark.parametrize("model", MODELS)
def test_everything_life_depends_on_is_among_the_checks(model: str) -> None:
    checks = rules.all_checks(rules.checklist_for(model)).values()
    assert {check.system for check in checks} == {"", *rules.SYSTEMS}


@pytest.mark.need(83)
def test_features_differ_by_model() -> None:
    named = {
        model: tuple(rules.all_checks(rules.checklist_for(model)))[16:20]
        for model in ("A7", "X9", "R")
    }
    assert len(set(named.values())) == 3
    assert all(code.startswith("feature_") for codes in named.values() for code in codes)


def test_facts_and_assemblies_are_words_of_the_rule_pack() -> None:
    pack = load_pack()
    for model in MODELS:
        for check in rules.all_checks(rules.checklist_for(model)).values():
            names = [fact.removeprefix("handover.") for fact in check.facts]
            given = {"handover": dict.fromkeys(names, True), "fault": {"assembly": check.assembly}}
            assert pack.read_facts(given)["fault.assembly"] == check.assembly


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"code": "panels"}, "twice"),
        ({"group": "roof"}, "unknown groups"),
        ({"evidence": "song"}, "show it with"),
        ({"system": "radio"}, "no system"),
        ({"actions": []}, "what to do"),
    ],
)
def test_a_bad_list_is_refused(change: dict[str, object], says: str) -> None:
    general = tomllib.loads((rules.CHECKS / "any.toml").read_text(encoding="utf-8"))
    general["check"][0].update(change)
    with pytest.raises(rules.BadChecklist, match=says):
        rules.read_checklist(general, {})


def test_a_group_without_checks_is_refused() -> None:
    general = tomllib.loads((rules.CHECKS / "any.toml").read_text(encoding="utf-8"))
    general["check"] = [row for row in general["check"] if row["group"] != "papers"]
    with pytest.raises(rules.BadChecklist, match="papers"):
        rules.read_checklist(general, {})


@pytest.mark.parametrize("taken", rules.OUTCOMES)
def test_all_good(taken: str) -> None:
    expected = {"TAKE": "", "TAKE_FIX": "nothing_to_fix", "REFUSE": ""}[taken]
    assert rules.may_decide(taken, GROUPS, ALL_GOOD, held=False) == expected


@pytest.mark.need(28)
@pytest.mark.parametrize("code", SAFETY)
def test_a_car_that_failed_where_life_depends_on_it_is_not_taken(code: str) -> None:
    found = {**ALL_GOOD, code: rules.PROBLEM}
    assert [check.code for check in rules.failed_systems(GROUPS, found)] == [code]
    assert rules.may_decide("TAKE", GROUPS, found, held=False) == "held"
    assert rules.may_decide("TAKE_FIX", GROUPS, found, held=False) == "held"
    assert rules.may_decide("REFUSE", GROUPS, found, held=True) == ""


@given(st.dictionaries(st.sampled_from(CODES), st.sampled_from(rules.VERDICTS)))
def test_whatever_was_found_a_refusal_is_possible_and_a_taking_was_checked(
    verdicts: dict[str, str],
) -> None:
    assert rules.may_decide("REFUSE", GROUPS, verdicts, held=False) == ""
    if not rules.may_decide("TAKE", GROUPS, verdicts, held=False):
        for group in GROUPS[:2]:
            assert all(verdicts[check.code] in ("GOOD", "PROBLEM") for check in group.checks)
        assert all(verdicts[code] == "GOOD" for code in SAFETY)


@given(st.dictionaries(st.sampled_from(CODES), st.sampled_from(rules.VERDICTS)))
def test_going_from_group_to_group_ends_when_all_is_answered(verdicts: dict[str, str]) -> None:
    seen, at = set(), ""
    while at := rules.next_group(GROUPS, verdicts, at):
        assert at not in seen
        seen.add(at)
        group = next(one for one in GROUPS if one.code == at)
        verdicts = {**verdicts, **{check.code: "GOOD" for check in group.checks}}
    assert set(verdicts) == set(CODES)


def test_what_checks_prove_and_what_staff_confirm() -> None:
    proven = rules.facts_proven(GROUPS, ALL_GOOD, [])
    assert proven == dict.fromkeys(
        (
            "exterior_checked",
            "interior_checked",
            "documents_given",
            "tools_given",
            "guarantee_explained",
            "safety_pointed_out",
        ),
        True,
    )
    found = {**ALL_GOOD, "paint": "PROBLEM", "tools": "PROBLEM", "seats": "NOT_CHECKED"}
    proven = rules.facts_proven(GROUPS, found, ["invoice_given"])
    assert (proven["exterior_checked"], proven["interior_checked"]) == (True, False)
    assert (proven["tools_given"], proven["invoice_given"]) == (False, True)
    assert rules.facts_proven(GROUPS, found, ["tools_given"])["tools_given"]


def test_times_that_are_named() -> None:
    assert rules.three_ways_by(at_local(dt.date(2026, 2, 26), 23, 50)) == at_local(
        dt.date(2026, 2, 28), 18
    )
    assert rules.fix_by_date(dt.date(2026, 2, 26)) == dt.date(2026, 3, 12)


def test_one_document_has_one_text_and_one_digest() -> None:
    one = rules.canonical({"b": 1, "a": "陈"})
    assert one == '{"a":"陈","b":1}' == rules.canonical({"a": "陈", "b": 1})
    assert len(rules.digest(one)) == 64
    assert rules.digest(one) != rules.digest(one + " ")
