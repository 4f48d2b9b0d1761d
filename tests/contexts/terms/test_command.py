"""`yinuo terms`: where a clause stands, and a ruling from the command line."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.contexts.terms.drafts import SEVEN_DAYS, make_clause, make_template
from tests.factories import NOW, make_order, make_world
from yinuo.contexts.terms.models import Contract, Remedy, Template

pytestmark = pytest.mark.django_db
RULE = ("--court", "海口市美兰区人民法院", "--case", "(2025)0108-1", "--date", "2025-11-20")


@pytest.fixture(autouse=True)
def exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One open order under a template with the clause, one delivered."""
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    world = make_world()
    template = make_template("car-sale", [make_clause("balance-7-days", SEVEN_DAYS, NOW)], NOW)
    for code, state in (("HK24LI", "LOCKED"), ("HK24LJ", "DELIVERED")):
        Contract.objects.create(
            public_id=f"ctr_{code}",
            order=make_order(world, code, state=state),
            template=template,
            person=world.alice,
            language="zh",
            price_fen=31_890_000,
            deposit_fen=500_000,
            digest="0f" * 32,
            agreed_at=NOW,
        )


def run(*words: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("terms", *words, stdout=out)
    return out.getvalue()


@pytest.mark.need(21, 136)
def test_where_lists_templates_and_open_orders() -> None:
    said = run("where", "balance-7-days")
    assert "car-sale-1  ISSUED" in said
    assert "open orders: 1; tickets that are no order yet: 0" in said
    assert json.loads(run("where", "balance-7-days", "--json"))["open_orders"] == ["HK24LI"]
    with pytest.raises(CommandError, match="no clause"):
        run("where", "nothing")


def test_a_ruling_from_the_command_line_is_refused_once_it_makes_no_sense() -> None:
    with pytest.raises(CommandError, match="no clause"):
        run("rule", "nothing", *RULE, "--source", "x")
    with pytest.raises(CommandError, match="Name the court"):
        run("rule", "balance-7-days", *RULE, "--source", " ")
    said = run("rule", "balance-7-days", *RULE, "--source", "https://example.cn")
    assert said == "Recorded. Live templates: 0; orders to be put right: 1.\n"
    assert Template.objects.get().state == "WITHDRAWN"
    assert Remedy.objects.get().entered_at is not None
    assert "balance-7-days  clause balance-7-days  v1  -  VOID" in run("list")
    assert json.loads(run("list", "--json"))["clauses"][0]["void"] is True
