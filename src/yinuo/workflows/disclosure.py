"""Known damage is told before the trip: what carriers report, and what the centre finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from django.db import transaction

from yinuo.contexts.handover.operations import damage
from yinuo.contexts.handover.operations.locking import lock_order
from yinuo.contexts.people.queries.staff import list_staff, require_staff
from yinuo.contexts.promises.rules import answer_by_at
from yinuo.contexts.vehicles.queries.cars import list_takers
from yinuo.platform import outbox
from yinuo.workflows.dates import name_orders

# What a carrier's report says of a car before anybody has looked closely.
ON_THE_WAY = ("车身", "body")
REPORTED = ("运输损伤", "transport damage")


def from_carrier(*, order_ids: Sequence[int], ref: str, now: dt.datetime) -> int:
    """Write down and tell what a carrier reported of these cars; how many were told.

    Safe to repeat: a report is written down once for each car, and told once. Whoever took another
    car hears nothing of the one that was given up.
    """
    concerned = sorted(set(order_ids) - list_takers(order_ids))
    with transaction.atomic():
        numbers = [
            damage.record_damage(
                order_id=order_id,
                spot=ON_THE_WAY,
                words=REPORTED,
                cause_ref=ref,
                staff_id=None,
                now=now,
            )[0]
            for order_id in concerned
        ]
        return _tell(dict(zip(concerned, numbers, strict=True)), now)


def record(
    *,
    order_id: int,
    spot: tuple[str, str],
    words: tuple[str, str],
    staff_id: int,
    now: dt.datetime,
) -> int:
    """Write down damage that the centre found, without telling it yet: photos come first.

    Raises
    ------
    SayWhere, NotStaff
    """
    require_staff(staff_id)
    with transaction.atomic():
        lock_order(order_id)
        number, _ = damage.record_damage(
            order_id=order_id, spot=spot, words=words, staff_id=staff_id, now=now
        )
    return number


def tell(*, order_id: int, damage_id: int, staff_id: int, now: dt.datetime) -> bool:
    """Tell the customer of damage with the photos there are; False if it was told before.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return bool(_tell({order_id: damage_id}, now))


def _tell(numbers: dict[int, int], now: dt.datetime) -> int:
    names = name_orders(np.array(list(numbers), np.int64), list_staff())
    told = [
        damage.tell(
            damage_id=number,
            answerer=names[order_id].answerer,
            answer_by_at=answer_by_at(now),
            now=now,
        )
        for order_id, number in numbers.items()
    ]
    outbox.nudge("notices.issue")
    return sum(entry_id is not None for entry_id in told)
