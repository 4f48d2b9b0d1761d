"""C2, a notice: on its order's page, or by the code from an SMS."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.notices.operations.reading import mark_read
from yinuo.contexts.notices.queries import customer as notices
from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.promises.queries import customer as promises
from yinuo.platform import clock
from yinuo.platform.ids import clean_code
from yinuo.platform.throttle import count_try
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import numbers_of
from yinuo.web.customer.story import tell
from yinuo.web.kit.dates import moment
from yinuo.web.kit.viewer import viewer_of
from yinuo.web.kit.wording import say

TRIES_MAX = 10
TRIES_PERIOD = dt.timedelta(minutes=10)


@require_safe
@for_order
def change(request: HttpRequest, reader: Reader, n: int) -> HttpResponse:
    """Notice number `n` of the order; opening it is recorded once."""
    now, language = clock.now(), request.language  # type: ignore[attr-defined]
    notice = notices.get_for_customer(reader.person.id, reader.order.id, n)
    told = tell(notice, language, now) if notice else None
    if notice is None or told is None:
        raise Http404
    if reader.order.may_act:
        mark_read(notice_id=notice.id, now=now)
    promise = promises.get_promise(reader.person.id, reader.order.id)
    numbers = numbers_of(notice.entry_ids)
    context = {**frame(reader, "order"), "told": told, "promise": promise, "numbers": numbers}
    return render(request, "customer/change.html", context)


@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The short address of an SMS: type the code, see that one notice."""
    if request.method == "GET":
        return render(request, "customer/code.html")
    now, language = clock.now(), request.language  # type: ignore[attr-defined]
    address = request.META.get("REMOTE_ADDR", "")
    free_at = count_try("notice.code", address, limit=TRIES_MAX, period=TRIES_PERIOD, now=now)
    typed = request.POST.get("code", "")
    if free_at is not None:
        problem = say("notice.too_many", language, at=moment(free_at, language, now))
        return _refused(request, typed, problem, 429)
    notice = notices.get_by_code(clean_code(typed))
    if notice is None:
        return _refused(request, typed, say("notice.wrong", language), 404)
    customer = viewer_of(request).customer
    if customer and orders.get_for_customer(customer.id, notice.order_code):
        return redirect(f"/o/{notice.order_code}/changes/{notice.n}")
    request.session["notice_code"] = notice.code
    return redirect("/n/open")


def _refused(request: HttpRequest, typed: str, problem: str, status: int) -> HttpResponse:
    context = {"typed": typed, "problem": problem}
    return render(request, "customer/code.html", context, status=status)


@require_safe
def opened(request: HttpRequest) -> HttpResponse:
    """The notice whose code was typed in this session, without the order's other data."""
    now, language = clock.now(), request.language  # type: ignore[attr-defined]
    code = request.session.get("notice_code", "")
    notice = notices.get_by_code(code) if code else None
    told = tell(notice, language, now) if notice else None
    if notice is None or told is None:
        return redirect("/n")
    mark_read(notice_id=notice.id, now=now)
    numbers = numbers_of(notice.entry_ids)
    order = orders.get_by_id(notice.order_id)
    context = {"told": told, "order": order, "numbers": numbers}
    return render(request, "customer/opened.html", context)
