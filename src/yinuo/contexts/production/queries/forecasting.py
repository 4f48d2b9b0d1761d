"""Capacity as arrays, for working out dates."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Max

from yinuo.contexts.production.models import Need, Plan, PlanWeek, Resource

Floats = npt.NDArray[np.float64]
WEEK = dt.timedelta(days=7)
OUTPUT_WEEKS = 12


@dataclass(frozen=True)
class Capacity:
    """What can be built from a Monday on.

    `spec_class` gives each spec its class; `alternatives` (K) and `resources` (K, A, M; padded
    with -1) say what a class needs; `planned` (R, W) is cars a week by resource, `known` (R) false
    where nothing was ever reported. `actual` and `target` (R, T) are cars built and planned in
    the last whole weeks, oldest first, zero where unknown; of the `parts` (codes that are
    no plants) what came, and what the supplier had said before the week.
    """

    spec_class: dict[int, int]
    alternatives: npt.NDArray[np.int32]
    resources: npt.NDArray[np.int32]
    codes: tuple[str, ...]
    planned: Floats
    known: npt.NDArray[np.bool_]
    actual: Floats
    target: Floats
    parts: frozenset[str] = frozenset()


def load_capacity(monday: dt.date, weeks: int, plan_id: int | None = None) -> Capacity:
    """Capacity for `weeks` weeks from `monday`, by the committed plan or by plan `plan_id`."""
    rows = list(
        Resource.objects.filter(kind__in=["PLANT", "OPTION"])
        .order_by("id")
        .values_list("id", "code", "kind")
    )
    row_of = {resource_id: row for row, (resource_id, _, _) in enumerate(rows)}
    spec_class, alternatives, resources = _classes(row_of)
    planned, known = _planned(rows, row_of, monday, weeks, plan_id)
    actual, target = _output(row_of, monday)
    _add_deliveries(row_of, monday, actual, target)
    return Capacity(
        spec_class,
        alternatives,
        resources,
        tuple(code for _, code, _ in rows),
        planned,
        known,
        actual,
        target,
        frozenset(code for _, code, kind in rows if kind != "PLANT"),
    )


def list_cells() -> dict[int, str]:
    """What building each spec takes where it is built first: codes, plants before parts.

    Specs of one cell compete for the same things, and so are late together.
    """
    rows = Need.objects.filter(alternative=0).exclude(resource__kind="CENTRE")
    rows = rows.order_by("spec_id", "-resource__kind", "resource__code")
    cells: dict[int, list[str]] = defaultdict(list)
    for spec_id, code in rows.values_list("spec_id", "resource__code"):
        cells[spec_id].append(code)
    return {spec_id: " + ".join(codes) for spec_id, codes in cells.items()}


@dataclass(frozen=True)
class PlantSpecs:
    """A plant, and the specs that are built there first."""

    code: str
    name_zh: str
    name_en: str
    spec_ids: tuple[int, ...]


def list_plant_specs() -> list[PlantSpecs]:
    """Every plant that a spec prefers, by code."""
    rows = Need.objects.filter(alternative=0, resource__kind="PLANT")
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    names = ("resource__code", "resource__name_zh", "resource__name_en", "spec_id")
    for code, zh, en, spec_id in rows.order_by("resource__code", "spec_id").values_list(*names):
        found[code, zh, en].append(spec_id)
    return [PlantSpecs(*plant, tuple(specs)) for plant, specs in found.items()]


def load_centre_weeks(monday: dt.date, weeks: int) -> dict[str, Floats]:
    """Hand-overs that each centre can do in each week, by the centre's code.

    A centre that never reported is left out; one that reported nothing but zeros is not.
    """
    codes = dict(Resource.objects.filter(kind="CENTRE").values_list("id", "code"))
    reported = _supply(list(codes))
    return {
        codes[resource_id]: _series(by_week, monday, weeks)
        for resource_id, by_week in sorted(reported.items())
    }


def _classes(
    row_of: dict[int, int],
) -> tuple[dict[int, int], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Specs that need the same resources in the same alternatives are one class."""
    needs: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for spec_id, resource_id, alternative in Need.objects.order_by(
        "spec_id", "alternative", "resource_id"
    ).values_list("spec_id", "resource_id", "alternative"):
        if resource_id in row_of:
            needs[spec_id][alternative].append(row_of[resource_id])
    shapes: dict[tuple[tuple[int, ...], ...], int] = {}
    spec_class = {}
    for spec_id, by_alternative in needs.items():
        shape = tuple(tuple(by_alternative[number]) for number in sorted(by_alternative))
        spec_class[spec_id] = shapes.setdefault(shape, len(shapes))
    deep = max((len(shape) for shape in shapes), default=1)
    wide = max((len(rows) for shape in shapes for rows in shape), default=1)
    resources = np.full((len(shapes), deep, wide), -1, np.int32)
    alternatives = np.zeros(len(shapes), np.int32)
    for shape, k in shapes.items():
        alternatives[k] = len(shape)
        for number, rows in enumerate(shape):
            resources[k, number, : len(rows)] = rows
    return spec_class, alternatives, resources


