"""Declaring a time unusual: new ranges get wider, and every page says why."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.operations.unusual import (
    BadPeriod,
    Declared,
    declare_unusual,
    end_unusual,
)
from yinuo.contexts.promises.queries.unusual import list_periods_for_staff
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.console.access import (
    DECLARERS,
    for_roles,
    language_of,
    read_date,
    refuse,
    show,
)
from yinuo.web.kit.viewer import for_staff

FIELDS = ("place", "from", "last", "factor", "reason_zh", "reason_en", "evidence")


@require_http_methods(["GET", "POST"])
@for_staff
def unusual(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Declared periods, and declaring one."""
    if request.method == "GET":
        return _show(request, staff)
    if staff.role not in DECLARERS:
        return refuse(request, staff, DECLARERS)
    try:
        declare_unusual(what=_declared(request), staff_id=staff.id, now=clock.now())
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)))
    return redirect("/staff/unusual")


def _declared(request: HttpRequest) -> Declared:
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    first, last = read_date(typed["from"]), read_date(typed["last"])
    if first is None or last is None:
        raise BadPeriod
    return Declared(
        place_id=_number(typed["place"]),
        from_date=first,
        until_date=last + dt.timedelta(days=1),
        factor_percent=_number(typed["factor"]) or 0,
        reason_zh=typed["reason_zh"],
        reason_en=typed["reason_en"],
        evidence=typed["evidence"],
    )


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _show(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    now = clock.now()
    context: dict[str, object] = {
        "periods": list_periods_for_staff(staff.id, today=local_date(now)),
        "places": [one for one in get_places().values() if one.kind in ("PLANT", "CENTRE")],
        "may": staff.role in DECLARERS,
        "typed": {name: request.POST.get(name, "") for name in FIELDS},
        "problem": problem,
    }
    return show(request, staff, "unusual", context, tab="plan", status=409 if problem else 200)


@require_POST
@for_roles(*DECLARERS)
def end(request: HttpRequest, staff: StaffSeen, period_id: int) -> HttpResponse:
    """The period is over; what moves from now on moves by the ordinary rules."""
    end_unusual(period_id=period_id, staff_id=staff.id, now=clock.now())
    return redirect("/staff/unusual")
