"""Keeping what the law was found to say, so that it can be shown and explained later."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Final

from django.db import connection, transaction
from django.db.models import Q

from yinuo.contexts.ledger.operations import Fact, record, record_many
from yinuo.contexts.terms.models import Decision
from yinuo.contexts.terms.queries.orders import code_of
from yinuo.engines import rules as law
from yinuo.engines.rules.telling import CLEARANCE_WORDS
from yinuo.platform import ids
from yinuo.platform.spoken import write_instant
from yinuo.rulepacks import load_pack

WORDS: Final[Mapping[str, law.Words]] = {str(key): said for key, said in CLEARANCE_WORDS.items()}


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
    text = decision.to_text()
    row = Decision(
        public_id=ids.new_id("dec"),
        order_id=order_id,
        ticket_id=ticket_id,
        at=at,
        on_date=decision.on,
        clearance=decision.clearance,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        decided_at=now,
    )
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # One statement, as each step of an order keeps one: the second at the same moment waits
        # for the first and finds it.
        cursor.execute(
            "INSERT INTO terms_decision (public_id, order_id, ticket_id, at, on_date, clearance,"
            " digest, record, decided_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT ON CONSTRAINT decision_once DO NOTHING RETURNING id",
            [
                *(row.public_id, order_id, ticket_id, at, row.on_date, row.clearance, row.digest),
                *(text, now),
            ],
        )
        made = cursor.fetchone()
        if made is None:
            of_order = Q(order=order_id) if order_id is not None else Q(order__isnull=True)
            of_ticket = Q(ticket=ticket_id) if ticket_id is not None else Q(ticket__isnull=True)
            return Decision.objects.get(of_order & of_ticket, at=at, digest=row.digest).id
        row.id = made[0]
        if order_id is not None:
            record(_fact(row, order_id, code_of(order_id)), now=now)
    return row.id


def adopt(*, ticket_id: int, order_id: int, now: dt.datetime) -> None:
    """The decisions on a ticket become those of its order. Safe to repeat."""
    with transaction.atomic(savepoint=False):
        rows = Decision.objects.filter(ticket_id=ticket_id, order__isnull=True).defer("record")
        found = list(rows.order_by("id").select_for_update())
        if not found:
            return
        Decision.objects.filter(id__in=[row.id for row in found]).update(order_id=order_id)
        code = code_of(order_id)
        record_many([_fact(row, order_id, code) for row in found], now=now)


def _fact(row: Decision, order_id: int, code: str) -> Fact:
    moment = load_pack().schema.moments[row.at]
    result = WORDS[row.clearance]
    return Fact(
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
    )
