"""Paying: choose how, go there, come back. One page for all bills, and none before there is one."""

from __future__ import annotations

import datetime as dt
import os

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.orders.queries.tickets import get_for_holder
from yinuo.contexts.payments.operations import asking, collect, keep, settle
from yinuo.contexts.payments.queries import statement
from yinuo.contexts.payments.queries.statement import BillSeen
from yinuo.contexts.people.queries.people import PersonSeen
from yinuo.platform import clock
from yinuo.platform.ids import clean_code, new_id
from yinuo.platform.pay.bank import Bank
from yinuo.platform.pay.configure import installed_providers
from yinuo.platform.pay.port import Provider
from yinuo.platform.qr import draw
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import for_customer
from yinuo.web.kit.wording import say

# Keys of ours are shorter; a longer one was never on a page.
KEY_CHARS_MAX = 60


def desks() -> dict[str, Provider]:
    """The ways in which this installation is paid."""
    return installed_providers(os.environ, site=settings.SITE_URL)


@require_http_methods(["GET", "POST"])
@for_order
def pay(request: HttpRequest, reader: Reader, bill: str = "") -> HttpResponse:
    """The page of one bill, or of the balance; before it is asked for, that nothing is to pay yet.

    The household and staff read it; only who ordered pays.
    """
    if request.method == "POST" and not reader.order.may_act:
        return errors.forbidden(request)
    found = statement.get_money(reader.person.id, reader.order.id, clock.now())
    known = _named(found.bills, bill) if found else None
    around: dict[str, object] = {
        **frame(reader, "do"),
        "surround": "customer/frame.html",
        "may_act": reader.order.may_act,
        "signed": reader.order.state == "SIGNED",
        "handover": f"/o/{reader.order.code}/handover",
        "whole": f"/o/{reader.order.code}/money",
        "home": f"/o/{reader.order.code}",
        "home_words": "nav.back",
    }
    if known is None:
        status = 404 if bill else 200
        return render(request, "customer/pay_not_yet.html", around, status=status)
    return _pay(request, known, around)


def _named(bills: list[BillSeen], public_id: str) -> BillSeen | None:
    """The bill with this id; where none is named, the balance that is asked for or was paid."""
    if public_id:
        return next((one for one in bills if one.public_id == public_id), None)
    balances = [one for one in bills if one.kind == "BALANCE" and one.state != "VOID"]
    return balances[-1] if balances else None


@require_http_methods(["GET", "POST"])
@for_customer
def pay_ticket(request: HttpRequest, person: PersonSeen, code: str) -> HttpResponse:
    """The deposit of a ticket, for whoever holds it; after the lock, the order's own page."""
    ticket = get_for_holder(clean_code(code), person.id)
    if ticket is None or ticket.person_id != person.id:
        raise Http404
    if ticket.order_code:
        return redirect(f"/o/{ticket.order_code}/money")
    found = statement.get_money_of_ticket(person.id, ticket.id, clock.now())
    if found is None:
        raise Http404
    around: dict[str, object] = {
        "surround": "customer/alone.html",
        "may_act": True,
        "home": f"/t/{ticket.code}",
        "home_words": "ticket.to_ticket",
    }
    return _pay(request, found.bills[-1], around)


def _pay(request: HttpRequest, bill: BillSeen, around: dict[str, object]) -> HttpResponse:
    """Show a bill; a POST begins to pay it one way, or asks whether it is paid."""
    if request.method == "GET":
        return _show(request, bill, around)
    if request.POST.get("do") == "check":
        asking.ask_about_bill(bill_id=bill.id, providers=desks(), now=clock.now())
        return redirect(request.path)
    if not request.POST.get("provider"):
        return redirect(request.path)
    try:
        url = begin(
            request,
            bill_id=bill.id,
            kind=bill.kind,
            provider=request.POST["provider"],
            request_key=request.POST.get("request_key", "")[:KEY_CHARS_MAX] or new_id("pay"),
            address=request.path,
            now=clock.now(),
        )
    except Refusal as refused:
        language = str(request.language)  # type: ignore[attr-defined]
        return _show(request, bill, around, refused.message(language), 409)
    return redirect(url)


def begin(
    request: HttpRequest,
    *,
    bill_id: int,
    kind: str,
    provider: str,
    request_key: str,
    address: str,
    now: dt.datetime,
) -> str:
    """Begin an attempt to pay the bill whose page has this address; where it is paid.

    Raises
    ------
    NotOpen, Blocked, NoSuchProvider, ProviderSilent
    """
    agent = request.headers.get("User-Agent", "")
    link = collect.start(
        bill_id=bill_id,
        provider=provider,
        providers=desks(),
        subject=f"{settings.MAKER_ZH} {say(f'money.{kind}', 'zh')}",
        back_url=f"{settings.SITE_URL}{address}",
        request_key=request_key,
        client_ip=request.META.get("REMOTE_ADDR", "") or "127.0.0.1",
        phone="Mobi" in agent,
        now=now,
    )
    # What a phone scans is no address for a browser: it is drawn on the bill's own page.
    return link.url if not link.url.startswith("weixin:") else address


def _show(
    request: HttpRequest,
    bill: BillSeen,
    around: dict[str, object],
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    ways = desks()
    bank = ways.get("BANK")
    context = {
        **around,
        "bill": bill,
        "address": request.path,
        "ways": list(ways),
        "account": bank.account if isinstance(bank, Bank) else "",
        "code": draw(bill.scan) if bill.scan else None,
        # WeChat takes no payment of this kind from its own browser.
        "in_wechat": "MicroMessenger" in request.headers.get("User-Agent", ""),
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
        settle.played(number=number, amount_fen=played.amount_fen, paid=paid, now=clock.now())
        return redirect(played.back)
    return render(request, "customer/sandbox.html", {"played": played})
