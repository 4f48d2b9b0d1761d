"""Who looks at the page: the customer and the member of staff of this session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from yinuo.contexts.people.queries import people

P = ParamSpec("P")
# A form is kept across a login; an upload or a flood of fields is not.
KEPT_FIELDS_MAX = 30
KEPT_CHARS_MAX = 4000


@dataclass(frozen=True)
class Viewer:
    """The signed-in roles; None where nobody is signed in."""

    customer: people.PersonSeen | None
    staff: people.StaffSeen | None


def viewer_of(request: HttpRequest) -> Viewer:
    """Who is signed in on this request; asked once."""
    known = getattr(request, "_viewer", None)
    if isinstance(known, Viewer):
        return known
    person_id = request.session.get("person_id")
    staff_id = request.session.get("staff_id")
    viewer = Viewer(
        customer=people.get_person(person_id) if person_id else None,
        staff=people.get_staff(staff_id) if staff_id else None,
    )
    request._viewer = viewer  # type: ignore[attr-defined]
    return viewer


def sign_in(request: HttpRequest, *, person_id: int | None, staff_id: int | None) -> None:
    """Begin a session for these roles; what was kept for after the login stays."""
    kept = request.session.get("kept")
    request.session.flush()
    request.session["person_id"] = person_id
    request.session["staff_id"] = staff_id
    if kept:
        request.session["kept"] = kept


def sign_out(request: HttpRequest) -> None:
    """End the session."""
    request.session.flush()


def keep_typed(request: HttpRequest) -> None:
    """Keep what was typed into this form until its page is shown again."""
    fields = {
        name: value[:KEPT_CHARS_MAX]
        for name, value in list(request.POST.items())[:KEPT_FIELDS_MAX]
        if name != "csrfmiddlewaretoken" and isinstance(value, str)
    }
    request.session["kept"] = {"path": request.path, "fields": fields}


def take_typed(request: HttpRequest) -> Mapping[str, str]:
    """What was typed into this page's form before a login came between."""
    kept = request.session.get("kept")
    if not kept or kept["path"] != request.path:
        return {}
    del request.session["kept"]
    fields: dict[str, str] = kept["fields"]
    return fields


def to_login(request: HttpRequest) -> HttpResponse:
    """Off to the login and back to this page."""
    if request.method == "POST":
        keep_typed(request)
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"/login?{query}")


CustomerView = Callable[Concatenate[HttpRequest, people.PersonSeen, P], HttpResponse]


def for_customer(view: CustomerView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for a signed-in customer; anybody else logs in first and comes back."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        customer = viewer_of(request).customer
        if customer is None:
            return to_login(request)
        return view(request, customer, *args, **kwargs)

    return wrapped


def for_staff(
    view: Callable[Concatenate[HttpRequest, people.StaffSeen, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for signed-in staff; anybody else logs in first and comes back."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        staff = viewer_of(request).staff
        if staff is None:
            return to_login(request)
        return view(request, staff, *args, **kwargs)

    return wrapped
