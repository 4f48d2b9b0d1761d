"""C5, my place in line; and the plain pages behind the other buttons of the bar."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.ledger.codes import QUEUE_CODES, RETURN_CODES
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.orders.queries.passed import get_return_batches
from yinuo.contexts.promises.queries import customer as promises
from yinuo.platform import clock
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import number_of_lock


def _words(code: str, language: str) -> str:
    return (QUEUE_CODES | RETURN_CODES)[code][0 if language == "zh" else 1]


@require_safe
@for_order
def queue(request: HttpRequest, reader: Reader) -> HttpResponse:
    """How many stand ahead, how far it moved, who left first and why, and the rule."""
    language = request.language  # type: ignore[attr-defined]
    place = orders.get_place_in_line(reader.order.id, clock.now())
    passed = [(_words(code, language), n) for code, n in sorted(place.overtakes.items())]
    context = {
        **frame(reader, "queue"),
        "place": place,
        "passed": passed,
        "passed_count": sum(place.overtakes.values()) + place.unexplained,
        "batches": get_return_batches(clock.now()),
        "reasons": [_words(code, language) for code in QUEUE_CODES],
        "lock": number_of_lock(reader.order.id),
        "ended": reader.order.state in ("DELIVERED", "CANCELLED"),
    }
    return render(request, "customer/queue.html", context)


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
