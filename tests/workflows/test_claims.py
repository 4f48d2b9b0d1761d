"""What is said in public binds contracts, and each night they are held against it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.contexts.claims.statements import (
    PLAIN,
    Signers,
    make_signers,
    open_one,
    prove,
    sign_both,
)
from tests.contexts.terms.drafts import SEVEN_DAYS, make_clause, make_template
from tests.factories import DAY, NOW
from yinuo.contexts.claims.models import Conflict
from yinuo.contexts.claims.operations import drafting
from yinuo.contexts.terms.models import Statement
from yinuo.contexts.terms.operations.templates import withdraw
from yinuo.contexts.terms.queries.contracts import live_statement_ids
from yinuo.platform.spoken import local_date
from yinuo.workflows import claims

pytestmark = pytest.mark.django_db
CODE = "pay-after-inspection"
NIGHT = dt.timedelta(days=1)


@pytest.fixture
def people() -> Signers:
    return make_signers()


def ready(people: Signers) -> None:
    """An executive's utterance that lacks nothing."""
    open_one(
        people,
        CODE,
        topic="BALANCE",
        speaker=people.speaker,
        channel="LIVE",
        text="支持验车后付尾款。",
        condition="",
        unconditional=True,
    )
    prove(people, CODE)
    sign_both(people, CODE)


def publish(people: Signers, now: dt.datetime = NOW) -> None:
    claims.publish(code=CODE, corrects=False, staff_id=people.lawyer.id, now=now)


def sell_with_seven_days() -> int:
    """A template in force that asks the balance before the inspection."""
    clause = make_clause("balance-7-days", SEVEN_DAYS, NOW, balance_before_inspection=True)
    return make_template("car-sale", [clause], NOW).id


@pytest.mark.need(57, 142)
def test_what_an_executive_says_stands_in_every_contract_made_from_then_on(
    people: Signers,
) -> None:
    ready(people)
    publish(people)
    row = Statement.objects.get()
    assert (row.code, row.text_zh, row.forbids) == (
        CODE,
        "支持验车后付尾款。",
        "balance_before_inspection",
    )
    assert live_statement_ids(local_date(NOW)) == [row.id]
    # Another wording takes its place, under a name of its own.
    wording = drafting.Wording(**{**vars(PLAIN), "text": "先验车，满意再付尾款。"})
    drafting.write_draft(code=CODE, wording=wording, staff_id=people.manager.id, now=NOW)
    sign_both(people, CODE)
    publish(people, NOW + 2 * DAY)
    second = Statement.objects.get(code=f"{CODE}-2")
    assert live_statement_ids(local_date(NOW + 2 * DAY)) == [second.id]
    claims.end(
        code=CODE,
        why_code="WITHDRAWN",
        why="改由合同写明",
        staff_id=people.lawyer.id,
        now=NOW + 5 * DAY,
    )
    assert live_statement_ids(local_date(NOW + 5 * DAY)) == []


@pytest.mark.need(142)
def test_a_statement_that_a_clause_in_force_breaks_is_not_published(people: Signers) -> None:
    template = sell_with_seven_days()
    ready(people)
    with pytest.raises(claims.BreaksContracts) as refused:
        publish(people)
    assert "balance-7-days" in refused.value.message("zh")
    assert not Statement.objects.exists()
    withdraw(template_id=template, why="car-sale-2", now=NOW)
    publish(people)
    assert Statement.objects.exists()


@pytest.mark.need(142)
def test_each_night_contracts_are_held_against_statements(people: Signers) -> None:
    ready(people)
    publish(people)
    assert claims.every_night(now=NOW) == 0
    # Somebody went past the check of templates.
    template = sell_with_seven_days()
    assert claims.every_night(now=NOW) == 0
    assert claims.every_night(now=NOW + NIGHT) == 1
    row = Conflict.objects.get()
    assert (row.claim.code, row.template, row.clause) == (CODE, "car-sale-1", "balance-7-days")
    assert row.owner == people.manager
    assert claims.every_night(now=NOW + 2 * NIGHT) == 0
    withdraw(template_id=template, why="car-sale-2", now=NOW)
    claims.every_night(now=NOW + 3 * NIGHT)
    row.refresh_from_db()
    assert row.mended_at == NOW + 3 * NIGHT


@pytest.mark.need(57, 142)
def test_what_was_said_already_is_held_against_the_clauses_at_once(people: Signers) -> None:
    sell_with_seven_days()
    open_one(people, CODE, topic="BALANCE", speaker=people.speaker, channel="LIVE")
    claims.archive(code=CODE, staff_id=people.lawyer.id, now=NOW)
    assert Conflict.objects.get().mended_at is None
    assert Statement.objects.get().code == CODE
    claims.end(
        code=CODE, why_code="WRONG", why="合同不是这样", staff_id=people.lawyer.id, now=NOW + DAY
    )
    assert Conflict.objects.get().mended_at == NOW + DAY


def test_a_statement_on_something_else_is_no_matter_of_contracts(people: Signers) -> None:
    sell_with_seven_days()
    open_one(people)
    prove(people)
    sign_both(people)
    claims.publish(code="hood-duct", corrects=False, staff_id=people.lawyer.id, now=NOW)
    assert not Statement.objects.exists()
    assert claims.compare(now=NOW) == 0


def test_texts_reach_the_public_folder(people: Signers, tmp_path: Path) -> None:
    ready(people)
    publish(people)
    assert claims.write_texts(folder=tmp_path) == 1
    [file] = (tmp_path / "blob").iterdir()
    assert file.read_text() == "支持验车后付尾款。"


@pytest.mark.need(49)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("双风道前舱盖让前轮升力减少 12%。", set()),
        ("最安全的车", {"ad.absolute"}),
        ("同级第一", {"ad.prompts"}),
        ("自动驾驶，解放双手", {"adas.words"}),
        ("组合驾驶辅助，请看着路", set()),
    ],
)
def test_words_that_the_law_leaves_to_a_person(text: str, expected: set[str]) -> None:
    found = claims.look_at_words(text, on=dt.date(2026, 4, 1))
    assert {one.rule_id for one in found} == expected