def _planned(
    rows: list[tuple[int, str, str]],
    row_of: dict[int, int],
    monday: dt.date,
    weeks: int,
    plan_id: int | None,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    if plan_id is None:
        newest = Plan.objects.filter(state="COMMITTED").order_by("-committed_at", "-id").first()
        plan_id = newest.id if newest else None
    reported = _supply([resource_id for resource_id, _, kind in rows if kind == "OPTION"])
    plan: dict[int, dict[dt.date, int]] = defaultdict(dict)
    for resource_id, week_date, cars in PlanWeek.objects.filter(plan_id=plan_id or 0).values_list(
        "resource_id", "week_date", "cars"
    ):
        plan[resource_id][week_date] = cars
    planned = np.zeros((len(rows), weeks))
    known = np.zeros(len(rows), np.bool_)
    for resource_id, _, kind in rows:
        source = (plan if kind == "PLANT" else reported).get(resource_id, {})
        planned[row_of[resource_id]] = _series(source, monday, weeks)
        known[row_of[resource_id]] = bool(source)
    return planned, known


def _supply(resource_ids: list[int]) -> dict[int, dict[dt.date, int]]:
    """The newest report of each week."""
    found: dict[int, dict[dt.date, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (resource_id, week_date) resource_id, week_date, quantity"
            " FROM production_supplyweek WHERE resource_id = ANY(%s)"
            " ORDER BY resource_id, week_date, id DESC",
            [resource_ids],
        )
        for resource_id, week_date, quantity in cursor.fetchall():
            found[resource_id][week_date] = quantity
    return found


def _series(reported: dict[dt.date, int], monday: dt.date, weeks: int) -> Floats:
    """Weekly figures from `monday`; weeks after the last report repeat its last four weeks' mean.

    A gap inside the reports is filled with the week before it, so that one missing row does not
    stop a plant.
    """
    values = np.zeros(weeks)
    if not reported:
        return values
    last_known = max(reported)
    tail = [reported[week] for week in sorted(reported)[-4:]]
    before = [week for week in reported if week <= monday]
    current = float(reported[max(before)]) if before else 0.0
    for number in range(weeks):
        week = monday + number * WEEK
        if week > last_known:
            values[number] = sum(tail) / len(tail)
        else:
            current = float(reported.get(week, current))
            values[number] = current
    return values


def _output(row_of: dict[int, int], monday: dt.date) -> tuple[Floats, Floats]:
    """Cars built and cars planned in the last whole weeks, by plant row."""
    first = monday - OUTPUT_WEEKS * WEEK
    actual = np.zeros((len(row_of), OUTPUT_WEEKS))
    target = np.zeros((len(row_of), OUTPUT_WEEKS))
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
            JOIN production_resource r ON r.id = n.resource_id AND r.kind = 'PLANT'
            WHERE b.built_at >= %s::timestamp AT TIME ZONE 'Asia/Shanghai'
              AND b.built_at < %s::timestamp AT TIME ZONE 'Asia/Shanghai'
            GROUP BY 1, 2
            """,
            [first, first, monday],
        )
        for resource_id, week, cars in cursor.fetchall():
            actual[row_of[resource_id], week] = cars
        cursor.execute(
            "SELECT DISTINCT ON (w.resource_id, w.week_date) w.resource_id,"
            " (w.week_date - %s::date) / 7, w.cars FROM production_planweek w"
            " JOIN production_plan p ON p.id = w.plan_id AND p.state = 'COMMITTED'"
            " WHERE w.week_date >= %s AND w.week_date < %s"
            " ORDER BY w.resource_id, w.week_date, p.committed_at DESC, p.id DESC",
            [first, first, monday],
        )
        for resource_id, week, cars in cursor.fetchall():
            if resource_id in row_of:
                target[row_of[resource_id], week] = cars
    return actual, target


def newest_plan_at() -> dt.datetime | None:
    """When all dates had been worked out under the newest plan."""
    newest: dt.datetime | None = Plan.objects.aggregate(at=Max("applied_at"))["at"]
    return newest


def _add_deliveries(
    row_of: dict[int, int], monday: dt.date, actual: Floats, target: Floats
) -> None:
    """Fill in parts: what was last said of a week before it began, and what after it was over.

    A week of which nobody said anything afterwards teaches nothing: that a part was not used says
    little of whether it came.
    """
    first = monday - OUTPUT_WEEKS * WEEK
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.resource_id, (s.week_date - %s::date) / 7, s.quantity, c.quantity
            FROM (SELECT DISTINCT ON (resource_id, week_date) resource_id, week_date, quantity
                  FROM production_supplyweek
                  WHERE week_date >= %s AND week_date < %s
                      AND received_at < week_date::timestamp AT TIME ZONE 'Asia/Shanghai'
                  ORDER BY resource_id, week_date, id DESC) s
            JOIN (SELECT DISTINCT ON (resource_id, week_date) resource_id, week_date, quantity
                  FROM production_supplyweek
                  WHERE week_date >= %s AND week_date < %s
                      AND received_at >= (week_date + 7)::timestamp AT TIME ZONE 'Asia/Shanghai'
                  ORDER BY resource_id, week_date, id DESC) c
                USING (resource_id, week_date)
            WHERE s.resource_id = ANY(%s)
            """,
            [first, first, monday, first, monday, list(row_of)],
        )
        for resource_id, week, said, came in cursor.fetchall():
            target[row_of[resource_id], week] = said
            actual[row_of[resource_id], week] = came


def list_held_batches() -> dict[str, dt.date]:
    """Batches under an open quality hold, with the day on which they are expected free."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT batch, expected_release_date FROM production_qualityhold"
            " WHERE released_at IS NULL"
        )
        return dict(cursor.fetchall())


def list_batches_held_since(since: dt.datetime) -> list[str]:
    """Batches that were under a quality hold at some time since then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT batch FROM production_qualityhold"
            " WHERE released_at IS NULL OR released_at >= %s ORDER BY 1",
            [since],
        )
        return [batch for (batch,) in cursor.fetchall()]


def load_makings(order_ids: Sequence[int]) -> dict[int, tuple[float | None, float | None]]:
    """When the making of each car began and when it was built, in days since 1970."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, extract(epoch FROM started_at)::float8 / 86400,"
            " extract(epoch FROM built_at)::float8 / 86400"
            " FROM production_build WHERE order_id = ANY(%s)",
            [list(order_ids)],
        )
        return {order_id: (started, built) for order_id, started, built in cursor.fetchall()}


def list_orders_of_batches(batches: list[str]) -> dict[int, str]:
    """The batch of every order whose car was built in one of these batches."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, batch FROM production_build WHERE batch = ANY(%s)", [batches]
        )
        return dict(cursor.fetchall())
