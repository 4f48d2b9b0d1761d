"""What was promised to a customer: by contract, in the shop, in public; and asking for a slot."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from yinuo.contexts.claims.queries import live
from yinuo.contexts.terms.queries.agreed import list_open_offers
from yinuo.contexts.terms.queries.catalogue import StatementSeen, list_statements
from yinuo.contexts.terms.queries.contracts import get_for_customer
from yinuo.contexts.terms.queries.decisions import explain_for_customer
from yinuo.contexts.terms.queries.promised import list_clauses_of
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import record_lines
from yinuo.web.kit import errors
from yinuo.workflows import side_terms, slots


def promised(reader: Reader, language: str) -> dict[str, object]:
    """The contract in force with its clauses, side terms and statements, and the law's answers."""
    contract = get_for_customer(reader.person.id, reader.order.id)
    held = (
        [term for term in contract.side_terms if term.kind == "SCHEDULE_HOLD"] if contract else []
    )
    return {
        "contract": contract,
        "clauses": list_clauses_of(contract.contract_id) if contract else [],
        "statements": _statements(list(contract.statement_ids)) if contract else [],
        "features": contract.facts.get("features", []) if contract else [],
        "hold": held[0] if held else None,
        "offers": list_open_offers(reader.person.id, reader.order.id),
        "decisions": explain_for_customer(reader.person.id, reader.order.id, language),
    }


def _statements(statement_ids: list[int]) -> list[tuple[StatementSeen, bool, int | None]]:
    """What was said in public and binds: whether an entry of the log states it, and its number."""
    found = list_statements(statement_ids)
    numbers = live.list_numbers({one.code for one in found})
    return [(one, one.code in numbers, numbers.get(one.code)) for one in found]


@require_POST
@for_order
def ask(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The buyer asks for a slot."""
    return _try(
        request,
        reader,
        lambda: slots.ask_for_slot(
            person_id=reader.person.id, order_id=reader.order.id, now=clock.now()
        ),
    )


@require_POST
@for_order
def answer(request: HttpRequest, reader: Reader, offer: str) -> HttpResponse:
    """The buyer agrees to what was offered beside the contract, or declines it."""
    act = side_terms.agree if request.POST.get("do") == "agree" else side_terms.decline
    return _try(
        request,
        reader,
        lambda: act(
            order_id=reader.order.id,
            public_id=offer,
            person_id=reader.person.id,
            now=clock.now(),
        ),
    )


def _try(request: HttpRequest, reader: Reader, order: Callable[[], None]) -> HttpResponse:
    try:
        order()
    except (slots.NotYourOrder, side_terms.NotTheBuyer):
        return errors.forbidden(request)
    except Refusal as refused:
        language = str(request.language)  # type: ignore[attr-defined]
        context = {
            **frame(reader, "record"),
            **promised(reader, language),
            **record_lines(reader, language),
            "problem": refused.message(language),
        }
        return render(request, "customer/record.html", context, status=409)
    return redirect(f"/o/{reader.order.code}/record")
