"""Language, large type, security headers, and the number of an error."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from yinuo.platform.ids import new_code
from yinuo.web.kit import errors
from yinuo.web.kit.wording import LANGUAGES

log = logging.getLogger("yinuo.web")
GetResponse = Callable[[HttpRequest], HttpResponse]
YEAR_SECONDS = 365 * 86400

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


def _preferred(request: HttpRequest) -> str:
    """The language asked for, kept, or sent by the browser; Chinese if it says nothing."""
    asked = request.GET.get("lang", request.COOKIES.get("lang", ""))
    if asked in LANGUAGES:
        return asked
    first = request.headers.get("Accept-Language", "zh").split(",")[0].strip().lower()
    return "zh" if first.startswith("zh") or not first.startswith("en") else "en"


class Preferences:
    """Sets `request.language` and `request.elder` (large type) and keeps them in cookies."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.language = _preferred(request)  # type: ignore[attr-defined]
        big = request.GET.get("big", request.COOKIES.get("big", ""))
        request.elder = big == "1"  # type: ignore[attr-defined]
        response = self.get_response(request)
        for name, value in (("lang", request.GET.get("lang")), ("big", request.GET.get("big"))):
            if value in (*LANGUAGES, "0", "1"):
                response.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="Lax")
        return response


class Guard:
    """Headers that keep every page to its own origin, and one number for each error."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=()")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Log a bug under a number and show the number; expected answers pass through."""
        if errors.is_answer(problem):
            return None
        if errors.holds_zero(request):
            # No text of ours holds a zero byte: the database refused it, and nothing was kept.
            return errors.bad_request(request)
        number = new_code(4)
        log.error("error %s at %s", number, request.path, exc_info=problem)
        return errors.server_error(request, number)
