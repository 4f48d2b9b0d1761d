"""S3, a centre's day: bays by hours, people, cars that come, what is at risk, the yard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.handover.queries import board, yard
from yinuo.contexts.orders.queries.staff import list_for_staff
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.people.queries.staff import list_staff
from yinuo.contexts.places.queries import PlaceFacts, get_places
from yinuo.contexts.promises.queries.staff import list_promises_for_staff
from yinuo.contexts.transit.queries.arrivals import list_coming
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import CHINA, at_local, local_date
from yinuo.web.console.access import language_of, read_date, refuse, show
from yinuo.web.console.centre_forms import FORMS
from yinuo.web.kit.entry_numbers import window_numbers
from yinuo.web.kit.viewer import for_staff, take_typed
from yinuo.workflows import absence, care, late_train

P = ParamSpec("P")
CentreView = Callable[Concatenate[HttpRequest, StaffSeen, PlaceFacts, P], HttpResponse]
# Read every centre; a centre's own people and managers also act there.
READERS = ("MANAGER", "EXECUTIVE", "PLANNER")
ACTORS = ("MANAGER",)
DAY = dt.timedelta(days=1)
AHEAD = dt.timedelta(days=2)
SHOWN = 12
REASONS = ("SICK", "LEAVE", "TRAINING", "OTHER")


def for_centre(view: CentreView[P]) -> Callable[..., HttpResponse]:
    """A page of one centre: for its own staff and for managers; others read who can open it."""

    @for_staff
    @wraps(view)
    def wrapped(
        request: HttpRequest, staff: StaffSeen, /, code: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        place = next((one for one in _centres() if one.code == code), None)
        if place is None:
            raise Http404
        if staff.role not in READERS and staff.centre_code != code:
            return refuse(request, staff, ACTORS)
        return view(request, staff, place, *args, **kwargs)

    return wrapped


def _centres() -> list[PlaceFacts]:
    return [one for one in get_places().values() if one.kind == "CENTRE"]


@require_safe
@for_staff
def own(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Off to one's own centre, or to the first where one has none."""
    codes = [one.code for one in _centres() if board.has_opening(one.id)]
    if not codes:
        raise Http404
    return redirect(
        f"/staff/centres/{staff.centre_code if staff.centre_code in codes else codes[0]}"
    )


@require_http_methods(["GET", "POST"])
@for_centre
def centre(request: HttpRequest, staff: StaffSeen, place: PlaceFacts) -> HttpResponse:
    """The day of this centre; a POST is one of its forms, named by `do`."""
    if request.method == "GET":
        return _show(request, staff, place)
    form = FORMS.get(request.POST.get("do", ""))
    if form is None:
        raise Http404
    if not _may_act(staff, place):
        return refuse(request, staff, ACTORS)
    try:
        form(request.POST, staff.id, place.id, clock.now())
    except Refusal as refused:
        return _show(request, staff, place, problem=refused.message(language_of(request)))
    return redirect(request.get_full_path())


def _may_act(staff: StaffSeen, place: PlaceFacts) -> bool:
    return staff.centre_code == place.code or staff.role in ACTORS


def _day(request: HttpRequest, place: PlaceFacts, now: dt.datetime) -> tuple[dt.date, bool]:
    """The day that is shown, and whether today is empty and tomorrow is shown instead."""
    asked = read_date(request.GET.get("day", ""))
    # The ends of the calendar cannot be reckoned with.
    if asked is not None and abs((asked - local_date(now)).days) < 3650:
        return asked, False
    today = local_date(now)
    following = board.next_visit_date(place.id, now)
    return (today, False) if following in (None, today) else (today + DAY, True)


def _show(
    request: HttpRequest, staff: StaffSeen, place: PlaceFacts, *, problem: str = ""
) -> HttpResponse:
    now = clock.now()
    date, skipped = _day(request, place, now)
    typed = request.POST if request.method == "POST" else take_typed(request)
    context: dict[str, object] = {
        "place": place,
        "skipped": skipped,
        "may": _may_act(staff, place),
        "problem": problem,
        "typed": {name: typed.get(name, "") for name in typed},
        "now_local": f"{now.astimezone(CHINA):%Y-%m-%dT%H:%M}",
        **_visits(staff, place, date),
        **_arrivals(staff, place, now),
        **_care(staff, place, date, now),
        **_yard(staff, place, date, now),
        **_absences(staff, place, now),
    }
    return show(request, staff, "centre", context, tab="centre", status=409 if problem else 200)


def _visits(staff: StaffSeen, place: PlaceFacts, date: dt.date) -> dict[str, object]:
    return {
        "date": date,
        "before": date - DAY,
        "after": date + DAY,
        "board": board.get_board(staff.id, place.id, date),
        "duty": board.list_on_duty(staff.id, place.id, date),
        "rebook": board.list_to_rebook(staff.id, place.id),
    }


def _arrivals(staff: StaffSeen, place: PlaceFacts, now: dt.datetime) -> dict[str, object]:
    return {
        "coming": list_coming(staff.id, place.id, until=now + AHEAD)[:SHOWN],
        "late": late_train.list_late(centre_id=place.id, now=now),
    }


def _care(
    staff: StaffSeen, place: PlaceFacts, date: dt.date, now: dt.datetime
) -> dict[str, object]:
    """Promises due within 48 hours, who had to ask first, and how full the other centres are."""
    until = local_date(now + AHEAD)
    risky = list_promises_for_staff(staff.id, until_date=until, limit=200, centre_id=place.id)
    orders = list_for_staff(staff.id, [one.order_id for one in risky[:SHOWN]])
    numbers = window_numbers([one.order_id for one in risky[:SHOWN]])
    asked, told = care.asked_first_at(centre_id=place.id, now=now)
    places = get_places()
    return {
        "risky": [
            (one, orders[one.order_id], one.order_id in numbers, numbers.get(one.order_id))
            for one in risky[:SHOWN]
        ],
        "risky_count": len(risky),
        "asked": asked,
        "told": told,
        "loads": [(places[one.centre_id], one) for one in board.list_loads(staff.id, date)],
    }


def _yard(
    staff: StaffSeen, place: PlaceFacts, date: dt.date, now: dt.datetime
) -> dict[str, object]:
    start = at_local(date, 0)
    return {
        "zones": yard.list_zones(staff.id, place.id),
        "permits": yard.list_permits(staff.id, place.id, start, start + DAY),
        "stops": yard.list_stops(staff.id, place.id, now),
        "misses": yard.list_near_misses(staff.id, place.id),
    }


def _absences(staff: StaffSeen, place: PlaceFacts, now: dt.datetime) -> dict[str, object]:
    """Who of this centre is away, with what falls due meanwhile."""
    here = [one for one in list_staff() if one.centre_code == place.code]
    away = yard.list_absences(now, ahead=absence.AHEAD)
    away = [one for one in away if one.centre_code == place.code]
    left = [absence.list_left(one, viewer_id=staff.id, now=now) for one in away]
    orders = list_for_staff(staff.id, [one.order_id for rows in left for one in rows])
    return {
        "colleagues": here or list_staff(),
        "everybody": list_staff(),
        "reasons": REASONS,
        "away": [
            (one, [(item, orders[item.order_id]) for item in rows[:SHOWN]], len(rows))
            for one, rows in zip(away, left, strict=True)
        ],
    }
