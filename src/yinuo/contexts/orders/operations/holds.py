"""Recording why an order is passed by later ones, or passes earlier ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction

from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.queries import list_of_subject
from yinuo.contexts.orders.models import QueueNote
from yinuo.contexts.orders.rules.life import ENDED

HOLD, EXCEPTION = "HOLD", "EXCEPTION"


def hold_orders(
    *, order_ids: Sequence[int], code: str, cause_ref: str, now: dt.datetime
) -> list[int]:
    """Let later orders pass these for a recorded reason; their rank stays. Safe to repeat.

    Returns the orders that were not held for this cause before. Orders that have ended are not.
    """
    return _note(HOLD, "queue.held", order_ids, code, cause_ref, now)


def except_orders(
    *,
    order_ids: Sequence[int],
    code: str,
    cause_ref: str,
    public: bool = True,
    now: dt.datetime,
) -> list[int]:
    """Let these orders pass earlier ones for a recorded reason. Safe to repeat.

    Not `public`: it is noted of an order that passes nobody by it, and is no fact of the queue.
    """
    kind = "queue.excepted" if public else ""
    return _note(EXCEPTION, kind, order_ids, code, cause_ref, now)


def release_orders(*, cause_ref: str, now: dt.datetime) -> list[int]:
    """End the holds that this cause placed. Safe to repeat.

    Of an order that has ended nothing more is recorded: its holds ended with it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE orders_queuenote n SET until_at = %s FROM orders_order o"
                " WHERE n.order_id = o.id AND n.kind = 'HOLD' AND n.cause_ref = %s"
                " AND n.until_at IS NULL RETURNING o.id, o.code, n.code, o.state = ANY(%s)",
                [now, cause_ref, list(ENDED)],
            )
            rows = sorted(cursor.fetchall())
        record_many(
            [
                _fact(
                    "queue.released",
                    f"release:{cause_ref}:{order_id}",
                    *(order_id, order_code, code, cause_ref),
                )
                for order_id, order_code, code, ended in rows
                if not ended
            ],
            now=now,
        )
    return [row[0] for row in rows]


def end_holds(*, order_id: int, ref: str, now: dt.datetime) -> None:
    """An order ends by `ref`: the record says that nothing holds it any more.

    Called before the end is recorded. What held it is remembered, for an order that comes back.
    """
    record_many(_say_again(order_id, "queue.released", _holding(order_id), ref), now=now)


def state_again(*, order_id: int, ref: str, now: dt.datetime) -> None:
    """An order that ended by `ref` stands again: so does, in the record, what holds or excepts it.

    Called after the return was recorded.
    """
    said = {
        (one.payload["order"], one.public["code"], one.payload["cause_ref"])
        for one in list_of_subject(order_id, ["queue.excepted"])
    }
    facts = _say_again(order_id, "queue.held", _holding(order_id), ref)
    record_many(facts + _say_again(order_id, "queue.excepted", sorted(said), ref), now=now)


def _holding(order_id: int) -> list[tuple[str, str, str]]:
    """Code of the order, reason and cause of each hold that stands."""
    notes = QueueNote.objects.filter(order=order_id, kind=HOLD, until_at=None).order_by("id")
    return list(notes.values_list("order__code", "code", "cause_ref"))


def _say_again(
    order_id: int, kind: str, reasons: Sequence[tuple[str, str, str]], ref: str
) -> list[Fact]:
    return [
        _fact(kind, f"{kind}:{code}:{cause_ref}:{order_id}:{ref}", order_id, *said)
        for said in reasons
        for _, code, cause_ref in [said]
    ]


def _fact(kind: str, key: str, order_id: int, order_code: str, code: str, cause_ref: str) -> Fact:
    private = {"order": order_code, "cause_ref": cause_ref}
    return Fact(kind, key, {"code": code}, private, order_id, order_code)


def _note(
    note: str, kind: str, order_ids: Sequence[int], code: str, cause_ref: str, now: dt.datetime
) -> list[int]:
    if code not in QUEUE_CODES:
        raise ValueError(f"{code} is not on the public list of reasons")
    open_only = " WHERE o.state <> ALL(%s)" if note == HOLD else ""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH fresh AS (INSERT INTO orders_queuenote"
                " (order_id, kind, code, cause_ref, from_at)"
                " SELECT o.id, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS x(id)"
                f" JOIN orders_order o ON o.id = x.id{open_only} ORDER BY o.id"
                " ON CONFLICT DO NOTHING RETURNING order_id)"
                " SELECT o.id, o.code FROM fresh JOIN orders_order o ON o.id = fresh.order_id"
                " ORDER BY o.id",
                [
                    note,
                    code,
                    cause_ref,
                    now,
                    list(order_ids),
                    *([list(ENDED)] if open_only else []),
                ],
            )
            rows = cursor.fetchall()
        if kind:
            key = f"{note.lower()}:{code}:{cause_ref}"
            record_many(
                [
                    _fact(kind, f"{key}:{order_id}", order_id, order_code, code, cause_ref)
                    for order_id, order_code in rows
                ],
                now=now,
            )
    return [row[0] for row in rows]
