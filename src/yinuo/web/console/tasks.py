"""One thing to do: answer a choice, end a call, decide about a report that contradicts."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.notices.operations import calls
from yinuo.contexts.notices.queries import staff as notices
from yinuo.contexts.orders.operations.looks import record_look
from yinuo.contexts.orders.queries.staff import list_for_staff
from yinuo.contexts.people.queries.people import StaffSeen, list_staff
from yinuo.contexts.production.operations import quarantine as plant
from yinuo.contexts.production.queries import quarantine as plant_reports
from yinuo.contexts.promises.operations import answers
from yinuo.contexts.promises.queries import staff as promises
from yinuo.contexts.transit.operations import quarantine as carrier
from yinuo.contexts.transit.queries import quarantine as carrier_reports
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import language_of, read_local, show
from yinuo.web.kit.viewer import for_staff, take_typed

TODAY = "/staff/"


def _further(request: HttpRequest) -> tuple[int, dt.datetime] | None:
    """Who answers further by when, when the form says so; None when it says neither."""
    who, by = request.POST.get("who", ""), request.POST.get("by", "")
    if not who and not by:
        return None
    at = read_local(by)
    if not who.isdigit() or at is None:
        raise answers.TimeToCome
    return int(who), at


@require_http_methods(["GET", "POST"])
@for_staff
def choice(request: HttpRequest, staff: StaffSeen, choice_id: int) -> HttpResponse:
    """Answer what a customer chose."""
    problem = ""
    if request.method == "POST":
        now = clock.now()
        try:
            order_id = answers.answer_choice(
                choice_id=choice_id,
                staff_id=staff.id,
                text=request.POST.get("text", ""),
                further=answers.Next(*pair) if (pair := _further(request)) else None,
                now=now,
            )
        except Refusal as refused:
            problem = refused.message(language_of(request))
        else:
            record_look(staff_id=staff.id, order_id=order_id, action="ANSWERED", now=now)
            return redirect(TODAY)
    task = promises.get_choice_for_staff(staff.id, choice_id)
    if task is None and not problem:
        return redirect(TODAY)
    return _show(request, staff, "choice", task, task.order_id if task else None, problem)


@require_http_methods(["GET", "POST"])
@for_staff
def call(request: HttpRequest, staff: StaffSeen, call_id: int) -> HttpResponse:
    """End a call: answered, or who answers by when."""
    problem = ""
    if request.method == "POST":
        try:
            _end_call(request, staff, call_id)
        except Refusal as refused:
            problem = refused.message(language_of(request))
        else:
            return redirect(TODAY)
    task = notices.get_call_for_staff(staff.id, call_id)
    if task is None and not problem:
        return redirect(TODAY)
    return _show(request, staff, "call", task, task.order_id if task else None, problem)


def _end_call(request: HttpRequest, staff: StaffSeen, call_id: int) -> None:
    now, outcome = clock.now(), request.POST.get("text", "")
    further = _further(request)
    if further is None:
        order_id = calls.finish_call(call_id=call_id, outcome=outcome, now=now)
    else:
        who, by_at = further
        order_id = calls.pass_call_on(
            call_id=call_id, outcome=outcome, staff_id=who, by_at=by_at, now=now
        )
    record_look(staff_id=staff.id, order_id=order_id, action="CALLED", now=now)


def _show(
    request: HttpRequest,
    staff: StaffSeen,
    kind: str,
    task: object,
    order_id: int | None,
    problem: str,
) -> HttpResponse:
    orders = list_for_staff(staff.id, [order_id]) if order_id is not None else {}
    typed = request.POST if request.method == "POST" else take_typed(request)
    context: dict[str, object] = {
        "kind": kind,
        "task": task,
        "order": orders.get(order_id) if order_id is not None else None,
        "everybody": list_staff(),
        "problem": problem,
        "typed": {name: typed.get(name, "") for name in ("text", "who", "by")},
    }
    return show(request, staff, "task", context, tab="today", status=409 if problem else 200)


@require_POST
@for_staff
def take(request: HttpRequest, staff: StaffSeen, kind: str, task_id: int) -> HttpResponse:
    """This person does it now."""
    if kind == "calls":
        calls.take_over(call_ids=[task_id], staff_id=staff.id)
    else:
        try:
            answers.take_over_choice(choice_id=task_id, staff_id=staff.id)
        except answers.NothingToAnswer:
            return redirect(TODAY)
    return redirect(TODAY)


def _decide(staff: StaffSeen, kind: str, report_id: int, *, use: bool, now: dt.datetime) -> None:
    if kind == "carrier":
        event = carrier.release_event if use else carrier.set_aside_event
        event(event_id=report_id, staff_id=staff.id, now=now)
    elif kind == "build":
        build = plant.release_build if use else plant.set_aside_build
        build(event_id=report_id, staff_id=staff.id, now=now)
    else:
        supply = plant.release_supply if use else plant.set_aside_supply
        supply(supply_id=report_id, staff_id=staff.id, now=now)


@require_http_methods(["GET", "POST"])
@for_staff
def report(request: HttpRequest, staff: StaffSeen, kind: str, report_id: int) -> HttpResponse:
    """Decide about a report that waits: use it after all, or never."""
    if kind not in ("carrier", "build", "supply"):
        raise Http404
    problem, status = "", 200
    if request.method == "POST":
        try:
            use = request.POST.get("decision") == "use"
            _decide(staff, kind, report_id, use=use, now=clock.now())
        except Refusal as refused:
            problem, status = refused.message(language_of(request)), 409
        else:
            return redirect(TODAY)
    found = _waiting(kind, report_id)
    if found is None and not problem:
        return redirect(TODAY)
    context: dict[str, object] = {"kind": kind, "task": found, "problem": problem}
    return show(request, staff, "report", context, tab="today", status=status)


def _waiting(kind: str, report_id: int) -> object:
    if kind == "carrier":
        events = carrier_reports.list_quarantined()
        return next((one for one in events if one.id == report_id), None)
    reports = plant_reports.list_quarantined()
    wanted = (kind.upper(), report_id)
    return next((one for one in reports if (one.kind, one.id) == wanted), None)
