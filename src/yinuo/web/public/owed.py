"""The table of what a late day is worth, for everybody, with every version of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.wording import amount_words, cause_words
from yinuo.contexts.promises.queries.owed import list_tables
from yinuo.contexts.promises.rules import NO_CAUSE, OwedTable
from yinuo.platform import clock
from yinuo.platform.spoken import local_date
from yinuo.web.kit.wording import say


@require_safe
def owed(request: HttpRequest) -> HttpResponse:
    """The version in effect first, then the others."""
    language = str(getattr(request, "language", "zh"))
    today = local_date(clock.now())
    tables = list_tables()
    current = _in_effect(tables, today)
    context = {
        "current": _shown(current, language) if current else None,
        "others": [_shown(table, language) for table in tables if table != current],
    }
    return render(request, "public/owed.html", context)


@require_safe
def download(_request: HttpRequest) -> HttpResponse:
    """The same tables for programs; `current` names the version in effect, null before one is."""
    tables = list_tables()
    current = _in_effect(tables, local_date(clock.now()))
    said = {
        "current": current.version if current else None,
        "versions": [_written(table) for table in tables],
    }
    return JsonResponse(said, json_dumps_params={"ensure_ascii": False})


def _in_effect(tables: Sequence[OwedTable], today: dt.date) -> OwedTable | None:
    begun = [table for table in tables if table.effective_from_date <= today]
    return begun[0] if begun else next(iter(tables), None)


def _written(table: OwedTable) -> dict[str, Any]:
    """A version with every cause: whether its days are ours, and what one of them is worth."""
    return {
        "version": table.version,
        "effective_from_date": table.effective_from_date.isoformat(),
        "unit": table.unit,
        "start_after_days": table.start_after_days,
        "per_day": table.per_day,
        "cap": table.cap,
        "causes": {
            code: {"ours": table.is_ours(code), "per_day": table.rate(code)}
            for code in (NO_CAUSE, *CAUSES)
        },
    }


def _shown(table: OwedTable, language: str) -> dict[str, Any]:
    rows = [
        (say("owed.NO_CAUSE", language) if code == NO_CAUSE else cause_words(code, language), code)
        for code in (NO_CAUSE, *CAUSES)
    ]
    return {
        "table": table,
        "first_step": table.start_after_days + 1,
        "per_day": amount_words(table.per_day, table.unit, language),
        "cap": amount_words(table.cap, table.unit, language),
        "ours": [
            (words, amount_words(table.rate(code), table.unit, language))
            for words, code in rows
            if table.is_ours(code)
        ],
        "not_ours": [words for words, code in rows if not table.is_ours(code)],
    }
