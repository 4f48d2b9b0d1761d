"""A date of delivery agreed on singly that is not kept: recorded, and told to the buyer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.terms.models import TermBreach
from yinuo.contexts.terms.queries.agreed import AgreedDate
from yinuo.platform import outbox
from yinuo.platform.spoken import write_instant


@dataclass(frozen=True)
class Breach:
    """What was found of one agreed date; `stage` is EXPECTED or PASSED, `answerer` a public id."""

    date: AgreedDate
    stage: str
    latest_date: dt.date
    answerer: str
    answer_by_at: dt.datetime


def note_breaches(found: Sequence[Breach], *, now: dt.datetime) -> int:
    """Keep these breaches, each stage of a term once; returns how many are new."""
    with transaction.atomic():
        facts = []
        for one in found:
            _, fresh = TermBreach.objects.get_or_create(
                term_id=one.date.term_id,
                stage=one.stage,
                defaults={"latest_date": one.latest_date, "found_at": now},
            )
            if fresh:
                facts.append(_fact(one, now))
        record_many(facts, now=now)
        if facts:
            outbox.nudge("notices.issue")
    return len(facts)


def _fact(one: Breach, now: dt.datetime) -> Fact:
    return Fact(
        "side_term.breached",
        f"breached:{one.date.public_id}:{one.stage}",
        {"code": one.stage},
        {
            "order": one.date.order_code,
            "term": one.date.public_id,
            "deadline": one.date.until_date.isoformat(),
            "latest": one.latest_date.isoformat(),
            "answerer": one.answerer,
            "answer_by_at": write_instant(one.answer_by_at),
            "at": write_instant(now),
        },
        one.date.order_id,
        one.date.order_code,
    )
