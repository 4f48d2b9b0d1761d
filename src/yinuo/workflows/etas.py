"""What is public of the dates before any order: stated in the ledger, and shown only from there.

A page for everybody shows the days of an entry and its number, never days that were worked out a
moment ago and stand nowhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from yinuo.contexts.catalogue.queries import list_specs
from yinuo.contexts.orders.queries.quoting import get_line_ids
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.promises.operations.etas import state_etas
from yinuo.contexts.promises.queries.etas import EtaSeen, is_due, list_etas
from yinuo.contexts.promises.queries.quotes import Floor, get_base, list_floors
from yinuo.contexts.promises.rules.etas import Dates, is_news
from yinuo.workflows.offers import Answer, Offer
from yinuo.workflows.quote_reading import raised, read_windows

# Orders are locked all the time; what they move is stated this often.
STATE_EVERY = dt.timedelta(minutes=15)
NOTHING_STATED = "NO_BASE"


def run(*, now: dt.datetime) -> int:
    """State what became news of the dates of every line on offer; returns how many lines.

    In the caller's transaction, where there is one: new tables and what is public of them stand or
    fall together. Nothing is done where nothing can have changed.
    """
    if not is_due(now, STATE_EVERY):
        return 0
    specs = {spec.id: spec.code for spec in list_specs()}
    centres = {one.id: one.code for one in get_places().values() if one.kind == "CENTRE"}
    names = {
        (spec, centre): f"{spec_code}@{centre_code}"
        for spec, spec_code in specs.items()
        for centre, centre_code in centres.items()
    }
    return state_etas(found=_find(list(names), now), names=names, now=now)


def _find(pairs: list[tuple[int, int]], now: dt.datetime) -> dict[tuple[int, int], Dates]:
    """The dates of every line as they would be promised now."""
    base = get_base()
    # Not counted who waits in them: that would be every open order, each quarter of an hour.
    lines = get_line_ids()
    floors = list_floors(list(lines.values()))
    beyond = f"{base.tables.end_date:%Y-%m}" if base else ""
    found = {}
    for pair, read in zip(pairs, read_windows(base, pairs, now), strict=True):
        window = raised(read.window, floors.get(lines.get(pair, 0)))
        found[pair] = _dates(window, read.why, beyond)
    return found


def _dates(window: Floor | None, why: str, beyond: str) -> Dates:
    if window is None:
        return Dates(None, None, None, why, beyond if why == "BEYOND" else "")
    return Dates(window.from_date, window.until_date, window.latest_date)


def in_public(answer: Answer) -> Answer:
    """The answer with the days that are public, each with the entry that states them.

    An offer whose days have moved since is marked as `moving`: the next statement has them.
    """
    offers = (answer.asked, *answer.other_specs, *answer.other_centres)
    etas = list_etas([(one.spec.id, one.centre.id) for one in offers])

    def public(offer: Offer) -> Offer:
        return _public(offer, etas.get((offer.spec.id, offer.centre.id)))

    return replace(
        answer,
        asked=public(answer.asked),
        other_specs=tuple(map(public, answer.other_specs)),
        other_centres=tuple(map(public, answer.other_centres)),
    )


def _public(offer: Offer, eta: EtaSeen | None) -> Offer:
    live = _dates(offer.window, offer.why, f"{offer.after:%Y-%m}" if offer.after else "")
    moving = is_news(eta.dates if eta else None, live)
    if eta is None:
        if offer.window is None and not moving:
            return offer
        return replace(offer, window=None, why=NOTHING_STATED, after=None, moving=moving)
    dates = eta.dates
    window = None
    if dates.from_date and dates.until_date and dates.latest_date:
        window = Floor(dates.from_date, dates.until_date, dates.latest_date)
    after = dt.date.fromisoformat(f"{dates.beyond}-01") if dates.beyond else None
    return replace(
        offer, window=window, why=dates.why, after=after, entry_id=eta.entry_id, moving=moving
    )


def agreed(answer: Answer) -> Answer:
    """The answer for somebody about to agree: the public days, unless they have moved since.

    What was locked in the last minutes counts at once in a contract, which is an entry itself.
    """
    public = in_public(answer)
    return answer if public.asked.moving else public
