"""Committing a plan: only with its impact seen, a cause from the list, and evidence."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.production.models import Plan
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal

# An impact worked out longer ago than this may no longer be what the commit would do.
IMPACT_HOLDS = dt.timedelta(hours=12)


class PlanNotOpen(Refusal):
    """Only an uploaded plan can be committed."""

    code = "plan_not_open"
    zh = "这份计划已经{state}，不能再提交。"
    en = "This plan is {state} and cannot be committed."


class ImpactNotSeen(Refusal):
    """Nobody has looked at what the plan does to people, or it was too long ago."""

    code = "impact_not_seen"
    zh = "请先看这份计划影响多少人，再提交。"
    en = "Look at what this plan does to people before you commit it."


class CauseNeeded(Refusal):
    """A plan that moves dates is explained by a cause of the list and evidence of its own."""

    code = "cause_needed"
    zh = "请选原因，并写明依据。只写节假日不算原因。"
    en = "Choose a cause and say what shows it. A holiday alone is no cause."


def keep_impact(*, plan_id: int, impact: dict[str, Any]) -> None:
    """Keep what a plan would do to people, beside the plan."""
    Plan.objects.filter(id=plan_id, state=Plan.State.UPLOADED).update(impact=impact)


def commit_plan(
    *,
    plan_id: int,
    cause_code: str,
    evidence: str,
    explained: bool,
    staff_id: int | None,
    now: dt.datetime,
) -> Plan:
    """Put a plan into force; its dates follow by a job. Safe to repeat with the same cause.

    `explained` is the verdict on cause and evidence by the rules of promises.

    Raises
    ------
    PlanNotOpen, ImpactNotSeen, CauseNeeded
    """
    with transaction.atomic():
        plan = Plan.objects.select_for_update().get(id=plan_id)
        if plan.state == Plan.State.COMMITTED and plan.cause_code == cause_code:
            return plan
        if plan.state != Plan.State.UPLOADED:
            raise PlanNotOpen(state=plan.state)
        if not explained:
            raise CauseNeeded
        seen_at = dt.datetime.fromisoformat(plan.impact["worked_out_at"]) if plan.impact else None
        if seen_at is None or now - seen_at > IMPACT_HOLDS or _committed_since(seen_at):
            raise ImpactNotSeen
        plan.state = Plan.State.COMMITTED
        plan.cause_code, plan.evidence = cause_code, evidence.strip()
        plan.committed_at, plan.committed_by_id = now, staff_id
        plan.save()
        record(
            Fact(
                kind="plan.committed",
                change_key=plan.public_id,
                public={"plan": plan.external_id, "cause": cause_code, "digest": plan.digest},
            ),
            now=now,
        )
        outbox.nudge("replan.apply", plan_id=plan.id)
    return plan


def _committed_since(at: dt.datetime) -> bool:
    """Whether another plan came into force after that moment, so that the impact seen is stale."""
    return Plan.objects.filter(state=Plan.State.COMMITTED, committed_at__gt=at).exists()


def is_superseded(plan_id: int) -> bool:
    """Whether a later plan is in force; the dates follow that one."""
    plan = Plan.objects.get(id=plan_id)
    newer = Plan.objects.filter(state=Plan.State.COMMITTED).filter(
        Q(committed_at__gt=plan.committed_at) | Q(committed_at=plan.committed_at, id__gt=plan.id)
    )
    return newer.exists()


def get_plan(plan_id: int) -> Plan:
    """The plan with this row."""
    return Plan.objects.get(id=plan_id)


def finish_plan(*, plan_id: int, now: dt.datetime, unfair_pairs: int | None = None) -> None:
    """Every order has been compared under the plan. Safe to repeat.

    `unfair_pairs` is what the check of all lines found after that; None where it was not needed.
    """
    with transaction.atomic():
        plan = Plan.objects.select_for_update().get(id=plan_id)
        if plan.applied_at is not None:
            return
        plan.applied_at = now
        plan.impact = {**(plan.impact or {}), "unfair_pairs": unfair_pairs}
        plan.save(update_fields=["applied_at", "impact"])


def list_plans_to_apply() -> list[int]:
    """Plans in force whose dates were not worked out yet, oldest first."""
    rows = Plan.objects.filter(state=Plan.State.COMMITTED, applied_at=None)
    return list(rows.order_by("committed_at", "id").values_list("id", flat=True))
