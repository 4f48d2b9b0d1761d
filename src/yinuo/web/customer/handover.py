"""C8, inspect before paying: known damage, the film, the checks, a helper, the record."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yinuo.contexts.handover.operations import damage, passes, remote
from yinuo.contexts.handover.queries import customer as handovers
from yinuo.contexts.handover.queries.seen import InspectionSeen
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.terms.queries.decisions import Told, explain_for_customer
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order
from yinuo.web.customer.sitting import of_customer
from yinuo.web.kit import errors
from yinuo.web.kit.handover_paper import paper_of
from yinuo.workflows import inspecting, returns

# What a customer must have read before the car is shown, by the order's state.
AT_CENTRE = ("AT_CENTRE", "INSPECTED", "SIGNED", "PAID")


@require_safe
@for_order
def home(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Where the hand-over stands and what comes next; no payment before a signature."""
    return show(request, reader)


def show(
    request: HttpRequest, reader: Reader, *, problem: str = "", given: str = "", status: int = 200
) -> HttpResponse:
    """The page of the hand-over; `given` is a helper's code, shown once."""
    sitting = of_customer(reader, request)
    inspection = sitting.seen.inspection
    context = {
        **sitting.frame,
        "sitting": sitting,
        "seen": sitting.seen,
        "inspection": inspection,
        "next": _next(inspection),
        "helpers": handovers.list_helpers(reader.person.id, reader.order.id, clock.now()),
        "law": _law(request, reader) if inspection and inspection.outcome else None,
        "damage_ways": damage.ANSWERS,
        "look_ways": remote.ANSWERS,
        "there": reader.order.state in AT_CENTRE,
        "may_help": inspection is None or inspection.state == "OPEN",
        "problem": problem,
        "given": given,
    }
    return render(request, "customer/handover.html", context, status=status)


def _law(request: HttpRequest, reader: Reader) -> Told | None:
    """The newest decision by law on this hand-over, in words."""
    language = request.language  # type: ignore[attr-defined]
    told = explain_for_customer(reader.person.id, reader.order.id, language)
    return next((one for one in told if one.at in ("handover", "swap")), None)


def _next(inspection: InspectionSeen | None) -> str:
    """The first group with an unanswered check; empty when all are answered."""
    if inspection is None:
        return ""
    return checking.next_group(inspection.plan, inspection.verdicts, "")


@require_POST
@for_order
def answer_damage(request: HttpRequest, reader: Reader, ref: str) -> HttpResponse:
    """Come, stay away or ask, about damage that was told."""
    return _do(
        request,
        reader,
        lambda: damage.answer(
            order_id=reader.order.id,
            damage_ref=ref,
            said=request.POST.get("answer", ""),
            now=clock.now(),
        ),
    )


@require_POST
@for_order
def answer_look(request: HttpRequest, reader: Reader, ref: str) -> HttpResponse:
    """Come, ask or refuse, after the film."""
    return _do(
        request,
        reader,
        lambda: remote.answer_look(
            order_id=reader.order.id,
            look_ref=ref,
            said=request.POST.get("answer", ""),
            words=request.POST.get("words", ""),
            now=clock.now(),
        ),
    )


@require_POST
@for_order
def helper(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Give somebody a code to inspect, or take all codes back."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    now = clock.now()
    if request.POST.get("do") == "end":
        passes.end_passes(order_id=reader.order.id, now=now)
        return redirect(f"/o/{reader.order.code}/handover")
    try:
        code, _ = passes.give_pass(
            order_id=reader.order.id,
            name=request.POST.get("name", ""),
            person_id=reader.person.id,
            now=now,
        )
    except Refusal as refused:
        return _again(request, reader, refused)
    return show(request, reader, given=code)


@require_POST
@for_order
def look_again(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take a decision back before paying."""
    return _do(
        request,
        reader,
        lambda: inspecting.look_again(order_id=reader.order.id, now=clock.now()),
    )


def _do(request: HttpRequest, reader: Reader, act: Callable[[], object]) -> HttpResponse:
    """What only the customer may do, once; what is refused is said on the page."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    try:
        act()
    except Refusal as refused:
        return _again(request, reader, refused)
    return redirect(f"/o/{reader.order.code}/handover")


def _again(request: HttpRequest, reader: Reader, refused: Refusal) -> HttpResponse:
    problem = refused.message(request.language)  # type: ignore[attr-defined]
    return show(request, reader, problem=problem, status=409)


@require_POST
@for_order
def give_back(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Ask for a new car or the money back after the keys; the answer names its articles."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    try:
        returns.ask(
            person_id=reader.person.id,
            order_id=reader.order.id,
            code=request.POST.get("check", ""),
            words=request.POST.get("words", ""),
            now=clock.now(),
        )
    except Refusal as refused:
        return _again(request, reader, refused)
    return redirect(f"/o/{reader.order.code}/handover#law")


@require_http_methods(["GET"])
@for_order
def record(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The record as a PDF in both languages, for both sides."""
    sitting = of_customer(reader, request)
    if sitting.seen.inspection is None:
        raise Http404
    laws = {
        language: explain_for_customer(reader.person.id, reader.order.id, language)
        for language in ("zh", "en")
    }
    return paper_of(reader.order, sitting.seen, laws)
