"""Cars that stand somewhere: what they are, where, whose; and taking one off the list."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from yinuo.contexts.catalogue.queries import get_model_names
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.vehicles.operations.listing import NoSuchCar, withdraw_car
from yinuo.contexts.vehicles.queries.staff import (
    KINDS,
    STATES,
    Wanted,
    get_place_code,
    list_for_staff,
)
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.console.access import language_of, refuse, show
from yinuo.web.console.forms import give_once
from yinuo.web.kit.viewer import for_staff

# Who reads the cars of all places; others read those of their own centre. Only a centre's own
# people and managers take one off the list.
READERS = ("MANAGER", "EXECUTIVE", "PLANNER")
ACTORS = ("MANAGER",)
YES_NO = {"yes": True, "no": False}


@require_safe
@for_staff
def cars(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """The cars that this person may see, by centre, kind, model, state and disclosure."""
    asked = request.GET.get("centre", "")
    if not _sees(staff, asked or staff.centre_code):
        return refuse(request, staff, READERS)
    return _show(request, staff)


@require_POST
@for_staff
def withdraw(request: HttpRequest, staff: StaffSeen, car_id: str) -> HttpResponse:
    """Take a car off the list, with the reason that was typed."""
    place = get_place_code(car_id)
    if place is None:
        raise Http404
    if staff.centre_code != place and staff.role not in ACTORS:
        return refuse(request, staff, ACTORS)
    why, now = request.POST.get("why", ""), clock.now()
    try:
        give_once(
            request,
            staff,
            lambda: withdraw_car(public_id=car_id, why=why, staff_id=staff.id, now=now),
        )
    except NoSuchCar:
        raise Http404 from None
    except Refusal as refused:
        problem = refused.message(language_of(request))
        return _show(request, staff, problem=problem, car=car_id, why=why, status=409)
    return redirect("/staff/cars")


def _sees(staff: StaffSeen, centre: str) -> bool:
    return staff.role in READERS or (centre != "" and staff.centre_code == centre)


def _show(
    request: HttpRequest,
    staff: StaffSeen,
    *,
    problem: str = "",
    car: str = "",
    why: str = "",
    status: int = 200,
) -> HttpResponse:
    """The list; `car` is the one whose form was refused, with the reason that was typed."""
    wanted = _wanted(request, staff)
    rows = list_for_staff(staff.id, wanted, now=clock.now())
    places = [one for one in get_places().values() if _sees(staff, one.code)]
    context: dict[str, object] = {
        "rows": [(one, _may_act(staff, one.place_code)) for one in rows],
        "wanted": wanted,
        "disclosed": request.GET.get("disclosed", ""),
        "places": sorted(places, key=lambda one: one.code),
        "choices": {"kinds": KINDS, "states": STATES, "models": get_model_names()},
        "problem": problem,
        "car": car,
        "why": why,
    }
    return show(request, staff, "cars", context, tab="centre", status=status)


def _wanted(request: HttpRequest, staff: StaffSeen) -> Wanted:
    """What the form asks for; without a place, those that this person may see."""
    asked = request.GET
    own = "" if staff.role in READERS else staff.centre_code
    return Wanted(
        asked.get("centre", "") or own,
        asked.get("kind", ""),
        asked.get("model", ""),
        asked.get("state", ""),
        YES_NO.get(asked.get("disclosed", "")),
    )


def _may_act(staff: StaffSeen, place: str) -> bool:
    return staff.centre_code == place or staff.role in ACTORS
