"""The demo has a car with known damage that was told, and one that can be inspected."""

from __future__ import annotations

import pytest

from yinuo.contexts.handover.models import Damage, Evidence, Inspection
from yinuo.contexts.orders.models import Order
from yinuo.workflows.demo import handover


@pytest.mark.need(15)
def test_the_cars_of_the_hand_over(demo_database: str) -> None:
    damage = Damage.objects.get()
    assert damage.order.code == handover.DAMAGED
    assert damage.told_at is not None
    assert Evidence.objects.filter(damage=damage).count() == 1
    ready = Order.objects.get(code=handover.READY)
    opened = Inspection.objects.filter(order=ready).count()
    assert opened == (1 if ready.state == "AT_CENTRE" else 0)
