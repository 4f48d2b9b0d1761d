"""Offering the way out, unasked, to those who have waited as long as anybody should."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.orders.models import ExitOffer
from yinuo.platform.spoken import write_instant


class Cold(NamedTuple):
    """An order that waited past the cap, with who answers for it."""

    code: str
    waited_days: int
    answerer: str


def offer_exits(*, orders: Mapping[int, Cold], answer_by_at: dt.datetime, now: dt.datetime) -> int:
    """Offer each of these orders the way out, once; returns how many were offered it now."""
    with transaction.atomic():
        rows = [
            ExitOffer(order_id=order_id, waited_days=cold.waited_days, offered_at=now)
            for order_id, cold in sorted(orders.items())
        ]
        known = set(
            ExitOffer.objects.filter(order__in=list(orders)).values_list("order_id", flat=True)
        )
        fresh = [row for row in rows if row.order_id not in known]
        ExitOffer.objects.bulk_create(fresh)
        record_many([_fact(row, orders[row.order_id], answer_by_at, now) for row in fresh], now=now)
    return len(fresh)


def _fact(row: ExitOffer, cold: Cold, answer_by_at: dt.datetime, now: dt.datetime) -> Fact:
    return Fact(
        kind="exit.offered",
        change_key=f"exit.offered:{row.order_id}",
        public={"code": "COLD"},
        private={
            "order": cold.code,
            "waited_days": row.waited_days,
            "known_at": write_instant(now),
            "answerer": cold.answerer,
            "answer_by_at": write_instant(answer_by_at),
        },
        subject_id=row.order_id,
        subject_code=cold.code,
    )
