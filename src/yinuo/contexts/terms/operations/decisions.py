"""Keeping what the law was found to say, so that it can be shown and explained later."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.terms.models import Decision
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.engines import rules as law
from yinuo.engines.rules.telling import CLEARANCE_WORDS
from yinuo.platform import ids
from yinuo.platform.spoken import write_instant
from yinuo.rulepacks import load_pack


def keep(
    *,
    decision: law.Decision,
    at: str,
    order_id: int | None = None,
    ticket_id: int | None = None,
    now: dt.datetime,
) -> int:
    """Store a decision; returns its row. The same decision at the same moment is kept once.

    A decision on an order is recorded in its ledger; one on a ticket is as soon as the order
    exists (`adopt`).
    """
    digest = decision.digest()
    with transaction.atomic():
        same: dict[str, Any] = {"order_id": order_id, "ticket_id": ticket_id}
        row, fresh = Decision.objects.get_or_create(
            **same,
            at=at,
            digest=digest,
            defaults={
                "public_id": ids.new_id("dec"),
                "on_date": decision.on,
                "clearance": decision.clearance,
                "record": decision.to_record(),
                "decided_at": now,
            },
        )
        if fresh and order_id is not None:
            _record(row, order_id, now)
    return row.id


def adopt(*, ticket_id: int, order_id: int, now: dt.datetime) -> None:
    """The decisions on a ticket become those of its order. Safe to repeat."""
    with transaction.atomic():
        rows = Decision.objects.filter(ticket_id=ticket_id, order__isnull=True).order_by("id")
        for row in rows.select_for_update():
            row.order_id = order_id
            row.save(update_fields=["order_id"])
            _record(row, order_id, now)


def _record(row: Decision, order_id: int, now: dt.datetime) -> None:
    code = code_of(order_id)
    moment = load_pack().schema.moments[row.at]
    result = CLEARANCE_WORDS[law.Decision.from_record(row.record).clearance]
    record(
        Fact(
            kind="decision.recorded",
            change_key=f"decision:{row.public_id}",
            public={"code": row.at},
            private={
                "order": code,
                "decision": row.public_id,
                "digest": row.digest,
                "clearance": row.clearance,
                "moment_zh": moment.zh,
                "moment_en": moment.en,
                "result_zh": result.zh,
                "result_en": result.en,
                "at": write_instant(row.decided_at),
            },
            subject_id=order_id,
            subject_code=code,
        ),
        now=now,
    )
