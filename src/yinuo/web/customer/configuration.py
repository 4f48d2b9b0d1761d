"""Another configuration or centre before the car is built: the cost first, a day to go back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.orders.operations.amendments import NotYourOrder
from yinuo.contexts.orders.operations.line_moves import TooLateToUndo
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries.moves import newest_move
from yinuo.contexts.promises.queries import customer as promises
from yinuo.platform import clock
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.workflows import configuration as workflow
from yinuo.workflows.contract_again import clauses_of

WAITING = ("LOCKED", "SCHEDULED")


@require_http_methods(["GET", "POST"])
@for_order
def configuration(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The ways with their price, place and weeks; a POST moves the order, or takes it back."""
    if request.method == "GET":
        return _show(request, reader)
    try:
        _act(request, reader)
    except NotYourOrder:
        return errors.forbidden(request)
    except Refusal as refused:
        return _show(request, reader, refused=refused)
    return redirect(f"/o/{reader.order.code}/configuration")


def _act(request: HttpRequest, reader: Reader) -> None:
    now, order = clock.now(), reader.order
    if request.POST.get("step") == "back":
        moved = newest_move(order.id, now)
        if moved is None:
            raise TooLateToUndo
        workflow.go_back(order_id=order.id, person_id=reader.person.id, move=moved, now=now)
        return
    spec, _, centre = request.POST.get("to", "").partition("@")
    workflow.change(
        order=order,
        person_id=reader.person.id,
        spec_code=spec,
        centre_code=centre,
        request_key=request.POST.get("request_key", ""),
        now=now,
    )


def _show(request: HttpRequest, reader: Reader, *, refused: Refusal | None = None) -> HttpResponse:
    language = request.language  # type: ignore[attr-defined]
    order, now = reader.order, clock.now()
    may = order.state in WAITING
    promise = promises.get_promise(reader.person.id, order.id)
    specs, centres = workflow.list_ways(order, promise, now) if may else ([], [])
    numbers = get_numbers({way.entry_id for way in (*specs, *centres) if way.entry_id})
    context = {
        **frame(reader, "do"),
        "may": may,
        "promise": promise,
        "place_now": orders.get_place_in_line(order.id, now).ahead + 1,
        "clauses": clauses_of(order.id) if may else [],
        "specs": [(way, numbers.get(way.entry_id or 0)) for way in specs],
        "centres": [(way, numbers.get(way.entry_id or 0)) for way in centres],
        "moved": newest_move(order.id, now),
        "request_key": new_id("req"),
        "problem": refused.message(language) if refused else "",
    }
    status = 409 if refused else 200
    return render(request, "customer/configuration.html", context, status=status)
