"""A ticket: its number, whether it has a place, what is missing and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from yinuo.contexts.catalogue.queries import SpecSeen, list_specs
from yinuo.contexts.orders.operations import buying
from yinuo.contexts.orders.queries.draws import get_draw, get_place
from yinuo.contexts.orders.queries.tickets import (
    TicketSeen,
    get_for_holder,
    get_launch,
    list_group_specs,
)
from yinuo.contexts.payments.queries.customer import get_refundable_of_ticket
from yinuo.contexts.payments.queries.statement import get_money_of_ticket
from yinuo.contexts.payments.queries.stopped import get_stopped
from yinuo.contexts.people.queries.people import PersonSeen, get_person_in_charge
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.terms.queries.decisions import explain_lock_of_ticket
from yinuo.platform import clock
from yinuo.platform.ids import clean_code
from yinuo.platform.phones import clean_phone
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import CHINA
from yinuo.platform.throttle import count_try
from yinuo.web.customer.login import await_code
from yinuo.web.kit import errors
from yinuo.web.kit.dates import moment
from yinuo.web.kit.viewer import viewer_of
from yinuo.web.kit.wording import say
from yinuo.workflows import launch as workflow
from yinuo.workflows import stopped as stories

NAMES_MAX, NAMES_PERIOD = 6, dt.timedelta(hours=1)
NAME_CHARS_MAX = 60
TicketView = Callable[[HttpRequest, TicketSeen, PersonSeen | None], HttpResponse]


def for_ticket(view: TicketView) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page of the ticket with this code: for whoever holds the code while it has no name, then
    for its person and, to read, their household. Everybody else gets the 404 of no ticket."""

    @wraps(view)
    def wrapped(request: HttpRequest, code: str) -> HttpResponse:
        customer = viewer_of(request).customer
        found = get_for_holder(clean_code(code), customer.id if customer else None)
        if found is None:
            if customer is None and request.method == "GET":
                return redirect(f"/login?next=/t/{clean_code(code)}")
            raise Http404
        if request.method == "POST" and not found.may_act:
            return errors.forbidden(request)
        return view(request, found, customer)

    return wrapped


@require_safe
@for_ticket
def ticket(request: HttpRequest, found: TicketSeen, customer: PersonSeen | None) -> HttpResponse:
    """The ticket's own page."""
    return show(request, found, customer)


@require_POST
@for_ticket
def name(request: HttpRequest, found: TicketSeen, customer: PersonSeen | None) -> HttpResponse:
    """Put a name to the ticket: the one who is logged in, or somebody who gets a code to log in."""
    if customer is not None:
        try:
            buying.claim(ticket_id=found.id, person_id=customer.id)
        except Refusal as refused:
            return _refused(request, found, customer, refused)
        return redirect(f"/t/{found.code}")
    language = request.language  # type: ignore[attr-defined]
    phone = clean_phone(request.POST.get("phone", ""))
    typed = request.POST.get("name", "").strip()[:NAME_CHARS_MAX]
    if phone is None or not typed:
        problem = say("login.bad_phone" if phone is None else "ticket.no_name", language)
        return show(request, found, customer, status=400, problem=problem)
    now = clock.now()
    free_at = count_try("ticket", found.code, limit=NAMES_MAX, period=NAMES_PERIOD, now=now)
    if free_at is not None:
        problem = say("ticket.busy", language, at=moment(free_at, language, now))
        return show(request, found, customer, status=429, problem=problem)
    until = workflow.register(phone=phone, name=typed, language=language, now=now)
    await_code(request, phone, until)
    return redirect(f"/login?next=/t/{found.code}")


@require_POST
@for_ticket
def car(request: HttpRequest, found: TicketSeen, customer: PersonSeen | None) -> HttpResponse:
    """Choose the car and where it is handed over."""
    if customer is None or found.person_id != customer.id:
        return redirect(f"/t/{found.code}")
    specs = {one.code: one.id for one in list_specs()}
    centres = {one.code: one.id for one in get_places().values() if one.kind == "CENTRE"}
    spec_id = specs.get(request.POST.get("spec", ""))
    centre_id = centres.get(request.POST.get("centre", ""))
    if spec_id is None or centre_id is None:
        problem = say("ticket.pick_both", request.language)  # type: ignore[attr-defined]
        return show(request, found, customer, status=400, problem=problem)
    try:
        buying.choose(
            ticket_id=found.id, person_id=customer.id, spec_id=spec_id, centre_id=centre_id
        )
    except Refusal as refused:
        return _refused(request, found, customer, refused)
    return redirect(f"/t/{found.code}/confirm" if found.state == "TAKEN" else f"/t/{found.code}")


