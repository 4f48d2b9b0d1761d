"""V3, what we say in public: each statement with its evidence, its versions and who signed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yinuo.contexts.claims.queries.promised import list_commitments
from yinuo.contexts.claims.queries.register import (
    ClaimSeen,
    get_open_evidence,
    get_public,
    list_public,
)
from yinuo.contexts.claims.rules import ROOM
from yinuo.platform import clock, uploads
from yinuo.platform.spoken import local_date
from yinuo.web.kit.public_claims import write_all, write_claim

READABLE = {"ensure_ascii": False}


@require_safe
def claims(request: HttpRequest) -> HttpResponse:
    """What stands, what was promised to be done, and what stands no more."""
    today = local_date(clock.now())
    seen, todo = list_public(today=today), list_commitments(today=today)
    context = {
        "live": [one for one in seen if one.ended_at is None],
        "ended": [one for one in seen if one.ended_at is not None],
        "late": [one for one in todo if one.late],
        "open": [one for one in todo if one.closed_at is None and not one.late],
        "closed": [one for one in todo if one.closed_at is not None],
    }
    return render(request, "public/claims.html", context)


@require_safe
def download(_request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    return JsonResponse(write_all(today=local_date(clock.now())), json_dumps_params=READABLE)


@require_safe
def claim(request: HttpRequest, code: str) -> HttpResponse:
    """One statement: every wording as it was said, evidence, signatures, what is wrong with it."""
    return render(request, "public/claim.html", {"one": _get(code)})


@require_safe
def download_claim(_request: HttpRequest, code: str) -> HttpResponse:
    """One statement for programs."""
    return JsonResponse(write_claim(_get(code)), json_dumps_params=READABLE)


@require_safe
def evidence(_request: HttpRequest, code: str, public_id: str) -> HttpResponse:
    """The file of a published piece of evidence."""
    found = get_open_evidence(code, public_id)
    if found is None:
        raise Http404
    try:
        return uploads.response(
            room=ROOM,
            digest=found.sha256,
            media_type=found.media_type,
            name=f"{code}-{found.public_id}",
        )
    except FileNotFoundError:
        raise Http404 from None


def _get(code: str) -> ClaimSeen:
    found = get_public(code, today=local_date(clock.now()))
    if found is None:
        raise Http404
    return found
