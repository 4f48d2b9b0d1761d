"""Orders that have ended: what must be known before their record is erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from yinuo.contexts.orders.models import Amendment, Dispute, Order


@dataclass(frozen=True)
class Ending:
    """An order and how it ended. `ended_at` is None while it runs; `disputed` says that an
    objection or a request of its customer waits for an answer."""

    order_id: int
    code: str
    person_id: int
    delivered: bool
    ended_at: dt.datetime | None
    disputed: bool


def _ending(row: Order) -> Ending:
    disputed = (
        Dispute.objects.filter(order=row, settled_at=None).exists()
        or Amendment.objects.filter(order=row, state__in=Amendment.RUNNING).exists()
    )
    ended_at = {"DELIVERED": row.delivered_at, "CANCELLED": row.cancelled_at}.get(row.state)
    return Ending(row.id, row.code, row.person_id, row.state == "DELIVERED", ended_at, disputed)


def get_ending(order_id: int) -> Ending:
    """The order with this row; asked by workflows."""
    return _ending(Order.objects.get(id=order_id))


def find_ending(code: str) -> Ending | None:
    """The order with this code, for a command line; None where there is none."""
    row = Order.objects.filter(code=code).first()
    return _ending(row) if row else None


def list_for_person(person_id: int) -> list[Ending]:
    """The ended orders of a person, newest first."""
    rows = Order.objects.filter(person=person_id, state__in=["DELIVERED", "CANCELLED"])
    return [_ending(row) for row in rows.order_by("-id")]


def list_ids(order_ids: Collection[int] | None = None) -> Iterator[tuple[int, str]]:
    """Row and internal id of these orders, or of all of them."""
    rows = Order.objects.all() if order_ids is None else Order.objects.filter(id__in=order_ids)
    return rows.order_by().values_list("id", "public_id").iterator()
