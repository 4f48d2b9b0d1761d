"""S4 and S9, what must grow: the standing study, studies asked for, and the figures behind them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.planning import queries as planning
from yinuo.contexts.planning.operations import state_figure
from yinuo.contexts.planning.rules import all_parameters
from yinuo.contexts.production.queries.planning import get_resource_names
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import PLANNERS, language_of, refuse, show
from yinuo.web.console.whatif import read_percent
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import studies

PAGE = "/staff/plan/growth"
SHOWN = 8
# What nobody has begun after so long waits for a job worker that does not run.
WORKER_AWAY_AFTER = dt.timedelta(minutes=5)


@require_http_methods(["GET", "POST"])
@for_staff
def growth(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The standing study; a POST states a figure or asks for a study, and leads to its page."""
    if request.method == "POST":
        return _order(request, staff)
    study = planning.get_growth_study_for_staff(staff.id)
    context = _study_of(study.result if study else None, study.made_at if study else None)
    return _page(request, staff, context)


@require_safe
@for_staff
def asked(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """A study that somebody asked for: how far it is, or what came out."""
    return _page(request, staff, _asked(staff, public_id))


@require_safe
@for_staff
def part(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """The part of that page that changes, for a page that is open."""
    return render(request, "console/growth_study.html", _asked(staff, public_id))


def _order(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    wanted = request.POST.get("do", "")
    if wanted != "ask" and staff.role not in PLANNERS:
        return refuse(request, staff, PLANNERS)
    now = clock.now()
    try:
        percent = 0.0
        if wanted == "ask":
            typed = request.POST.get("growth", "")
            percent = read_percent(typed, typed)
        elif wanted != "again":
            _state(request.POST, staff, now)
        public_id = studies.ask(
            growth=percent / 100, standing=wanted != "ask", staff_id=staff.id, now=now
        )
    except Refusal as refused:
        context = _study_of(None, None)
        return _page(request, staff, context, problem=refused.message(language_of(request)))
    return redirect(f"{PAGE}/{public_id}")


def _state(typed: Mapping[str, str], staff: StaffSeen, now: dt.datetime) -> None:
    name = typed.get("name", "")
    state_figure(
        name=name,
        place_code=typed.get("place", ""),
        value=read_percent(name, typed.get("value", "")),
        source=typed.get("source", ""),
        staff_id=staff.id,
        now=now,
    )


def _asked(staff: StaffSeen, public_id: str) -> dict[str, object]:
    found = planning.get_asked_study_for_staff(staff.id, public_id)
    if found is None:
        raise Http404
    now = clock.now()
    since = found.started_at
    return {
        **_study_of(found.result, found.finished_at),
        "asked": found,
        "seconds": max(0, round((now - since).total_seconds())) if since else 0,
        "worker_away": found.waits_longer_than(WORKER_AWAY_AFTER, now),
    }


def _study_of(result: dict[str, Any] | None, made_at: dt.datetime | None) -> dict[str, object]:
    months = [block["from_date"] for block in result["stages"][0]["blocks"]] if result else []
    return {"study": result, "made_at": made_at, "months": months}


def _page(
    request: HttpRequest, staff: StaffSeen, study: dict[str, object], *, problem: str = ""
) -> HttpResponse:
    stated = {(one.name, one.place_code): one for one in planning.list_figures_for_staff(staff.id)}
    parameters = all_parameters().values()
    context: dict[str, object] = {
        **study,
        "recent": planning.list_asked_studies_for_staff(staff.id, SHOWN),
        "figures": [(one, stated.get((one.name, ""))) for one in parameters],
        "by_place": [one for key, one in stated.items() if key[1]],
        "labels": all_parameters(),
        "centres": [one for one in get_resource_names().values() if one.kind == "CENTRE"],
        "may": staff.role in PLANNERS,
        "typed": request.POST if request.method == "POST" else request.GET,
        "problem": problem,
    }
    return show(request, staff, "growth", context, tab="plan", status=409 if problem else 200)
