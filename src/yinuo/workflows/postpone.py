"""A customer wants the car later: later cars may pass, the rank stays, and the way back is open."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.orders.operations import postponing
from yinuo.contexts.orders.rules import life


def may_postpone(state: str) -> bool:
    """Whether an order in this state can still wait by its customer's wish."""
    return life.may_begin(life.POSTPONED, state)


def postpone(
    *, person_id: int, order_id: int, typed: str, request_key: str, now: dt.datetime
) -> str:
    """Let the order wait until the day that was typed (2026-06-01); its public id.

    Raises
    ------
    BadDay, NotYours, NotNow
    """
    try:
        day = dt.date.fromisoformat(typed.strip())
    except ValueError:
        raise postponing.BadDay from None
    return postponing.postpone(
        person_id=person_id,
        order_id=order_id,
        not_before_date=day,
        request_key=request_key,
        now=now,
    )


def resume_due(*, now: dt.datetime) -> int:
    """End what was postponed to a day that has come; returns how many. Safe to repeat."""
    return postponing.resume_due(now=now)
