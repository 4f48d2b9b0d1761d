"""Who left the line before earlier orders and for which public reason: page, CSV and JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.catalogue.queries import get_specs
from yinuo.contexts.ledger.codes import CODE_WORDS, QUEUE_CODES, RETURN_CODES
from yinuo.contexts.ledger.queries.overtakes import QueueFigures, get_figures
from yinuo.contexts.ledger.queue_words import batch_words
from yinuo.contexts.places.queries import get_places
from yinuo.web.kit.wording import say

ROWS_SHOWN = 60
QUOTAS_SHOWN = 20


@require_safe
def overtakes(request: HttpRequest) -> HttpResponse:
    """Every exception by reason, by line and week, with the quotas and what is held now."""
    language = str(request.language)  # type: ignore[attr-defined]
    figures = get_figures()
    context: dict[str, Any] = {
        "log_size": figures.log_size,
        "closed": bool(figures.rows),
        "count": sum(one.orders for one in figures.by_code),
        "unexplained": figures.unexplained,
        "by_code": [
            (_why(one.code, language), one.orders, one.pairs)
            for one in sorted(figures.by_code, key=lambda one: -one.orders)
            if one.orders or one.pairs
        ],
        "quotas": [
            (_why(one.code, language), batch_words(one.batch, language), one.used, one.allowed)
            for one in figures.quotas
            if one.used or one.batch == figures.quotas[0].batch
        ][:QUOTAS_SHOWN],
        "transfers": [(_why(code, language), n) for code, n in figures.transfers.items()],
        "holds": [(_why(code, language), n) for code, n in sorted(figures.holds.items()) if n],
        "rows": _rows(figures, language),
        "more": ROWS_SHOWN if len(figures.rows) > ROWS_SHOWN else 0,
        "reasons": [_why(code, language) for code in QUEUE_CODES],
    }
    return render(request, "public/overtakes.html", context)


def _why(code: str, language: str) -> str:
    return (CODE_WORDS | RETURN_CODES)[code][0 if language == "zh" else 1]


def _rows(figures: QueueFigures, language: str) -> list[dict[str, Any]]:
    """The newest closed weeks in words, the newest first."""
    names = _line_names(language)
    return [
        {
            "line": names.get(row.line) or say("overtakes.small", language),
            "batch": batch_words(row.batch, language),
            "allocated": row.allocated,
            "passed": [(_why(code, language), n) for code, n in sorted(row.passed.items()) if n],
            "held": [(_why(code, language), n) for code, n in sorted(row.held.items()) if n],
            "unexplained": row.unexplained,
        }
        for row in figures.rows[:ROWS_SHOWN]
    ]


def _line_names(language: str) -> dict[str, str]:
    """Every line that can be named, by its code: the configuration and the centre."""
    named = "name_zh" if language == "zh" else "name_en"
    places = get_places().values()
    return {
        f"{spec.code}@{place.code}": f"{getattr(spec, named)} · {getattr(place, named)}"
        for spec in get_specs().values()
        for place in places
    }


@require_safe
def overtakes_json(_request: HttpRequest) -> JsonResponse:
    """The same for programs."""
    return JsonResponse(get_figures().as_json(), json_dumps_params={"ensure_ascii": False})


@require_safe
def overtakes_csv(_request: HttpRequest) -> HttpResponse:
    """The same as a table, one closed week of a line a row."""
    response = HttpResponse(get_figures().as_csv(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="queue-exceptions.csv"'
    return response
