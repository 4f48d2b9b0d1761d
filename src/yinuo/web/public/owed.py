"""The table of what a late day is worth, for everybody, with every version of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
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
    begun = [table for table in tables if table.effective_from_date <= today]
    current = begun[0] if begun else next(iter(tables), None)
    context = {
        "current": _shown(current, language) if current else None,
        "others": [_shown(table, language) for table in tables if table != current],
    }
    return render(request, "public/owed.html", context)


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
