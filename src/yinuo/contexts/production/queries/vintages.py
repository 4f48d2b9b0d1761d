"""Every plan that was in force, against what was built: for learning how far plans come true."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.production.models import LaunchReference, Plan, PlanWeek, Resource
from yinuo.platform.spoken import CHINA

Floats = npt.NDArray[np.float64]
WEEK = dt.timedelta(days=7)
HISTORY_WEEKS = 52


@dataclass(frozen=True)
class Vintages:
    """One plant's plans and output of past weeks, oldest first, and what its launches had before.

    `planned` (T, L): cars for week v + l in the plan in force when week v began, not-a-number where
    there was none. `actual` (T): cars built. `launch_week` (0..T): the week in which the launch
    began that the reference class speaks of. The rest as in `LaunchReference`.
    """

    code: str
    planned: Floats
    actual: Floats
    launch_week: int
    mean: float
    sd: float
    launches: int
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class Stated:
    """What is stated of one plant's launch; as in `LaunchReference`."""

    id: int
    code: str
    name_zh: str
    name_en: str
    from_date: dt.date
    mean: float
    sd: float
    launches: int
    note_zh: str
    note_en: str
    source: str
    second_source: str
    stater_zh: str
    stater_en: str
    stated_at: dt.datetime | None


def list_references() -> list[Stated]:
    """All reference classes, by plant and day."""
    rows = LaunchReference.objects.select_related("resource", "stated_by").order_by(
        "resource__code", "from_date"
    )
    return [
        Stated(
            row.id, row.resource.code, row.resource.name_zh, row.resource.name_en,
            row.from_date, row.mean, row.sd, row.launches, row.note_zh, row.note_en,
            row.source, row.second_source,
            row.stated_by.name_zh if row.stated_by else "",
            row.stated_by.name_en if row.stated_by else "",
            row.stated_at,
        )
        for row in rows
    ]  # fmt: skip


def load_vintages(monday: dt.date) -> dict[str, Vintages]:
    """By the code of each plant that has a reference class: its history up to `monday`."""
    newest = {
        row.resource_id: row
        for row in LaunchReference.objects.filter(from_date__lte=monday)
        .select_related("resource")
        .order_by("from_date")
    }
    if not newest:
        return {}
    first = monday - HISTORY_WEEKS * WEEK
    in_force = _plans_in_force(first)
    cars = _cars_of({plan for plan in in_force if plan is not None}, first)
    built = _built(list(newest), first, monday)
    return {
        row.resource.code: _vintages(row, first, in_force, cars, built) for row in newest.values()
    }


def _vintages(
    row: LaunchReference,
    first: dt.date,
    in_force: list[int | None],
    cars: dict[tuple[int, int, dt.date], int],
    built: dict[tuple[int, int], int],
) -> Vintages:
    actual = np.array(
        [built.get((row.resource_id, week), 0) for week in range(HISTORY_WEEKS)], np.float64
    )
    launch_week = max(0, (row.from_date - first).days // 7)
    # Weeks before the first car and before the launch are not weeks without output: nobody
    # reported output then.
    seen = np.flatnonzero(actual)
    since = min(int(seen[0]) if seen.size else HISTORY_WEEKS, launch_week)
    planned = np.full((HISTORY_WEEKS, HISTORY_WEEKS), np.nan)
    for vintage, plan in enumerate(in_force):
        for week in range(max(vintage, since), HISTORY_WEEKS):
            found = cars.get((plan or 0, row.resource_id, first + week * WEEK))
            if found is not None:
                planned[vintage, week - vintage] = found
    return Vintages(
        row.resource.code, planned, actual, launch_week,
        row.mean, row.sd, row.launches, row.note_zh, row.note_en,
    )  # fmt: skip


def _plans_in_force(first: dt.date) -> list[int | None]:
    """The plan in force at the start of each of the weeks from `first` on."""
    committed = list(
        Plan.objects.filter(state="COMMITTED")
        .order_by("committed_at", "id")
        .values_list("committed_at", "id")
    )
    found: list[int | None] = []
    for week in range(HISTORY_WEEKS):
        start = dt.datetime.combine(first + week * WEEK, dt.time(), CHINA)
        before = [plan for at, plan in committed if at is not None and at <= start]
        found.append(before[-1] if before else None)
    return found


def _cars_of(plans: set[int], first: dt.date) -> dict[tuple[int, int, dt.date], int]:
    rows = PlanWeek.objects.filter(plan_id__in=plans, week_date__gte=first)
    return {
        (plan, resource, week): cars
        for plan, resource, week, cars in rows.values_list(
            "plan_id", "resource_id", "week_date", "cars"
        )
    }


def _built(resource_ids: list[int], first: dt.date, until: dt.date) -> dict[tuple[int, int], int]:
    """Cars built by plant and week number, of specs that prefer the plant."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n.resource_id,
                   ((b.built_at AT TIME ZONE 'Asia/Shanghai')::date - %s::date) / 7 AS week,
                   count(*)
            FROM production_build b
            JOIN orders_order o ON o.id = b.order_id
            JOIN orders_line l ON l.id = o.line_id
            JOIN production_need n ON n.spec_id = l.spec_id AND n.alternative = 0
            WHERE n.resource_id = ANY(%s)
              AND b.built_at >= %s::timestamp AT TIME ZONE 'Asia/Shanghai'
              AND b.built_at < %s::timestamp AT TIME ZONE 'Asia/Shanghai'
            GROUP BY 1, 2
            """,
            [first, resource_ids, first, until],
        )
        return {(resource, week): cars for resource, week, cars in cursor.fetchall()}


def list_plant_codes() -> list[str]:
    """The codes of all plants."""
    plants = Resource.objects.filter(kind="PLANT").order_by("code")
    return list(plants.values_list("code", flat=True))
