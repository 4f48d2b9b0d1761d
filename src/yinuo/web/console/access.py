"""What every staff page needs: who may open it, its frame, and reading its forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.contexts.people.queries.staff import list_with_roles
from yinuo.platform.ids import new_code
from yinuo.web.kit.dates import read_moment
from yinuo.web.kit.viewer import for_staff

P = ParamSpec("P")
StaffView = Callable[Concatenate[HttpRequest, StaffSeen, P], HttpResponse]

PLANNERS = ("PLANNER", "MANAGER", "EXECUTIVE")
HOLDERS = ("QUALITY", "MANAGER", "EXECUTIVE")
REPORTERS = ("SPECIALIST", "MANAGER", "PLANNER")
DECLARERS = ("PLANNER", "QUALITY", "MANAGER", "EXECUTIVE")
CORRECTORS = ("SPECIALIST", "MANAGER", "QUALITY", "PLANNER")


def language_of(request: HttpRequest) -> str:
    """The page's language, `zh` or `en`."""
    return str(request.language)  # type: ignore[attr-defined]


def show(
    request: HttpRequest,
    staff: StaffSeen,
    template: str,
    context: dict[str, object],
    *,
    tab: str,
    status: int = 200,
) -> HttpResponse:
    """One staff page in its frame; `tab` is the part of the console that it belongs to.

    Each page brings a fresh `request_key` for the hidden field of its forms.
    """
    frame = {
        "staff": staff,
        "tab": tab,
        "q": request.GET.get("q", ""),
        "request_key": new_code(20),
    }
    return render(request, f"console/{template}.html", {**frame, **context}, status=status)


def refuse(request: HttpRequest, staff: StaffSeen, roles: tuple[str, ...]) -> HttpResponse:
    """403 with who may do this, by role and name."""
    context: dict[str, object] = {"roles": roles, "people": list_with_roles(roles)}
    return show(request, staff, "refused", context, tab="", status=403)


def for_roles(*roles: str) -> Callable[[StaffView[P]], Callable[..., HttpResponse]]:
    """A page for staff with one of these roles; other staff read who can do it."""

    def decorate(view: StaffView[P]) -> Callable[..., HttpResponse]:
        @for_staff
        @wraps(view)
        def wrapped(
            request: HttpRequest, staff: StaffSeen, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if staff.role not in roles:
                return refuse(request, staff, roles)
            return view(request, staff, *args, **kwargs)

        return wrapped

    return decorate


def read_local(typed: str) -> dt.datetime | None:
    """A date and time as a form field sends them, in China's zone; None when it is none."""
    return read_moment(typed)


def read_date(typed: str) -> dt.date | None:
    """A date as a form field sends it; None when it is none."""
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        return None
