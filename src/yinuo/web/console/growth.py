"""S4 and S9, what must grow: the study of the night, another target, and the figures behind it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

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
from yinuo.workflows import inverse


@require_http_methods(["GET", "POST"])
@for_staff
def growth(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The study; a GET with a growth works it out for that, a POST states a figure."""
    if request.method == "POST":
        return _state(request, staff)
    problem, study = "", planning.get_growth_study_for_staff(staff.id)
    result = study.result if study else None
    made_at = study.made_at if study else None
    if typed := request.GET.get("growth", ""):
        made_at = clock.now()
        try:
            percent = read_percent(typed, typed)
            result = inverse.write(inverse.work_out(growth=percent / 100, now=made_at))
        except Refusal as refused:
            problem, result = refused.message(language_of(request)), None
    return _page(request, staff, result, made_at, problem=problem)


def _state(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """State one figure, or work the study out again."""
    if staff.role not in PLANNERS:
        return refuse(request, staff, PLANNERS)
    now = clock.now()
    try:
        if request.POST.get("do") != "again":
            name = request.POST.get("name", "")
            state_figure(
                name=name,
                place_code=request.POST.get("place", ""),
                value=read_percent(name, request.POST.get("value", "")),
                source=request.POST.get("source", ""),
                staff_id=staff.id,
                now=now,
            )
        inverse.keep(now=now)
    except Refusal as refused:
        return _page(request, staff, None, None, problem=refused.message(language_of(request)))
    return redirect("/staff/plan/growth")


def _page(
    request: HttpRequest,
    staff: StaffSeen,
    result: dict[str, Any] | None,
    made_at: dt.datetime | None,
    *,
    problem: str,
) -> HttpResponse:
    stated = {(one.name, one.place_code): one for one in planning.list_figures_for_staff(staff.id)}
    parameters = all_parameters().values()
    context: dict[str, object] = {
        "study": result,
        "made_at": made_at,
        "months": [block["from_date"] for block in result["stages"][0]["blocks"]] if result else [],
        "figures": [(one, stated.get((one.name, ""))) for one in parameters],
        "by_place": [one for key, one in stated.items() if key[1]],
        "labels": all_parameters(),
        "centres": [one for one in get_resource_names().values() if one.kind == "CENTRE"],
        "may": staff.role in PLANNERS,
        "typed": request.POST if request.method == "POST" else request.GET,
        "problem": problem,
    }
    return show(request, staff, "growth", context, tab="plan", status=409 if problem else 200)
