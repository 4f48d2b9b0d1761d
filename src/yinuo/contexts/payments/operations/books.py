"""Writing into the books. Every change of money passes here."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from yinuo.contexts.payments.rules.books import Lines


def post(
    key: str,
    kind: str,
    lines: Lines,
    *,
    order_id: int | None = None,
    bill_id: int | None = None,
    now: dt.datetime,
) -> bool:
    """Write one balanced posting in the caller's transaction; False if `key` was written before.

    Raises
    ------
    ValueError
        The lines do not add up to 0. The database would refuse them too, but later.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the books are written in the transaction that makes them true")
    if sum(lines.values()) != 0 or not any(lines.values()):
        raise ValueError(f"{key}: {dict(lines)} does not balance")
    amounts = [(account, amount) for account, amount in lines.items() if amount]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH fresh AS (INSERT INTO payments_posting (key, kind, order_id, bill_id, posted_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id)"
            " INSERT INTO payments_postingline (posting_id, account, amount_fen)"
            " SELECT fresh.id, line.account, line.amount FROM fresh,"
            " unnest(%s::text[], %s::bigint[]) AS line(account, amount)",
            [
                key,
                kind,
                order_id,
                bill_id,
                now,
                [account for account, _ in amounts],
                [amount for _, amount in amounts],
            ],
        )
        return bool(cursor.rowcount)
