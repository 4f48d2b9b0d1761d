"""Disputes: what was done in each, what it cost, and the questions of settling before more."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.terms.operations import matters
from yinuo.contexts.terms.queries.matters import list_matters
from yinuo.contexts.terms.rules import SETTLE_FIRST, TACTICS
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import for_roles, language_of, show
from yinuo.web.console.forms import give_once, read_fen, typed_in
from yinuo.web.console.terms import LAWYERS

# What is spent has a name of its own: one of the questions is called `cost`.
STEP = ("tactic", "why", "spent", "trust", *SETTLE_FIRST)


@require_http_methods(["GET", "POST"])
@for_roles(*LAWYERS)
def all_matters(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Every dispute; a POST opens one."""
    if request.method == "GET":
        return _show(request, staff)
    title, claims = request.POST.get("title", ""), _fen(request.POST.get("claims", ""))
    return _try(
        request,
        staff,
        lambda: matters.open_matter(title=title, claims_fen=claims, now=clock.now()).id,
    )


@require_http_methods(["GET", "POST"])
@for_roles(*LAWYERS)
def step(request: HttpRequest, staff: StaffSeen, matter_id: int) -> HttpResponse:
    """Something is done in a dispute, or the page says which questions are open."""
    if not any(one.id == matter_id for one in list_matters()):
        raise Http404
    if request.method == "GET":
        return _show(request, staff, matter_id=matter_id)
    typed = {name: request.POST.get(name, "") for name in STEP}
    return _try(
        request,
        staff,
        lambda: (
            matters.take_step(
                matter_id=matter_id,
                tactic=typed["tactic"],
                why=typed["why"],
                cost_fen=_fen(typed["spent"]),
                trust=typed["trust"],
                answers={name: typed[name] for name in SETTLE_FIRST},
                staff_id=staff.id,
                now=clock.now(),
            ).id
        ),
        matter_id,
    )


def _fen(typed: str) -> int:
    """An amount in fen; -1, which no operation takes, where none was typed."""
    fen = read_fen(typed)
    return -1 if fen is None else fen


def _try(
    request: HttpRequest, staff: StaffSeen, order: Callable[[], object], matter_id: int = 0
) -> HttpResponse:
    try:
        give_once(request, staff, order)
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)), matter_id)
    return redirect("/staff/matters")


def _show(
    request: HttpRequest, staff: StaffSeen, problem: str = "", matter_id: int = 0
) -> HttpResponse:
    pick = 0 if language_of(request) == "zh" else 1
    sent = typed_in(request)
    typed = {name: sent.get(name, "") for name in (*STEP, "title", "claims")}
    rows = [
        (
            one,
            typed if one.id == matter_id else {},
            [
                (name, words[pick], typed[name] if one.id == matter_id else "")
                for name, words in SETTLE_FIRST.items()
            ],
        )
        for one in list_matters()
    ]
    context: dict[str, object] = {
        "rows": rows,
        "tactics": TACTICS,
        "typed": {} if matter_id else typed,
        "problem": problem,
    }
    return show(request, staff, "matters", context, tab="terms", status=409 if problem else 200)
