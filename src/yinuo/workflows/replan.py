"""A plan is uploaded, shown as what it does to people, committed with its reason, and told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.notices.operations.alert import alert_staff
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.people.queries.staff import get_staff
from yinuo.contexts.production.operations import plans
from yinuo.contexts.promises.operations.forecasting import Why
from yinuo.contexts.promises.rules import Flags, explains
from yinuo.platform import outbox
from yinuo.workflows import explain, fairness
from yinuo.workflows.dates import commit, compare
from yinuo.workflows.impact import weigh
from yinuo.workflows.inputs import Inputs, load_inputs
from yinuo.workflows.outlook import Outlook, outlook_of


def preview(*, plan_id: int, now: dt.datetime) -> dict[str, Any]:
    """What committing the plan would do to people, kept beside the plan; see `impact.weigh`."""
    outlook, fresh = _outlook(now, plan_id)
    found = compare(outlook, fresh, routine=False, now=now)
    impact = weigh(outlook, fresh, found, now=now)
    plans.keep_impact(plan_id=plan_id, impact=impact)
    outbox.nudge("planning.explain")
    return impact


def commit_plan(
    *, plan_id: int, cause_code: str, evidence: str, staff_id: int | None, now: dt.datetime
) -> None:
    """Put the plan into force; the dates and the notices follow by a job.

    Raises
    ------
    PlanNotOpen, ImpactNotSeen, CauseNeeded
    """
    plans.commit_plan(
        plan_id=plan_id,
        cause_code=cause_code,
        evidence=evidence,
        explained=_may_explain(cause_code, staff_id) and explains(cause_code, evidence),
        staff_id=staff_id,
        now=now,
    )


def _may_explain(cause_code: str, staff_id: int | None) -> bool:
    """Whether a plan can show this cause: a plant's or a supplier's; "other" needs a manager."""
    cause = CAUSES.get(cause_code)
    if cause is None or cause.evidence not in ("plan", "supply", "manager"):
        return False
    if cause.evidence != "manager":
        return True
    card = get_staff(staff_id) if staff_id is not None else None
    return card is not None and card.role == "MANAGER"


def apply(*, plan_id: int, now: dt.datetime) -> int:
    """Work out all dates under the plan; returns how many promises moved. Safe to repeat."""
    plan = plans.get_plan(plan_id)
    if plan.state != plan.State.COMMITTED or plan.applied_at is not None:
        return 0
    if plans.is_superseded(plan_id):
        plans.finish_plan(plan_id=plan_id, now=now)
        return 0
    assert plan.committed_at is not None
    why = Why(plan.cause_code, plan.public_id, plan.committed_at)
    used: list[Inputs] = []

    def outlook() -> tuple[Outlook, Flags]:
        used[:] = [load_inputs(load_open(), now=now, plan_id=plan_id)]
        return _of_waiting(used[0])

    moved = commit(outlook, why=why, routine=False, now=now)
    alert_staff(ref=plan.public_id, cause_code=plan.cause_code, orders_count=moved, now=now)
    outbox.nudge("notices.issue")
    unfair = fairness.watch(ref=plan.public_id, now=now)
    explain.keep_inputs(used[0], ref=plan.public_id, now=now)
    plans.finish_plan(plan_id=plan_id, now=now, unfair_pairs=unfair)
    return moved


def _outlook(now: dt.datetime, plan_id: int) -> tuple[Outlook, Flags]:
    return _of_waiting(load_inputs(load_open(), now=now, plan_id=plan_id))


def _of_waiting(inputs: Inputs) -> tuple[Outlook, Flags]:
    """All open orders; the plan is about those that are not built yet."""
    outlook = outlook_of(inputs)
    return outlook, ~outlook.orders.built
