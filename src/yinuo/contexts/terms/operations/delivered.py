"""Keeping what a car can do, on the day of delivery and after each update, against its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import Contract, EnabledFeatures
from yinuo.contexts.terms.operations.side_terms import NoContract
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.contexts.terms.rules import Lacking
from yinuo.platform.spoken import write_instant


def record_enabled(
    *,
    order_id: int,
    cause: str,
    source: str,
    features: Sequence[str],
    limits: Mapping[str, int],
    now: dt.datetime,
) -> list[Lacking]:
    """What works in the car of an order, found at the hand-over or after an update.

    Returns what the contract promised and the car does not give. Safe to repeat for the same
    `source`, such as the inspection or the update.

    Raises
    ------
    NoContract
    """
    with transaction.atomic():
        contract = Contract.objects.filter(order_id=order_id, superseded_at=None).first()
        if contract is None:
            raise NoContract
        lacking = rules.compare_promised(contract.facts, features, limits)
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
