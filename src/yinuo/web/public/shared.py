"""What somebody shared of an order: how its date moved, with the numbers to check it by."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.orders.queries.records import get_shared
from yinuo.platform import clock
from yinuo.platform.ids import clean_code
from yinuo.workflows.shared_record import get_page


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a link; 410 once it has ended, 404 where there never was one."""
    now, language = clock.now(), str(request.language)  # type: ignore[attr-defined]
    link = get_shared(clean_code(token), now)
    if link is None:
        raise Http404
    if link.over:
        response = render(request, "public/shared_over.html", status=410)
    else:
        page = get_page(link.order_id, language, now)
        context = {"page": page, "token": clean_code(token), "expires_at": link.expires_at}
        response = render(request, "public/shared.html", context)
    # The address is the key to the page: it goes to no search engine and no other site.
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
