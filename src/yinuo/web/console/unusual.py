"""Declaring a time unusual, and deciding what the nightly watch found: new ranges get wider."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.operations.drift import accept_alarm, reject_alarm
from yinuo.contexts.promises.operations.unusual import (
    BadPeriod,
    Declared,
    declare_unusual,
    end_unusual,
)
from yinuo.contexts.promises.queries.drift import AlarmSeen, list_alarms_for_staff
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
from yinuo.web.kit.wording import say

FIELDS = ("place", "from", "last", "factor", "reason_zh", "reason_en", "evidence", "why")
# So long a period is offered for after an alarm; whoever accepts it may change it.
OFFERED_DAYS = 56


@require_http_methods(["GET", "POST"])
@for_staff
def unusual(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Declared periods, what the watch found, and declaring a period."""
    if request.method == "GET":
        return _show(request, staff)
    if staff.role not in DECLARERS:
        return refuse(request, staff, DECLARERS)
    return _try(
        request,
        staff,
        lambda now: declare_unusual(what=_declared(request), staff_id=staff.id, now=now),
    )


@require_POST
@for_roles(*DECLARERS)
def accept(request: HttpRequest, staff: StaffSeen, alarm_id: int) -> HttpResponse:
    """The period that an alarm asks for is declared, as offered or as changed."""
    return _try(
        request,
        staff,
        lambda now: accept_alarm(
            alarm_id=alarm_id, what=_declared(request), staff_id=staff.id, now=now
        ),
        alarm_id,
    )


@require_POST
@for_roles(*DECLARERS)
def reject(request: HttpRequest, staff: StaffSeen, alarm_id: int) -> HttpResponse:
    """Ranges stay as they are, for a stated reason."""
    why = request.POST.get("why", "")
    return _try(
        request,
        staff,
        lambda now: reject_alarm(alarm_id=alarm_id, reason=why, staff_id=staff.id, now=now),
        alarm_id,
    )


@require_POST
@for_roles(*DECLARERS)
def end(request: HttpRequest, staff: StaffSeen, period_id: int) -> HttpResponse:
    """The period is over; what moves from now on moves by the ordinary rules."""
    known = list_periods_for_staff(staff.id, today=local_date(clock.now()))
    if period_id not in {one.id for one in known}:
        raise Http404
    end_unusual(period_id=period_id, staff_id=staff.id, now=clock.now())
    return redirect("/staff/unusual")


def _try(
    request: HttpRequest,
    staff: StaffSeen,
    order: Callable[[dt.datetime], object],
    alarm_id: int = 0,
) -> HttpResponse:
    try:
        order(clock.now())
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)), alarm_id)
    return redirect("/staff/unusual")


def _declared(request: HttpRequest) -> Declared:
    typed = _typed(request)
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


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip() for name in FIELDS}


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _show(
    request: HttpRequest, staff: StaffSeen, problem: str = "", alarm_id: int = 0
) -> HttpResponse:
    today, language = local_date(clock.now()), language_of(request)
    alarms = list_alarms_for_staff(staff.id)
    waiting = [one for one in alarms if not one.decision and one.ended_at is None]
    context: dict[str, object] = {
        "periods": list_periods_for_staff(staff.id, today=today),
        "places": [one for one in get_places().values() if one.kind in ("PLANT", "CENTRE")],
        "may": staff.role in DECLARERS,
        "typed": {} if alarm_id else _typed(request),
        "waiting": [
            (one, _typed(request) if one.id == alarm_id else _offer(one, today, language))
            for one in waiting
        ],
        "decided": [one for one in alarms if one not in waiting],
        "problem": problem,
    }
    return show(request, staff, "unusual", context, tab="plan", status=409 if problem else 200)


def _offer(alarm: AlarmSeen, today: dt.date, language: str) -> dict[str, str]:
    """The fields of a period as the alarm offers them."""
    counts = {
        "due": alarm.due_count,
        "late": alarm.late_count,
        "weeks": alarm.recent_weeks,
    }
    return {
        "place": str(alarm.place_id or ""),
        "from": today.isoformat(),
        "last": (today + dt.timedelta(days=OFFERED_DAYS - 1)).isoformat(),
        "factor": str(alarm.factor_percent),
        "reason_zh": say("staff.drift.reason", "zh", place=alarm.name_zh, **counts),
        "reason_en": say("staff.drift.reason", "en", place=alarm.name_en, **counts),
        "evidence": say(
            "staff.drift.evidence",
            language,
            ref=alarm.public_id,
            evidence=round(alarm.evidence),
            limit=round(alarm.limit),
            n=alarm.weeks,
        ),
    }
