"""A launch: one form, here before it begins, while it runs and after. Nothing has to be reloaded.

Whoever presses the button gets a ticket at once and is sent to its page. The form's hidden key
makes a second press the same request; pressed too early, the form stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from yinuo.contexts.catalogue.queries import SpecSeen, list_specs
from yinuo.contexts.orders.operations.tickets import NotOpenYet
from yinuo.contexts.orders.queries.draws import get_draw
from yinuo.contexts.orders.queries.tickets import (
    LaunchSeen,
    get_for_holder,
    get_launch,
    list_group_specs,
)
from yinuo.contexts.places.queries import get_places
from yinuo.platform import clock
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal
from yinuo.web.kit import errors
from yinuo.web.kit.taking import take
from yinuo.web.kit.viewer import viewer_of

KEY = re.compile(r"[2-9A-Z]{20}")
REMEMBER_S = 90 * 86400


@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a launch; posted, a ticket."""
    if request.method == "POST":
        return _take(request, code)
    return _show(request, code, request.GET.dict())


def _take(request: HttpRequest, code: str) -> HttpResponse:
    given = request.POST.dict()
    key = given.get("request_key", "")
    found = take(
        launch=code,
        key=f"page|{key if KEY.fullmatch(key) else new_code(20)}",
        group=given.get("group", ""),
        spec=given.get("spec", ""),
        centre=given.get("centre", ""),
    )
    if isinstance(found, Refusal):
        problem = found.message(request.language)  # type: ignore[attr-defined]
        early = isinstance(found, NotOpenYet)
        return _show(request, code, given, problem=problem, early=early, status=409)
    response = redirect(f"/t/{found.code}")
    # The way back for whoever closes the page: this browser keeps the number.
    response.set_cookie(
        f"ticket_{code}",
        found.code,
        max_age=REMEMBER_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _show(
    request: HttpRequest, code: str, given: dict[str, str], *, status: int = 200, **more: object
) -> HttpResponse:
    seen = get_launch(code, clock.now())
    if seen is None:
        return errors.not_found(request)
    key = given.get("request_key", "")
    context: dict[str, Any] = {
        "launch": seen,
        "draw": get_draw(code),
        "left": sum(one.left for one in seen.groups),
        "waiting": sum(one.waiting for one in seen.groups),
        "choices": _choices(seen),
        "centres": _centres(),
        "chosen": given,
        "request_key": key if KEY.fullmatch(key) else new_code(20),
        "mine": _mine(request, code),
        **more,
    }
    return render(request, "public/launch.html", context, status=status)


def _choices(seen: LaunchSeen) -> list[tuple[str, list[SpecSeen]]]:
    """What each group sells."""
    by_id = {one.id: one for one in list_specs()}
    groups = list_group_specs(seen.id)
    return [
        (code, [by_id[spec] for spec in specs if spec in by_id])
        for code, specs in sorted(groups.items())
    ]


def _centres() -> list[Any]:
    centres = (place for place in get_places().values() if place.kind == "CENTRE")
    return sorted(centres, key=lambda place: place.code)


def _mine(request: HttpRequest, code: str) -> object:
    """The ticket that this browser took before, while its holder may see it."""
    held = request.COOKIES.get(f"ticket_{code}", "")
    if not held:
        return None
    customer = viewer_of(request).customer
    return get_for_holder(held, customer.id if customer else None)
