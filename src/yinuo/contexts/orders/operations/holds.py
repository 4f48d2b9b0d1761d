"""Recording why an order is passed by later ones, or passes earlier ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction

from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.operations import Fact, record_many


def hold_orders(
    *, order_ids: Sequence[int], code: str, cause_ref: str, now: dt.datetime
) -> list[int]:
    """Let later orders pass these for a recorded reason; their rank stays. Safe to repeat.

    Returns the orders that were not held for this cause before.
    """
    return _note("HOLD", "queue.held", order_ids, code, cause_ref, now)


def except_orders(
    *, order_ids: Sequence[int], code: str, cause_ref: str, now: dt.datetime
) -> list[int]:
    """Let these orders pass earlier ones for a recorded reason. Safe to repeat."""
    return _note("EXCEPTION", "queue.excepted", order_ids, code, cause_ref, now)


def release_orders(*, cause_ref: str, now: dt.datetime) -> list[int]:
    """End the holds that this cause placed. Safe to repeat."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE orders_queuenote n SET until_at = %s FROM orders_order o"
                " WHERE n.order_id = o.id AND n.kind = 'HOLD' AND n.cause_ref = %s"
                " AND n.until_at IS NULL RETURNING o.id, o.code, n.code",
                [now, cause_ref],
            )
            rows = sorted(cursor.fetchall())
        record_many(
            [
                Fact(
                    kind="queue.released",
                    change_key=f"release:{cause_ref}:{order_id}",
                    public={"code": code},
                    private={"order": order_code, "cause_ref": cause_ref},
                    subject_id=order_id,
                    subject_code=order_code,
                )
                for order_id, order_code, code in rows
            ],
            now=now,
        )
    return [row[0] for row in rows]


def _note(
    note: str, kind: str, order_ids: Sequence[int], code: str, cause_ref: str, now: dt.datetime
) -> list[int]:
    if code not in QUEUE_CODES:
        raise ValueError(f"{code} is not on the public list of reasons")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH fresh AS (INSERT INTO orders_queuenote"
                " (order_id, kind, code, cause_ref, from_at)"
                " SELECT id, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS x(id) ORDER BY id"
                " ON CONFLICT DO NOTHING RETURNING order_id)"
                " SELECT o.id, o.code FROM fresh JOIN orders_order o ON o.id = fresh.order_id"
                " ORDER BY o.id",
                [note, code, cause_ref, now, list(order_ids)],
            )
            rows = cursor.fetchall()
        record_many(
            [
                Fact(
                    kind=kind,
                    change_key=f"{note.lower()}:{code}:{cause_ref}:{order_id}",
                    public={"code": code},
                    private={"order": order_code, "cause_ref": cause_ref},
                    subject_id=order_id,
                    subject_code=order_code,
                )
                for order_id, order_code in rows
            ],
            now=now,
        )
    return [row[0] for row in rows]
