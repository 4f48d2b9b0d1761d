"""A plan is uploaded, shown as what it does to people, committed with its reason, and told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.notices.operations.alert import alert_staff
from yinuo.contexts.orders.queries.forecasting import label_many, load_open
from yinuo.contexts.people.queries.staff import get_staff
from yinuo.contexts.production.operations import plans
from yinuo.contexts.promises.operations.forecasting import Why
from yinuo.contexts.promises.queries.work import deadlines_of
from yinuo.contexts.promises.rules import Flags, explains
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.engines.queue import unfair_pairs
from yinuo.platform import outbox
from yinuo.platform.spoken import write_instant
from yinuo.workflows import fairness
from yinuo.workflows.dates import Comparison, commit, compare
from yinuo.workflows.outlook import Outlook, work_out

SAMPLES = 3


def preview(*, plan_id: int, now: dt.datetime) -> dict[str, Any]:
    """What committing the plan would do to people, kept beside the plan.

    Counts of people later and earlier with the largest moves, of those who miss their own
    deadline, of pairs against the lock order before the order is enforced, and three samples.
    """
    outlook, fresh = _outlook(now, plan_id)
    found = compare(outlook, fresh, routine=False, now=now)
    impact = {
        **_counts(found),
        "missed_deadlines": _missed_deadlines(outlook, found),
        "against_lock_order": _against_lock_order(outlook, fresh),
        "undated": int((fresh & ~outlook.windows.dated).sum()),
        "orders": int(fresh.sum()),
        "samples": _samples(outlook, found),
        "worked_out_at": write_instant(now),
    }
    plans.keep_impact(plan_id=plan_id, impact=impact)
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
    moved = commit(lambda: _outlook(now, plan_id), why=why, routine=False, now=now)
    alert_staff(ref=plan.public_id, cause_code=plan.cause_code, orders_count=moved, now=now)
    outbox.nudge("notices.issue")
    unfair = fairness.watch(ref=plan.public_id, now=now)
    plans.finish_plan(plan_id=plan_id, now=now, unfair_pairs=unfair)
    return moved


def _outlook(now: dt.datetime, plan_id: int) -> tuple[Outlook, Flags]:
    """All open orders; the plan is about those that are not built yet."""
    outlook = work_out(load_open(), now=now, plan_id=plan_id)
    return outlook, ~outlook.orders.built


def _days_moved(found: Comparison) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Whole days by which the middle of each range moves, rounded away from zero."""
    old, new = found.current.windows, found.windows
    twice = new.first + new.last - old.first - old.last
    return np.asarray(np.sign(twice) * ((np.abs(twice) + 1) // 2), np.int64)


def _counts(found: Comparison) -> dict[str, int]:
    days = _days_moved(found)[found.move]
    return {
        "moved": int(found.move.sum()),
        "later": int((days > 0).sum()),
        "later_days_max": int(days.max(initial=0)),
        "earlier": int((days < 0).sum()),
        "earlier_days_max": int(-days.min(initial=0)),
    }


def _missed_deadlines(outlook: Outlook, found: Comparison) -> int:
    """People who had an even chance or better to meet their own day and no longer have it."""
    deadlines = deadlines_of(outlook.orders.order_ids[found.move].tolist())
    missed = 0
    for row in np.flatnonzero(found.move):
        day = deadlines.get(int(outlook.orders.order_ids[row]))
        if day is not None and (outlook.dots[row] <= day.toordinal()).sum() < 10:
            old = found.current.windows
            missed += int((old.first[row] + old.last[row]) / 2 <= day.toordinal())
    return missed


def _against_lock_order(outlook: Outlook, fresh: Flags) -> int:
    """Pairs that the plan alone would put against the lock order, before it is enforced."""
    orders = outlook.orders
    dates = np.minimum(outlook.windows.latest, BEYOND_HORIZON)
    exempt = ~fresh | ~outlook.windows.dated
    return len(unfair_pairs(orders.line_ids, dates, orders.held | exempt, orders.excepted | exempt))


def _samples(outlook: Outlook, found: Comparison) -> list[dict[str, Any]]:
    """The order that moves most, one in the middle and the one that moves least."""
    rows = np.flatnonzero(found.move)
    if not rows.size:
        return []
    ranked = rows[np.argsort(-np.abs(_days_moved(found)[rows]), kind="stable")]
    picked = list(dict.fromkeys(int(ranked[i]) for i in (0, len(ranked) // 2, len(ranked) - 1)))
    ids = [int(outlook.orders.order_ids[row]) for row in picked[:SAMPLES]]
    labels = label_many(ids)
    old, new = found.current.windows, found.windows
    return [
        {
            "order_id": order_id,
            "order": labels[order_id].code,
            "old_from": _iso(old.first[row]),
            "old_until": _iso(old.last[row]),
            "old_latest": _iso(old.latest[row]),
            "window_from": _iso(new.first[row]),
            "window_until": _iso(new.last[row]),
            "latest": _iso(new.latest[row]),
        }
        for row, order_id in zip(picked, ids, strict=True)
    ]


def _iso(day: np.int64) -> str:
    return dt.date.fromordinal(int(day)).isoformat()
