"""Erasing the record of an own order: what goes, what stays, and what stands in the way."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import say_day
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.workflows import erasure, legal_holds


@require_http_methods(["GET", "POST"])
@for_order
def erase(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What erasing means for this order; a POST asks for it or takes it back."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    if request.method == "GET":
        return _show(request, reader)
    person_id, code = reader.person.id, reader.order.code
    try:
        if request.POST.get("do") == "back":
            erasure.take_back(person_id=person_id, code=code)
        elif request.POST.get("do") == "erase":
            erasure.ask(person_id=person_id, code=code, now=clock.now())
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _show(request, reader, problem=problem, status=409)
    return redirect(f"/o/{code}/erase")


def _show(
    request: HttpRequest, reader: Reader, *, problem: str = "", status: int = 200
) -> HttpResponse:
    language = str(request.language)  # type: ignore[attr-defined]
    outlook = erasure.look(erasure.find(reader.order.code), now=clock.now())
    day = outlook.from_date if "too_early" in outlook.against else None
    context = {
        **frame(reader, "do"),
        "why": ("、" if language == "zh" else ", ").join(outlook.why(language)),
        "holds": legal_holds.list_holds(reader.order.code, language),
        "day": say_day(day, language) if day else "",
        "asked": outlook.asked,
        "problem": problem,
    }
    return render(request, "customer/erase.html", context, status=status)