@require_POST
@for_ticket
def back(request: HttpRequest, found: TicketSeen, customer: PersonSeen | None) -> HttpResponse:
    """Give the ticket back; asked once more before, because it cannot be undone."""
    if request.POST.get("sure") != "1":
        return show(request, found, customer, asks_back=True)
    try:
        workflow.give_back(ticket_id=found.id, now=clock.now())
    except Refusal as refused:
        return _refused(request, found, customer, refused)
    return redirect(f"/t/{found.code}")


def _refused(
    request: HttpRequest, found: TicketSeen, customer: PersonSeen | None, refused: Refusal
) -> HttpResponse:
    problem = refused.message(request.language)  # type: ignore[attr-defined]
    return show(request, found, customer, status=409, problem=problem)


def show(
    request: HttpRequest,
    found: TicketSeen,
    customer: PersonSeen | None,
    *,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    """The ticket's page, with what was typed where something has to be typed again."""
    specs = _specs(found)
    places = dict(sorted(get_places().items(), key=lambda item: item[1].code))
    context = {
        "ticket": found,
        "customer": customer,
        "specs": specs,
        "spec": next((one for one in specs if one.id == found.spec_id), None),
        "centre": places.get(found.centre_id or 0),
        "centres": [one for one in places.values() if one.kind == "CENTRE"],
        "next": next(iter(found.missing), ""),
        "typed": request.POST,
        "taken_at": found.taken_at.astimezone(CHINA).isoformat(timespec="microseconds"),
        **_to_pay(found, customer),
        **_drawn(found) | _stopped(request, found),
        **more,
    }
    return render(request, "customer/ticket.html", context, status=status)


def _drawn(found: TicketSeen) -> dict[str, object]:
    """The draw that this ticket shares, and the place it drew."""
    draw = get_draw(found.launch_code)
    if draw is None or not draw.shares(found.number, found.taken_at):
        return {}
    return {"draw": draw, "place": get_place(found.id)}


def _specs(found: TicketSeen) -> list[SpecSeen]:
    """The cars that the ticket's group sells."""
    allowed = list_group_specs(get_launch_id(found)).get(found.group, ())
    return [one for one in list_specs() if one.id in allowed]


def _to_pay(found: TicketSeen, customer: PersonSeen | None) -> dict[str, object]:
    """Whether the deposit is paid; else where its holder pays it, once there is a bill."""
    paid = found.state == "ORDERED" and get_refundable_of_ticket(found.id) > 0
    if customer is None or found.person_id != customer.id:
        return {"paid": paid}
    money = get_money_of_ticket(customer.id, found.id, clock.now())
    bill = money.payable if money else None
    if bill is None or bill.state != "OPEN":
        return {"paid": paid}
    return {"paid": paid, "pay_url": f"/t/{found.code}/pay", "deposit_fen": bill.amount_fen}


def _stopped(request: HttpRequest, found: TicketSeen) -> dict[str, object]:
    """Where the law stopped a paid ticket: who looks, by when, why, and what can be agreed now."""
    now = clock.now()
    stopped = get_stopped(found.id, now)
    if stopped is None:
        return {}
    language = str(request.language)  # type: ignore[attr-defined]
    return {
        "stopped": stopped,
        "who": get_person_in_charge(None, stopped.centre_code),
        "told": explain_lock_of_ticket(found.id, language),
        "may_agree": found.may_act and stories.may_agree(found, now=now),
    }


def get_launch_id(found: TicketSeen) -> int:
    """The row of the ticket's launch."""
    launch = get_launch(found.launch_code, clock.now())
    assert launch is not None, "a ticket is of a launch"
    return launch.id
