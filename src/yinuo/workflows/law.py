"""Asking the law of a day, and keeping what it said: no step that it governs goes without."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from yinuo.contexts.terms.operations.decisions import keep
from yinuo.engines.rules import Decision, decide
from yinuo.rulepacks import load_pack


def decide_and_keep(
    *,
    at: str,
    facts: Mapping[str, Any],
    order_id: int | None = None,
    ticket_id: int | None = None,
    on: dt.date,
    now: dt.datetime,
) -> tuple[Decision, int]:
    """What every rule asked at a moment says of `facts`, stored; the decision and its row.

    `facts` are as JSON holds them, flat (`deposit.amount_fen`) or nested; `on` is the day of the
    fact that is judged. A fact that is not given is unknown and never counts as no. Whoever asks
    goes on with clearance `go` only; the decision is kept whatever it says.

    Raises
    ------
    Unreadable
        A fact that the pack does not know, or a value that is not of its kind.
    """
    pack = load_pack()
    decision = decide(pack, pack.read_facts(facts), on, at=at)
    return decision, keep(decision=decision, at=at, order_id=order_id, ticket_id=ticket_id, now=now)
