"""Keeping what a car can do, on the day of delivery and after each update, against its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import Contract, EnabledFeatures
from yinuo.contexts.terms.operations import decisions
from yinuo.contexts.terms.operations.side_terms import NoContract
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.contexts.terms.rules import Lacking, Promised
from yinuo.engines import rules as law
from yinuo.platform.spoken import local_date, write_instant
from yinuo.rulepacks import load_pack

# The moment of the rule pack at which a car is held against its contract.
MOMENT: Final = "features"


def judge_promised(
    items: Iterable[Promised], *, by_update: bool, consented: Collection[str], on: dt.date
) -> list[tuple[Promised, law.Decision]]:
    """Each of these items that the rules of the day do not let pass, with what they say of it."""
    pack = load_pack()
    judged = [
        (
            one,
            law.decide(
                pack,
                one.for_rules(by_update=by_update, consented=one.code in consented),
                on,
                at=MOMENT,
            ),
        )
        for one in items
    ]
    return [(one, decision) for one, decision in judged if decision.clearance != "go"]


def record_enabled(
    *,
    order_id: int,
    cause: str,
    source: str,
    features: Sequence[str],
    limits: Mapping[str, int],
    consented: Collection[str] = (),
    now: dt.datetime,
) -> list[Lacking]:
    """What works in the car of an order, found at the hand-over or after an update.

    `consented` are the codes of what the owner agreed to lose, asked before the update. Returns
    what the contract promised and the car does not give, by the rules of the day; what they say of
    each is kept. Safe to repeat for the same `source`, such as the inspection or the update.

    Raises
    ------
    NoContract
    """
    with transaction.atomic():
        contract = Contract.objects.filter(order_id=order_id, superseded_at=None).first()
        if contract is None:
            raise NoContract
        judged = judge_promised(
            rules.list_promised(contract.facts, features, limits),
            by_update=cause == EnabledFeatures.Cause.UPDATE,
            consented=consented,
            on=local_date(now),
        )
        lacking = [item.as_lacking() for item, _ in judged]
        row, fresh = EnabledFeatures.objects.get_or_create(
            contract=contract,
            cause=cause,
            source=source,
            defaults={
                "features": sorted(features),
                "limits": dict(limits),
                "lacking": [one.code for one in lacking],
                "found_at": now,
            },
        )
        if fresh:
            for _, decision in judged:
                decisions.keep(decision=decision, at=MOMENT, order_id=order_id, now=now)
            code = code_of(order_id)
            private = {
                "order": code,
                "lacking_zh": "、".join(one.zh for one in lacking) or "没有",
                "lacking_en": ", ".join(one.en for one in lacking) or "nothing",
                "source": source,
                "at": write_instant(now),
            }
            key = f"enabled:{row.id}"
            record(Fact("features.found", key, {"code": cause}, private, order_id, code), now=now)
    return lacking
