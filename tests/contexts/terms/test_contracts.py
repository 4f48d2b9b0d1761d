"""Agreeing on a contract: what it takes, what it keeps, and what nobody can change afterwards."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from tests.contexts.terms.drafts import make_clause, make_template, make_ticket, shown
from tests.factories import NOW, World, make_order, make_world
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.terms.models import Contract, Decision, SideTerm, Template
from yinuo.contexts.terms.operations import contracts, decisions, side_terms
from yinuo.contexts.terms.queries import contracts as asked
from yinuo.contexts.terms.queries.decisions import explain_for_customer, explain_for_staff
from yinuo.contexts.terms.rules import NewSideTerm, content_digest
from yinuo.engines.rules import decide
from yinuo.rulepacks import load_pack

pytestmark = pytest.mark.django_db
HOLD = NewSideTerm("SCHEDULE_HOLD", "360 日内可随时申请排产", NOW, days=360)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture(autouse=True)
def template() -> Template:
    """One issued template of two clauses."""
    clauses = [
        make_clause("deposit", "定金 5,000 元，抵作车款。", NOW),
        make_clause("balance", "验车签字之后付尾款。", NOW),
    ]
    return make_template("car-sale", clauses, NOW)


def agree(person_id: int, **changed: object) -> Contract:
    """Agree as a customer does who was shown everything."""
    fields: dict[str, object] = {
        "template_code": "car-sale",
        "language": "zh",
        "price_fen": 24_590_000,
        "deposit_fen": 500_000,
        "shown": [shown("deposit", NOW), shown("balance", NOW)],
        "person_id": person_id,
        "now": NOW,
        **changed,
    }
    return contracts.agree(**fields)  # type: ignore[arg-type]


def test_a_contract_of_an_order_is_kept_with_its_evidence_and_entered(world: World) -> None:
    order = make_order(world, "NC26LU")
    contract = agree(world.alice.id, order_id=order.id, side_terms=[HOLD])
    current = asked.get_current(order.id)
    assert current is not None
    assert (current.price_fen, current.deposit_fen, current.version) == (24_590_000, 500_000, 1)
    assert [term.until_date for term in current.side_terms] == [dt.date(2027, 2, 6)]
    assert contract.shown.count() == 2
    kinds = list(Entry.objects.filter(subject_id=order.id).values_list("kind", flat=True))
    assert sorted(kinds) == ["contract.agreed", "decision.recorded", "side_term.agreed"]
    assert contract.digest == content_digest(asked.get_content(contract.id))


def test_a_ticket_has_its_contract_before_its_order_exists(world: World) -> None:
    ticket_id = make_ticket(world, NOW)
    agree(world.alice.id, ticket_id=ticket_id, side_terms=[HOLD])
    assert not Entry.objects.exists()
    order = make_order(world, "NC26LU")
    for _ in range(2):
        contracts.bind_orders(orders={ticket_id: order.id}, now=NOW)
    current = asked.get_current(order.id)
    assert current is not None
    assert current.digest == content_digest(asked.get_content(current.contract_id))
    assert Entry.objects.filter(subject_id=order.id).count() == 3
    assert [one.order_id for one in asked.list_held_slots([order.id])] == [order.id]


def test_a_next_version_keeps_the_old_one_and_the_side_terms(world: World) -> None:
    order = make_order(world, "NC26LU")
    first = agree(world.alice.id, order_id=order.id, side_terms=[HOLD], facts={"power_kw": 300})
    later = NOW + dt.timedelta(days=1)
    second = agree(world.alice.id, order_id=order.id, price_fen=25_000_000, now=later)
    assert (second.version, second.facts) == (2, {"power_kw": 300})
    first.refresh_from_db()
    assert first.superseded_at == later
    current = asked.get_current(order.id)
    assert current is not None
    assert [term.kind for term in current.side_terms] == ["SCHEDULE_HOLD"]
    for one in (first, second):
        assert one.digest == content_digest(asked.get_content(one.id))


@pytest.mark.need(159)
@pytest.mark.parametrize(
    "changed",
    [
        {"means": frozenset({"tick_box", "pop_up"})},
        {"type_px": 12},
        {"type_px": 19},
        {"contrast_x100": 300},
        {"explanation_asked": True, "explained": False},
    ],
)
def test_a_clause_that_was_not_shown_as_the_law_asks_makes_no_contract(
    world: World, changed: dict[str, object]
) -> None:
    order = make_order(world, "NC26LU")
    evidence = [shown("deposit", NOW), shown("balance", NOW, **changed)]
    with pytest.raises(contracts.ClauseNotAllowed) as refused:
        agree(world.alice.id, order_id=order.id, shown=evidence)
    assert refused.value.data == {"clauses": "balance 条", "rules": "clause.prompt"}
    assert not Contract.objects.exists()


def test_a_clause_nobody_showed_is_named(world: World) -> None:
    with pytest.raises(contracts.ClauseNotAllowed) as refused:
        agree(world.alice.id, ticket_id=1, shown=[])
    assert refused.value.data["clauses"] == "deposit 条、balance 条"


def test_no_contract_from_a_draft_or_with_too_high_a_deposit(world: World) -> None:
    make_template("other", [], NOW, issued=False)
    with pytest.raises(contracts.NoSuchTemplate):
        agree(world.alice.id, ticket_id=1, template_code="other")
    with pytest.raises(contracts.DepositTooHigh):
        agree(world.alice.id, ticket_id=1, deposit_fen=24_590_000 // 5 + 1)
    assert agree(world.alice.id, ticket_id=make_ticket(world, NOW), deposit_fen=24_590_000 // 5)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE terms_contract SET price_fen = 1",
        "UPDATE terms_contract SET digest = 'x'",
        "UPDATE terms_contract SET order_id = order_id + 1",
        "DELETE FROM terms_contract",
        "UPDATE terms_sideterm SET days = 7",
        "UPDATE terms_sideterm SET text = '7 日内'",
        "DELETE FROM terms_sideterm",
        "UPDATE terms_clauseshown SET type_px = 40",
        "UPDATE terms_clauseversion SET text_zh = 'x'",
        "UPDATE terms_decision SET clearance = 'go', record = '{}'",
        "UPDATE terms_decision SET order_id = NULL",
        "UPDATE terms_decision SET order_id = order_id + 1",
        "UPDATE terms_decision SET order_id = order_id, ticket_id = 1",
        "DELETE FROM terms_decision",
        "UPDATE terms_template SET state = 'DRAFT'",
        "UPDATE terms_template SET whole = '{\"a\": 1}'",
        "DELETE FROM terms_template",
        "UPDATE terms_templateclause SET position = position + 10",
        "DELETE FROM terms_templateclause",
    ],
)
def test_the_database_keeps_what_was_agreed(world: World, statement: str) -> None:
    order = make_order(world, "NC26LU")
    agree(world.alice.id, order_id=order.id, side_terms=[HOLD])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_makes_no_contract_from_a_template_that_was_withdrawn(
    world: World, template: Template
) -> None:
    template.state, template.withdrawn_at = Template.State.WITHDRAWN, NOW
    template.withdrawn_why = "new version"
    template.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Contract.objects.create(
            public_id="ctr_x",
            order=make_order(world, "NC26LU"),
            template=template,
            person=world.alice,
            language="zh",
            price_fen=100,
            deposit_fen=1,
            digest="x",
            agreed_at=NOW,
        )


def test_the_customer_asks_for_a_slot_and_the_hold_ends_once(world: World) -> None:
    order = make_order(world, "NC26LU")
    agree(world.alice.id, order_id=order.id)
    held = side_terms.agree_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)
    assert [one.order_id for one in asked.list_held_slots([order.id, order.id + 1])] == [order.id]
    assert side_terms.end_hold(order_id=order.id, now=NOW) == [held.public_id]
    assert side_terms.end_hold(order_id=order.id, now=NOW) == []
    assert asked.list_held_slots([order.id]) == []
    assert Entry.objects.filter(kind="schedule.requested").count() == 1


def test_a_hold_lapses_after_its_last_day_and_not_on_it(world: World) -> None:
    order = make_order(world, "NC26LU")
    agree(world.alice.id, order_id=order.id, side_terms=[HOLD])
    last = dt.date(2027, 2, 6)
    assert side_terms.lapse(today=last, now=NOW) == []
    [(order_id, _)] = side_terms.lapse(today=last + dt.timedelta(days=1), now=NOW)
    assert order_id == order.id
    assert SideTerm.objects.get().ended_why == "LAPSED"


@pytest.mark.parametrize(
    "term",
    [
        NewSideTerm("SCHEDULE_HOLD", "随时", NOW),
        NewSideTerm("PRICE", "便宜一点", NOW),
        NewSideTerm("DELIVERY_BY", "春节前", NOW),
        NewSideTerm("FREE_TEXT", "  ", NOW),
        NewSideTerm("GIFT", "脚垫", NOW),
    ],
)
def test_a_side_term_that_binds_to_nothing_is_refused(world: World, term: NewSideTerm) -> None:
    order = make_order(world, "NC26LU")
    agree(world.alice.id, order_id=order.id)
    with pytest.raises(side_terms.TermNotComplete):
        side_terms.agree_term(order_id=order.id, term=term, person_id=world.alice.id, now=NOW)


def test_nothing_is_agreed_beside_no_contract(world: World) -> None:
    order = make_order(world, "NC26LU")
    with pytest.raises(side_terms.NoContract):
        side_terms.agree_term(order_id=order.id, term=HOLD, person_id=world.alice.id, now=NOW)


def test_a_decision_is_kept_once_and_read_by_owner_household_and_staff(world: World) -> None:
    order = make_order(world, "NC26LU")
    decision = decide(
        load_pack(),
        {"balance.demanded": True, "inspection.offered": False},
        dt.date(2026, 2, 11),
        rule_ids=["inspect.before_balance"],
    )
    kept = {
        decisions.keep(decision=decision, at="balance", order_id=order.id, now=NOW)
        for _ in range(2)
    }
    assert len(kept) == 1 == Decision.objects.count()
    for person in (world.alice, world.bob):
        [told] = explain_for_customer(person.id, order.id, "zh")
        assert told.clearance == "stop"
        assert any("民法典" in line for line in told.lines)
    assert explain_for_customer(world.carol.id, order.id) == []
    assert explain_for_staff(order.id, "en")[0].lines[0].startswith("This may not be done.")
    assert asked.get_for_customer(world.carol.id, order.id) is None
