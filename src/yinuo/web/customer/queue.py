"""C5, my place in line; and the plain pages behind the other buttons of the bar."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.ledger.codes import QUEUE_CODES, RETURN_CODES
from yinuo.contexts.orders.operations.cancelling import NotYours
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries.passed import get_return_batches, list_holds
from yinuo.contexts.promises.queries import customer as promises
from yinuo.platform import clock
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import number_of_lock, numbers_of_facts
from yinuo.web.kit import errors
from yinuo.workflows import disagreement


def _words(code: str, language: str) -> str:
    return (QUEUE_CODES | RETURN_CODES)[code][0 if language == "zh" else 1]


@require_http_methods(["GET", "HEAD", "POST"])
@for_order
def queue(request: HttpRequest, reader: Reader) -> HttpResponse:
    """How many stand ahead, how far it moved, who left first and why; a POST objects to it."""
    if request.method != "POST":
        return _show(request, reader)
    try:
        disagreement.open_one(
            person_id=reader.person.id,
            order_id=reader.order.id,
            about="PLACE",
            words=request.POST.get("words", ""),
            request_key=request.POST.get("request_key") or new_code(20),
            now=clock.now(),
        )
    except NotYours:
        return errors.forbidden(request)
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _show(request, reader, problem=problem, status=409)
    return redirect(f"/o/{reader.order.code}/queue")


def _show(
    request: HttpRequest, reader: Reader, *, problem: str = "", status: int = 200
) -> HttpResponse:
    language, now = request.language, clock.now()  # type: ignore[attr-defined]
    place = orders.get_place_in_line(reader.order.id, now)
    passed = [(_words(code, language), n) for code, n in sorted(place.overtakes.items())]
    context = {
        **frame(reader, "queue"),
        "place": place,
        "passed": passed,
        "passed_count": sum(place.overtakes.values()) + place.unexplained,
        "holds": _holds(reader, language) if place.in_line else [],
        "batches": get_return_batches(now),
        "reasons": [_words(code, language) for code in QUEUE_CODES],
        "lock": number_of_lock(reader.order.id),
        "ended": reader.order.state in ("DELIVERED", "CANCELLED"),
        "problem": problem,
        "request_key": new_code(20),
        "words": request.POST.get("words", ""),
    }
    return render(request, "customer/queue.html", context, status=status)


def _holds(reader: Reader, language: str) -> list[tuple[str, dt.datetime, int | None]]:
    """Why later orders may go first now, since when, and the number of the entry that says so."""
    holds = list_holds(reader.order.id)
    numbers = numbers_of_facts([one.key for one in holds])
    return [
        (_words(one.code, language), one.from_at, number)
        for one, number in zip(holds, numbers, strict=True)
    ]


@require_safe
@for_order
def do(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What can be done here, and whom to call for the rest."""
    choice = promises.get_choice(reader.person.id, reader.order.id)
    may_choose = choice is not None and clock.now() < choice.choose_by_at
    context = {**frame(reader, "do"), "may_choose": may_choose}
    return render(request, "customer/do.html", context)


@require_safe
@for_order
def tell_us(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Whom to call about anything."""
    return render(request, "customer/say.html", frame(reader, "say"))
