"""S1b, notices: pick an event, see how its notices read and fared, report one, correct one."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.production.queries import staff as production
from yinuo.contexts.transit.queries import staff as transit
from yinuo.platform import clock
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant
from yinuo.web.console.access import (
    CORRECTORS,
    REPORTERS,
    for_roles,
    language_of,
    read_local,
    show,
)
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import notice
from yinuo.workflows.intake import Report

FIELDS = ("shipment", "kind", "at", "cause", "place", "expected", "evidence", "request_key")
CARRIER_CAUSES = [cause for cause in CAUSES.values() if cause.evidence == "carrier"]


@require_safe
@for_staff
def new(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The events that move dates: carriers' reports, plans in force, holds."""
    return _new(request, staff)


def _new(
    request: HttpRequest, staff: StaffSeen, *, problem: str = "", report: Report | None = None
) -> HttpResponse:
    now = clock.now()
    typed = request.POST if request.method == "POST" else request.GET
    context: dict[str, object] = {
        "events": transit.list_delays_for_staff(staff.id),
        "plans": production.list_plans_for_staff(staff.id, state="COMMITTED", limit=10),
        "holds": production.list_holds_for_staff(staff.id, limit=10),
        "may": staff.role in REPORTERS,
        "running": transit.list_running_for_staff(staff.id),
        "kinds": transit.DELAYING,
        "causes": CARRIER_CAUSES,
        "places": [place for place in get_places().values() if place.kind != "PLANT"],
        "typed": {name: typed.get(name, "") for name in FIELDS},
        "request_key": typed.get("request_key") or f"call-{new_code(10)}",
        "now_local": now,
        "problem": problem,
        "problems": report.problems.kept if report else (),
    }
    wrong = bool(problem) or report is not None
    return show(request, staff, "notices", context, tab="notices", status=409 if wrong else 200)


@require_POST
@for_roles(*REPORTERS)
def report(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """A carrier telephoned: the same checks and the same story as a carrier's own report."""
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    at, expected = read_local(typed["at"]), read_local(typed["expected"])
    record: dict[str, object] = {
        "id": typed["request_key"],
        "shipment": typed["shipment"] or None,
        "kind": typed["kind"],
        "at": write_instant(at) if at else typed["at"],
        "cause": typed["cause"] or None,
        "place": typed["place"] or None,
        "expected_at": write_instant(expected) if expected else None,
    }
    try:
        done = notice.report(
            staff_id=staff.id,
            staff_public_id=staff.public_id,
            record={name: value for name, value in record.items() if value is not None},
            evidence=typed["evidence"],
            now=clock.now(),
        )
    except Refusal as refused:
        return _new(request, staff, problem=refused.message(language_of(request)))
    if not done.ok:
        return _new(request, staff, report=done)
    return redirect(f"/staff/notices/{done.ids[0]}" if done.ids else "/staff/notices/new")


def _event(staff: StaffSeen, ref: str) -> object:
    """What this public id names: a carrier's report, a plan or a hold."""
    holds = production.list_holds_for_staff(staff.id)
    found = (
        transit.get_report_for_staff(staff.id, ref)
        or production.get_plan_for_staff(staff.id, ref)
        or next((hold for hold in holds if hold.ref == ref), None)
    )
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@for_staff
def event(request: HttpRequest, staff: StaffSeen, ref: str) -> HttpResponse:
    """One event's notices: how they read, who got them, what became of them."""
    return _show_event(request, staff, ref)


def _show_event(
    request: HttpRequest, staff: StaffSeen, ref: str, problem: str = ""
) -> HttpResponse:
    found = _event(staff, ref)
    sender = notice.Sender(settings.MAKER_ZH, settings.SHORT_ADDRESS)
    seen = notice.look(staff_id=staff.id, ref=ref, language=language_of(request), sender=sender)
    instead = notice.causes_instead(seen.cause_code) if seen.cause_code else []
    context: dict[str, object] = {
        "event": found,
        "kind": type(found).__name__,
        "seen": seen,
        "cause": CAUSES.get(seen.cause_code),
        "instead": [CAUSES[code] for code in instead],
        "may": staff.role in CORRECTORS,
        "typed": {name: request.POST.get(name, "") for name in ("cause", "evidence")},
        "problem": problem,
    }
    return show(request, staff, "event", context, tab="notices", status=409 if problem else 200)


@require_POST
@for_roles(*CORRECTORS)
def correct(request: HttpRequest, staff: StaffSeen, ref: str) -> HttpResponse:
    """Tell everybody who read a wrong reason what the right one is."""
    try:
        notice.correct(
            staff_id=staff.id,
            ref=ref,
            cause_code=request.POST.get("cause", ""),
            evidence=request.POST.get("evidence", ""),
            now=clock.now(),
        )
    except Refusal as refused:
        return _show_event(request, staff, ref, refused.message(language_of(request)))
    return redirect(f"/staff/notices/{ref}")
