"""A date before any money: what an order would be promised if it were locked now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.catalogue.queries import SpecSeen, list_specs
from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.queries.quotes import get_quote
from yinuo.platform import clock
from yinuo.platform.spoken import read_instant
from yinuo.platform.throttle import count_try
from yinuo.web.kit.dates import moment
from yinuo.web.kit.wording import say
from yinuo.workflows.etas import in_public
from yinuo.workflows.quote import Answer, NotOffered, as_json, ask, give

STORES_MAX, STORES_PERIOD = 30, dt.timedelta(hours=1)
WEEKS_ENOUGH = 6


@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest) -> HttpResponse:
    """Choose a car and a place and see the date; posted, the answer is stored under a number."""
    now = clock.now()
    given = request.POST if request.method == "POST" else request.GET
    context = _choices(given.get("spec", ""), given.get("centre", ""))
    chosen = context["chosen"]
    if not chosen["spec"] or not chosen["centre"]:
        missing = "centre" if chosen["spec"] else "spec" if given.get("centre") else ""
        if missing:
            return _say(request, context, say(f"quote.pick.{missing}", language_of(request)), 400)
        return render(request, "public/quote.html", context)
    try:
        answer = in_public(ask(spec_code=chosen["spec"], centre_code=chosen["centre"], now=now))
    except NotOffered as refused:
        language = language_of(request)
        joint = "" if language == "zh" else " "
        problem = joint.join([refused.message(language), say("quote.pick_listed", language)])
        return _say(request, context, problem, 404)
    if request.method == "POST":
        return _store(request, context, answer, now)
    return render(request, "public/quote.html", {**context, **_read(as_json(answer, now))})


def _store(
    request: HttpRequest, context: dict[str, Any], answer: Answer, now: dt.datetime
) -> HttpResponse:
    address = request.META.get("REMOTE_ADDR", "")
    free_at = count_try("quote", address, limit=STORES_MAX, period=STORES_PERIOD, now=now)
    if free_at is None:
        return redirect(f"/quote/{give(answer=answer, now=now).public_id}")
    language = language_of(request)
    said = say("quote.busy", language, at=moment(free_at, language, now))
    return _say(request, context, said, 429)


def _say(request: HttpRequest, context: dict[str, Any], problem: str, status: int) -> HttpResponse:
    return render(request, "public/quote.html", {**context, "problem": problem}, status=status)


def language_of(request: HttpRequest) -> str:
    """The page's language."""
    return str(getattr(request, "language", "zh"))


def _choices(spec: str, centre: str) -> dict[str, Any]:
    """What can be chosen, and what was; a single centre need not be chosen."""
    centres = sorted(
        (place for place in get_places().values() if place.kind == "CENTRE"),
        key=lambda place: place.code,
    )
    only = centres[0].code if len(centres) == 1 else ""
    return {
        "models": _by_model(list_specs()),
        "centres": centres,
        "chosen": {"spec": spec, "centre": centre or only},
    }


@require_safe
def kept(request: HttpRequest, public_id: str) -> HttpResponse:
    """A quote as it was given. It names nobody, so its number is enough to read it."""
    found = get_quote(public_id)
    if found is None:
        problem = say("quote.unknown", language_of(request))
        return _say(request, _choices("", ""), problem, 404)
    context = {
        "kept": found,
        "over": clock.now() > found.valid_until_at,
        **_read(found.shown),
    }
    return render(request, "public/quote_kept.html", context)


def _by_model(specs: list[SpecSeen]) -> list[tuple[SpecSeen, list[SpecSeen]]]:
    """The configurations under the first of each model."""
    groups: dict[str, list[SpecSeen]] = {}
    for spec in specs:
        groups.setdefault(spec.model_code, []).append(spec)
    return [(group[0], group) for group in groups.values()]


def _read(shown: dict[str, Any]) -> dict[str, Any]:
    """What was shown, with its dates as dates and the numbers of the entries that state them."""
    rows = [shown, *shown["other_specs"], *shown["other_centres"]]
    # Quotes of earlier versions are kept for ever and do not have all that is said today.
    named = {one["entry_id"] for one in rows if one.get("entry_id")}
    numbers = get_numbers(named)
    asked = _offer(shown, numbers)
    worked = shown["worked_out_at"]
    return {
        "asked": asked,
        "worked_out_at": read_instant(worked) if worked else None,
        "stale": shown["stale"],
        "weeks": shown["output_weeks"],
        "reference": shown.get("reference"),
        "horizon": shown.get("horizon"),
        "held": shown.get("weeks_held"),
        "few_weeks": shown["output_weeks"] < WEEKS_ENOUGH,
        "odds_dots": shown["odds_percent"] * 20 // 100,
        "tables": [
            (key, [asked, *(_offer(one, numbers) for one in shown[name])])
            for key, name in (("specs", "other_specs"), ("centres", "other_centres"))
            if shown[name]
        ],
    }


def _offer(shown: dict[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    window = shown["window"]
    difference = shown["price_difference_fen"]
    return {
        **shown,
        "unusual": shown.get("unusual"),
        "stated": bool(shown.get("entry_id")),
        "number": numbers.get(shown.get("entry_id") or 0),
        "dates": {name: dt.date.fromisoformat(day) for name, day in window.items()}
        if window
        else None,
        "yuan_more": max(difference, 0) // 100,
        "yuan_less": max(-difference, 0) // 100,
        "days_earlier": max(-(shown["days_later"] or 0), 0),
        "days_after": max(shown["days_later"] or 0, 0),
    }
