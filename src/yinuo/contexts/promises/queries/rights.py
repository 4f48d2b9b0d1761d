"""What of an order's promise gives its customer a right to leave. Asked by workflows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.queries.choices import newest_opened


@dataclass(frozen=True)
class PromiseGround:
    """`broken_date` is the promised day that passed without the car; None where none did.

    `moved` says that a change was told that let the customer choose, and the choice stays open.
    """

    broken_date: dt.date | None
    moved: bool


def get_ground(order_id: int, today: dt.date) -> PromiseGround:
    """What the promise of an order, kept or broken by `today`, gives its customer."""
    row = Promise.objects.filter(order=order_id).first()
    if row is None:
        return PromiseGround(None, False)
    late = row.state == Promise.State.BROKEN or (
        row.state == Promise.State.ACTIVE and row.latest_date < today
    )
    return PromiseGround(row.latest_date if late else None, newest_opened(order_id) is not None)
