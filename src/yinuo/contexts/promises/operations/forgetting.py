"""What was promised, chosen and owed goes with the record of an order."""

from __future__ import annotations

from yinuo.contexts.promises.models import (
    Choice,
    Credit,
    Deadline,
    Outcome,
    Promise,
    Settlement,
    Undated,
)

GONE = (Choice, Credit, Settlement, Deadline, Outcome, Undated, Promise)


def forget(*, order_id: int) -> int:
    """Remove the promise of an order whose record is destroyed, and what followed; how many rows.

    Money that was owed stands in the books; figures of past days stand as they were counted.
    """
    return sum(model._default_manager.filter(order=order_id).delete()[0] for model in GONE)
