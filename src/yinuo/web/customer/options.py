"""Choose what to do after a change: one tap each, equal weight, changed freely until the time."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.rules import ENDED
from yinuo.contexts.promises.operations import choices
from yinuo.contexts.promises.queries import customer as promises
from yinuo.contexts.vehicles.queries.cars import get_kept
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.cars import fitting
from yinuo.web.customer.entries import history, stated
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed

WAYS = ("WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL")
LATER = "LATER"
# Where each way leads that has a page of its own; they stay open when the time to choose is over.
PAGES = {"OTHER_CAR": "cars", "MOVE_VISIT": "postpone", "CANCEL": "cancel"}


@require_http_methods(["GET", "POST"])
@for_order
def options(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The ways on; a POST decides for one of them."""
    if request.method == "GET":
        return _show(request, reader, later=request.GET.get("later") == "1")
    address = f"/o/{reader.order.code}/options"
    chosen = request.POST.get("chosen", "")
    if chosen == LATER:
        return redirect(f"{address}?later=1")
    now = clock.now()
    try:
        choices.choose(person_id=reader.person.id, order_id=reader.order.id, chosen=chosen, now=now)
    except choices.NotYours:
        return errors.forbidden(request)
    except choices.ChoiceClosed:
        # Waiting holds, and every other way stays open on a page of its own.
        return redirect(f"/o/{reader.order.code}/{PAGES.get(chosen, 'options')}")
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _show(request, reader, problem=problem, status=409)
    return redirect(address)


def _show(
    request: HttpRequest,
    reader: Reader,
    *,
    later: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    choice = promises.get_choice(reader.person.id, reader.order.id)
    context = {
        **frame(reader, "do"),
        "choice": choice,
        "open": choice is not None and now < choice.choose_by_at,
        **_waiting(reader),
        **_beside(reader, now),
        "may_leave": reader.order.state not in ENDED,
        "next": PAGES.get(choice.chosen, "") if choice else "",
        "ways": WAYS,
        "wanted": take_typed(request).get("chosen", ""),
        "later": later,
        "problem": problem,
    }
    return render(request, "customer/options.html", context, status=status)


def _waiting(reader: Reader) -> dict[str, object]:
    """The dates of waiting as their entry states them, and its number."""
    past = history(reader.order.id, "zh", ())
    promise = promises.get_promise(reader.person.id, reader.order.id)
    return {"promise": stated(promise, past.window), "promise_number": past.number}


def _beside(reader: Reader, now: dt.datetime) -> dict[str, object]:
    """What stands beside the ways: the place in line, the cars that fit, the one that is kept."""
    found = fitting(reader)
    return {
        "place": orders.get_place_in_line(reader.order.id, now),
        "cars": sorted(found, key=lambda car: car.ready_date),
        "cheapest": min((car.price_fen for car in found), default=0),
        "kept": get_kept(reader.order.id, now),
    }
