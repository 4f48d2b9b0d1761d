"""What came to its end with money, for the stories that follow from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.payments.models import Settled


@dataclass(frozen=True)
class SettledCard:
    """One settled matter. `order_id` or `ticket_id` is whose it is now."""

    id: int
    kind: str
    order_id: int | None
    ticket_id: int | None
    settled_at: dt.datetime
    applied: bool


class NothingSettled(LookupError):
    """There is no settled matter with this row."""


def get_settled(settled_id: int) -> SettledCard:
    """One by its row.

    Raises
    ------
    NothingSettled
    """
    row = Settled.objects.filter(id=settled_id).select_related("bill", "refund").first()
    if row is None:
        raise NothingSettled(settled_id)
    return _card(row)


def list_settled_to_apply() -> list[SettledCard]:
    """Those from which something has still to follow, oldest first."""
    rows = Settled.objects.filter(applied_at=None).select_related("bill", "refund")
    return [_card(row) for row in rows.order_by("id")]


def _card(row: Settled) -> SettledCard:
    owner = row.bill or row.refund
    assert owner is not None
    return SettledCard(
        row.id,
        row.kind,
        owner.order_id,
        owner.ticket_id,
        row.settled_at,
        row.applied_at is not None,
    )
