"""Clauses, templates and rulings: what may be issued, where a clause stands, who is put right."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.orders.queries.tickets import list_launches_with
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.terms.operations import overturning, rulings
from yinuo.contexts.terms.queries.catalogue import (
    ClauseHistory,
    get_clause,
    list_clauses,
    list_templates,
)
from yinuo.contexts.terms.queries.exposure import count_tickets, find_exposed, versions_of
from yinuo.contexts.terms.queries.rulings import get_reopened, list_open_remedies, list_rulings
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import for_roles, language_of, read_date, refuse, show
from yinuo.web.console.forms import give_once, typed_in
from yinuo.web.kit.viewer import for_staff

LAWYERS = ("LEGAL", "MANAGER", "EXECUTIVE")
FIELDS = ("court", "case", "date", "source", "zh", "en", "why", "where")
# So many orders are shown, and struck, at once.
SHOWN = 50


@for_staff
def terms(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """All clauses, templates and rulings."""
    context: dict[str, object] = {
        "clauses": list_clauses(),
        "templates": list_templates(),
        "rulings": list_rulings(today=local_date(clock.now())),
        "may": staff.role in LAWYERS,
    }
    return show(request, staff, "terms", context, tab="terms")


@require_http_methods(["GET", "POST"])
@for_staff
def clause(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """Where a clause stands; a POST records that it was held void, or that this was overturned."""
    if request.method == "GET":
        return _show_clause(request, staff, code)
    if staff.role not in LAWYERS:
        return refuse(request, staff, LAWYERS)
    order = _overturn if request.POST.get("do") == "overturn" else _record
    return _try(request, staff, code, lambda: order(request, staff, code))


@require_POST
@for_roles(*LAWYERS)
def strike(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """The clause is struck from the contracts of the chosen orders."""
    chosen = [int(one) for one in request.POST.getlist("remedy") if one.isdigit()]
    rulings.settle(remedy_ids=chosen, outcome="STRUCK", staff_id=staff.id, now=clock.now())
    return redirect(f"/staff/terms/{code}")


def _record(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    typed = _typed(request)
    date = read_date(typed["date"])
    if date is None:
        raise rulings.RulingNeedsSource
    rulings.record_ruling(
        court=typed["court"],
        case_no=typed["case"],
        ruled_date=date,
        clause_code=code,
        source=typed["source"],
        summary_zh=typed["zh"],
        summary_en=typed["en"],
        owner_staff_id=staff.id,
        staff_id=staff.id,
        now=clock.now(),
    )


def _overturn(request: HttpRequest, staff: StaffSeen, code: str) -> None:
    typed, chosen = _typed(request), request.POST.get("ruling", "")
    found = get_clause(code, today=local_date(clock.now()))
    ruling = (
        next((one for one in found.rulings if one.public_id == chosen), None) if found else None
    )
    if ruling is None:
        raise Http404
    overturning.overturn(
        ruling_id=ruling.id,
        why=typed["why"],
        source=typed["where"],
        staff_id=staff.id,
        now=clock.now(),
    )


def _try(
    request: HttpRequest, staff: StaffSeen, code: str, order: Callable[[], None]
) -> HttpResponse:
    try:
        give_once(request, staff, order)
    except Refusal as refused:
        return _show_clause(request, staff, code, refused.message(language_of(request)))
    return redirect(f"/staff/terms/{code}")


def _typed(request: HttpRequest) -> dict[str, str]:
    sent = typed_in(request)
    return {name: sent.get(name, "").strip() for name in FIELDS}


def _show_clause(
    request: HttpRequest, staff: StaffSeen, code: str, problem: str = ""
) -> HttpResponse:
    found = get_clause(code, today=local_date(clock.now()))
    if found is None:
        raise Http404
    versions = versions_of(code)
    context: dict[str, object] = {
        "found": found,
        "launches": list_launches_with(_selling(found), clock.now()),
        "orders": len(find_exposed(versions).order_ids),
        "tickets": count_tickets(versions),
        "remedies": [
            (one, list_open_remedies(one.id, SHOWN)) for one in found.rulings if one.open_orders
        ],
        "reopened": [(one, get_reopened(one.id)) for one in found.rulings],
        "typed": _typed(request),
        "may": staff.role in LAWYERS,
        "problem": problem,
    }
    return show(request, staff, "clause", context, tab="terms", status=409 if problem else 200)


def _selling(found: ClauseHistory) -> set[str]:
    """Templates under which a page still sells with this clause, or sells nothing because of it."""
    issued = {one.code for one in list_templates() if one.state == "ISSUED"}
    return {
        place.code
        for place in found.places
        if place.state == "ISSUED" or (place.state == "WITHDRAWN" and place.code not in issued)
    }
