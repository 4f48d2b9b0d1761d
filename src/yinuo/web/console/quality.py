"""Holding a batch: its cars wait, dates and notices follow by themselves."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.production.queries import staff as production
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import HOLDERS, for_roles, language_of, read_date, refuse, show
from yinuo.web.kit.viewer import for_staff
from yinuo.web.kit.wording import say
from yinuo.workflows import hold

FIELDS = ("batch", "evidence", "until")


@require_http_methods(["GET", "POST"])
@for_staff
def quality(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Holds, and placing one."""
    if request.method == "GET":
        return _show(request, staff)
    if staff.role not in HOLDERS:
        return refuse(request, staff, HOLDERS)
    until = read_date(request.POST.get("until", ""))
    if until is None:
        return _show(request, staff, say("staff.quality.no_date", language_of(request)))
    try:
        hold.place(
            batch=request.POST.get("batch", "").strip(),
            evidence=request.POST.get("evidence", ""),
            expected_release_date=until,
            staff_id=staff.id,
            now=clock.now(),
        )
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)))
    return redirect("/staff/quality")


def _show(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    typed = request.POST if request.method == "POST" else request.GET
    batch = typed.get("batch", "").strip()
    context: dict[str, object] = {
        "holds": production.list_holds_for_staff(staff.id),
        "may": staff.role in HOLDERS,
        "typed": {name: typed.get(name, "") for name in FIELDS},
        "batch": batch,
        "cars": production.count_cars_of_batch(staff.id, batch) if batch else None,
        "problem": problem,
    }
    return show(request, staff, "quality", context, tab="quality", status=409 if problem else 200)


@require_POST
@for_roles(*HOLDERS)
def release(request: HttpRequest, staff: StaffSeen, hold_id: int) -> HttpResponse:
    """The fault is put right; the batch moves on."""
    if hold_id not in {one.id for one in production.list_holds_for_staff(staff.id)}:
        raise Http404
    hold.release(hold_id=hold_id, now=clock.now())
    return redirect("/staff/quality")
