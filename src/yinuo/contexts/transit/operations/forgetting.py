"""How a car came stays with the shipments that brought others too, by the day."""

from __future__ import annotations

from yinuo.contexts.transit.models import CarrierEvent
from yinuo.platform.coarser import to_days


def forget(*, order_id: int) -> None:
    """Turn the moments that carriers reported of this order alone into days."""
    to_days(CarrierEvent.objects.filter(order=order_id))
