"""The lawful next steps of one order, and those of them that staff do here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from yinuo.contexts.orders.operations.disputing import settle_dispute
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.orders.queries import staff as orders
from yinuo.contexts.orders.rules import life
from yinuo.contexts.payments.operations.keep import decline_keep
from yinuo.contexts.payments.queries.leaving import list_proposed
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import language_of, show
from yinuo.web.console.forms import read_fen
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import forfeit


def next_of(order_id: int) -> dict[str, Any]:
    """What may happen next by the table, what stands beside the order, and what waits for us."""
    leaving = rights.get_leaving(order_id)
    seen = rights.get_standing_cancellation(order_id)
    undecided = seen is not None and not seen.settled and seen.decide_by_at is not None
    return {
        "ways": life.list_ways(leaving.state, leaving.standing),
        "beside": [one for one in life.CONDITIONS if one.name in leaving.standing],
        "dispute": rights.get_dispute(order_id),
        "left": seen if undecided else None,
        "proposed": list_proposed(order_id) if undecided else [],
    }


@require_POST
@for_staff
def act(request: HttpRequest, staff: StaffSeen, code: str) -> HttpResponse:
    """One step, by the button that was pressed; a refusal is said and nothing typed is lost."""
    order = orders.get_for_staff(staff.id, code)
    if order is None:
        raise Http404
    try:
        _do(request, staff, order.id)
    except Refusal as refused:
        problem = refused.message(language_of(request))
        context: dict[str, object] = {"order": order, "problem": problem, "typed": request.POST}
        context |= next_of(order.id)
        return show(request, staff, "order_refused", context, tab="orders", status=409)
    return redirect(f"/staff/orders/{order.code}")


def _do(request: HttpRequest, staff: StaffSeen, order_id: int) -> None:
    """One order to one story."""
    now, typed = clock.now(), request.POST
    what = typed.get("do", "")
    if what == "settle":
        dispute = rights.get_dispute(order_id)
        if dispute is not None:
            words = typed.get("outcome", "")
            settle_dispute(dispute_id=dispute.id, staff_id=staff.id, outcome=words, now=now)
    elif what == "give_back":
        forfeit.give_back(staff_id=staff.id, order_id=order_id, now=now)
    elif what == "approve":
        forfeit.approve(
            keep_id=_kept(request, order_id), order_id=order_id, staff_id=staff.id, now=now
        )
    elif what == "decline":
        decline_keep(keep_id=_kept(request, order_id), staff_id=staff.id, now=now)
    elif what == "propose":
        _propose(typed, staff, order_id)


def _propose(typed: Mapping[str, str], staff: StaffSeen, order_id: int) -> None:
    forfeit.propose(
        staff_id=staff.id,
        order_id=order_id,
        amount_fen=read_fen(typed.get("yuan", "")) or 0,
        clause_code=typed.get("clause", "").strip(),
        reason=typed.get("reason", "").strip(),
        defeats_purpose=typed.get("defeats") == "1",
        now=clock.now(),
    )


def _kept(request: HttpRequest, order_id: int) -> int:
    """The proposal that the form names, if it is one of this order's."""
    wanted = request.POST.get("keep", "")
    for one in list_proposed(order_id):
        if str(one.id) == wanted:
            return one.id
    raise Http404
