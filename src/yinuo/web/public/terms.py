"""What stands in our contracts, for everybody: each clause with its history, rulings and days."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.terms.queries.catalogue import (
    ClauseHistory,
    get_clause,
    list_clauses,
    list_statements,
    list_templates,
)
from yinuo.contexts.terms.queries.rulings import RulingSeen, list_rulings
from yinuo.platform import clock
from yinuo.platform.spoken import local_date


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Clauses in force, what was held void and for how many days it was still about."""
    context = {
        "clauses": [one for one in list_clauses() if one.issued_in or one.void],
        "rulings": list_rulings(today=local_date(clock.now())),
        "templates": [one for one in list_templates() if one.state != "DRAFT"],
        "statements": list_statements(),
    }
    return render(request, "public/terms.html", context)


@require_safe
def download(_request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    today = local_date(clock.now())
    said = {
        "clauses": [
            {**asdict(one), "url": f"/public/terms/{one.code}.json"} for one in list_clauses()
        ],
        "rulings": [_ruling(one) for one in list_rulings(today=today)],
        "public_promises": [asdict(one) for one in list_statements()],
    }
    return JsonResponse(said, json_dumps_params={"ensure_ascii": False})


@require_safe
def clause(request: HttpRequest, code: str) -> HttpResponse:
    """One clause: every wording, where it stands, and what courts and authorities held."""
    found = _get(code)
    return render(request, "public/clause.html", {"found": found, "wordings": _dated(found)})


@require_safe
def download_clause(_request: HttpRequest, code: str) -> HttpResponse:
    """One clause for programs."""
    found = _get(code)
    said = {
        "code": found.seen.code,
        "title_zh": found.seen.title_zh,
        "title_en": found.seen.title_en,
        "versions": [
            {
                "version": one.version,
                "text_zh": one.text_zh,
                "text_en": one.text_en,
                "written_at": at,
                "void": one.void,
            }
            for one, at in _dated(found)
        ],
        "templates": [
            {"template": f"{place.code}-{place.version}", "state": place.state}
            for place in found.places
            if place.state != "DRAFT"
        ],
        "rulings": [_ruling(one) for one in found.rulings],
    }
    return JsonResponse(said, json_dumps_params={"ensure_ascii": False})


def _get(code: str) -> ClauseHistory:
    found = get_clause(code, today=local_date(clock.now()))
    if found is None:
        raise Http404
    return found


def _dated(found: ClauseHistory) -> list[tuple[Any, Any]]:
    return list(zip(found.wordings, found.written_at, strict=True))


def _ruling(one: RulingSeen) -> dict[str, Any]:
    said = asdict(one)
    for own in ("id", "overturned_by_zh", "overturned_by_en"):
        del said[own]
    return said
