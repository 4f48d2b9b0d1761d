"""Asking the law of a day, and keeping what it said: no step that it governs goes without."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db import transaction

from yinuo.contexts.terms.operations.decisions import keep, keep_for_tickets
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
    decision = ask(at=at, facts=facts, on=on)
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


def decide_of_tickets(
    *, at: str, facts: Mapping[int, Mapping[str, Any]], on: dt.date, now: dt.datetime
) -> dict[int, Decision]:
    """`decide_and_keep` of many tickets in one go; facts and decisions by the ticket's row."""
    decisions = {ticket_id: ask(at=at, facts=own, on=on) for ticket_id, own in facts.items()}
    if decisions:
        keep_for_tickets(decisions=decisions, at=at, now=now)
    return decisions


def ask(*, at: str, facts: Mapping[str, Any], on: dt.date) -> Decision:
    """What every rule asked at a moment says of `facts`; nothing is stored.

    The same facts on the same day get the same answer, so it is worked out once: a launch asks it
    for every ticket.

    Raises
    ------
    Unreadable
        As `decide_and_keep`.
    """
    return _said(load_pack().label, at, json.dumps(facts, sort_keys=True), on)


@lru_cache(maxsize=256)
def _said(_pack: str, at: str, facts: str, on: dt.date) -> Decision:
    pack = load_pack()
    return decide(pack, pack.read_facts(json.loads(facts)), on, at=at)
