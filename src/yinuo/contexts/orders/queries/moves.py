"""Moves of orders between lines: which can be undone, which promised dates have not followed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from yinuo.contexts.orders.models import LineMove, Order, QueueNote


@dataclass(frozen=True)
class MoveSeen:
    """A move as its customer sees it; `may_undo` while the old place can be taken again."""

    public_id: str
    kind: str
    from_spec_code: str
    from_spec_zh: str
    from_spec_en: str
    from_centre_code: str
    from_centre_zh: str
    from_centre_en: str
    asked_at: dt.datetime
    undo_until_at: dt.datetime
    may_undo: bool


@dataclass(frozen=True)
class WaitingMove:
    """A move, or its undoing, that promised dates have not followed."""

    public_id: str
    order_id: int
    undone: bool
    at: dt.datetime


def get_spec_code(order_id: int) -> str:
    """The code of the configuration of an order whose reader was checked."""
    return str(Order.objects.values_list("line__spec__code", flat=True).get(id=order_id))


def get_model_code(order_id: int) -> str:
    """The code of the model of an order whose reader was checked."""
    code = Order.objects.values_list("line__spec__car_model__code", flat=True).get(id=order_id)
    return str(code)


def get_price_fen(order_id: int) -> int:
    """What the configuration of the order costs by the catalogue, in fen."""
    return int(Order.objects.values_list("line__spec__price_fen", flat=True).get(id=order_id))


def newest_move(order_id: int, now: dt.datetime | None = None) -> MoveSeen | None:
    """The newest move of an order whose reader was checked, None without one."""
    rows = LineMove.objects.select_related("from_line__spec", "from_line__centre", "order")
    row = rows.filter(order=order_id).order_by("-id").first()
    if row is None:
        return None
    spec, centre = row.from_line.spec, row.from_line.centre
    stands = (row.order.line_id, row.order.rank) == (row.to_line_id, row.new_rank)
    in_time = now is None or now < row.undo_until_at
    return MoveSeen(
        row.public_id,
        row.kind,
        spec.code,
        spec.name_zh,
        spec.name_en,
        centre.code,
        centre.name_zh,
        centre.name_en,
        row.asked_at,
        row.undo_until_at,
        row.undone_at is None and stands and in_time and row.order.state in ("LOCKED", "SCHEDULED"),
    )


def list_waiting() -> list[WaitingMove]:
    """Moves and ways back whose dates wait, the oldest first."""
    waits = Q(applied_at=None) | Q(undone_at__isnull=False, undo_applied_at=None)
    return [
        WaitingMove(
            row.public_id, row.order_id, row.undone_at is not None, row.undone_at or row.asked_at
        )
        for row in LineMove.objects.filter(waits).order_by("id")
    ]


def list_settled(now: dt.datetime, limit: int = 500) -> list[str]:
    """Changes of centre whose way back is closed and whose order is still held for them."""
    held = QueueNote.objects.filter(kind="HOLD", until_at=None, cause_ref=OuterRef("public_id"))
    rows = LineMove.objects.filter(
        Exists(held), kind=LineMove.Kind.CENTRE, undone_at=None, undo_until_at__lte=now
    ).exclude(applied_at=None)
    return list(rows.order_by("id").values_list("public_id", flat=True)[:limit])
