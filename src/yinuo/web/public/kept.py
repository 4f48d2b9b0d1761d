"""How promises were kept: for everybody, as a page, as CSV and as JSON."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.promises.queries.figures import get_figures
from yinuo.contexts.promises.rules.figures import LATE_FROM
from yinuo.platform.spoken import write_instant
from yinuo.web.kit.wording import say

TABLES = ("quarters", "months", "centres", "models")
COLUMNS = (
    "due",
    "kept",
    "kept_percent",
    "width_days",
    "weeks",
    "enough",
    "in_range",
    "in_range_percent",
    "early",
    "open_late",
    "kept_last",
    "handed_over",
    "cancelled",
    "ahead_days",
)


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """Kept share and width side by side, with the weeks behind every figure."""
    language = str(getattr(request, "language", "zh"))
    found = get_figures()
    if found is None:
        return render(request, "public/kept.html", {"made_at": None})
    made_at, figures = found
    undated = figures.get("undated")
    if figures["all"] is None:
        return render(request, "public/kept.html", {"made_at": made_at, "undated": undated})
    context: dict[str, Any] = {
        "made_at": made_at,
        "undated": undated,
        "until": dt.date.fromisoformat(figures["until"]),
        "all": figures["all"],
        "late": _late(figures["all"], language),
        "weeks_min": figures["weeks_min"],
        "orders_min": figures["orders_min"],
        "tables": [(name, figures[name]) for name in TABLES if figures[name]],
    }
    return render(request, "public/kept.html", context)


def _late(figures: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """How many were late by how much, with the width of a bar in percent of the most."""
    ends = (*(low - 1 for low in LATE_FROM[1:]), None)
    most = max(*figures["late"], 1)
    return [
        {
            "words": say("kept.late_days", language, low=low, high=high)
            if high
            else say("kept.late_more", language, low=low),
            "n": n,
            "bar": round(100 * n / most),
        }
        for low, high, n in zip(LATE_FROM, ends, figures["late"], strict=True)
    ]


@require_safe
def download(_request: HttpRequest, form: str) -> HttpResponse:
    """The same figures for programs: `json` whole, `csv` one group a line."""
    found = get_figures()
    if found is None:
        raise Http404
    made_at, figures = found
    if form == "json":
        said = {"counted_at": write_instant(made_at), "late_from_days": LATE_FROM, **figures}
        return JsonResponse(said, json_dumps_params={"ensure_ascii": False})
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="kept-promises.csv"'
    writer = csv.writer(response)
    late = [f"late_{low}_days" for low in LATE_FROM]
    writer.writerow(["counted_at", "table", "code", *COLUMNS, *late])
    for table, row in _rows(figures):
        values = ["" if row[name] is None else row[name] for name in COLUMNS]
        code = row.get("code", "") or ("" if table == "all" else "OTHERS")
        writer.writerow([write_instant(made_at), table, code, *values, *row["late"]])
    return response


def _rows(figures: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    whole = [("all", figures["all"])] if figures["all"] else []
    return whole + [(table, row) for table in TABLES for row in figures[table]]
