"""C8, the visit: the earliest real times, booked, moved and cancelled on one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.handover.operations import visits
from yinuo.contexts.handover.operations.visits import By
from yinuo.contexts.handover.queries.slots import get_hours, list_free
from yinuo.contexts.handover.queries.visits import VisitSeen, get_for_customer, hides_damage
from yinuo.contexts.handover.rules.slots import Hours, Slot
from yinuo.contexts.handover.rules.visits import Car, earliest_visit, why_no_visit
from yinuo.contexts.places.queries import get_place_ids
from yinuo.platform import clock
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.calendar import Event, write_calendar
from yinuo.web.kit.dates import read_moment
from yinuo.web.kit.viewer import take_typed
from yinuo.web.kit.wording import say
from yinuo.workflows.car_place import comes_at


@dataclass(frozen=True)
class Offer:
    """A free time as the page shows it, by the clock of the centre."""

    value: str
    date: dt.date
    clock: str


@dataclass(frozen=True)
class Facts:
    """What the page needs to know of the car and its centre."""

    car: Car
    centre_id: int
    hours: Hours | None


@require_http_methods(["GET", "POST"])
@for_order
def visit(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The visit as it stands and the next free times; a POST books, moves, cancels or arrives."""
    if request.method == "GET":
        return _show(request, reader, moving=request.GET.get("move") == "1")
    try:
        _act(request, reader)
    except visits.NotYours:
        return errors.forbidden(request)
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        moving = request.POST.get("do") == "move"
        return _show(request, reader, moving=moving, problem=problem, status=409)
    return redirect(f"/o/{reader.order.code}/handover/visit")


def _act(request: HttpRequest, reader: Reader) -> None:
    now, order_id, by = clock.now(), reader.order.id, By(person_id=reader.person.id)
    what = request.POST.get("do", "")
    if what == "cancel":
        visits.cancel(order_id=order_id, by=by, now=now)
    elif what == "here":
        visits.say_here(order_id=order_id, person_id=reader.person.id, now=now)
    else:
        from_at, party = _read_from(request), _read_party(request.POST.get("party", ""))
        comes = comes_at(order_id, reader.order.state)
        if what == "move":
            visits.move(
                order_id=order_id, by=by, from_at=from_at, party=party, expected_at=comes, now=now
            )
        else:
            visits.book(
                order_id=order_id,
                by=by,
                from_at=from_at,
                party=party,
                expected_at=comes,
                request_key=request.POST.get("request_key", "")[:40],
                now=now,
            )


def _read_from(request: HttpRequest) -> dt.datetime:
    at = read_moment(request.POST.get("from", ""))
    if at is None:
        raise visits.TooSoon
    return at


def _read_party(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 3 else 1


def _facts(reader: Reader) -> Facts:
    order = reader.order
    comes = comes_at(order.id, order.state)
    centre_id = get_place_ids("CENTRE")[order.centre_code]
    return Facts(Car(order.state, comes, hides_damage(order.id)), centre_id, get_hours(centre_id))


def _offers(
    facts: Facts, booked: VisitSeen | None, after: str, party: int, owner_id: int | None
) -> list[Offer]:
    """The earliest free times, from the day `after` on when one was asked for."""
    if facts.hours is None:
        return []
    zone, now = facts.hours.zone, clock.now()
    not_before = earliest_visit(facts.car, now)
    try:
        wanted = dt.datetime.combine(dt.date.fromisoformat(after), dt.time(0), zone)
        # A day that cannot be reckoned with, at the end of the calendar, is no wish.
        not_before = max(not_before, wanted) if wanted.year < now.year + 3 else not_before
    except ValueError:
        pass
    free = list_free(
        facts.centre_id,
        not_before=not_before,
        party=party,
        prefer_staff=owner_id,
        besides=booked.id if booked else None,
    )
    kept = [slot for slot in free if booked is None or slot.from_at != booked.from_at]
    return [_offer(slot, facts.hours) for slot in kept]


def _offer(slot: Slot, hours: Hours) -> Offer:
    start, end = (at.astimezone(hours.zone) for at in (slot.from_at, slot.until_at))
    return Offer(slot.from_at.isoformat(), start.date(), f"{start:%H:%M}—{end:%H:%M}")


def _show(
    request: HttpRequest,
    reader: Reader,
    *,
    moving: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else take_typed(request)
    context = {
        **frame(reader, "do"),
        **_context(reader, typed, request.GET.get("after", ""), moving=moving),
        "request_key": typed.get("request_key") or new_code(16),
        "problem": problem,
    }
    return render(request, "customer/visit.html", context, status=status)


def _context(
    reader: Reader, typed: Mapping[str, str], after: str, *, moving: bool
) -> dict[str, object]:
    """The visit as it stands, what may be done with it, and the times that are free."""
    now, order = clock.now(), reader.order
    newest = get_for_customer(reader.person.id, order.id)
    booked = newest if newest and newest.state in ("BOOKED", "STARTED") else None
    facts = _facts(reader)
    party = _read_party(typed.get("party", "")) if typed else (booked.party if booked else 1)
    why = why_no_visit(facts.car)
    choosing = not why and (booked is None or (moving and booked.from_at > now))
    offers = _offers(facts, booked, after, party, order.owner_id) if choosing else []
    return {
        "visit": booked,
        "last": newest,
        "times": _offer_of(booked, facts.hours) if booked else None,
        "why": why,
        "choosing": choosing,
        "moving": booked is not None,
        "offers": offers,
        "later": offers[-1].date + dt.timedelta(days=1) if offers else None,
        "parties": range(1, (facts.hours.party_max if facts.hours else 1) + 1),
        "party": party,
        "may_change": booked is not None and booked.state == "BOOKED" and booked.from_at > now,
        "today": booked is not None and local_date(booked.from_at) == local_date(now),
    }


def _offer_of(booked: VisitSeen, hours: Hours | None) -> Offer | None:
    if hours is None:
        return None
    return _offer(Slot(booked.from_at, booked.until_at, booked.bay_id, booked.staff_id), hours)


@require_safe
@for_order
def calendar(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The visit as a file for the customer's own calendar."""
    booked = get_for_customer(reader.person.id, reader.order.id)
    if booked is None or booked.state != "BOOKED":
        raise Http404
    language = request.language  # type: ignore[attr-defined]
    zh = language == "zh"
    event = Event(
        uid=booked.public_id,
        sequence=booked.version,
        from_at=booked.from_at,
        until_at=booked.until_at,
        title=say("visit.calendar", language, code=reader.order.code),
        place=reader.order.centre_zh if zh else reader.order.centre_en,
        made_at=clock.now(),
    )
    response = HttpResponse(write_calendar([event]), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{reader.order.code}.ics"'
    return response
