"""Moving orders on: from locked to delivered, forward only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from yinuo.contexts.orders import rules
from yinuo.contexts.orders.models import Order


@dataclass
class Standing:
    """Where an order stands; `centre_id` is the place where it is to be handed over."""

    code: str
    state: str
    centre_id: int


class Step(NamedTuple):
    """A state that an order has reached at a moment, as somebody reported it."""

    order_id: int
    state: str
    at: dt.datetime


def lock_orders(order_ids: Collection[int]) -> dict[int, Standing]:
    """The orders, locked for the caller's transaction; everybody takes them in the same order."""
    rows = (
        Order.objects.select_for_update(of=("self",))
        .filter(id__in=order_ids)
        .select_related("line")
        .order_by("id")
    )
    return {row.id: Standing(row.code, row.state, row.line.centre_id) for row in rows}


def advance(steps: Sequence[Step], standings: Mapping[int, Standing]) -> list[bool]:
    """Take `steps` in the order given; says of each whether it moved its order on.

    A step that lies behind the order, or behind its end, moves nothing. `standings` comes from
    `lock_orders` in the same transaction and is brought up to date.
    """
    moved = []
    reached: dict[int, Step] = {}
    for step in steps:
        standing = standings[step.order_id]
        forward = rules.is_forward(standing.state, step.state)
        if forward:
            standing.state = step.state
            reached[step.order_id] = step
        moved.append(forward)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order o SET state = x.state, state_at = x.at,"
            " delivered_at = CASE WHEN x.state = 'DELIVERED' THEN x.at ELSE o.delivered_at END"
            " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS x(id, state, at)"
            " WHERE o.id = x.id",
            [list(column) for column in zip(*reached.values(), strict=True)] or [[], [], []],
        )
    return moved
