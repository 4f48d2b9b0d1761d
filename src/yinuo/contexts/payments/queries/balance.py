"""The balance of an order, as the customer who owes it and the household see it."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.payments.models import Bill
from yinuo.contexts.people.queries.people import sees


@dataclass(frozen=True)
class BalanceSeen:
    """The bill of a balance: OPEN, BLOCKED (nobody can pay it), PAID or VOID."""

    bill_id: int
    public_id: str
    state: str
    amount_fen: int


def get_balance(person_id: int, order_id: int) -> BalanceSeen | None:
    """The newest balance of an order that the reader may see; None where nothing was asked for."""
    rows = Bill.objects.filter(sees(person_id, "order__person"), order_id=order_id, kind="BALANCE")
    row = rows.distinct().order_by("-id").first()
    return BalanceSeen(row.id, row.public_id, row.state, row.amount_fen) if row else None
