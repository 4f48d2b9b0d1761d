"""Paying: choose how, go there, come back. The page exists only while there is a bill."""

from __future__ import annotations

import os

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.payments.operations import asking, collect, keep, settle
from yinuo.contexts.payments.queries import statement
from yinuo.contexts.payments.queries.statement import BillSeen
from yinuo.contexts.people.queries.people import PersonSeen
from yinuo.platform import clock
from yinuo.platform.ids import new_id
from yinuo.platform.pay.bank import Bank
from yinuo.platform.pay.configure import installed_providers
from yinuo.platform.pay.port import Provider
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import for_customer
from yinuo.web.kit.wording import say


def desks() -> dict[str, Provider]:
    """The ways in which this installation is paid."""
    return installed_providers(os.environ, site=settings.SITE_URL)


@require_http_methods(["GET", "POST"])
@for_order
def pay(request: HttpRequest, reader: Reader, bill: str = "") -> HttpResponse:
    """The page of one bill; before there is one it says that nothing is to pay yet."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    money = statement.get_money(reader.person.id, reader.order.id, clock.now())
    known = next((one for one in money.bills if one.public_id == bill), None) if money else None
    if known is None:
        return render(request, "customer/pay_not_yet.html", frame(reader, "do"), status=404)
    if request.method == "GET":
        return _show(request, reader, known)
    if request.POST.get("do") == "check":
        asking.ask_about_bill(bill_id=known.id, providers=desks(), now=clock.now())
        return redirect(request.path)
    return _start(request, reader, known)


def _start(request: HttpRequest, reader: Reader, bill: BillSeen) -> HttpResponse:
    language = str(request.language)  # type: ignore[attr-defined]
    what = say(f"money.{bill.kind}", language)
    try:
        link = collect.start(
            bill_id=bill.id,
            provider=request.POST.get("provider", ""),
            providers=desks(),
            subject=f"{reader.order.code} {what}",
            back_url=f"{settings.SITE_URL}{request.path}",
            request_key=request.POST.get("request_key", ""),
            now=clock.now(),
        )
    except Refusal as refused:
        return _show(request, reader, bill, refused.message(language), 409)
    return redirect(link.url)


def _show(
    request: HttpRequest, reader: Reader, bill: BillSeen, problem: str = "", status: int = 200
) -> HttpResponse:
    ways = desks()
    bank = ways.get("BANK")
    context = {
        **frame(reader, "do"),
        "bill": bill,
        "ways": list(ways),
        "account": bank.account if isinstance(bank, Bank) else "",
        "number": request.GET.get("number", "")[:32],
        "request_key": request.POST.get("request_key") or new_id("pay"),
        "problem": problem,
    }
    return render(request, "customer/bill.html", context, status=status)


@require_POST
@for_order
def disagree(request: HttpRequest, reader: Reader, keep_id: int) -> HttpResponse:
    """「我不同意」: what was kept is frozen, and somebody else looks."""
    try:
        keep.dispute_keep(keep_id=keep_id, person_id=reader.person.id, now=clock.now())
    except keep.NotYours:
        return errors.forbidden(request)
    return redirect(f"/o/{reader.order.code}/money")


@for_order
def money(request: HttpRequest, reader: Reader) -> HttpResponse:
    """All money of the order."""
    now = clock.now()
    context = {
        **frame(reader, "do"),
        "money": statement.get_money(reader.person.id, reader.order.id, now),
    }
    return render(request, "customer/money_page.html", context)


@require_http_methods(["GET", "POST"])
@for_customer
def sandbox(request: HttpRequest, person: PersonSeen, number: str) -> HttpResponse:
    """The page that stands for a provider's in a demo; elsewhere it does not exist."""
    played = statement.get_played(person.id, number) if "SANDBOX" in desks() else None
    if played is None:
        raise Http404
    if request.method == "POST":
        paid = request.POST.get("do") == "pay"
        settle.played(number=number, paid=paid, now=clock.now())
        back = f"/o/{played.order_code}/pay/{played.bill_public_id}"
        return redirect(back if played.order_code else "/me")
    return render(request, "customer/sandbox.html", {"played": played})
