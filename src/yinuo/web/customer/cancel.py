"""Leaving an order: what comes back and by when stands there before anything is asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.orders.operations import cancelling
from yinuo.contexts.orders.operations.cancelling import WHYS, NotYours
from yinuo.contexts.orders.operations.progress import NotNow
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.orders.rules.remedies import get_remedy
from yinuo.contexts.payments.queries.leaving import list_refunds
from yinuo.platform import clock
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.workflows import cancellation, disagreement, leaving


@require_http_methods(["GET", "POST"])
@for_order
def cancel(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What leaving brings, and after it what became of the money; a POST does one of the steps."""
    if request.method == "GET":
        return _show(request, reader)
    try:
        _do(request, reader)
    except NotYours:
        return errors.forbidden(request)
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _show(request, reader, problem=problem, status=409)
    return redirect(f"/o/{reader.order.code}/cancel")


def _do(request: HttpRequest, reader: Reader) -> None:
    """One order to one story, by the button that was pressed."""
    now, typed = clock.now(), request.POST
    person_id, order_id = reader.person.id, reader.order.id
    what, key = typed.get("do", ""), typed.get("request_key") or new_code(20)
    if what == "cancel":
        cancellation.cancel(person_id=person_id, order_id=order_id, request_key=key, now=now)
    elif what == "back":
        cancellation.come_back(person_id=person_id, order_id=order_id, now=now)
    elif what == "why":
        cancelling.say_why(person_id=person_id, order_id=order_id, why=typed.get("why", ""))
    elif what == "disagree":
        disagreement.open_one(
            person_id=person_id,
            order_id=order_id,
            about="CANCELLATION",
            words=typed.get("words", ""),
            request_key=key,
            now=now,
        )


def _show(
    request: HttpRequest, reader: Reader, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now, order = clock.now(), reader.order
    seen = rights.get_cancellation(reader.person.id, order.id)
    offer = None if seen else _offer(order.id, now)
    context: dict[str, Any] = {
        **frame(reader, "do"),
        "seen": seen,
        "offer": offer,
        "laws": _laws(offer),
        "request_key": new_code(20),
        "problem": problem,
        "typed": take_typed(request),
        **(_after(order.id, seen, now) if seen else {}),
    }
    return render(request, "customer/cancel.html", context, status=status)


def _after(order_id: int, seen: rights.CancellationSeen, now: dt.datetime) -> dict[str, Any]:
    """What became of the money, and whether the place is still kept."""
    may_return = seen.back_until_at is not None and now < seen.back_until_at
    refunds = list_refunds(order_id)
    return {
        "remedy": get_remedy(seen.ground),
        "refunds": refunds,
        "late": any(one.state != "PAID" and one.due_at < now for one in refunds),
        "may_return": may_return,
        "bill": cancellation.get_bill_to_return(order_id) if may_return else None,
        "whys": WHYS,
    }


def _laws(offer: leaving.Offer | None) -> list[dict[str, dict[str, str]]]:
    findings = offer.findings() if offer else []
    return [{"title": vars(one.title), "law": vars(one.law)} for one in findings]


def _offer(order_id: int, now: dt.datetime) -> leaving.Offer | None:
    try:
        return leaving.look(order_id=order_id, now=now)
    except NotNow:
        return None
