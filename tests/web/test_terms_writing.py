"""Writing clauses and templates through the pages of staff, and issuing one under the law."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.contexts.terms.drafts import FAIR, SEVEN_DAYS, WHOLE, shown
from tests.factories import DAY, NOW, World, make_order, make_world
from tests.web.people import read, send, sign_in, sign_in_staff
from yinuo.contexts.terms.models import ClauseVersion, Template
from yinuo.contexts.terms.operations import contracts
from yinuo.contexts.terms.operations.scan import scan
from yinuo.contexts.terms.queries.drafting import clause_facts, template_facts
from yinuo.contexts.terms.rules import Shown
from yinuo.platform import clock

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
CLAUSE = {
    "code": "inspect-first",
    "title_zh": "先验车，后付尾款",
    "title_en": "Inspect first",
    "zh": "签字之后才付尾款。",
    "en": "The balance is paid after you signed.",
}


@pytest.fixture
def world() -> World:
    clock.set_test_clock(at=NOW, running=False)
    return make_world()


@pytest.fixture
def manager(world: World) -> Client:
    return sign_in_staff(world.manager)


def answers(**changed: str) -> dict[str, str]:
    """Every question about a fair clause answered, apart from those that are changed."""
    found = {}
    for one in clause_facts(TODAY):
        found[f"f.{one.name}"] = "yes" if FAIR.get(one.name) else "no"
    return {**found, **{f"f.{name}": said for name, said in changed.items()}}


def whole(**changed: str) -> dict[str, str]:
    found = {}
    for one in template_facts(TODAY):
        value = WHOLE.get(one.name, False)
        if one.kind == "yes_no":
            found[f"f.{one.name}"] = "yes" if value else "no"
        else:
            found[f"f.{one.name}"] = f"{value / 100:,.2f}"
    return {**found, **changed}


def write(client: Client, status: int = 302, /, **changed: str) -> str:
    return send(client, "/staff/terms/clauses/new", status, **{**CLAUSE, **answers(), **changed})


def draft(client: Client, status: int = 302, /, **changed: str) -> str:
    sent = {"code": "fair-sale", "title_zh": "购车合同", "title_en": "Contract of sale"}
    sent |= {"place.inspect-first": "1", "size.inspect-first": "20"}
    return send(client, "/staff/terms/templates/new", status, **{**sent, **whole(), **changed})


@pytest.mark.need(20)
def test_a_clause_is_written_drafted_checked_and_issued_by_pages_alone(
    world: World, manager: Client
) -> None:
    assert "还没有条款" in read(manager, "/staff/terms")
    assert "还没有能用的条款" in read(manager, "/staff/terms/templates/new")
    assert write(manager, request_key="k") == "/staff/terms/inspect-first"
    assert write(manager, request_key="k") == "/staff/terms/inspect-first"
    version = ClauseVersion.objects.get()
    assert (version.written_by_id, version.facts["standard"]) == (world.manager.id, True)
    page = read(manager, "/staff/terms/templates/new")
    assert "签字之后才付尾款。" in page
    address = draft(manager, request_key="k")
    assert draft(manager, request_key="k") == address
    made = Template.objects.get()
    assert made.whole["deposit.amount_fen"] == 500_000
    page = read(manager, address)
    assert "可以发布。" in page
    assert "没有规则反对。" in page
    for _ in range(2):
        assert send(manager, address, 302, request_key="i") == address
    made.refresh_from_db()
    assert (made.state, made.issued_by_id) == ("ISSUED", world.manager.id)
    assert "May not" not in read(manager, f"{address}?lang=en")
    dora = read(sign_in_staff(world.dora), address)
    assert "照它起草下一版" not in dora
    assert "签字之后才付尾款。" in dora


@pytest.mark.need(20, 135)
def test_what_the_law_says_stands_at_the_clause_with_rule_and_article(
    world: World, manager: Client
) -> None:
    write(manager, zh=SEVEN_DAYS, **answers(balance_before_inspection="yes"))
    address = draft(manager)
    page = read(manager, address)
    for words in ("不能发布", "inspect.before_balance", "民法典", "第"):
        assert words in page
    page = send(manager, address, 409)
    assert "购车合同" in page
    assert "不能发布。" in page
    assert "Civil Code" in read(manager, f"{address}?lang=en")
    assert Template.objects.get().state == "DRAFT"


def test_what_was_not_judged_is_asked_for_and_nothing_is_issued(manager: Client) -> None:
    write(manager, **answers(limits_right_unreasonably=""))
    address = draft(manager)
    page = read(manager, address)
    assert "还判断不了" in page
    assert "不合理地限制买方的主要权利" in page
    send(manager, address, 409)


def test_words_smaller_than_the_page_are_not_shown_conspicuously(manager: Client) -> None:
    write(manager)
    address = draft(manager, **{"size.inspect-first": "18"})
    page = read(manager, address)
    assert "clause.prompt" in page
    assert "不能发布" in page
    draft(manager, 409, **{"size.inspect-first": "7"})


def test_a_form_that_is_refused_keeps_all_that_was_typed(world: World, manager: Client) -> None:
    write(manager)
    for changed in (
        {"code": "Inspect First"},
        {"code": "other", "en": " "},
        {"code": "other", "from": "2026-05-01", "until": "2026-05-01"},
        {"code": "other", "until": "soon"},
        {},
    ):
        page = write(manager, 409, **{**changed, "zh": "另外一段很长的文字。"})
        assert "另外一段很长的文字。" in page
        assert 'value="no" selected' in page
    assert ClauseVersion.objects.count() == 1
    for changed in (
        {"place.inspect-first": ""},
        {"code": "no good"},
        {"f.order.price_fen": "many"},
    ):
        page = draft(manager, 409, title_zh="很长的名称", **changed)
        assert "很长的名称" in page
    assert not Template.objects.exists()


def test_another_version_keeps_the_old_one_and_issued_templates(manager: Client) -> None:
    write(manager)
    address = draft(manager)
    send(manager, address, 302)
    page = read(manager, "/staff/terms/inspect-first/version")
    assert "签字之后才付尾款。" in page
    assert 'value="yes" selected' in page
    sent = {"zh": "验车、签字之后才付尾款。", "en": "Inspect, sign, then pay.", **answers()}
    assert send(manager, "/staff/terms/inspect-first/version", 302, **sent)
    assert ClauseVersion.objects.count() == 2
    assert "签字之后才付尾款。" in read(manager, address)
    page = read(manager, f"/staff/terms/templates/new?from={Template.objects.get().id}")
    assert "购车合同" in page
    assert 'name="place.inspect-first" value="1"' in page
    send(manager, draft(manager), 302)
    assert [one.state for one in Template.objects.order_by("id")] == ["WITHDRAWN", "ISSUED"]
    read(manager, "/staff/terms/nothing/version", 404)
    send(manager, "/staff/terms/templates/99999", 404)


def test_a_clause_stands_between_its_own_dates(world: World, manager: Client) -> None:
    soon, over = TODAY + DAY, TODAY + 10 * DAY
    write(manager, **{"from": soon.isoformat(), "until": over.isoformat()})
    assert "不在有效期内" in read(manager, "/staff/terms/templates/new")
    address = draft(manager)
    assert "不在有效期内，模板不能发布" in send(manager, address, 409)
    clock.set_test_clock(at=NOW + DAY, running=False)
    send(manager, address, 302)
    agreed: dict[str, Any] = {
        "order_id": make_order(world, "HK24LI").id,
        "template_code": "fair-sale",
        "language": "zh",
        "price_fen": 24_590_000,
        "deposit_fen": 500_000,
        "person_id": world.alice.id,
    }
    evidence = [shown("inspect-first", NOW + DAY)]
    contracts.agree(**agreed, shown=evidence, now=NOW + DAY)
    assert scan(now=NOW + 9 * DAY).withdrawn == 0
    with pytest.raises(contracts.ClauseNotInForce):
        contracts.agree(**agreed, shown=evidence, now=NOW + 10 * DAY)
    assert scan(now=NOW + 10 * DAY).withdrawn == 1


def test_evidence_smaller_than_the_template_asks_makes_no_contract(
    world: World, manager: Client
) -> None:
    write(manager)
    send(manager, draft(manager, **{"size.inspect-first": "24"}), 302)
    order = make_order(world, "HK24LI")
    for type_px, good in ((20, False), (24, True)):
        evidence = [shown("inspect-first", NOW, type_px=type_px)]

        def agree(evidence: list[Shown] = evidence) -> object:
            return contracts.agree(
                order_id=order.id,
                template_code="fair-sale",
                language="zh",
                price_fen=24_590_000,
                deposit_fen=500_000,
                shown=evidence,
                person_id=world.alice.id,
                now=NOW,
            )

        if good:
            assert agree()
        else:
            with pytest.raises(contracts.ClauseNotAllowed):
                agree()


def test_customers_write_no_clauses_and_a_login_loses_nothing(world: World) -> None:
    alice = sign_in(world.alice)
    for address in ("clauses/new", "templates/new"):
        assert alice.get(f"/staff/terms/{address}").status_code == 302
    stranger = Client()
    stranger.post("/staff/terms/clauses/new", {**CLAUSE, "zh": "写到一半的条款"})
    session = stranger.session
    session.update({"person_id": None, "staff_id": world.manager.id})
    session.save()
    assert "写到一半的条款" in read(stranger, "/staff/terms/clauses/new")
