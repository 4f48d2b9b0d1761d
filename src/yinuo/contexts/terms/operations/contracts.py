"""Agreeing on a contract: an issued template, each clause shown, and what is agreed besides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import ClauseShown, Contract, SideTerm, Template
from yinuo.contexts.terms.operations import decisions
from yinuo.contexts.terms.operations.side_terms import build_terms, end_replaced, record_terms
from yinuo.contexts.terms.queries.clauses import Wording, list_wordings
from yinuo.contexts.terms.queries.contracts import (
    content_of,
    live_statement_ids,
    live_terms,
    statement_codes,
    subject_of,
)
from yinuo.contexts.terms.queries.orders import code_of, codes_of
from yinuo.contexts.terms.rules import NewSideTerm, Shown
from yinuo.engines import rules as law
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant
from yinuo.rulepacks import load_pack

# What the law says of clauses as such; what it says of a person's order is asked by the stories.
CLAUSE_RULES: Final = (
    "clause.prompt",
    "clause.void",
    "clause.ruled_void",
    "clause.against_drafter",
    "inspect.before_balance",
)


class NoSuchTemplate(Refusal):
    """No template of this name is issued; one that was withdrawn makes no new contract."""

    code = "no_such_template"
    zh = "合同模板 {template} 没有发布，不能用来签约。"
    en = "Contract template {template} is not issued and makes no contract."


class ClauseNotAllowed(Refusal):
    """The law stops a clause: it is void, or it was not shown conspicuously."""

    code = "clause_not_allowed"
    zh = "合同现在不能签：{clauses} 没有按法律要求显著提示，或者属于无效条款（{rules}）。"
    en = "Not agreed: {clauses} is void, or was not shown as the law asks ({rules})."


class PriceDiffers(Refusal):
    """A price that was agreed on singly is the price of the contract."""

    code = "price_differs"
    zh = "这一单已经单独约定了价格，合同上的车价要和它一致。"
    en = "A price was agreed on singly for this order; the contract's price has to be the same."


class ClauseNotInForce(Refusal):
    """A clause stands in contracts between its own two dates."""

    code = "clause_not_in_force"
    zh = "{clauses} 今天不在有效期内，不能写进合同。"
    en = "{clauses} is not in force today and stands in no new contract."


class DepositTooHigh(Refusal):
    """A deposit is at most a fifth of the price."""

    code = "deposit_too_high"
    zh = "定金不能超过车价的两成。"
    en = "A deposit is at most a fifth of the price."


def agree(
    *,
    ticket_id: int | None = None,
    order_id: int | None = None,
    template_code: str,
    language: str,
    price_fen: int,
    deposit_fen: int,
    side_terms: Sequence[NewSideTerm] = (),
    shown: Sequence[Shown],
    person_id: int,
    facts: Mapping[str, Any] | None = None,
    price_change_fen: int = 0,
    now: dt.datetime,
) -> Contract:
    """Agree on a contract, or on its next version; the one before is kept as superseded.

    Where a price was agreed on singly, before or with this version, `price_fen` less
    `price_change_fen` has to be that price; what the change makes of it replaces the term.

    `shown` is the evidence of how each material clause was shown. `facts` are what was promised
    with the car (see `Contract`); without them the next version takes over those of the last.

    Raises
    ------
    NoSuchTemplate, ClauseNotAllowed, ClauseNotInForce, DepositTooHigh, PriceDiffers,
    TermNotComplete
    """
    if price_fen < deposit_fen * 5:
        raise DepositTooHigh
    with transaction.atomic():
        template = _issued(template_code)
        wordings = list_wordings(template.id)
        if ended := [one.title_zh for one in wordings if not one.in_force(local_date(now))]:
            raise ClauseNotInForce(clauses="、".join(ended))
        terms = build_terms(side_terms, person_id=person_id, template_id=template.id, now=now)
        subject = subject_of(order_id=order_id, ticket_id=ticket_id)
        old = _supersede(order_id, ticket_id, now)
        held = live_terms(subject) if old is not None else []
        if _singly(held, side_terms) not in (None, price_fen - price_change_fen):
            raise PriceDiffers
        if price_change_fen and order_id is not None:
            end_replaced(order_id=order_id, kind=SideTerm.Kind.PRICE, now=now)
        beaten = {term.beats_code for term in side_terms}
        decision = check_clauses(wordings, shown, beaten, local_date(now))
        contract = Contract(
            public_id=ids.new_id("ctr"),
            order_id=order_id or (old.order_id if old else None),
            ticket_id=ticket_id or (old.ticket_id if old else None),
            version=old.version + 1 if old else 1,
            template=template,
            person_id=person_id,
            language=language,
            price_fen=price_fen,
            deposit_fen=deposit_fen,
            statement_ids=live_statement_ids(local_date(now)),
            facts=dict(facts) if facts is not None else (old.facts if old else {}),
            agreed_at=now,
        )
        contract.decision_id = decisions.keep(
            decision=decision,
            at="order",
            order_id=contract.order_id,
            ticket_id=contract.ticket_id if contract.order_id is None else None,
            now=now,
        )
        _write(contract, wordings, shown, terms, has_old=old is not None)
        if contract.order_id is not None:
            _record(contract, terms, contract.order_id, code_of(contract.order_id), now)
    return contract


def bind_orders(*, orders: Mapping[int, int], now: dt.datetime) -> None:
    """These tickets became these orders: so do their contracts and the decisions on them.

    Safe to repeat.
    """
    with transaction.atomic(savepoint=False):
        rows = Contract.objects.select_for_update(of=("self",)).select_related("template")
        found = list(rows.filter(ticket_id__in=orders, order__isnull=True).order_by("id"))
        terms: dict[int, list[SideTerm]] = {}
        for term in SideTerm.objects.filter(contract__in=found).order_by("id"):
            terms.setdefault(term.contract_id, []).append(term)
        for contract in found:
            contract.order_id = orders[contract.ticket_id or 0]
        Contract.objects.bulk_update(found, ["order_id"])
        codes = codes_of(orders.values())
        for contract in found:
            assert contract.order_id is not None
            code = codes[contract.order_id]
            _record(contract, terms.get(contract.id, ()), contract.order_id, code, now)
        decisions.adopt(orders=orders, codes=codes, now=now)


def check_clauses(
    wordings: Sequence[Wording], shown: Sequence[Shown], beaten: set[str], on: dt.date
) -> law.Decision:
    """What the law says of the clauses as they were shown, all taken as one.

    `beaten` are the clauses that a side term contradicts.

    Raises
    ------
    ClauseNotAllowed
        Some clause may not stand, named with the rules that stop it.
    """
    pack = load_pack()
    evidence = {one.clause_code: one for one in shown}
    facts = {
        wording.code: {
            "balance.demanded": False,
            **wording.for_rules().named(),
            "clause.conflicts_with_side_term": wording.code in beaten,
            **rules.prompt_facts(evidence.get(wording.code), wording.prompt_px),
        }
        for wording in wordings
    }
    whole = law.decide(pack, rules.whole_facts(list(facts.values())), on, rule_ids=CLAUSE_RULES)
    if whole.clearance == "go":
        return whole
    clauses, by = [], set()
    for wording in wordings:
        one = law.decide(pack, facts[wording.code], on, rule_ids=CLAUSE_RULES)
        if one.clearance != "go":
            clauses.append(wording.title_zh)
            by |= {finding.rule_id for finding in one.having("stop", "ask", "person", "evidence")}
    raise ClauseNotAllowed(clauses="、".join(clauses), rules=", ".join(sorted(by)))


def _singly(held: Sequence[SideTerm], side_terms: Sequence[NewSideTerm]) -> int | None:
    """The price agreed on singly, with this version or before it, in fen; None where none was."""
    said = [term.amount_fen for term in side_terms if term.kind == SideTerm.Kind.PRICE]
    before = [term.amount_fen for term in held if term.kind == SideTerm.Kind.PRICE]
    return (said or before or [None])[-1]


def _issued(code: str) -> Template:
    """The issued template of this name, kept from being withdrawn until the contract stands."""
    rows = Template.objects.raw(
        "SELECT * FROM terms_template WHERE code = %s AND state = 'ISSUED' FOR SHARE", [code]
    )
    for row in rows:
        return row
    raise NoSuchTemplate(template=code)


def _supersede(order_id: int | None, ticket_id: int | None, now: dt.datetime) -> Contract | None:
    """The version in force until now, marked as superseded."""
    rows = Contract.objects.select_for_update().filter(superseded_at=None)
    rows = rows.filter(order_id=order_id) if order_id else rows.filter(ticket_id=ticket_id or 0)
    old = rows.first()
    if old is not None:
        old.superseded_at = now
        old.save(update_fields=["superseded_at"])
    return old


def _write(
    contract: Contract,
    wordings: Sequence[Wording],
    shown: Sequence[Shown],
    terms: Sequence[SideTerm],
    *,
    has_old: bool,
) -> None:
    """The contract with its evidence and side terms, under the digest of them all."""
    by_code = {wording.code: wording for wording in wordings}
    seen = [
        ClauseShown(
            contract=contract,
            clause_version_id=by_code[one.clause_code].id,
            page=one.page,
            means=sorted(one.means),
            type_px=one.type_px,
            price_type_px=one.price_type_px,
            contrast_x100=one.contrast_x100,
            explanation_asked=one.explanation_asked,
            explained=one.explained,
            shown_at=one.shown_at,
        )
        for one in shown
        if one.clause_code in by_code
    ]
    subject = subject_of(order_id=contract.order_id, ticket_id=contract.ticket_id)
    held = live_terms(subject) if has_old else []
    codes = statement_codes(contract.statement_ids)
    contract.digest = rules.content_digest(content_of(contract, codes, [*held, *terms], seen))
    contract.save(force_insert=True)
    for evidence in seen:
        evidence.contract = contract
    for term in terms:
        term.contract = contract
    ClauseShown.objects.bulk_create(seen)
    SideTerm.objects.bulk_create(terms)


def _record(
    contract: Contract, terms: Sequence[SideTerm], order_id: int, code: str, now: dt.datetime
) -> None:
    template = contract.template
    record(
        Fact(
            kind="contract.agreed",
            change_key=f"contract:{contract.public_id}",
            public={"template": f"{template.code}-{template.version}"},
            private={
                "order": code,
                "contract": contract.public_id,
                "version": contract.version,
                "digest": contract.digest,
                "price_fen": contract.price_fen,
                "deposit_fen": contract.deposit_fen,
                "at": write_instant(contract.agreed_at),
            },
            subject_id=order_id,
            subject_code=code,
        ),
        now=now,
    )
    record_terms(terms, order_id=order_id, code=code, now=now)
