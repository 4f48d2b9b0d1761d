"""What is offered before an order: a window for a car and a place, beside other choices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from yinuo.contexts.catalogue.queries import SpecSeen
from yinuo.contexts.places.queries import PlaceFacts
from yinuo.contexts.promises.queries.quotes import Floor, Launches
from yinuo.contexts.promises.rules import ODDS_PERCENT
from yinuo.contexts.promises.rules.unusual import Period
from yinuo.platform.spoken import write_instant


@dataclass(frozen=True)
class Offer:
    """One configuration at one centre: a window, or the code of why no date is named.

    `raised` says that earlier locks of the same line hold the window back. `after` is the first
    day that the forecast does not reach. `unusual` is the declared period that made the window
    wider, if one did. `entry_id` is the public entry that states the window, None where none does,
    and `moving` says that the days have moved since it was written.
    """

    spec: SpecSeen
    centre: PlaceFacts
    window: Floor | None
    why: str
    after: dt.date | None
    ahead: int
    moved_week: int
    raised: bool
    unusual: Period | None
    entry_id: int | None = None
    moving: bool = False


@dataclass(frozen=True)
class Answer:
    """What was asked for, beside what a different choice would do.

    `horizon` says how finely the window can be given, empty without one; in `held` of the last
    weeks ranges given as far off held, so many of so many, None before there are enough weeks.
    """

    asked: Offer
    other_specs: tuple[Offer, ...]
    other_centres: tuple[Offer, ...]
    worked_out_at: dt.datetime | None
    output_weeks: int
    reference: Launches | None
    stale: bool
    horizon: str
    held: tuple[int, int] | None


def as_json(answer: Answer, now: dt.datetime) -> dict[str, Any]:
    """The answer as plain data: what the page shows, the API says and the quote keeps."""
    asked = answer.asked
    return {
        "made_at": write_instant(now),
        "worked_out_at": write_instant(answer.worked_out_at) if answer.worked_out_at else None,
        "stale": answer.stale,
        "output_weeks": answer.output_weeks,
        "reference": _reference_json(answer.reference),
        "odds_percent": ODDS_PERCENT,
        "horizon": answer.horizon or None,
        "weeks_held": list(answer.held) if answer.held else None,
        **_offer_json(asked, asked),
        "other_specs": [_offer_json(one, asked) for one in answer.other_specs],
        "other_centres": [_offer_json(one, asked) for one in answer.other_centres],
    }


def _reference_json(launches: Launches | None) -> dict[str, Any] | None:
    if launches is None:
        return None
    return {
        "launches": launches.count,
        "output_low_percent": launches.low_percent,
        "output_high_percent": launches.high_percent,
        "note": {"zh": launches.note_zh, "en": launches.note_en},
    }


def _offer_json(offer: Offer, asked: Offer) -> dict[str, Any]:
    spec, centre, window = offer.spec, offer.centre, offer.window
    here, there = set(asked.spec.options), set(spec.options)
    return {
        "spec": _named(spec.code, spec.name_zh, spec.name_en),
        "model": _named(spec.model_code, spec.model_zh, spec.model_en),
        "centre": _named(centre.code, centre.name_zh, centre.name_en),
        "city": {"zh": centre.city_zh, "en": centre.city_en},
        "price_fen": spec.price_fen,
        "price_difference_fen": spec.price_fen - asked.spec.price_fen,
        "with": [_named(*one) for one in sorted(there - here)],
        "without": [_named(*one) for one in sorted(here - there)],
        "window": {
            "from": window.from_date.isoformat(),
            "until": window.until_date.isoformat(),
            "latest": window.latest_date.isoformat(),
        }
        if window
        else None,
        "why_no_date": offer.why or None,
        "after": f"{offer.after:%Y-%m}" if offer.after else None,
        "ahead": offer.ahead,
        "moved_last_week": offer.moved_week,
        "held_back_by_earlier": offer.raised,
        "moving": offer.moving,
        "entry_id": offer.entry_id,
        "unusual": {"zh": offer.unusual.reason_zh, "en": offer.unusual.reason_en}
        if offer.unusual
        else None,
        "days_later": (window.latest_date - asked.window.latest_date).days
        if window and asked.window
        else None,
    }


def _named(code: str, zh: str, en: str) -> dict[str, str]:
    return {"code": code, "zh": zh, "en": en}
