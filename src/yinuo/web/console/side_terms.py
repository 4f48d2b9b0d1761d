"""What was agreed beside the contract of an order, and writing down what was said to its buyer."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from yinuo.contexts.orders.queries import staff as orders
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.promises.queries.rights import latest_dates
from yinuo.contexts.terms.operations.offers import Said
from yinuo.contexts.terms.queries.agreed import list_offers_for_staff
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.contexts.terms.queries.promised import list_clauses_of
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import language_of, read_date, refuse, show
from yinuo.web.console.forms import NotANumber, give_once, read_fen, typed_in
from yinuo.web.kit.entry_numbers import EntryNumbers
from yinuo.web.kit.viewer import for_staff
from yinuo.web.kit.wording import say
from yinuo.workflows import side_terms

KINDS = ("SCHEDULE_HOLD", "PRICE", "DELIVERY_BY", "FREE_TEXT")
# Who writes down what was said; a price or a date binds the maker, so it takes more than a shop.
WRITERS = ("SPECIALIST", "PLANNER", "LEGAL", "MANAGER", "EXECUTIVE")
BINDERS = {
    "PRICE": ("LEGAL", "MANAGER", "EXECUTIVE"),
    "DELIVERY_BY": ("PLANNER", "MANAGER", "EXECUTIVE"),
}


@require_http_methods(["GET", "POST"])
@for_staff
def terms_of(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """The side terms of an order; a POST puts one before its buyer, or takes it back."""
    order = orders.get_for_staff(staff.id, code)
    if order is None or order.hidden:
        raise Http404
    if request.method == "GET":
        return _show(request, staff, order)
    roles = BINDERS.get(request.POST.get("kind", ""), WRITERS)
    if staff.role not in roles:
        return refuse(request, staff, roles)
    try:
        give_once(request, staff, lambda: _do(request, staff, order))
    except Refusal as refused:
        return _show(request, staff, order, refused.message(language_of(request)))
    return redirect(f"/staff/orders/{order.code}/terms")


def _do(request: HttpRequest, staff: StaffSeen, order: orders.StaffOrder) -> str:
    sent, now = typed_in(request), clock.now()
    if sent.get("do") == "withdraw":
        side_terms.withdraw(order_id=order.id, public_id=sent.get("offer", ""), now=now)
        return ""
    return side_terms.offer(
        order_id=order.id,
        term=NewSideTerm(
            kind=sent.get("kind", ""),
            text=sent.get("text", ""),
            signed_at=now,
            days=_days(request, sent),
            until_date=read_date(sent.get("until", "")),
            amount_fen=_amount(request, sent),
            signed_by_staff_id=staff.id,
            beats_code=sent.get("beats", ""),
        ),
        said=Said(sent.get("by", ""), sent.get("where", ""), read_date(sent.get("date", ""))),
        staff_id=staff.id,
        now=now,
    )


def _days(request: HttpRequest, sent: Mapping[str, str]) -> int | None:
    """Days of a scheduling hold; None where none were typed."""
    typed = sent.get("days", "").strip()
    if sent.get("kind") != "SCHEDULE_HOLD" or not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
        raise NotANumber(field=say("staff.side.days", language_of(request)), typed=typed)
    return int(typed)


def _amount(request: HttpRequest, sent: Mapping[str, str]) -> int | None:
    """An agreed price in fen; None where none was typed."""
    typed = sent.get("amount", "").strip()
    if sent.get("kind") != "PRICE" or not typed:
        return None
    fen = read_fen(typed)
    if fen is None:
        raise NotANumber(field=say("staff.side.amount", language_of(request)), typed=typed)
    return fen


def _show(
    request: HttpRequest, staff: StaffSeen, order: orders.StaffOrder, problem: str = ""
) -> HttpResponse:
    contract = get_current(order.id)
    context: dict[str, object] = {
        "order": order,
        "entries": EntryNumbers(order.id),
        "contract": contract,
        "clauses": list_clauses_of(contract.contract_id) if contract else [],
        "offers": list_offers_for_staff(order.id),
        "latest": latest_dates([order.id]).get(order.id),
        "kinds": KINDS,
        "may": staff.role in WRITERS,
        "typed": typed_in(request),
        "problem": problem,
    }
    return show(request, staff, "side_terms", context, tab="orders", status=409 if problem else 200)
