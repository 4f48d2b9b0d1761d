"""Something special: asked for by kind, with the things we do for it and who answers by when."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.ledger.codes import GROUNDS
from yinuo.contexts.orders.operations import amendments as operations
from yinuo.contexts.orders.queries import amendments
from yinuo.contexts.orders.rules.amendments import SPECIAL_TASKS
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed


@require_http_methods(["GET", "POST"])
@for_order
def special(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What was asked for and how it stands; a POST asks for one thing."""
    problem = ""
    if request.method == "POST":
        try:
            operations.ask_for_special(
                person_id=reader.person.id,
                order_id=reader.order.id,
                about=request.POST.get("about", ""),
                words=request.POST.get("words", ""),
                now=clock.now(),
            )
        except operations.NotYourOrder:
            return errors.forbidden(request)
        except Refusal as refused:
            problem = refused.message(request.language)  # type: ignore[attr-defined]
        else:
            return redirect(f"/o/{reader.order.code}/special")
    return _show(request, reader, problem)


def _show(request: HttpRequest, reader: Reader, problem: str) -> HttpResponse:
    asked = amendments.list_special(reader.person.id, reader.order.id)
    typed = request.POST if request.method == "POST" else take_typed(request)
    context = {
        **frame(reader, "do"),
        "asked": [(one, GROUNDS.get(one.ground)) for one in asked],
        "kinds": tuple(SPECIAL_TASKS),
        "typed": {name: typed.get(name, "") for name in ("about", "words")},
        "problem": problem,
    }
    status = 409 if problem else 200
    return render(request, "customer/special.html", context, status=status)
