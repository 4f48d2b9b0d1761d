"""Pictures and films of an inspection: sent in parts over a bad line, shown to who may see them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yinuo.contexts.handover.operations import evidence
from yinuo.platform import clock, parts, uploads
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.sitting import Sitting, for_sitting


@require_safe
@for_sitting
def show(request: HttpRequest, sitting: Sitting, ref: str) -> HttpResponse:
    """One picture or film, for the customer, the household, the helper or staff."""
    found = sitting.find(ref)
    if found is None:
        raise Http404
    try:
        return uploads.response(
            room=evidence.ROOM, digest=found.sha256, media_type=found.media_type, name=ref
        )
    except FileNotFoundError as lost:
        raise Http404 from lost


@require_POST
@for_sitting
def begin(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Begin a file that comes in parts: its size and check, as form fields; answers its address."""
    inspection = sitting.seen.inspection
    if inspection is None or not sitting.may_act:
        raise Http404
    size = request.POST.get("size", "")
    about = evidence.About(
        sitting.seen.order_id, inspection.id, None, request.POST.get("check", "")
    )
    try:
        ref = evidence.begin_upload(
            about=about,
            size_bytes=int(size) if size.isdecimal() else 0,
            sender=sitting.sender,
            now=clock.now(),
        )
    except Refusal as refused:
        return _refused(request, refused)
    address = f"{sitting.place}/uploads/{ref}"
    return JsonResponse({"address": address, "received": 0}, status=201)


@require_http_methods(["GET", "PUT"])
@for_sitting
def part(request: HttpRequest, sitting: Sitting, ref: str) -> HttpResponse:
    """A part of a file with `Content-Range: bytes first-last/size`; GET says how much is there."""
    if not sitting.may_act:
        raise Http404
    try:
        if request.method == "GET":
            received = evidence.received_of(order_id=sitting.seen.order_id, upload_ref=ref)
            return JsonResponse({"received": received})
        return _take(request, sitting, ref)
    except evidence.NoSuchUpload as unknown:
        raise Http404 from unknown
    except Refusal as refused:
        return _refused(request, refused)


def _take(request: HttpRequest, sitting: Sitting, ref: str) -> HttpResponse:
    span = parts.read_range(request.headers.get("Content-Range", ""))
    if span is None:
        received = evidence.received_of(order_id=sitting.seen.order_id, upload_ref=ref)
        raise parts.PartsDiffer(received_bytes=received)
    received, kept = evidence.take_part(
        _pieces(request),
        order_id=sitting.seen.order_id,
        upload_ref=ref,
        at=span[0],
        until=span[1],
        size_bytes=span[2],
        sender=sitting.sender,
        now=clock.now(),
    )
    return JsonResponse({"received": received, "evidence": kept}, status=201 if kept else 200)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body as it comes, never whole in memory."""
    while piece := request.read(uploads.PIECE_BYTES):
        yield piece


def _refused(request: HttpRequest, refused: Refusal) -> HttpResponse:
    language = request.language  # type: ignore[attr-defined]
    answer = {"code": refused.code, "message": refused.message(language)}
    if isinstance(refused, parts.PartsDiffer):
        answer["received"] = refused.data["received_bytes"]
    return HttpResponse(
        json.dumps(answer, ensure_ascii=False), status=409, content_type="application/json"
    )
