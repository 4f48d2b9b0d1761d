"""S2, the hand-over of one order: begin, known damage, film, features, diagnosis, keys."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yinuo.contexts.handover.operations import evidence, inspecting, remote, safety
from yinuo.contexts.handover.queries import staff as handovers
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.orders.operations.looks import record_look
from yinuo.contexts.orders.queries.staff import StaffOrder, get_for_staff
from yinuo.contexts.people.queries.people import StaffSeen, list_staff
from yinuo.contexts.terms.queries.decisions import explain_for_staff
from yinuo.platform import clock, uploads
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import HOLDERS, for_roles, language_of, read_date, show
from yinuo.web.kit.entry_numbers import EntryNumbers
from yinuo.web.kit.handover_paper import paper_of
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import disclosure
from yinuo.workflows import handover as story
from yinuo.workflows import inspecting as inspections

Act = Callable[[HttpRequest, StaffSeen, StaffOrder], None]


def _order(staff: StaffSeen, code: str) -> StaffOrder:
    found = get_for_staff(staff.id, code)
    if found is None or found.hidden:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@for_staff
def handover(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """Everything about the hand-over of an order, and what staff do for it."""
    order, problem = _order(staff, code), ""
    act = ACTS.get(request.POST.get("do", ""))
    if request.method == "POST" and act is not None:
        try:
            act(request, staff, order)
        except Refusal as refused:
            problem = refused.message(language_of(request))
        else:
            record_look(staff_id=staff.id, order_id=order.id, action="ANSWERED", now=clock.now())
            return redirect(f"/staff/orders/{order.code}/handover")
    seen = handovers.get_for_staff(staff.id, order.id)
    context: dict[str, object] = {
        "order": order,
        "entries": EntryNumbers(order.id),
        "seen": seen,
        "inspection": seen.inspection,
        "confirmed": story.CONFIRMED,
        "features": _features(seen.inspection),
        "colleagues": [one for one in list_staff() if one.id != staff.id],
        "typed": request.POST if problem else {},
        "problem": problem,
    }
    status = 409 if problem else 200
    return show(request, staff, "handover", context, tab="orders", status=status)


def _features(inspection: object) -> list[object]:
    groups = getattr(inspection, "groups", ())
    return [one for group in groups if group.code == checking.FEATURES for one in group.checks]


def _begin(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    inspections.begin(order_id=order.id, staff_id=staff.id, now=clock.now())


def _keep(
    request: HttpRequest, staff: StaffSeen, about: evidence.About, field: str = "file"
) -> str:
    pieces, claimed = uploads.sent(request, field)
    return evidence.keep_file(
        pieces,
        claimed=claimed,
        about=about,
        sender=evidence.Sender(staff_id=staff.id),
        now=clock.now(),
    )


def _damage(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    """Write the damage down, keep its photo, then tell: the notice has the photo."""
    typed = request.POST
    number = disclosure.record(
        order_id=order.id,
        spot=(typed.get("spot_zh", ""), typed.get("spot_en", "")),
        words=(typed.get("words_zh", ""), typed.get("words_en", "")),
        staff_id=staff.id,
        now=clock.now(),
    )
    _keep(request, staff, evidence.About(order.id, None, number))
    disclosure.tell(order_id=order.id, damage_id=number, staff_id=staff.id, now=clock.now())


def _tell(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    """Tell damage that was written down and not told, with a photo if one comes along."""
    known = handovers.get_for_staff(staff.id, order.id).damages
    for one in known:
        if one.told_at is None and one.public_id == request.POST.get("damage"):
            if request.FILES.get("file"):
                _keep(request, staff, evidence.About(order.id, None, one.id))
            disclosure.tell(order_id=order.id, damage_id=one.id, staff_id=staff.id, now=clock.now())


def _film(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    remote.record_look(
        order_id=order.id,
        evidence_ref=_keep(request, staff, evidence.About(order.id)),
        findings=request.POST.get("findings", ""),
        staff_id=staff.id,
        now=clock.now(),
    )


def _feature(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    inspection = handovers.get_for_staff(staff.id, order.id).inspection
    if inspection is None:
        raise inspecting.NotOpen
    inspecting.state_feature(
        inspection_id=inspection.id,
        code=request.POST.get("feature", ""),
        enabled=request.POST.get("enabled") == "yes",
        enabled_by_date=read_date(request.POST.get("by", "")),
        staff_id=staff.id,
        now=clock.now(),
    )


def _judge(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    shown = _keep(request, staff, evidence.About(order.id)) if request.FILES.get("file") else ""
    second = request.POST.get("second", "")
    finding = "NO_FAULT" if request.POST.get("finding") == "NO_FAULT" else "FAULT"
    inspections.judge(
        order_id=order.id,
        code=request.POST.get("check", ""),
        judged=safety.Judged(
            finding,
            request.POST.get("words", ""),
            shown,
            int(second) if second.isdecimal() else None,
        ),
        staff_id=staff.id,
        now=clock.now(),
    )


def _keys(request: HttpRequest, staff: StaffSeen, order: StaffOrder) -> None:
    story.give_keys(
        order_id=order.id,
        staff_id=staff.id,
        confirmed=request.POST.getlist("confirmed"),
        now=clock.now(),
    )


ACTS: dict[str, Act] = {
    "begin": _begin,
    "damage": _damage,
    "tell": _tell,
    "film": _film,
    "feature": _feature,
    "judge": _judge,
    "keys": _keys,
}


@require_safe
@for_staff
def record(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """The record as a PDF: the same paper as the customer's."""
    order = _order(staff, code)
    seen = handovers.get_for_staff(staff.id, order.id)
    if seen.inspection is None:
        raise Http404
    laws = {language: explain_for_staff(order.id, language) for language in ("zh", "en")}
    record_look(staff_id=staff.id, order_id=order.id, action="VIEW", now=clock.now())
    return paper_of(order, seen, laws)


@require_safe
@for_staff
def shown(request: HttpRequest, staff: StaffSeen, code: str, ref: str) -> HttpResponse:
    """One picture or film of an order; the order keeps that staff looked."""
    order = _order(staff, code)
    found = handovers.find_evidence_for_staff(staff.id, order.id, ref)
    if found is None:
        raise Http404
    record_look(staff_id=staff.id, order_id=order.id, action="VIEW", now=clock.now())
    try:
        return uploads.response(
            room=evidence.ROOM, digest=found.sha256, media_type=found.media_type, name=ref
        )
    except FileNotFoundError as lost:
        raise Http404 from lost


@require_safe
@for_staff
def signals(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Safety signals: what failed, on which car, and whether it is held."""
    return _signals(request, staff)


def _signals(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    context: dict[str, object] = {
        "signals": handovers.list_signals_for_staff(staff.id),
        "may": staff.role in HOLDERS,
        "problem": problem,
    }
    return show(request, staff, "signals", context, tab="quality", status=409 if problem else 200)


@require_POST
@for_roles(*HOLDERS)
def clear(request: HttpRequest, staff: StaffSeen, number: int) -> HttpResponse:
    """Quality lets a car go on, in words."""
    if number not in {one.id for one in handovers.list_signals_for_staff(staff.id)}:
        raise Http404
    try:
        inspections.clear(
            number=number,
            words=request.POST.get("words", ""),
            staff_id=staff.id,
            now=clock.now(),
        )
    except Refusal as refused:
        return _signals(request, staff, refused.message(language_of(request)))
    return redirect("/staff/quality/signals")
