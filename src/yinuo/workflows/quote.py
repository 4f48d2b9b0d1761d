"""What a car would be promised if it were locked now: told before any money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from django.db import transaction

from yinuo.contexts.catalogue.queries import SpecSeen, list_specs
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.orders.queries.quoting import list_lines
from yinuo.contexts.places.queries import PlaceFacts, get_places
from yinuo.contexts.production.queries.forecasting import newest_plan_at
from yinuo.contexts.promises.operations import quotes as operations
from yinuo.contexts.promises.queries import quotes
from yinuo.contexts.promises.queries.kept import get_weeks_held
from yinuo.contexts.promises.queries.quotes import Base, Floor, QuoteSeen, Tables
from yinuo.contexts.promises.rules import horizon_of
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.workflows import etas
from yinuo.workflows.grounds import find_grounds
from yinuo.workflows.guard import load_percents
from yinuo.workflows.inputs import Inputs, load_inputs
from yinuo.workflows.offers import Answer, Offer, as_json
from yinuo.workflows.outlook import next_locks
from yinuo.workflows.quote_reading import (
    count_output_weeks,
    get_reference,
    raised,
    read_windows,
)

__all__ = ["Answer", "NotOffered", "Offer", "as_json", "ask", "ask_rows", "give", "refresh"]

# A plan that was put into force is followed at once, other dates that moved this soon; what
# moves no date (a report, a new part) within an hour.
FOLLOW_AFTER = dt.timedelta(minutes=15)
RENEW_AFTER = dt.timedelta(hours=1)
# So many other configurations and centres stand beside what was asked for.
OTHERS_MAX = 11
# What a key must be allowed, to ask over the API.
PERMISSION = "quotes"
STALE_AFTER = dt.timedelta(hours=24)
# What can be bought, and where it can be handed over.
Catalogue = tuple[tuple[SpecSeen, ...], tuple[PlaceFacts, ...]]


class NotOffered(Refusal):
    """There is no such configuration or no such centre."""

    code = "not_offered"
    zh = "没有这个{what_zh}：{given}。"
    en = "There is no {what_en} {given}."


def refresh(*, now: dt.datetime) -> int:
    """Work the tables out again when dates have moved since; returns 1 when it did.

    What is public of them is stated in the same transaction; see `etas.run`.
    """
    newest, run = quotes.newest_base_at(), quotes.newest_run()
    planned_at = newest_plan_at()
    if newest is not None and (planned_at is None or newest[1] > planned_at):
        age = now - newest[1]
        if age < (FOLLOW_AFTER if newest[0] != run else RENEW_AFTER):
            etas.run(now=now)
            return 0
    inputs = load_inputs(load_open(), now=now)
    tables = _tables(inputs)
    with transaction.atomic():
        operations.keep_base(tables=tables, cause_ref=run, now=now)
        etas.run(now=now)
    return 1


def _tables(inputs: Inputs) -> Tables:
    shared, capacity = inputs.shared, inputs.capacity
    specs = sorted(capacity.spec_class.items())
    spec_ids = np.array([spec for spec, _ in specs], np.int64)
    live = next_locks(inputs)
    grounds = find_grounds(inputs)
    return Tables(
        shared.origin,
        shared.origin + dt.timedelta(days=shared.today),
        shared.origin + dt.timedelta(days=shared.closed.size),
        spec_ids,
        np.array([k for _, k in specs], np.int64),
        np.array(shared.centre_ids, np.int64),
        live.to_bytes() if live else b"",
        grounds.output_weeks,
        grounds.supplied,
        grounds.reference_of,
        grounds.references,
        load_percents(spec_ids),
    )


def ask(*, spec_code: str, centre_code: str, now: dt.datetime) -> Answer:
    """What an order of this configuration at this centre would be promised if locked now.

    Raises
    ------
    NotOffered
        The configuration or the centre does not exist.
    """
    base = quotes.get_base()
    catalogue = _on_offer(base, now)
    spec = next((one for one in catalogue[0] if one.code == spec_code), None)
    centre = next((one for one in catalogue[1] if one.code == centre_code), None)
    return _answer(
        _offered_spec(spec, spec_code), _offered_centre(centre, centre_code), catalogue, base, now
    )


def ask_rows(*, spec_id: int, centre_id: int, now: dt.datetime) -> Answer:
    """As `ask`, of the rows of a configuration and a centre.

    Raises
    ------
    NotOffered
        One of them is not on offer.
    """
    base = quotes.get_base()
    catalogue = _on_offer(base, now)
    spec = next((one for one in catalogue[0] if one.id == spec_id), None)
    centre = next((one for one in catalogue[1] if one.id == centre_id), None)
    return _answer(_offered_spec(spec, ""), _offered_centre(centre, ""), catalogue, base, now)


def _offered_spec(spec: SpecSeen | None, given: str) -> SpecSeen:
    if spec is None:
        raise NotOffered(what="spec", what_zh="配置", what_en="configuration", given=given)
    return spec


def _offered_centre(centre: PlaceFacts | None, given: str) -> PlaceFacts:
    if centre is None:
        raise NotOffered(what="centre", what_zh="交付中心", what_en="delivery centre", given=given)
    return centre


def _on_offer(base: Base | None, now: dt.datetime) -> Catalogue:
    return _offered(base.id, now.replace(second=0, microsecond=0)) if base else _read_offered()


def _answer(
    spec: SpecSeen,
    centre: PlaceFacts,
    catalogue: Catalogue,
    base: Base | None,
    now: dt.datetime,
) -> Answer:
    specs, centres = catalogue
    siblings = _siblings(spec, specs)
    places = sorted((one for one in centres if one != centre), key=lambda one: one.code)
    places = places[:OTHERS_MAX]
    pairs = [(spec, centre)]
    pairs += [(one, centre) for one in siblings] + [(spec, one) for one in places]
    offers = _offers(pairs, base, now)
    return Answer(
        offers[0],
        tuple(offers[1 : 1 + len(siblings)]),
        tuple(offers[1 + len(siblings) :]),
        base.worked_out_at if base else None,
        count_output_weeks(base, spec.id),
        get_reference(base, spec.id),
        base is not None and now - base.worked_out_at > STALE_AFTER,
        *_trust_in(offers[0].window, base.id if base else 0, local_date(now)),
    )


def _trust_in(
    window: Floor | None, base_id: int, today: dt.date
) -> tuple[str, tuple[int, int] | None]:
    if window is None:
        return "", None
    horizon = horizon_of((window.from_date - today).days)
    return horizon, _held(horizon, base_id, today)


@lru_cache(maxsize=8)
def _held(horizon: str, _base_id: int, today: dt.date) -> tuple[int, int] | None:
    """Counted anew each night, so read again after each renewal of the tables."""
    return get_weeks_held(horizon, today)


@lru_cache(maxsize=2)
def _offered(_base_id: int, _minute: dt.datetime) -> Catalogue:
    """What can be bought where; read again each minute and after each renewal of the tables."""
    return _read_offered()


def _read_offered() -> Catalogue:
    centres = (place for place in get_places().values() if place.kind == "CENTRE")
    return tuple(list_specs()), tuple(centres)


def _siblings(spec: SpecSeen, specs: Sequence[SpecSeen]) -> list[SpecSeen]:
    """Other configurations of the same model, those that differ least first."""
    others = [one for one in specs if one.model_code == spec.model_code and one != spec]

    def distance(one: SpecSeen) -> tuple[int, int, str]:
        differs = len(set(one.options) ^ set(spec.options))
        return differs, abs(one.price_fen - spec.price_fen), one.code

    return sorted(others, key=distance)[:OTHERS_MAX]


def give(*, answer: Answer, now: dt.datetime) -> QuoteSeen:
    """Keep what was shown, so that it can be held against what is promised later.

    Returns the quote as it is kept.
    """
    asked = answer.asked
    return operations.keep_quote(
        spec_id=asked.spec.id,
        centre_id=asked.centre.id,
        window=asked.window,
        ahead_count=asked.ahead,
        shown=as_json(answer, now),
        now=now,
    )


def _offers(
    pairs: Sequence[tuple[SpecSeen, PlaceFacts]], base: Base | None, now: dt.datetime
) -> list[Offer]:
    asked = [(spec.id, centre.id) for spec, centre in pairs]
    lines = list_lines(asked, now)
    floors = quotes.list_floors([line.id for line in lines.values()])
    offers = []
    for (spec, centre), read in zip(pairs, read_windows(base, asked, now), strict=True):
        line = lines.get((spec.id, centre.id))
        fair = raised(read.window, floors.get(line.id) if line else None)
        offers.append(
            Offer(
                spec,
                centre,
                fair,
                read.why,
                base.tables.end_date if base is not None and read.why == "BEYOND" else None,
                line.waiting if line else 0,
                line.moved_week if line else 0,
                fair != read.window,
                read.unusual,
            )
        )
    return offers
