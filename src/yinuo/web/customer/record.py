"""C11, the record: every entry with its number, the whole of it as a file, a link to share."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yinuo.contexts.orders.operations import records
from yinuo.contexts.orders.queries.records import list_links
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.customer.entries import number_of_lock, record_lines
from yinuo.web.customer.terms import promised
from yinuo.web.kit import errors
from yinuo.web.kit.wording import say
from yinuo.workflows import bundle, published

# Not yet and no more are answers; only a signer that does not answer is a fault of ours.
STATUS: dict[type[Refusal], int] = {
    bundle.NotPublished: 409,
    bundle.Destroyed: 410,
    bundle.SealAway: 503,
}
FILE_TIME = (2020, 1, 1, 0, 0, 0)
README_LINES = ("check", "read", "only", "keep", "secret")


@require_safe
@for_order
def record(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Every entry of the order in words, with its number where the public log has it."""
    return _show(request, reader)


def _show(
    request: HttpRequest, reader: Reader, problem: str = "", status: int = 200
) -> HttpResponse:
    language = str(request.language)  # type: ignore[attr-defined]
    context = {
        **frame(reader, "record"),
        **promised(reader, language),
        **record_lines(reader, language),
        "record_problem": problem,
    }
    return render(request, "customer/record.html", context, status=status)


@require_safe
@for_order
def download(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The whole record as a zip: for its owner, who may give it to a court or a newspaper."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    order, language = reader.order, str(request.language)  # type: ignore[attr-defined]
    try:
        made = bundle.make_bundle(order_id=order.id, order_code=order.code)
    except Refusal as refused:
        return _show(request, reader, refused.message(language), STATUS[type(refused)])
    packed = pack(made, reader)
    count = len(made.entries) + len(made.waiting)
    bundle.keep_given(order_id=order.id, files=[made.data, packed], entries=count, now=clock.now())
    response = HttpResponse(packed, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="record-{order.code}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


def pack(made: bundle.Made, reader: Reader) -> bytes:
    """The zip: the same record always makes the same bytes."""
    page = render_to_string("customer/record_file.html", {"made": made, "order": reader.order})
    files: list[tuple[str, bytes]] = [
        ("README.txt", _readme().encode()),
        ("bundle.json", made.data),
        ("policy", made.policy.encode()),
        ("receipt", made.receipt.encode()),
        ("record.html", page.encode()),
        ("verify.py", _verifier()),
    ]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, FILE_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return held.getvalue()


def _readme() -> str:
    """What lies in the file and how to check it, in Chinese and in English."""
    parts = [
        [say(f"record.readme.{line}", language) for line in README_LINES]
        for language in ("zh", "en")
    ]
    command = "    python3 verify.py history bundle.json"
    return "\n\n".join("\n".join([said[0], command, *said[1:]]) for said in parts) + "\n"


def _verifier() -> bytes:
    """The verifier as it was published, else as it came with this release."""
    for place in (settings.LOG_DIR / "verify.py", settings.ROOT / "verify" / "verify.py"):
        if place.is_file():
            return bytes(place.read_bytes())
    return b""


@require_safe
@for_order
def entry(request: HttpRequest, reader: Reader, n: int) -> HttpResponse:
    """One entry, opened for a court: what is shown by it, before it is downloaded."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    try:
        opened = bundle.open_entry(order_id=reader.order.id, order_code=reader.order.code, index=n)
    except Refusal as refused:
        language = str(request.language)  # type: ignore[attr-defined]
        return _show(request, reader, refused.message(language), STATUS[type(refused)])
    if opened is None:
        raise Http404
    if request.path.endswith(".json"):
        return _opening(reader, opened, n)
    payload = json.dumps(json.loads(str(opened["payload"])), ensure_ascii=False, indent=1)
    context = {**frame(reader, "record"), "n": n, "leaf": opened["leaf"], "payload": payload}
    return render(request, "customer/record_entry.html", context)


def _opening(reader: Reader, opened: bundle.Json, n: int) -> HttpResponse:
    data = json.dumps(opened, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
    bundle.keep_given(order_id=reader.order.id, files=[data], entries=1, now=clock.now())
    response = HttpResponse(data, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="entry-{n}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@for_order
def receipt(_request: HttpRequest, reader: Reader) -> HttpResponse:
    """The receipt of the lock: our signed word that the place in line stands in the log."""
    number = number_of_lock(reader.order.id)
    text = published.get_receipt(number) if number is not None else None
    if text is None:
        raise Http404
    response = HttpResponse(text.encode(), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="receipt-{reader.order.code}.txt"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@for_order
def share(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What a link would show, said before it is made; the links that run, each with its end."""
    if not reader.order.may_act:
        return errors.forbidden(request)
    if request.method == "POST":
        days = {str(one): one for one in records.DAYS}
        try:
            records.share(
                person_id=reader.person.id,
                order_id=reader.order.id,
                days=days.get(request.POST.get("days", ""), 0),
                now=clock.now(),
            )
        except Refusal as refused:
            language = str(request.language)  # type: ignore[attr-defined]
            return _links(request, reader, refused.message(language), 400)
        return redirect(f"/o/{reader.order.code}/record/share")
    return _links(request, reader)


def _links(
    request: HttpRequest, reader: Reader, problem: str = "", status: int = 200
) -> HttpResponse:
    links: Sequence[object] = list_links(reader.person.id, reader.order.id, clock.now())
    context = {
        **frame(reader, "record"),
        "links": links,
        "days": records.DAYS,
        "problem": problem,
        "site": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "customer/share.html", context, status=status)


@require_POST
@for_order
def end_share(request: HttpRequest, reader: Reader, token: str) -> HttpResponse:
    """End a link at once."""
    try:
        records.end_share(
            person_id=reader.person.id, order_id=reader.order.id, token=token, now=clock.now()
        )
    except records.NotYours:
        return errors.forbidden(request)
    return redirect(f"/o/{reader.order.code}/record/share")
