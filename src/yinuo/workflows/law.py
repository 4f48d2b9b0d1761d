"""Asking the law of a day, and keeping what it said: no step that it governs goes without."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from yinuo.contexts.terms.operations.decisions import keep
from yinuo.engines.rules import Decision, decide
from yinuo.platform.refusals import Refusal
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


class Refused(Refusal):
    """A step that the law stops. `stopped_by` is what it said, which outlives the step."""

    stopped_by: tuple[Decision, str, int] | None = None

    def by(self, decision: Decision, at: str, order_id: int) -> Refused:
        """This refusal with the decision at a moment on which it rests."""
        self.stopped_by = decision, at, order_id
        return self


@contextmanager
def all_or_nothing(now: dt.datetime) -> Iterator[None]:
    """A transaction of a step that asks the law; where the law stops it, its answer alone stays.

    What stopped somebody is what they will ask about: it may not vanish with the step.
    """
    try:
        with transaction.atomic():
            yield
    except Refused as refused:
        if refused.stopped_by is not None:
            decision, at, order_id = refused.stopped_by
            keep(decision=decision, at=at, order_id=order_id, now=now)
        raise
