"""Moving orders on: what was reported, forward only; what people decide, by the table of lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection, transaction

from yinuo.contexts.orders import rules
from yinuo.contexts.orders.models import Condition, Order
from yinuo.contexts.orders.rules import life
from yinuo.platform.refusals import Refusal


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


class NotNow(Refusal):
    """The order is in a state from which this does not lead on."""

    code = "not_now"
    zh = "订单已经到了另一步，现在不能这样办。请看订单页上的最新情况。"
    en = "The order has moved to another step, so this cannot be done now. Its page shows how."


class Frozen(NotNow):
    """Something stands beside the order that stops this until it is settled."""

    code = "frozen"
    zh = "订单上有一件事还没办完，办完以前这一步先停住。"
    en = "Something about the order is not settled yet; until then this step waits."


@dataclass(frozen=True)
class Moved:
    """What a move did to an order."""

    order_id: int
    code: str
    before: str
    after: str


def move(*, order_id: int, verb: str, now: dt.datetime) -> Moved:
    """Take an order along the way that `verb` names in `rules.life`; its rank stays.

    Whoever comes second finds the order moved: of two that cannot both happen one is refused. What
    the way needs is checked, and its fact recorded, by the story that asks for the move.

    Raises
    ------
    NotNow, Frozen
    """
    with transaction.atomic():
        row = Order.objects.select_for_update().get(id=order_id)
        way = life.find_way(row.state, verb)
        if way is None:
            raise NotNow(state=row.state, verb=verb)
        if stopped := life.stopped_by(verb, get_standing(order_id)):
            raise Frozen(state=row.state, verb=verb, condition=stopped)
        before, row.state, row.state_at = row.state, way.target, now
        row.delivered_at = now if way.target == life.DELIVERED else None
        row.cancelled_at = now if way.target == life.CANCELLED else None
        row.save(update_fields=["state", "state_at", "delivered_at", "cancelled_at"])
    return Moved(order_id, row.code, before, row.state)


def hand_over_at(*, order_id: int, place_id: int | None) -> None:
    """Have the order handed over at this place; None for the centre of its line."""
    Order.objects.filter(id=order_id).update(handover_place=place_id)


def begin_condition(*, order_id: int, name: str, cause_ref: str, now: dt.datetime) -> bool:
    """Let a condition stand beside the order; False when this cause began it before.

    Raises
    ------
    NotNow
        The condition cannot begin in this state, or stands already for another cause.
    """
    with transaction.atomic():
        row = Order.objects.select_for_update().get(id=order_id)
        if Condition.objects.filter(order=row, name=name, cause_ref=cause_ref).exists():
            return False
        if not life.may_begin(name, row.state, get_standing(order_id)):
            raise NotNow(state=row.state, verb=name)
        Condition.objects.create(order=row, name=name, cause_ref=cause_ref, from_at=now)
    return True


def end_condition(*, order_id: int, name: str, cause_ref: str, now: dt.datetime) -> bool:
    """End what this cause began; False when it does not stand. Safe to repeat."""
    standing = Condition.objects.filter(order=order_id, name=name, cause_ref=cause_ref)
    return bool(standing.filter(until_at=None).update(until_at=now))


def get_standing(order_id: int) -> set[str]:
    """The conditions that stand beside an order now."""
    names = Condition.objects.filter(order=order_id, until_at=None).values_list("name", flat=True)
    return set(names)


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
