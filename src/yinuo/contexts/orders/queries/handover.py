"""What a hand-over needs to know of an order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.orders.models import Order


@dataclass(frozen=True)
class HandoverOrder:
    """An order at or on its way to the centre; `model` is the code of the car's model.

    The centre is where the car is handed over: that of the line, or where a car that was taken
    instead stands.
    """

    id: int
    code: str
    state: str
    state_at: dt.datetime
    person_id: int
    model: str
    centre_id: int
    centre_code: str
    owner_id: int | None


def get_for_handover(order_id: int) -> HandoverOrder:
    """The order with this row; the caller checked who asks."""
    rows = Order.objects.select_related("line__spec__car_model", "line__centre", "handover_place")
    row = rows.get(id=order_id)
    centre = row.handover_place or row.line.centre
    return HandoverOrder(
        row.id,
        row.code,
        row.state,
        row.state_at,
        row.person_id,
        row.line.spec.car_model.code,
        centre.id,
        centre.code,
        row.owner_id,
    )


def find_order_id(code: str) -> int | None:
    """The row of the order with this code, None where there is none."""
    return Order.objects.filter(code=code).values_list("id", flat=True).first()
