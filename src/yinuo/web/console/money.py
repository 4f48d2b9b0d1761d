"""Finance: refunds owed, deposits proposed to be kept, disputes, what a person looks at."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from yinuo.contexts.payments.operations import keep, refunded, tasks
from yinuo.contexts.payments.queries import staff as money
from yinuo.contexts.payments.queries.books import check_books, count_postings
from yinuo.contexts.payments.queries.settled import NothingSettled
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console import stopped
from yinuo.web.console.access import for_roles, language_of, show
from yinuo.web.kit.entry_numbers import thing_numbers
from yinuo.web.kit.viewer import for_staff
from yinuo.workflows import settled
from yinuo.workflows import stopped as stories

DECIDERS = ("MANAGER", "EXECUTIVE")
# Who answers a customer whose money waits can do something about it.
LOOKERS = ("SPECIALIST", *DECIDERS)


@require_safe
@for_staff
def page(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The finance page."""
    return _show(request, staff)


def _show(request: HttpRequest, staff: StaffSeen, problem: str = "") -> HttpResponse:
    now = clock.now()
    refunds = money.list_refunds_for_staff(staff.id, now)
    told = {one.order_id for one in refunds if one.order_id is not None}
    numbers = thing_numbers(told, ("refund.ordered", "refund.late"), "refund_ref")
    context: dict[str, object] = {
        "digest": money.get_digest_for_staff(staff.id, now),
        "faults": check_books(),
        "postings": count_postings(),
        "refunds": [(one, one.public_id in numbers, numbers.get(one.public_id)) for one in refunds],
        "keeps": money.list_keeps_for_staff(staff.id, "PROPOSED"),
        "disputes": money.list_keeps_for_staff(staff.id, "DISPUTED"),
        "waiting": stopped.waiting(staff, language_of(request), now),
        "unfinished": stopped.unfinished(staff, now),
        "tasks": money.list_tasks_for_staff(staff.id),
        "may": staff.role in DECIDERS,
        "may_look": staff.role in LOOKERS,
        "typed": request.POST,
        "problem": problem,
    }
    return show(request, staff, "money", context, tab="money", status=409 if problem else 200)


def _do(request: HttpRequest, staff: StaffSeen, order: Callable[[], object]) -> HttpResponse:
    """Give one order; a refusal is shown with what was typed."""
    try:
        order()
    except Refusal as refused:
        return _show(request, staff, refused.message(language_of(request)))
    return redirect("/staff/money")


@require_POST
@for_roles(*DECIDERS)
def transfer(request: HttpRequest, staff: StaffSeen, number: str) -> HttpResponse:
    """A part was sent by hand; its bank reference."""

    def order() -> None:
        try:
            refunded.transfer_done(
                number=number,
                reference=request.POST.get("reference", ""),
                staff_id=staff.id,
                now=clock.now(),
            )
        except refunded.UnknownPart:
            raise Http404 from None

    return _do(request, staff, order)


@require_POST
@for_roles(*DECIDERS)
def decide(request: HttpRequest, staff: StaffSeen, keep_id: int, verb: str) -> HttpResponse:
    """Approve or decline what is proposed; decide what is disputed."""
    now = clock.now()
    orders: dict[str, Callable[[], object]] = {
        "approve": lambda: keep.approve_keep(keep_id=keep_id, approver_staff_id=staff.id, now=now),
        "decline": lambda: keep.decline_keep(keep_id=keep_id, staff_id=staff.id, now=now),
        "back": lambda: keep.decide_dispute(
            keep_id=keep_id, staff_id=staff.id, give_back=True, now=now
        ),
        "uphold": lambda: keep.decide_dispute(
            keep_id=keep_id, staff_id=staff.id, give_back=False, now=now
        ),
    }
    if verb not in orders:
        raise Http404
    return _do(request, staff, orders[verb])


@require_POST
@for_roles(*LOOKERS)
def look(request: HttpRequest, staff: StaffSeen, ticket_id: int, verb: str) -> HttpResponse:
    """Ask the law again for a paid deposit that it stopped, or give everything back."""
    doors = {"again": stories.look_again, "back": stories.give_back}
    if verb not in doors:
        raise Http404
    words, now = request.POST.get("words", ""), clock.now()
    return _do(
        request,
        staff,
        lambda: doors[verb](ticket_id=ticket_id, staff_id=staff.id, words=words, now=now),
    )


@require_POST
@for_roles(*LOOKERS)
def finish(request: HttpRequest, staff: StaffSeen, settled_id: int) -> HttpResponse:
    """Try once more what did not get on by itself; why it does not is said."""

    def order() -> None:
        try:
            settled.finish(settled_id=settled_id, now=clock.now())
        except NothingSettled:
            raise Http404 from None

    return _do(request, staff, order)


@require_POST
@for_roles(*DECIDERS)
def close(request: HttpRequest, staff: StaffSeen, task_id: int) -> HttpResponse:
    """A task is dealt with, in words."""
    return _do(
        request,
        staff,
        lambda: tasks.close_task(
            task_id=task_id,
            staff_id=staff.id,
            outcome=request.POST.get("outcome", ""),
            now=clock.now(),
        ),
    )
