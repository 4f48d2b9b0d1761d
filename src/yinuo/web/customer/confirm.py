"""C12: what you agree to, one sentence for each promise, in the same type as the price."""

from __future__ import annotations

import datetime as dt

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.orders.operations.buying import StillMissing
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.contexts.payments.operations.bills import OpenedBill
from yinuo.contexts.payments.queries.stopped import get_stopped
from yinuo.contexts.people.queries.people import PersonSeen
from yinuo.contexts.terms.rules import PAGE_PX, Shown
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import read_instant, write_instant
from yinuo.web.customer.money import begin, desks
from yinuo.web.customer.tickets import for_ticket
from yinuo.workflows import confirm as confirming
from yinuo.workflows import stopped
from yinuo.workflows.confirm import PROMISES, Offer

# As the page's style sheet sets it: `.agree` writes price and every promise in the same size,
# black on white. A test measures both in a browser.
TYPE_PX = PAGE_PX
CONTRAST_X100 = 1500
SALT = "yinuo.confirm"


@require_http_methods(["GET", "HEAD", "POST"])
@for_ticket
def confirm(request: HttpRequest, found: TicketSeen, person: PersonSeen | None) -> HttpResponse:
    """Read it and agree; posted, the contract is formed."""
    back = f"/t/{found.code}"
    now = clock.now()
    again = found.state == "ORDERED" and get_stopped(found.id, now) is not None
    if person is None or found.person_id is None or (found.state != "TAKEN" and not again):
        return redirect(back)
    story = stopped if again else confirming
    try:
        offer = story.show(found, now=now)
        if request.method != "POST":
            return _page(request, offer, now)
        shown_at = _shown_at(request, offer)
        if shown_at is None:
            return _page(request, offer, now, changed=True, status=409)
        shown, language = _evidence(offer, request, shown_at), language_of(request)
        done = story.agree(
            offer=offer, person_id=person.id, language=language, shown=shown, now=now
        )
    except StillMissing:
        return redirect(back)
    except Refusal as refused:
        context = {"problem": refused.message(language_of(request)), "back": back}
        return render(request, "customer/ticket_refused.html", context, status=409)
    return redirect(_next(request, done, back, now))


def _next(
    request: HttpRequest, done: OpenedBill | int | None, ticket: str, now: dt.datetime
) -> str:
    """Where the deposit is paid: with one way of paying at once there, else where one chooses.

    Whoever agreed again has paid already, and is back at the ticket.
    """
    if not isinstance(done, OpenedBill):
        return ticket
    page, ways = f"{ticket}/pay", desks()
    if len(ways) != 1:
        return page
    try:
        return begin(
            request,
            bill_id=done.id,
            kind=done.kind,
            provider=next(iter(ways)),
            request_key=f"agreed:{ticket}",
            address=page,
            now=now,
        )
    except Refusal:
        # The bill's page says what it is, and offers it again.
        return page


def language_of(request: HttpRequest) -> str:
    """The page's language."""
    return str(getattr(request, "language", "zh"))


def _shown_at(request: HttpRequest, offer: Offer) -> dt.datetime | None:
    """When the page that is agreed to was shown; None if it said something else than now."""
    try:
        page = signing.loads(request.POST.get("page", ""), salt=SALT)
    except signing.BadSignature:
        return None
    return read_instant(page["at"]) if page["digest"] == offer.digest() else None


def _page(
    request: HttpRequest,
    offer: Offer,
    now: dt.datetime,
    *,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    asked = offer.answer.asked
    page = {"digest": offer.digest(), "at": write_instant(now)}
    context = {
        "offer": offer,
        "ticket": offer.ticket,
        "window": asked.window,
        "stated": asked.entry_id is not None,
        "number": get_numbers([asked.entry_id or 0]).get(asked.entry_id or 0),
        "why": asked.why,
        "changed": changed,
        "page": signing.dumps(page, salt=SALT),
        "promises": [code for code in PROMISES if code != "window"],
    }
    return render(request, "customer/confirm.html", context, status=status)


def _evidence(offer: Offer, request: HttpRequest, shown_at: dt.datetime) -> list[Shown]:
    """How each clause stood on the page that was just agreed to."""
    return [
        Shown(
            clause_code=clause.code,
            page=request.path,
            means=frozenset({"highlight"}),
            type_px=max(TYPE_PX, clause.prompt_px),
            price_type_px=TYPE_PX,
            contrast_x100=CONTRAST_X100,
            shown_at=shown_at,
        )
        for clause in offer.clauses
    ]
