"""Log in by a code on the telephone; in a demo, by picking a role."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from yinuo.contexts.orders.queries import customer as orders
from yinuo.contexts.people import rules
from yinuo.contexts.people.operations import login as operations
from yinuo.contexts.people.queries import people
from yinuo.platform import clock
from yinuo.platform.phones import clean_phone
from yinuo.platform.refusals import Refusal
from yinuo.web.kit.demo import is_demo
from yinuo.web.kit.viewer import sign_in, sign_out
from yinuo.web.kit.wording import say
from yinuo.workflows import login as workflow

DEMO_CUSTOMERS_MAX = 11


def _next(request: HttpRequest) -> str:
    """Where to go after the login: a page of this site, or nowhere in particular."""
    asked = request.POST.get("next", request.GET.get("next", ""))
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return asked if safe and not asked.startswith("/login") else ""


def _cast() -> list[tuple[int, str, str]]:
    """Id, name and order code of the demo's customers; a household's order stands for none own."""
    shown = []
    for person in people.list_first_people(DEMO_CUSTOMERS_MAX):
        seen = orders.list_for_customer(person.id)
        shown += [(person.id, person.name, seen[0].code)] if seen else []
    return shown


def await_code(request: HttpRequest, phone: str, until: dt.datetime | None) -> None:
    """The next login page asks for the code that went to `phone`, good `until` then."""
    request.session["login_phone"] = phone
    if until is not None:
        request.session["login_until"] = until.isoformat()


def _sent_until(request: HttpRequest) -> dt.datetime | None:
    """Until when the code that was sent is good, None once it is not."""
    kept = request.session.get("login_until", "")
    until = dt.datetime.fromisoformat(kept) if kept else None
    return until if until and until > clock.now() else None


def _show(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    demo = is_demo()
    return render(
        request,
        "customer/login.html",
        {
            "next": _next(request),
            "kept": "kept" in request.session,
            "phone": request.session.get("login_phone", ""),
            "sent_until": _sent_until(request),
            "demo_customers": _cast() if demo else (),
            "demo_staff": people.list_staff() if demo else (),
            **context,
        },
        status=status,
    )


@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for the number, then for the code."""
    if request.method == "GET":
        if "again" in request.GET:
            request.session.pop("login_phone", None)
        return _show(request)
    if "digits" in request.POST:
        return _enter(request)
    return _send(request)


def _send(request: HttpRequest) -> HttpResponse:
    language = request.language  # type: ignore[attr-defined]
    typed = request.POST.get("phone", "")
    phone = clean_phone(typed)
    if phone is None:
        return _show(request, status=400, typed=typed, problem=say("login.bad_phone", language))
    try:
        sent = workflow.send_code(phone=phone, language=language, now=clock.now())
    except operations.CodeTooSoon as refused:
        request.session["login_phone"] = phone
        problem = refused.message(language)
        return _show(request, status=429, phone=phone, problem=problem)
    await_code(request, phone, sent)
    return _show(request)


def _enter(request: HttpRequest) -> HttpResponse:
    phone = request.session.get("login_phone", "")
    digits = rules.clean_digits(request.POST["digits"])
    try:
        who = operations.use_code(phone=phone, digits=digits, now=clock.now())
    except Refusal as refused:
        problem = refused.message(request.language)  # type: ignore[attr-defined]
        return _show(request, status=400, problem=problem)
    sign_in(request, person_id=who.person_id, staff_id=who.staff_id)
    return redirect(_next(request) or _start_page(who.person_id, who.staff_id))


def _start_page(person_id: int | None, staff_id: int | None) -> str:
    if staff_id is not None:
        return "/staff/"
    assert person_id is not None
    own = orders.list_for_customer(person_id)
    return f"/o/{own[0].code}" if len(own) == 1 else "/me"


@require_POST
def role(request: HttpRequest) -> HttpResponse:
    """A demo's role, without a code; on a real installation this address does not exist."""
    if not is_demo():
        raise Http404
    kind, _, number = request.POST.get("role", "").partition(":")
    if not number.isdigit():
        raise Http404
    person = people.get_person(int(number)) if kind == "person" else None
    staff = people.get_staff(int(number)) if kind == "staff" else None
    if person is None and staff is None:
        raise Http404
    person_id, staff_id = person.id if person else None, staff.id if staff else None
    sign_in(request, person_id=person_id, staff_id=staff_id)
    return redirect(_start_page(person_id, staff_id))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sign_out(request)
    return redirect("/")
