"""Asking for the car later: the place is kept, and waiting longer can be ended any time."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.orders.operations import postponing
from yinuo.contexts.orders.operations.cancelling import NotYours
from yinuo.contexts.orders.queries import rights
from yinuo.platform import clock
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.workflows import postpone as story


@require_http_methods(["GET", "POST"])
@for_order
def postpone(request: HttpRequest, reader: Reader) -> HttpResponse:
    """From which day on the car is wanted; a POST sets or ends it."""
    if request.method == "GET":
        return _show(request, reader)
    now = clock.now()
    person_id, order_id = reader.person.id, reader.order.id
    try:
        if request.POST.get("do") == "resume":
            postponing.resume(person_id=person_id, order_id=order_id, now=now)
        else:
            story.postpone(
                person_id=person_id,
                order_id=order_id,
                typed=request.POST.get("d", ""),
                request_key=request.POST.get("request_key") or new_code(20),
                now=now,
            )
    except NotYours:
        return errors.forbidden(request)
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _show(request, reader, problem=problem, status=409)
    return redirect(f"/o/{reader.order.code}/postpone")


def _show(
    request: HttpRequest, reader: Reader, *, problem: str = "", status: int = 200
) -> HttpResponse:
    typed = request.POST.get("d") or take_typed(request).get("d", "")
    context = {
        **frame(reader, "do"),
        "until": rights.get_postponed(reader.order.id),
        "may_postpone": story.may_postpone(reader.order.state),
        "first": local_date(clock.now()) + dt.timedelta(days=1),
        "typed": typed,
        "request_key": new_code(20),
        "problem": problem,
    }
    return render(request, "customer/postpone.html", context, status=status)
