"""Disputes: what was done, at what cost in money and trust, and whether settling came first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import Matter, MatterStep
from yinuo.platform import ids
from yinuo.platform.refusals import Refusal


class SettleFirst(Refusal):
    """A step against the other side is taken after the questions of settling are answered."""

    code = "settle_first"
    zh = "先谈和解。还没有回答：{questions_zh}"
    en = "Settling comes first. Not answered: {questions_en}"


class MatterClosed(Refusal):
    """Nothing more is done in a dispute that is over."""

    code = "matter_closed"
    zh = "这件事已经结束。"
    en = "This matter is closed."


class StepNotComplete(Refusal):
    """A step says what is done, why, and what it costs in money and trust."""

    code = "step_not_complete"
    zh = "请写明做什么、为什么、花多少钱、对信任有什么影响。"
    en = "Say what is done, why, what it costs, and what it does to trust."


def open_matter(*, title: str, claims_fen: int, now: dt.datetime) -> Matter:
    """A dispute begins.

    Raises
    ------
    StepNotComplete
    """
    if not title.strip() or claims_fen < 0:
        raise StepNotComplete
    return Matter.objects.create(
        public_id=ids.new_id("mat"), title=title.strip(), claims_fen=claims_fen, opened_at=now
    )


def take_step(
    *,
    matter_id: int,
    tactic: str,
    why: str,
    cost_fen: int,
    trust: str,
    answers: Mapping[str, str],
    staff_id: int,
    now: dt.datetime,
) -> MatterStep:
    """Do something in a dispute; a step that settles closes it.

    Raises
    ------
    MatterClosed, SettleFirst, StepNotComplete
    """
    if tactic not in rules.TACTICS or not why.strip() or not trust.strip() or cost_fen < 0:
        raise StepNotComplete
    left = [rules.SETTLE_FIRST[name] for name in rules.unanswered(tactic, answers)]
    if left:
        raise SettleFirst(
            questions_zh="".join(zh for zh, _ in left), questions_en=" ".join(en for _, en in left)
        )
    with transaction.atomic():
        matter = Matter.objects.select_for_update().get(id=matter_id)
        if matter.closed_at is not None:
            raise MatterClosed
        step = MatterStep.objects.create(
            matter=matter,
            tactic=tactic,
            why=why.strip(),
            cost_fen=cost_fen,
            trust=trust.strip(),
            answers={name: answers[name].strip() for name in rules.SETTLE_FIRST if name in answers},
            decided_by_id=staff_id,
            decided_at=now,
        )
        if tactic in rules.SETTLING:
            matter.closed_at = now
            matter.save(update_fields=["closed_at"])
    return step
