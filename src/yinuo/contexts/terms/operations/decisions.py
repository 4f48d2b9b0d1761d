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


def keep_for_tickets(*, decisions: Mapping[int, law.Decision], at: str, now: dt.datetime) -> None:
    """Store decisions on many tickets at once, by the ticket's row; as `keep` does each."""
    texts = {ticket: decision.to_text() for ticket, decision in decisions.items()}
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO terms_decision (public_id, ticket_id, at, on_date, clearance, digest,"
            " record, decided_at) SELECT x.public_id, x.ticket_id, %s, x.on_date, x.clearance,"
            " x.digest, x.record::jsonb, %s FROM unnest(%s::text[], %s::bigint[], %s::date[],"
            " %s::text[], %s::text[], %s::text[])"
            " AS x(public_id, ticket_id, on_date, clearance, digest, record)"
            " ON CONFLICT ON CONSTRAINT decision_once DO NOTHING",
            [
                *(at, now, ids.new_ids("dec", len(texts)), list(texts)),
                [decision.on for decision in decisions.values()],
                [str(decision.clearance) for decision in decisions.values()],
                [hashlib.sha256(text.encode()).hexdigest() for text in texts.values()],
                list(texts.values()),
            ],
        )


def adopt(*, orders: Mapping[int, int], codes: Mapping[int, str], now: dt.datetime) -> None:
    """The decisions on tickets become those of their orders: ticket to order, order to code.

    Safe to repeat.
    """
    with transaction.atomic(savepoint=False):
        rows = Decision.objects.filter(ticket_id__in=orders, order__isnull=True).defer("record")
        found = list(rows.order_by("id").select_for_update())
        if not found:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE terms_decision d SET order_id = x.order_id"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS x(id, order_id) WHERE d.id = x.id",
                [[row.id for row in found], [orders[row.ticket_id or 0] for row in found]],
            )
        facts = []
        for row in found:
            order_id = orders[row.ticket_id or 0]
            facts.append(_fact(row, order_id, codes[order_id]))
        record_many(facts, now=now)


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
