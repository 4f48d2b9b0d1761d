"""Money came to its end: what follows from it elsewhere, once, whoever asks first.

A deposit that was paid locks its order, a balance that was paid lets the keys be given. The row in
`payments` is the work; it is marked as applied last, so every step may be run again.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from django.db import transaction

from yinuo.contexts.orders.operations.progress import Frozen
from yinuo.contexts.payments.operations.settle import mark_applied
from yinuo.contexts.payments.queries.settled import (
    SettledCard,
    get_settled,
    list_settled_to_apply,
)
from yinuo.workflows import cancellation, handover, lock

LOG = logging.getLogger(__name__)
# Locked in one transaction at most.
LOT = 50
Follow = Callable[[SettledCard, dt.datetime], None]


def _nothing(card: SettledCard, now: dt.datetime) -> None:
    """The record and the pages say it; nothing else moves."""
    del card, now


def _deposit_paid(card: SettledCard, now: dt.datetime) -> None:
    """A ticket becomes an order; an order that was left stands again."""
    if card.ticket_id is not None:
        lock.deposit_paid(ticket_id=card.ticket_id, now=now)
    if card.order_id is not None:
        cancellation.deposit_paid_again(order_id=card.order_id, paid_at=card.settled_at, now=now)


def _balance_paid(card: SettledCard, now: dt.datetime) -> None:
    assert card.order_id is not None, "a balance has an order"
    handover.balance_paid(order_id=card.order_id, now=now)


# What follows from each kind.
FOLLOWS: dict[str, Follow] = {
    "CHARGE_FAILED": _nothing,
    "REFUND_PAID": _nothing,
    "BALANCE_PAID": _balance_paid,
    "DEPOSIT_PAID": _deposit_paid,
}


def apply(settled_id: int, now: dt.datetime) -> bool:
    """Do what follows from one settled matter; False when it waits or was done before."""
    try:
        return finish(settled_id=settled_id, now=now)
    except Frozen:
        # The buyer is being changed, or somebody disagrees: it follows once that is over.
        return False


def finish(*, settled_id: int, now: dt.datetime) -> bool:
    """The same, for a person who wants to know why it does not go on.

    Raises
    ------
    Frozen
    """
    card = get_settled(settled_id)
    if card.applied:
        return False
    FOLLOWS[card.kind](card, now)
    return bool(mark_applied(settled_ids=[settled_id], now=now))


def run(now: dt.datetime) -> int:
    """Everything from which something has still to follow; returns how much was done.

    What fails is logged, stands on the finance page, and holds up nobody else's money.
    """
    waiting = list_settled_to_apply()
    locks = [one for one in waiting if one.kind == "DEPOSIT_PAID" and one.ticket_id is not None]
    done: set[int] = set()
    for start in range(0, len(locks), LOT):
        done |= _lock_together(locks[start : start + LOT], now)
    return len(done) + sum(_try(one.id, now) for one in waiting if one.id not in done)


def _try(settled_id: int, now: dt.datetime) -> bool:
    try:
        return apply(settled_id, now)
    except Exception:
        LOG.exception("settled %s does not go on", settled_id)
        return False


def _lock_together(cards: Sequence[SettledCard], now: dt.datetime) -> set[int]:
    """Deposits that were paid at the same time lock together; none when one of them cannot.

    Each is then done by itself, so that what holds one up holds up no other. Returns the rows of
    those from which nothing more follows.
    """
    if len(cards) < 2:
        return set()
    settled_ids = [one.id for one in cards]
    try:
        with transaction.atomic():
            lock.deposits_paid(ticket_ids=[one.ticket_id or 0 for one in cards], now=now)
            mark_applied(settled_ids=settled_ids, now=now)
    except Exception:
        LOG.exception("%s locks go one by one", len(cards))
        return set()
    return set(settled_ids)
