"""Pure decisions about orders: their life, and their ranks in a line."""

from __future__ import annotations

from yinuo.contexts.orders.rules.life import AT_THE_CENTRE, ENDED, STATES, is_forward
from yinuo.contexts.orders.rules.ranks import (
    EPOCH,
    MICROSECOND,
    OrderRecord,
    assign_ranks,
    rank_of,
)

__all__ = [
    "AT_THE_CENTRE",
    "ENDED",
    "EPOCH",
    "MICROSECOND",
    "STATES",
    "OrderRecord",
    "assign_ranks",
    "is_forward",
    "rank_of",
]
