"""The rule of the queue: its closed lists, its grammar, and changing it with notice only."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.contexts.ledger.queue_samples import VKEY
from tests.contexts.ledger.samples import PUBLIC, sample
from yinuo.contexts.ledger import rulebook, rules
from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations import record_many
from yinuo.contexts.ledger.operations.rulebook import (
    NoRuleYet,
    NoticeTooShort,
    RuleAsBefore,
    change,
    due_facts,
    genesis_facts,
)
from yinuo.contexts.ledger.queries.queue import list_rules
from yinuo.contexts.ledger.rulebook import Figures, Quota, RuleRefused

WRITTEN = Path(__file__).parents[3] / "docs/reference/queue-rules"
DAY = dt.timedelta(days=1)


def begin(now: dt.datetime) -> None:
    with transaction.atomic():
        record_many(genesis_facts(VKEY, VKEY), now=now)


@pytest.mark.need(24)
def test_no_list_holds_other_or_paid_and_every_code_is_public() -> None:
    figures = Figures()
    codes = {*figures.exceptions, *figures.holds}
    assert codes == set(QUEUE_CODES)
    assert not any("OTHER" in code or "PAID" in code or "PAY" in code for code in codes)
    assert not set(figures.exceptions) & set(figures.holds)


def test_the_written_grammar_is_that_of_the_catalogue() -> None:
    written = sorted(WRITTEN.glob("*.json"), key=lambda path: int(path.stem))
    newest = json.loads(written[-1].read_text(encoding="utf-8"))
    said = {name: newest[name] for name in ("leaves", "forms")}
    assert said == rulebook.grammar(), (
        "The kinds of facts and the newest written rule differ. A leaf that no rule allows fails"
        " every audit. Write the next rule, N: `./yinuo queue rule --json --number N` into"
        " docs/reference/queue-rules/N.json, and keep those before it."
    )
    assert [json.loads(path.read_text(encoding="utf-8"))["rule"] for path in written] == [
        *range(1, len(written) + 1)
    ]


def test_a_kind_without_a_form_for_a_field_cannot_be_in_a_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = replace(KINDS["line.opened"], name="line.odd", leaf="odd", public=("line", "colour"))
    monkeypatch.setitem(KINDS, "line.odd", odd)
    with pytest.raises(RuleRefused, match=r"line\.odd: give \['colour'\] a form"):
        rulebook.grammar()


def test_one_leaf_has_one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "odd", replace(KINDS["order.locked"], name="odd", stream="p"))
    with pytest.raises(RuleRefused, match="two streams"):
        rulebook.grammar()


def fields_of(kind: str) -> list[str]:
    return sorted(PUBLIC[kind])


@pytest.mark.parametrize("kind", [one for one in KINDS if KINDS[one].leaf != "rule"])
def test_every_sample_is_in_the_grammar(kind: str) -> None:
    leaf = rulebook.grammar()["leaves"][KINDS[kind].leaf]
    assert fields_of(kind) in leaf["fields"]
    assert leaf["stream"] == KINDS[kind].stream


def test_the_rule_leaf_nests_and_is_canonical() -> None:
    body = rules.free_leaf("rule", sample("rule.stated").public)
    assert 2048 < len(body.encode()) <= 65_535
    read = json.loads(body)
    assert json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == body
    assert read["exceptions"]["STOCK_CAR"] == {"at_least": 20, "per_mille": 100}
    assert read["leaves"]["lock"]["fields"] == [["launch", "line", "ticket"], ["line"]]
    for odd in ({"a b": 1}, {"a": 1.5}, {"a": True}, {"a": [None]}):
        with pytest.raises(ValueError, match=r"name|only text|text and"):
            rules.free_leaf("rule", odd)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2048"):
        rules.free_leaf("plan", {"a": "x" * 2048})


@pytest.mark.django_db
def test_a_log_begins_with_its_rule_and_its_two_keys(now: dt.datetime) -> None:
    begin(now)
    kinds = [
        json.loads(body) for body in Entry.objects.order_by("id").values_list("body", flat=True)
    ]
    assert [(one["t"], one.get("use", "")) for one in kinds] == [
        ("rule", ""),
        ("key", "log"),
        ("key", "receipt"),
    ]
    assert (kinds[0]["rule"], kinds[0]["binds"]) == (1, "at_once")
    assert due_facts(now=now) == []


@pytest.mark.django_db
def test_before_the_log_there_is_no_rule_to_change(now: dt.datetime) -> None:
    assert due_facts(now=now) == []
    with pytest.raises(NoRuleYet):
        change(figures=Figures(), binds=now.date() + 90 * DAY, now=now)


@pytest.mark.django_db
@pytest.mark.need(24)
def test_a_rule_binds_after_its_notice_only(now: dt.datetime) -> None:
    begin(now)
    other = replace(Figures(), notice_days=0, exceptions={"STOCK_CAR": Quota(1, 1)})
    # 30 days and two for the witnesses from Wednesday 11 February on: the next Monday.
    first = dt.date(2026, 3, 16)
    for day in (now.date(), first - 7 * DAY, first + DAY):
        with pytest.raises(NoticeTooShort) as refused:
            change(figures=other, binds=day, now=now)
        assert "2026-03-16" in refused.value.message("en")
    with pytest.raises(RuleAsBefore):
        change(figures=Figures(), binds=first, now=now)
    stated = change(figures=other, binds=first, now=now)
    with transaction.atomic():
        record_many([stated.fact], now=now)
    assert [(one["rule"], one["binds"]) for one in list_rules()] == [
        (1, "at_once"),
        (2, "2026-03-16"),
    ]
    # Its shorter notice counts from the day on which it binds itself, and not before.
    with pytest.raises(NoticeTooShort):
        change(figures=Figures(), binds=first, now=now + 5 * DAY)
    later = dt.datetime(2026, 3, 17, 2, tzinfo=dt.UTC)
    assert change(figures=Figures(), binds=dt.date(2026, 3, 23), now=later).number == 3


@pytest.mark.django_db
def test_new_kinds_are_stated_before_their_first_leaf(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(now)
    fresh = replace(KINDS["line.opened"], name="line.closed", leaf="line.end")
    monkeypatch.setitem(KINDS, "line.closed", fresh)
    [fact] = due_facts(now=now)
    assert (fact.public["rule"], fact.public["binds"]) == (2, "2026-03-16")
    read: Any = fact.public
    assert read["leaves"]["line.end"] == {"stream": "", "fields": [["line"]]}
    assert rulebook.read_figures(read) == Figures()
    with transaction.atomic():
        record_many([fact], now=now)
    assert due_facts(now=now) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"holds": ["PAID"]}, "public list"),
        ({"exceptions": {"OTHER": {"at_least": 1, "per_mille": 1}}}, "public list"),
        ({"holds": ["STOCK_CAR"]}, "cannot be both"),
        ({"line_orders_min": 5}, "at least 20 orders"),
        ({"exceptions": {"STOCK_CAR": {"at_least": 1, "per_mille": 1001}}}, "at most 1000"),
        ({"notice_days": -1}, "no whole number"),
        ({"skew_seconds": 1.5}, "no whole number"),
        ({"exceptions": {"STOCK_CAR": 5}}, "wrong kind"),
        ({"exceptions": []}, "wrong kind"),
    ],
)
@pytest.mark.need(24)
def test_what_a_rule_cannot_say(changed: dict[str, Any], why: str) -> None:
    fields = {**rulebook.rule_fields(1, Figures(), rulebook.AT_ONCE), **changed}
    with pytest.raises(RuleRefused, match=why):
        rulebook.read_figures(fields)
    short = {name: value for name, value in fields.items() if name != "holds"}
    with pytest.raises(RuleRefused):
        rulebook.read_figures(short)


def test_quotas() -> None:
    figures = Figures(exceptions={"STOCK_CAR": Quota(5, 10)})
    counted = [rulebook.quota_of(figures, "STOCK_CAR", n) for n in (0, 500, 599, 600, 1000)]
    assert counted == [5, 5, 5, 6, 10]
    assert rulebook.quota_of(figures, "RECORDED_LATE", 1000) == 0
