"""C8, from the decision to the keys: decide, sign, and only then pay."""

from __future__ import annotations

import os
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.handover.rules import checking
from yinuo.contexts.payments.operations import collect
from yinuo.contexts.payments.queries.balance import get_balance
from yinuo.platform import clock
from yinuo.platform.ids import new_id
from yinuo.platform.installation import find_demo
from yinuo.platform.pay.configure import configured_providers
from yinuo.platform.pay.port import Provider
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order
from yinuo.web.customer.sitting import Sitting, of_customer
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.web.kit.wording import say
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


@require_http_methods(["GET", "POST"])
@for_order
def pay(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What is due after the signature; before it, that nothing is. A POST goes to the provider."""
    sitting = of_customer(reader, request)
    inspection = sitting.seen.inspection
    signed = inspection is not None and inspection.signature is not None
    balance = get_balance(reader.person.id, reader.order.id) if signed else None
    problem = ""
    if request.method == "POST" and not reader.order.may_act:
        return errors.forbidden(request)
    if request.method == "POST" and balance is not None:
        try:
            return redirect(_start(request, reader, balance.bill_id))
        except Refusal as refused:
            problem = refused.message(request.language)  # type: ignore[attr-defined]
    context = {
        "signed": signed,
        "balance": balance,
        "providers": list(_providers()),
        "request_key": new_id("pay"),
    }
    return _page(request, sitting, "pay", context, problem)


def _providers() -> dict[str, Provider]:
    return configured_providers(os.environ, site=settings.SITE_URL, real=find_demo() is None)


def _start(request: HttpRequest, reader: Reader, bill_id: int) -> str:
    language = request.language  # type: ignore[attr-defined]
    link = collect.start(
        bill_id=bill_id,
        provider=request.POST.get("provider", ""),
        providers=_providers(),
        subject=say("handover.pay_subject", language, code=reader.order.code),
        back_url=f"{settings.SITE_URL}/o/{reader.order.code}/handover/pay",
        request_key=request.POST.get("request_key", "")[:60] or new_id("pay"),
        now=clock.now(),
    )
    return link.url


@require_safe
@for_order
def keys(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Who gives the keys and what comes with them; afterwards what was given."""
    return _page(request, of_customer(reader, request), "keys", {"given": handover.CONFIRMED})
