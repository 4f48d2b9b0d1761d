"""Which car an order got stays for as long as cars are recalled, by the day."""

from __future__ import annotations

from yinuo.contexts.vehicles.models import Assignment, CarHold, Disclosure
from yinuo.platform.coarser import to_days


def forget(*, order_id: int) -> None:
    """Turn the moments at which an order got its car into days.

    The ledger has begun the erasure in this transaction, or the database refuses.
    """
    for model in (Assignment, CarHold, Disclosure):
        to_days(model._default_manager.filter(order=order_id))
