"""Quotes over HTTP: what a car would be promised if it were locked now, kept under a number."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.promises.queries.quotes import QuoteSeen, get_quote
from yinuo.platform import clock
from yinuo.platform.spoken import write_instant
from yinuo.web.api import access
from yinuo.web.api.problems import Problem, to_json
from yinuo.web.kit.wording import say
from yinuo.workflows.etas import in_public
from yinuo.workflows.quote import PERMISSION, NotOffered, ask, give

router = Router(tags=["quotes"])
SECURED: dict[str, Any] = {"security": [{"key": []}]}


class Wanted(Schema):
    """What somebody thinks of ordering: codes as the orders feed takes them."""

    spec: str
    centre: str


@router.post("/quotes", summary="What would be promised now", openapi_extra=SECURED)
def make(request: HttpRequest, wanted: Wanted) -> HttpResponse:
    """201 with the window, the place in line and what other choices would do; kept for ever."""
    key = access.check_key(request, PERMISSION)
    if key.signing_secret:
        body = access.read_body(request)
        access.check_signature(request, body, key.signing_secret, clock.machine_now())
    now = clock.now()
    try:
        answer = in_public(ask(spec_code=wanted.spec, centre_code=wanted.centre, now=now))
    except NotOffered as refused:
        zh, en = refused.message("zh"), refused.message("en")
        raise Problem(404, refused.code, zh, en, refused.data["what"]) from None
    return to_json(_said(give(answer=answer, now=now)), 201)


@router.get("/quotes/{public_id}", summary="A quote as it was given", openapi_extra=SECURED)
def read(request: HttpRequest, public_id: str) -> HttpResponse:
    """The quote with this id, word for word."""
    access.check_key(request, PERMISSION)
    found = get_quote(public_id)
    if found is None:
        raise Problem(404, "no_such_quote", "没有这个编号", "There is no such quote.", "public_id")
    return to_json(_said(found), 200)


def _said(found: QuoteSeen) -> dict[str, Any]:
    """The quote with the sentences a customer reads where no date is named."""
    kept = found.shown
    others = ("other_specs", "other_centres")
    offers = [kept, *(one for name in others for one in kept[name])]
    numbers = get_numbers({one["entry_id"] for one in offers if one.get("entry_id")})
    shown = _numbered(kept, numbers)
    shown |= {name: [_numbered(one, numbers) for one in kept[name]] for name in others}
    reasons = {one["why_no_date"] for one in offers if one["why_no_date"]}
    return {
        "id": found.public_id,
        "valid_until": write_instant(found.valid_until_at),
        **shown,
        "reasons": {
            code: {language: say(f"quote.why.{code}", language) for language in ("zh", "en")}
            for code in sorted(reasons)
        },
    }


def _numbered(offer: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    """The offer with the number in the log of the entry that states its days.

    `entry` is null while the entry waits for its number, and where none states the days.
    """
    said = {name: value for name, value in offer.items() if name != "entry_id"}
    return {**said, "entry": numbers.get(offer.get("entry_id") or 0)}
