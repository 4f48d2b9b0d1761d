"""Templates against the law: which clause is stopped, which fact is missing, and on which day."""

from __future__ import annotations

import datetime as dt

import pytest

from yinuo.engines.rules import Clause, Facts, Pack, check_clause, check_template
from yinuo.engines.rules.clauses import clause_rules
from yinuo.rulepacks import load_pack

DAY = dt.date(2026, 3, 2)
PLAIN = {
    "standard": True,
    "material": False,
    "online": True,
    "used_in_shanghai": False,
    "not_formed_after_payment": False,
    "excludes_main_right": False,
    "limits_right_unreasonably": False,
    "adds_burden_unreasonably": False,
    "frees_drafter_unreasonably": False,
    "receipt_is_acceptance": False,
    "final_interpretation": False,
    "bars_complaint_or_suit": False,
    "balance_before_inspection": False,
    "ruled_void": False,
}
WHOLE = {
    "order": {"price_fen": 31_890_000},
    "deposit": {"as_earnest": True, "amount_fen": 500_000},
    "prepay": {
        "taken": True,
        "contract_written": True,
        "contract_names_goods": True,
        "contract_names_price": True,
        "contract_names_refund": True,
        "contract_names_liability": True,
    },
    "handover": {"signature_taken_as_waiver": False},
    "price": {
        "below_full_cost": False,
        "options_marked": True,
        "delivery_in_contract": True,
        "paid_unlock": False,
        "forced_add_on": False,
    },
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def make_clause(pack: Pack, name: str, **changed: object) -> Clause:
    return Clause(name, pack.read_facts({"clause": {**PLAIN, **changed}}))


def whole(pack: Pack) -> Facts:
    return pack.read_facts(WHOLE)


def test_every_rule_of_the_moment_is_asked_once(pack: Pack) -> None:
    check = check_template(pack, [make_clause(pack, "a")], whole(pack), DAY)
    asked = [each.rule_id for each in (*check.clauses["a"].findings, *check.whole.findings)]
    assert sorted(asked) == sorted(pack.asked_at("template"))
    assert set(clause_rules(pack)) >= {"clause.void", "clause.ruled_void", "inspect.before_balance"}
    assert "deposit.cap" not in clause_rules(pack)


@pytest.mark.need(20)
def test_a_sound_template_may_be_issued_and_the_void_clause_is_named(pack: Pack) -> None:
    sound = [make_clause(pack, "delivery"), make_clause(pack, "colour")]
    assert check_template(pack, sound, whole(pack), DAY).clearance == "go"
    void = make_clause(pack, "balance_in_7_days", balance_before_inspection=True)
    check = check_template(pack, [*sound, void], whole(pack), DAY)
    assert check.clearance == "stop"
    assert check.stopped == ("balance_in_7_days",)
    assert check.clauses["balance_in_7_days"].find("inspect.before_balance").action == "stop"


@pytest.mark.need(21, 136)
def test_a_ruling_stops_the_clause_and_an_appeal_frees_it(pack: Pack) -> None:
    ruled = make_clause(pack, "c", ruled_void=True, ruling_overturned=False)
    assert check_clause(pack, ruled, DAY).clearance == "stop"
    freed = make_clause(pack, "c", ruled_void=True, ruling_overturned=True)
    assert check_clause(pack, freed, DAY).clearance == "go"


def test_a_fact_nobody_knows_keeps_the_template_back(pack: Pack) -> None:
    unknown = make_clause(pack, "c", adds_burden_unreasonably=None)
    check = check_template(pack, [unknown], whole(pack), DAY)
    assert check.clearance == "cannot_tell"
    assert check.missing == {"c": ("clause.adds_burden_unreasonably",)}
    assert check.stopped == ()


def test_the_template_as_a_whole_is_checked_too(pack: Pack) -> None:
    dear = {**WHOLE, "deposit": {"as_earnest": True, "amount_fen": 6_378_001}}
    check = check_template(pack, [make_clause(pack, "c")], pack.read_facts(dear), DAY)
    assert check.clearance == "stop"
    assert check.stopped == ()


def test_the_law_of_the_day_counts(pack: Pack) -> None:
    receipt = make_clause(pack, "c", receipt_is_acceptance=True)
    assert check_clause(pack, receipt, dt.date(2022, 3, 14)).clearance == "go"
    assert check_clause(pack, receipt, dt.date(2022, 3, 15)).clearance == "stop"


def test_a_clause_stands_once(pack: Pack) -> None:
    with pytest.raises(ValueError, match="stands twice"):
        check_template(pack, [make_clause(pack, "c")] * 2, whole(pack), DAY)
