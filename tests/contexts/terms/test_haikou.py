"""The Haikou case, end to end: a clause that took the right to inspect, a public promise of the
opposite, a side agreement that was ignored, and what a ruling sets going."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests.contexts.terms.drafts import FAIR, SEVEN_DAYS, WHOLE, make_ticket, shown
from tests.factories import NOW, World, make_order, make_world
from yinuo.contexts.ledger.models import Entry, Untold
from yinuo.contexts.orders.models import Order
from yinuo.contexts.terms.models import Contract, Remedy, Template, VoidClause
from yinuo.contexts.terms.operations import contracts, overturning, rulings, templates
from yinuo.contexts.terms.operations.scan import scan
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.contexts.terms.queries.exposure import count_tickets, find_exposed, versions_of
from yinuo.contexts.terms.queries.promised import list_clauses_of
from yinuo.contexts.terms.queries.rulings import Reopened, get_reopened, list_rulings
from yinuo.contexts.terms.rules import ClauseFacts

pytestmark = pytest.mark.django_db
RULED = dt.date(2026, 2, 3)
SEVEN_DAYS_FACTS = {
    **FAIR,
    "limits_right_unreasonably": True,
    "adds_burden_unreasonably": True,
    "balance_before_inspection": True,
    "prompt_conspicuous": False,
    "prompt_means": ["tick_box"],
}


@pytest.fixture
def world() -> World:
    return make_world()


def write(code: str, text: str, facts: dict[str, object]) -> None:
    templates.write_clause(
        code=code,
        title_zh=f"{code} 条",
        title_en=f"clause {code}",
        text_zh=text,
        text_en="English words",
        facts=facts,
        now=NOW,
    )


def draft(code: str, clauses: list[str]) -> Template:
    return templates.draft_template(
        code=code,
        title_zh="购车合同",
        title_en="Contract of sale",
        clause_codes=clauses,
        whole=WHOLE,
        now=NOW,
    )


def before_the_law_was_asked(code: str, clauses: list[str]) -> Template:
    """A template that was in force before templates were checked."""
    template = draft(code, clauses)
    template.state, template.issued_at = Template.State.ISSUED, NOW
    template.check_record, template.digest = {}, "0f" * 32
    template.save()
    return template


def old_contract(order: Order, template: Template) -> Contract:
    """A contract of the time before the law was asked of it."""
    return Contract.objects.create(
        public_id=f"ctr_{order.code}",
        order=order,
        template=template,
        person=order.person,
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        digest="0f" * 32,
        agreed_at=NOW,
    )


def hold_void(world: World, clause: str = "balance-7-days") -> None:
    rulings.record_ruling(
        court="海口市美兰区人民法院",
        case_no="(2025)0108-1",
        ruled_date=RULED,
        clause_code=clause,
        source="https://example.cn/judgment",
        summary_zh="剥夺了消费者验车的权利，条款无效。",
        summary_en="It took the right to inspect: void.",
        owner_staff_id=world.manager.id,
        staff_id=world.manager.id,
        now=NOW,
    )


@pytest.mark.need(20, 21)
def test_the_seven_day_clause_cannot_be_issued_and_the_articles_are_named() -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    write("deposit", "定金 5,000 元，抵作车款。", FAIR)
    with pytest.raises(templates.TemplateStopped) as refused:
        templates.issue(
            template_id=draft("car-sale", ["deposit", "balance-7-days"]).id, staff_id=None, now=NOW
        )
    said = refused.value
    assert said.data["rules"] == ["clause.prompt", "clause.void", "inspect.before_balance"]
    assert "民法典" in said.message("zh")
    assert "Civil Code" in said.message("en")
    assert "deposit 条" not in said.message("zh")
    assert Template.objects.get().state == "DRAFT"


@pytest.mark.need(135)
def test_violation_1_a_standard_term_excludes_the_right_to_inspect() -> None:
    write("balance-7-days", SEVEN_DAYS, {**FAIR, "balance_before_inspection": True})
    with pytest.raises(templates.TemplateStopped) as refused:
        templates.issue(template_id=draft("x", ["balance-7-days"]).id, staff_id=None, now=NOW)
    assert refused.value.data["rules"] == ["inspect.before_balance"]


@pytest.mark.need(135, 142)
def test_violation_2_rules_changed_by_one_side_against_a_public_promise() -> None:
    state_it()
    fair_law = {**FAIR, "standard": False, "balance_before_inspection": True}
    write("balance-first", "双方商定先付尾款。", fair_law)
    with pytest.raises(templates.TemplateStopped) as refused:
        templates.issue(template_id=draft("x", ["balance-first"]).id, staff_id=None, now=NOW)
    assert "terms.unilateral_change" in refused.value.data["rules"]


def state_it() -> None:
    """“Pay the balance after inspection”, said in May 2024."""
    templates.state_publicly(
        code="pay-after-inspection",
        text_zh="支持验车后付尾款",
        text_en="Pay the balance after inspection",
        source="2024-05 公开直播",
        said_date=dt.date(2024, 5, 20),
        forbids="balance_before_inspection",
        now=NOW,
    )


@pytest.mark.need(142)
def test_a_public_promise_is_in_every_contract_made_meanwhile(world: World) -> None:
    state_it()
    write("deposit", "定金 5,000 元，抵作车款。", FAIR)
    templates.issue(template_id=draft("car-sale", ["deposit"]).id, staff_id=None, now=NOW)
    order = make_order(world, "HK24LI")
    contract = contracts.agree(
        order_id=order.id,
        template_code="car-sale",
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        shown=[shown("deposit", NOW)],
        person_id=world.alice.id,
        now=NOW,
    )
    assert len(contract.statement_ids) == 1


@pytest.mark.need(21, 136)
def test_a_ruling_finds_every_template_and_open_order_and_opens_remedies(world: World) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    write("deposit", "定金 5,000 元，抵作车款。", FAIR)
    void = before_the_law_was_asked("car-sale", ["deposit", "balance-7-days"])
    draft("next", ["balance-7-days"])
    clean = before_the_law_was_asked("stock-sale", ["deposit"])
    exposed = make_order(world, "HK24LI", state="AT_CENTRE")
    ended = make_order(world, "HK24LJ", state="DELIVERED")
    other = make_order(world, "HK24LK")
    for order, template in ((exposed, void), (ended, void), (other, clean)):
        old_contract(order, template)
    assert find_exposed(versions_of("balance-7-days")).order_ids.tolist() == [exposed.id]
    for _ in range(2):
        hold_void(world)
    states = dict(Template.objects.values_list("code", "state"))
    assert states == {"car-sale": "WITHDRAWN", "next": "WITHDRAWN", "stock-sale": "ISSUED"}
    remedy = Remedy.objects.get()
    assert (remedy.order_id, remedy.owner_id) == (exposed.id, world.dora.id)
    assert remedy.due_at == NOW + dt.timedelta(days=7)
    assert rulings.tell_exposed(now=NOW) == 1
    assert rulings.tell_exposed(now=NOW) == 0
    entry = Entry.objects.get(kind="clause.voided")
    assert entry.subject_id == exposed.id
    assert Untold.objects.filter(entry=entry).exists()


@pytest.mark.need(134, 136)
def test_who_lost_a_deposit_by_the_clause_gets_a_remedy_though_the_order_ended(
    world: World,
) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    template = before_the_law_was_asked("car-sale", ["balance-7-days"])
    lost = make_order(world, "HK24LI", state="CANCELLED")
    other = make_order(world, "HK24LJ", state="CANCELLED")
    for order in (lost, other):
        old_contract(order, template)
    hold_void(world)
    assert not Remedy.objects.exists()
    for opened in (1, 0):
        assert (
            rulings.open_remedies_of(order_ids=[lost.id], owner_staff_id=world.manager.id, now=NOW)
            == opened
        )
    assert Remedy.objects.get().order_id == lost.id


@pytest.mark.need(151)
def test_after_a_ruling_no_new_order_holds_the_clause_whoever_tries(world: World) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    template = before_the_law_was_asked("car-sale", ["balance-7-days"])
    hold_void(world)
    order = make_order(world, "HK24LI")
    with pytest.raises(contracts.NoSuchTemplate):
        contracts.agree(
            order_id=order.id,
            template_code="car-sale",
            language="zh",
            price_fen=31_890_000,
            deposit_fen=500_000,
            shown=[shown("balance-7-days", NOW)],
            person_id=world.alice.id,
            now=NOW,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        old_contract(order, template)
    with pytest.raises(templates.WordingHeldVoid):
        write("renamed", SEVEN_DAYS.replace("，", " , ") + "！", FAIR)
    with pytest.raises(IntegrityError), transaction.atomic():
        before_the_law_was_asked("car-sale-again", ["balance-7-days"])
    assert not Contract.objects.exists()


@pytest.mark.need(151)
def test_the_daily_scan_finds_an_order_that_slipped_in_and_a_template_against_a_promise(
    world: World,
) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    template = before_the_law_was_asked("car-sale", ["balance-7-days"])
    ticket_id = make_ticket(world, NOW)
    Contract.objects.create(
        public_id="ctr_ticket",
        ticket_id=ticket_id,
        template=template,
        person=world.alice,
        language="zh",
        price_fen=31_890_000,
        deposit_fen=500_000,
        digest="0f" * 32,
        agreed_at=NOW,
    )
    assert count_tickets(versions_of("balance-7-days")) == 1
    hold_void(world)
    assert scan(now=NOW).opened == 0
    order = make_order(world, "HK24LI")
    contracts.bind_orders(orders={ticket_id: order.id}, now=NOW)
    found = scan(now=NOW)
    assert (found.opened, found.withdrawn) == (1, 0)
    write("balance-first", "双方商定先付尾款。", {**FAIR, "balance_before_inspection": True})
    before_the_law_was_asked("other", ["balance-first"])
    assert scan(now=NOW).withdrawn == 1
    assert Template.objects.get(code="other").withdrawn_why == "inspect.before_balance"
    assert scan(now=NOW).withdrawn == 0


@pytest.mark.need(151)
def test_days_are_counted_until_the_last_template_and_order_is_clean(world: World) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    order = make_order(world, "HK24LI", state="AT_CENTRE")
    old_contract(order, before_the_law_was_asked("car-sale", ["balance-7-days"]))
    before = get_current(order.id)
    assert before is not None
    assert len(before.clause_version_ids) == 1
    hold_void(world)
    [seen] = list_rulings(today=dt.date(2026, 2, 11))
    assert (seen.days, seen.open_orders, seen.clean_date) == (8, 1, None)
    remedy = Remedy.objects.get()
    at = NOW + dt.timedelta(days=2)
    for expected in (1, 0):
        settled = rulings.settle(
            remedy_ids=[remedy.id], outcome="STRUCK", staff_id=world.manager.id, now=at
        )
        assert settled == expected
    current = get_current(order.id)
    assert current is not None
    assert current.clause_version_ids == ()
    assert [one.void for one in list_clauses_of(current.contract_id)] == [True]
    [seen] = list_rulings(today=dt.date(2026, 3, 1))
    assert (seen.days, seen.open_orders, seen.clean_date) == (10, 0, dt.date(2026, 2, 13))


def overturn(world: World, **changed: str) -> None:
    overturning.overturn(
        ruling_id=VoidClause.objects.values_list("ruling_id", flat=True).distinct().get(),
        now=NOW + dt.timedelta(days=1),
        staff_id=world.manager.id,
        **{"why": "二审改判", "source": "https://example.cn/appeal", **changed},
    )


def test_a_ruling_that_was_overturned_stands_in_nobodys_way(world: World) -> None:
    facts = {**FAIR, "standard": False}
    write("balance-7-days", SEVEN_DAYS, facts)
    hold_void(world)
    with pytest.raises(templates.TemplateStopped):
        templates.issue(template_id=draft("a", ["balance-7-days"]).id, staff_id=None, now=NOW)
    overturn(world)
    assert templates.issue(
        template_id=draft("b", ["balance-7-days"]).id, staff_id=None, now=NOW
    ).digest


def test_a_ruling_needs_its_source_and_a_clause_that_is_there(world: World) -> None:
    with pytest.raises(templates.NoSuchClause):
        hold_void(world)
    with pytest.raises(rulings.RulingNeedsSource):
        rulings.record_ruling(
            court="x",
            case_no=" ",
            ruled_date=RULED,
            clause_code="c",
            source="s",
            summary_zh="",
            summary_en="",
            owner_staff_id=world.manager.id,
            staff_id=None,
            now=NOW,
        )


def test_clause_facts_keep_lists_as_sets() -> None:
    named = ClauseFacts("c", {"prompt_means": ["tick_box"], "standard": True}).named()
    assert named == {"clause.prompt_means": frozenset({"tick_box"}), "clause.standard": True}


def test_no_ticket_holds_a_clause_before_there_are_any() -> None:
    assert count_tickets([1]) == 0


@pytest.mark.need(21, 136)
def test_overturning_names_its_source_and_happens_once(world: World) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    hold_void(world)
    for changed in ({"why": " "}, {"source": ""}):
        with pytest.raises(overturning.OverturnNeedsSource):
            overturn(world, **changed)
    overturn(world)
    assert "二审改判" in Entry.objects.get(kind="ruling.overturned").body
    with pytest.raises(overturning.NotStanding):
        overturn(world)
    with pytest.raises(rulings.RulingOverturned):
        hold_void(world)


@pytest.mark.need(136)
def test_what_overturning_leaves_as_it_is_and_who_is_told(world: World) -> None:
    """One order struck, one told and open, one not told yet: only the second hears of it."""
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    template = before_the_law_was_asked("car-sale", ["balance-7-days"])
    struck, told = (make_order(world, code, state="AT_CENTRE") for code in ("HK24LA", "HK24LB"))
    for order in (struck, told):
        old_contract(order, template)
    hold_void(world)
    rulings.tell_exposed(now=NOW)
    done = Remedy.objects.get(order=struck)
    rulings.settle(remedy_ids=[done.id], outcome="STRUCK", staff_id=world.manager.id, now=NOW)
    before = get_reopened(done.ruling_id)
    assert before == Reopened(("car-sale-1",), 1, 1, False)
    overturn(world)
    for expected in (1, 0):
        assert overturning.close_overturned(now=NOW) == expected
    assert Remedy.objects.get(order=told).outcome == "OVERTURNED"
    assert Entry.objects.get(kind="clause.restored").subject_id == told.id
    binding = {}
    for order in (struck, told):
        current = get_current(order.id)
        assert current is not None
        binding[order.id] = len(current.clause_version_ids)
    assert binding == {struck.id: 0, told.id: 1}


def test_who_was_never_told_of_a_ruling_is_not_told_that_it_fell(world: World) -> None:
    write("balance-7-days", SEVEN_DAYS, SEVEN_DAYS_FACTS)
    old_contract(make_order(world, "HK24LA"), before_the_law_was_asked("x", ["balance-7-days"]))
    hold_void(world)
    overturn(world)
    assert overturning.close_overturned(now=NOW) == 1
    assert rulings.tell_exposed(now=NOW) == 0
    assert not Entry.objects.filter(kind__in=("clause.voided", "clause.restored")).exists()
