"""The car of an order, as its hand-over needs it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from yinuo.contexts.production.models import Build


@dataclass(frozen=True)
class Car:
    """The car that was built for an order: VIN and batch, empty where they are not known."""

    vin: str
    batch: str


def get_car(order_id: int) -> Car:
    """The car of this order; nothing known where none was built."""
    row = Build.objects.filter(order_id=order_id).first()
    return Car(row.vin, row.batch) if row else Car("", "")


def count_batch(batch: str, order_ids: Collection[int]) -> tuple[int, int]:
    """How many of these orders' cars are of a batch, and how many cars it has."""
    cars = Build.objects.filter(batch=batch)
    return cars.filter(order_id__in=list(order_ids)).count(), cars.count()
