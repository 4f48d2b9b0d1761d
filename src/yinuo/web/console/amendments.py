"""What a customer asked to have changed: the papers, the things to do, and the decision."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yinuo.contexts.ledger.codes import GROUNDS
from yinuo.contexts.orders.operations import deciding
from yinuo.contexts.orders.operations.looks import record_look
from yinuo.contexts.orders.queries import amendments
from yinuo.contexts.orders.queries.staff import list_for_staff
from yinuo.contexts.orders.rules.amendments import may_handle
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.platform import clock, uploads
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import language_of, show
from yinuo.web.kit.entry_numbers import EntryNumbers
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import buyer_change

TODAY = "/staff/"


@require_http_methods(["GET", "POST"])
@for_staff
def amendment(request: HttpRequest, staff: StaffSeen, public_id: str) -> HttpResponse:
    """One request with its evidence; a POST decides it, or refuses it on a ground."""
    found = amendments.get_for_staff(staff.id, public_id)
    if found is None:
        raise Http404
    problem, now = "", clock.now()
    if request.method == "POST":
        try:
            _decide(request, staff, public_id)
        except Refusal as refused:
            problem = refused.message(language_of(request))
        else:
            record_look(staff_id=staff.id, order_id=found.order_id, action="ANSWERED", now=now)
            return redirect(TODAY)
    return _show(request, staff, found, problem)


def _decide(request: HttpRequest, staff: StaffSeen, public_id: str) -> None:
    buyer_change.decide(
        staff_id=staff.id,
        public_id=public_id,
        accept=request.POST.get("decision") == "accept",
        ground=request.POST.get("ground", ""),
        now=clock.now(),
    )


def _show(
    request: HttpRequest, staff: StaffSeen, found: amendments.AmendmentSeen, problem: str
) -> HttpResponse:
    orders = list_for_staff(staff.id, [found.order_id])
    pick = slice(0, 4, 2) if language_of(request) == "zh" else slice(1, 4, 2)
    in_charge = found.owner_id == staff.id
    context: dict[str, object] = {
        "found": found,
        "order": orders[found.order_id],
        "entries": EntryNumbers(found.order_id),
        "grounds": [(code, *words[pick]) for code, words in GROUNDS.items()],
        "may": in_charge or may_handle(staff.role, staff.centre_code, found.centre_code),
        "problem": problem,
        "picked": request.POST.get("ground", ""),
    }
    status = 409 if problem else 200
    return show(request, staff, "amendment", context, tab="today", status=status)


@require_POST
@for_staff
def task(request: HttpRequest, staff: StaffSeen, public_id: str, task: str) -> HttpResponse:
    """One thing of the template is done."""
    try:
        deciding.finish_task(staff_id=staff.id, public_id=public_id, code=task, now=clock.now())
    except Refusal as refused:
        found = amendments.get_for_staff(staff.id, public_id)
        if found is None:
            raise Http404 from refused
        return _show(request, staff, found, refused.message(language_of(request)))
    return redirect(f"/staff/amendments/{public_id}")


@require_safe
@for_staff
def paper(request: HttpRequest, staff: StaffSeen, paper_id: int) -> HttpResponse:
    """A paper, for the person in charge, the centre's specialists and managers; others get 404."""
    found = amendments.get_paper_for_staff(staff.id, paper_id)
    if found is None:
        raise Http404
    digest, kind = found.digest, found.media_type
    return uploads.response(room=buyer_change.ROOM, digest=digest, media_type=kind, name="licence")
