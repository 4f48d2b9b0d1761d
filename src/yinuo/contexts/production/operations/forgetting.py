"""How a car was built stays for as long as cars are recalled, by the day."""

from __future__ import annotations

from yinuo.contexts.production.models import Build, BuildEvent
from yinuo.platform.coarser import to_days


def forget(*, order_id: int) -> None:
    """Turn the moments at which the car of an order was built into days."""
    for model in (Build, BuildEvent):
        to_days(model._default_manager.filter(order=order_id))
