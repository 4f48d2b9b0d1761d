"""The pages of refusals and errors. What was typed is shown again wherever it can be sent again."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from yinuo.platform.ids import new_code

log = logging.getLogger("yinuo.web")
# Never written back into a page.
SECRET_FIELDS = frozenset({"csrfmiddlewaretoken", "digits", "secret", "password"})


def is_answer(problem: Exception) -> bool:
    """Whether Django itself turns this into an answer (404, 403, 400) that is no bug."""
    return isinstance(problem, Http404 | PermissionDenied | SuspiciousOperation | BadRequest)


def holds_zero(request: HttpRequest) -> bool:
    """Whether a zero byte stands in the address or in a field of the form."""
    fields = (request.GET, request.POST)
    sent = [text for form in fields for _, texts in form.lists() for text in texts]
    return any("\0" in text for text in (request.path, *sent))


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    return [
        (name, value)
        for name, value in request.POST.items()
        if name not in SECRET_FIELDS and isinstance(value, str)
    ]


def _page(request: HttpRequest, kind: str, status: int, **context: object) -> HttpResponse:
    data = {"kind": kind, "title_key": f"error.{kind}.title", **context}
    return render(request, "kit/error.html", data, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: unknown, or not for this reader; the page says how to go on."""
    return _page(request, "missing", 404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: who can do this, and how to ask."""
    return _page(request, "forbidden", 403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the address or the form cannot be read."""
    return _page(request, "unreadable", 400)


def server_error(request: HttpRequest, number: str = "") -> HttpResponse:
    """500: our error, with its number; a form's content stands ready to be sent again."""
    return _page(request, "ours", 500, number=number or new_code(4), typed=_typed(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long. From our own page it can be sent again as it was."""
    number = new_code(4)
    log.warning("form refused %s at %s: %s", number, request.path, reason)
    own_page = urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
    typed = _typed(request) if own_page else []
    return _page(request, "stale_form", 403, number=number, typed=typed, resend=own_page)
