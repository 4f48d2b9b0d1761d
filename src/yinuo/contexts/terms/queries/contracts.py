"""The contracts of orders and what was agreed besides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.terms.models import (
    ClauseShown,
    Contract,
    SideTerm,
    Statement,
    Template,
    VoidClause,
)
from yinuo.contexts.terms.rules import CurrentContract, LiveTerm
from yinuo.platform.spoken import write_instant


def get_current(order_id: int) -> CurrentContract | None:
    """The contract in force of an order; None for an order of before contracts were kept here."""
    row = Contract.objects.filter(order_id=order_id, superseded_at=None).first()
    return _current(row) if row else None


def get_current_of_tickets(ticket_ids: Sequence[int]) -> dict[int, CurrentContract]:
    """The contract in force of each of these tickets that has one and is no order yet."""
    rows = Contract.objects.filter(ticket_id__in=ticket_ids, order=None, superseded_at=None)
    rows = rows.select_related("template").order_by("id")
    terms: dict[int, list[SideTerm]] = {}
    live = SideTerm.objects.filter(contract__ticket_id__in=ticket_ids, ended_at=None)
    for term in live.select_related("contract").order_by("signed_at", "id"):
        terms.setdefault(term.contract.ticket_id or 0, []).append(term)
    found = list(rows)
    wordings = {one: clause_version_ids(one) for one in {row.template_id for row in found}}
    return {
        row.ticket_id or 0: _seen(row, terms.get(row.ticket_id or 0, ()), wordings[row.template_id])
        for row in found
    }


def get_for_customer(person_id: int, order_id: int) -> CurrentContract | None:
    """The contract in force of an order, for its owner and the owner's household."""
    rows = Contract.objects.filter(sees(person_id, "order__person"), superseded_at=None)
    row = rows.filter(order_id=order_id).distinct().first()
    return _current(row) if row else None


@dataclass(frozen=True)
class HeldSlot:
    """An order whose buyer has yet to ask for a slot.

    `beats` says whether a clause of the template says otherwise.
    """

    order_id: int
    term: str
    until_date: dt.date
    beats: bool


def list_held_slots(order_ids: Iterable[int] | None = None) -> list[HeldSlot]:
    """The scheduling holds that stand, of these orders or of all."""
    rows = SideTerm.objects.filter(kind="SCHEDULE_HOLD", ended_at=None)
    rows = rows.filter(contract__order__isnull=False)
    if order_ids is not None:
        rows = rows.filter(contract__order_id__in=list(order_ids))
    values = rows.order_by("id").values_list(
        "contract__order_id", "public_id", "until_date", "beats_id"
    )
    return [
        HeldSlot(order, term, until, beats is not None)
        for order, term, until, beats in values
        if order is not None and until is not None
    ]


def live_terms(subject: Q) -> list[SideTerm]:
    """The side terms that hold for an order or ticket, in the order in which they were signed."""
    return list(SideTerm.objects.filter(subject, ended_at=None).order_by("signed_at", "id"))


def subject_of(*, order_id: int | None, ticket_id: int | None) -> Q:
    """Side terms of an order, or of a ticket that has no order yet."""
    if order_id is not None:
        return Q(contract__order_id=order_id)
    return Q(contract__ticket_id=ticket_id)


def clause_version_ids(template_id: int) -> tuple[int, ...]:
    """The wordings of a template, in their order."""
    places = Template(id=template_id).places.order_by("position")
    return tuple(places.values_list("clause_version_id", flat=True))


def binding_version_ids(template_id: int, order_id: int | None) -> tuple[int, ...]:
    """The wordings of a template that bind an order: without those that were struck from it."""
    held = clause_version_ids(template_id)
    if order_id is None:
        return held
    struck = set(
        VoidClause.objects.filter(
            clause_version__in=held,
            ruling__remedies__order_id=order_id,
            ruling__remedies__outcome__in=("STRUCK", "REPLACED", "PAID_BACK"),
        ).values_list("clause_version_id", flat=True)
    )
    return tuple(one for one in held if one not in struck)


def get_content(contract_id: int) -> dict[str, Any]:
    """All that was agreed, as `Contract.digest` was made of it; the rows behind it never change."""
    row = Contract.objects.select_related("template").get(id=contract_id)
    subject = subject_of(order_id=row.order_id, ticket_id=row.ticket_id)
    terms = SideTerm.objects.filter(subject, recorded_at__lte=row.agreed_at)
    held = terms.filter(Q(ended_at=None) | Q(ended_at__gt=row.agreed_at))
    return content_of(row, statement_codes(row.statement_ids), list(held), list(row.shown.all()))


def statement_codes(statement_ids: Sequence[int]) -> list[str]:
    """The codes of these public statements, sorted."""
    if not statement_ids:
        return []
    rows = Statement.objects.filter(id__in=statement_ids)
    return sorted(rows.values_list("code", flat=True))


def content_of(
    row: Contract,
    statements: Sequence[str],
    terms: Sequence[SideTerm],
    shown: Sequence[ClauseShown],
) -> dict[str, Any]:
    """The content of a contract as it is hashed, in one order whatever order it is given in."""
    return {
        "contract": row.public_id,
        "version": row.version,
        "template": [row.template.code, row.template.version, row.template.digest],
        "language": row.language,
        "price_fen": row.price_fen,
        "deposit_fen": row.deposit_fen,
        "statements": list(statements),
        "facts": row.facts,
        "side_terms": sorted(map(_written, terms), key=lambda term: str(term[0])),
        "shown": sorted(
            [
                one.clause_version_id,
                one.page,
                sorted(one.means),
                one.type_px,
                one.price_type_px,
                one.contrast_x100,
                one.explanation_asked,
                one.explained,
                write_instant(one.shown_at),
            ]
            for one in shown
        ),
        "agreed_at": write_instant(row.agreed_at),
    }


def _written(term: SideTerm) -> list[str | int | None]:
    return [
        term.public_id,
        term.kind,
        term.text,
        term.days,
        term.until_date.isoformat() if term.until_date else None,
        term.amount_fen,
        write_instant(term.signed_at),
    ]


def _current(row: Contract) -> CurrentContract:
    terms = live_terms(subject_of(order_id=row.order_id, ticket_id=row.ticket_id))
    return _seen(row, terms, binding_version_ids(row.template_id, row.order_id))


def _seen(row: Contract, terms: Sequence[SideTerm], wordings: tuple[int, ...]) -> CurrentContract:
    return CurrentContract(
        contract_id=row.id,
        public_id=row.public_id,
        version=row.version,
        template_code=row.template.code,
        template_version=row.template.version,
        language=row.language,
        price_fen=next(
            (one.amount_fen for one in terms[::-1] if one.kind == "PRICE" and one.amount_fen),
            row.price_fen,
        ),
        marked_fen=row.price_fen,
        deposit_fen=row.deposit_fen,
        clause_version_ids=wordings,
        side_terms=tuple(seen(term) for term in terms),
        facts=row.facts,
        statement_ids=tuple(row.statement_ids),
        agreed_at=row.agreed_at,
        digest=row.digest,
    )


def seen(term: SideTerm) -> LiveTerm:
    """A side term as others may know it."""
    return LiveTerm(
        term.public_id, term.kind, term.text, term.until_date, term.amount_fen, term.signed_at
    )


def live_statement_ids(on: dt.date) -> list[int]:
    """What is promised in public on a day; a contract made then carries it."""
    rows = Statement.objects.filter(said_date__lte=on)
    rows = rows.filter(Q(ended_date=None) | Q(ended_date__gt=on))
    return list(rows.order_by("id").values_list("id", flat=True))
