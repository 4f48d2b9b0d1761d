"""A customer asks on the spot to give the car back: answered by articles, not by a counter."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.handover.operations.inspecting import NotOpen, UnknownCheck, keep_statement
from yinuo.contexts.handover.queries.work import get_facts
from yinuo.contexts.handover.rules import checking
from yinuo.platform.spoken import local_date
from yinuo.workflows.law import decide_and_keep


def ask(*, person_id: int, order_id: int, code: str, words: str, now: dt.datetime) -> int:
    """What the guarantees say to a new car or the money back for a fault found after the keys.

    The customer's words are kept. What nobody has established yet stays unknown, is named, and
    never counts against the customer. Returns the kept decision's row.

    Raises
    ------
    NotOpen
        The keys were not given: before that a car is simply refused.
    UnknownCheck
    """
    facts = get_facts(order_id)
    if facts is None or facts.keys_given_at is None:
        raise NotOpen
    check = checking.all_checks(facts.plan).get(code)
    if check is None:
        raise UnknownCheck
    today = local_date(now)
    with transaction.atomic():
        keep_statement(inspection_id=facts.id, code=code, words=words, person_id=person_id, now=now)
        _, decision_id = decide_and_keep(
            at="swap",
            facts={
                "ask": {"today_date": today.isoformat()},
                "swap": {
                    "asked": True,
                    "asked_date": today.isoformat(),
                    "answered": False,
                    "finished": False,
                },
                "fault": {"assembly": check.assembly, "reported_date": today.isoformat()},
                "car": {"delivered_date": local_date(facts.keys_given_at).isoformat()},
            },
            order_id=order_id,
            on=today,
            now=now,
        )
    return decision_id
