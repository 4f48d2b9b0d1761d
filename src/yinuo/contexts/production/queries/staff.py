"""Plans, holds and what the plant reported, as staff see them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.production.models import Build, BuildEvent, Plan, QualityHold


@dataclass(frozen=True)
class PlanSeen:
    """One plan. `impact` is what it does to people, once worked out; `problem` why refused."""

    id: int
    public_id: str
    external_id: str
    sender: str
    state: str
    problem: dict[str, Any] | None
    uploaded_at: dt.datetime
    impact: dict[str, Any] | None
    cause_code: str
    evidence: str
    committed_at: dt.datetime | None
    committer_zh: str
    committer_en: str
    applied_at: dt.datetime | None


@dataclass(frozen=True)
class HoldSeen:
    """One hold of a batch."""

    id: int
    ref: str
    batch: str
    cars: int
    evidence: str
    placed_at: dt.datetime
    placer_zh: str
    placer_en: str
    expected_release_date: dt.date
    released_at: dt.datetime | None
    applied_at: dt.datetime | None


@dataclass(frozen=True)
class BuildReport:
    """What the plant reported of one car."""

    sender: str
    kind: str
    at: dt.datetime
    received_at: dt.datetime
    batch: str
    state: str


def _plans() -> QuerySet[Plan]:
    return Plan.objects.select_related("committed_by")


def _plan_seen(row: Plan) -> PlanSeen:
    by = row.committed_by
    return PlanSeen(
        row.id,
        row.public_id,
        row.external_id,
        row.sender,
        row.state,
        row.problem,
        row.uploaded_at,
        row.impact,
        row.cause_code,
        row.evidence,
        row.committed_at,
        by.name_zh if by else "",
        by.name_en if by else "",
        row.applied_at,
    )


def list_plans_for_staff(staff_id: int, *, state: str = "", limit: int = 20) -> list[PlanSeen]:
    """The newest plans, of one state when given.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = _plans().filter(state=state) if state else _plans()
    return [_plan_seen(row) for row in rows.order_by("-uploaded_at", "-id")[:limit]]


def get_plan_for_staff(staff_id: int, public_id: str) -> PlanSeen | None:
    """The plan with this public id, or None.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = _plans().filter(public_id=public_id).first()
    return _plan_seen(row) if row else None


def find_plan(reference: str) -> PlanSeen | None:
    """The newest plan with this public id or sender's own id; for the command line."""
    row = _plans().filter(public_id=reference).first()
    row = row or _plans().filter(external_id=reference).order_by("-id").first()
    return _plan_seen(row) if row else None


def list_holds_for_staff(staff_id: int, limit: int = 50) -> list[HoldSeen]:
    """Holds, open ones first, then the newest.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = list(
        QualityHold.objects.select_related("placed_by").order_by("-released_at", "-id")[:limit]
    )
    cars = dict(
        Build.objects.filter(batch__in=[row.batch for row in rows])
        .values_list("batch")
        .annotate(Count("order"))
    )
    return [
        HoldSeen(
            row.id,
            row.public_id,
            row.batch,
            cars.get(row.batch, 0),
            row.evidence,
            row.placed_at,
            row.placed_by.name_zh,
            row.placed_by.name_en,
            row.expected_release_date,
            row.released_at,
            row.applied_at,
        )
        for row in rows
    ]


def count_cars_of_batch(staff_id: int, batch: str) -> int:
    """Cars of a batch that are not handed over.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    cars = Build.objects.filter(batch=batch)
    return cars.exclude(order__state__in=["DELIVERED", "CANCELLED"]).count()


def list_builds_of_order(staff_id: int, order_id: int) -> list[BuildReport]:
    """What the plant reported of this order's car, newest first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = BuildEvent.objects.filter(order=order_id).order_by("-at", "-id")
    return [
        BuildReport(row.sender, row.kind, row.at, row.received_at, row.batch, row.state)
        for row in rows
    ]


def get_batch_of_order(staff_id: int, order_id: int) -> str:
    """The batch in which the order's car was built; empty before.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return Build.objects.filter(order=order_id).values_list("batch", flat=True).first() or ""
