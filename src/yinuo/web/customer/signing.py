"""C8, from the decision to the keys: decide and sign; only then `money.pay` has anything to pay."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.handover.rules import checking
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order
from yinuo.web.customer.sitting import Sitting, of_customer
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.workflows import handover


def _page(
    request: HttpRequest,
    sitting: Sitting,
    template: str,
    context: Mapping[str, object],
    problem: str = "",
) -> HttpResponse:
    shown = {
        **sitting.frame,
        "sitting": sitting,
        "seen": sitting.seen,
        "inspection": sitting.seen.inspection,
        "problem": problem,
        **context,
    }
    return render(request, f"customer/{template}.html", shown, status=409 if problem else 200)


@require_http_methods(["GET", "POST"])
@for_order
def decide(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take it, take it with a repair, or refuse it; a refusal is always possible."""
    sitting = of_customer(reader, request)
    if sitting.seen.inspection is None:
        return redirect(sitting.place)
    if request.method == "GET":
        return _ways(request, sitting, take_typed(request).get("words", ""))
    if not reader.order.may_act:
        return errors.forbidden(request)
    taken = request.POST.get("taken", "")
    try:
        handover.decide(
            order_id=reader.order.id,
            version=_number(request.POST.get("version", "")),
            taken=taken if taken in checking.OUTCOMES else checking.TAKE,
            words=request.POST.get("words", ""),
            person_id=reader.person.id,
            now=clock.now(),
        )
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _ways(request, sitting, request.POST.get("words", ""), problem)
    return redirect(sitting.place if taken == checking.REFUSE else f"{sitting.place}/sign")


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _ways(request: HttpRequest, sitting: Sitting, words: str, problem: str = "") -> HttpResponse:
    inspection = sitting.seen.inspection
    assert inspection is not None
    why = {
        taken: checking.may_decide(
            taken, inspection.plan, inspection.verdicts, held=sitting.seen.held
        )
        for taken in checking.OUTCOMES
    }
    unchecked = checking.unchecked_of(inspection.plan, inspection.verdicts)
    context = {
        "ways": [(taken, why[taken]) for taken in checking.OUTCOMES],
        "unchecked": unchecked,
        "first_unchecked": unchecked[0].group if unchecked else "",
        "words": words,
        "open": inspection.state in ("OPEN", "DECIDED") and sitting.may_act,
    }
    return _page(request, sitting, "decide", context, problem)


@require_http_methods(["GET", "POST"])
@for_order
def sign(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Read the whole and sign it, drawn or typed; leads to the payment, which exists now."""
    sitting = of_customer(reader, request)
    inspection = sitting.seen.inspection
    if inspection is None or (inspection.state != "DECIDED" and request.method == "GET"):
        return redirect(sitting.place)
    if request.method == "GET":
        return _page(request, sitting, "sign", {"name": reader.person.name})
    if not reader.order.may_act:
        return errors.forbidden(request)
    try:
        handover.sign(
            order_id=reader.order.id,
            version=_number(request.POST.get("version", "")),
            document_sha256=request.POST.get("document", ""),
            name=request.POST.get("name", ""),
            drawing=request.POST.get("drawing", ""),
            person_id=reader.person.id,
            now=clock.now(),
        )
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _page(request, sitting, "sign", {"name": request.POST.get("name", "")}, problem)
    return redirect(f"{sitting.place}/pay")


@require_safe
@for_order
def keys(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Who gives the keys and what comes with them; afterwards what was given."""
    return _page(request, of_customer(reader, request), "keys", {"given": handover.CONFIRMED})
