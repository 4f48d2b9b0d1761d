"""A plan beside the one before it, and beside what was really built; for the planner's pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.production.models import Plan, PlanWeek, Resource, SupplyWeek

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class WeekChanged:
    """Cars of one plant in one week: in the plan before, and in this one."""

    plant: str
    name_zh: str
    name_en: str
    week_date: dt.date
    before: int
    after: int


@dataclass(frozen=True)
class WeekBuilt:
    """Cars that a plan meant to build in one week, and those that were built."""

    week_date: dt.date
    planned: int
    built: int


def list_changed_weeks(staff_id: int, plan_id: int, *, since: dt.date) -> list[WeekChanged]:
    """Weeks from `since` on in which the plan differs from the one in force before it.

    Weeks that only one of the two names are left out: a longer plan is no change.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    plan = Plan.objects.get(id=plan_id)
    others = Plan.objects.filter(state=Plan.State.COMMITTED).exclude(id=plan_id)
    if plan.committed_at is not None:
        others = others.filter(committed_at__lte=plan.committed_at)
    base = others.order_by("-committed_at", "-id").first()
    before = _cars(base.id, since) if base is not None else {}
    names = {row.id: row for row in Resource.objects.filter(kind="PLANT")}
    return [
        WeekChanged(
            names[resource_id].code,
            names[resource_id].name_zh,
            names[resource_id].name_en,
            week_date,
            before[resource_id, week_date],
            cars,
        )
        for (resource_id, week_date), cars in sorted(
            _cars(plan_id, since).items(), key=lambda item: (item[0][1], item[0][0])
        )
        if before.get((resource_id, week_date), cars) != cars
    ]


def _cars(plan_id: int, since: dt.date) -> dict[tuple[int, dt.date], int]:
    rows = PlanWeek.objects.filter(plan=plan_id, week_date__gte=since)
    return {
        (resource, week): cars
        for resource, week, cars in rows.values_list("resource_id", "week_date", "cars")
    }


def list_built_weeks(
    staff_id: int, plan_id: int, *, until: dt.date, limit: int = 12
) -> list[WeekBuilt]:
    """Whole weeks since the plan came into force, up to the week of `until`, the newest last.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.week_date, sum(w.cars),
                   (SELECT count(*) FROM production_build b
                    WHERE b.built_at >= w.week_date::timestamp AT TIME ZONE 'Asia/Shanghai'
                      AND b.built_at < (w.week_date + 7)::timestamp AT TIME ZONE 'Asia/Shanghai')
            FROM production_planweek w JOIN production_plan p ON p.id = w.plan_id
            WHERE p.id = %s AND p.committed_at IS NOT NULL AND w.week_date + 7 <= %s
              AND w.week_date >= (p.committed_at AT TIME ZONE 'Asia/Shanghai')::date - 6
            GROUP BY 1 ORDER BY 1 DESC LIMIT %s
            """,
            [plan_id, until, limit],
        )
        return [WeekBuilt(*row) for row in reversed(cursor.fetchall())]


@dataclass(frozen=True)
class ResourceName:
    """A plant, an option or a centre that capacity is counted for; `kind` says which."""

    code: str
    kind: str
    name_zh: str
    name_en: str


def get_resource_names() -> dict[str, ResourceName]:
    """Everything that capacity is counted for, by code; plants first, then options, centres."""
    rank = {"PLANT": 0, "OPTION": 1, "CENTRE": 2}
    rows = sorted(Resource.objects.all(), key=lambda row: (rank[row.kind], row.code))
    return {row.code: ResourceName(row.code, row.kind, row.name_zh, row.name_en) for row in rows}


@dataclass(frozen=True)
class PlanToExplain:
    """A plan whose effect can be explained; `seen_at` is when its impact was worked out."""

    id: int
    public_id: str
    seen_at: dt.datetime
    committed_at: dt.datetime | None


def list_plans_to_explain(limit: int) -> list[PlanToExplain]:
    """The newest plans whose impact was looked at, drafts and those in force."""
    rows = Plan.objects.exclude(state=Plan.State.REFUSED).order_by("-uploaded_at", "-id")[:limit]
    return [
        PlanToExplain(
            row.id,
            row.public_id,
            dt.datetime.fromisoformat(row.impact["worked_out_at"]),
            row.committed_at,
        )
        for row in rows
        if row.impact and "worked_out_at" in row.impact
    ]


def find_plan_in_force(moment: dt.datetime) -> str:
    """The public id of the plan in force just before that moment; empty before the first."""
    rows = Plan.objects.filter(state=Plan.State.COMMITTED, committed_at__lt=moment)
    return rows.order_by("-committed_at", "-id").values_list("public_id", flat=True).first() or ""


def list_supply_reports(kind: str, since: dt.datetime, until: dt.datetime, limit: int) -> list[str]:
    """Reports of options' or centres' capacity received in a span, as sender and their id."""
    rows = SupplyWeek.objects.filter(
        resource__kind=kind, received_at__gt=since, received_at__lte=until
    ).order_by("-received_at", "-id")
    return [
        f"{sender} {theirs}" for sender, theirs in rows.values_list("sender", "external_id")[:limit]
    ]
