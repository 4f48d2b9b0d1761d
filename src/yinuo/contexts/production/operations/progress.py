"""Applying what the plant reported: the making of each car, first report first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection
from django.db.models import Max

from yinuo.contexts.production import rules
from yinuo.contexts.production.models import BuildEvent
from yinuo.contexts.production.queries.intake import get_vins


class Report(NamedTuple):
    """A report that is being applied; `state` is what its order has reached by it."""

    id: int
    ref: str
    order_id: int
    kind: str
    state: str
    at: dt.datetime
    received_at: dt.datetime
    week_date: dt.date | None
    batch: str
    vin: str


@dataclass
class _Making:
    """What a batch of reports says of one car."""

    order_id: int
    batch: str = ""
    vin: str = ""
    week_date: dt.date | None = None
    started_at: dt.datetime | None = None
    built_at: dt.datetime | None = None


def take_builds(limit: int) -> list[Report]:
    """Reports that are not applied, locked for the caller's transaction, by time.

    Those that another worker holds are passed over.
    """
    rows = BuildEvent.objects.select_for_update(skip_locked=True).filter(
        state=BuildEvent.State.RECEIVED
    )
    taken = [
        Report(
            row.id,
            f"build_{row.id}",
            row.order_id,
            row.kind,
            rules.STATE_AFTER[row.kind],
            row.at,
            row.received_at,
            row.week_date,
            row.batch,
            row.vin,
        )
        for row in rows.order_by("id")[:limit]
    ]
    return sorted(taken, key=lambda report: (report.at, report.id))


def save_builds(reports: Sequence[Report], *, now: dt.datetime) -> list[Report]:
    """Write what the reports say of their cars and mark them as applied.

    The first start and the first completion stand; the newest week stands. A report whose VIN
    belongs to another car goes to quarantine. Returns the reports that were applied.
    """
    good, bad = _check_vins(reports)
    newer = _newest_weeks([report.order_id for report in good])
    makings: dict[int, _Making] = {}
    for report in good:
        making = makings.setdefault(report.order_id, _Making(report.order_id))
        making.batch = report.batch or making.batch
        making.vin = report.vin or making.vin
        if report.kind == "SCHEDULED" and report.at >= newer.get(report.order_id, report.at):
            making.week_date = report.week_date
        elif report.kind == "STARTED":
            making.started_at = making.started_at or report.at
        elif report.kind == "BUILT":
            making.built_at = making.built_at or report.at
    _write([makings[order_id] for order_id in sorted(makings)])
    for problem, ids in bad.items():
        BuildEvent.objects.filter(id__in=ids).update(state="QUARANTINED", problem=problem)
    BuildEvent.objects.filter(id__in=[report.id for report in good]).update(
        state=BuildEvent.State.APPLIED, applied_at=now
    )
    return good


def put_in_quarantine(report_ids: Sequence[int], *, problem: str) -> None:
    """These reports are not applied: they wait for staff, for a reason out of `rules.PROBLEMS`."""
    BuildEvent.objects.filter(id__in=list(report_ids)).update(
        state=BuildEvent.State.QUARANTINED, problem=problem
    )


def _check_vins(reports: Sequence[Report]) -> tuple[list[Report], Mapping[str, list[int]]]:
    vins = get_vins(
        {report.order_id for report in reports}, {report.vin for report in reports} - {""}
    )
    owners = {vin: order_id for order_id, vin in vins.items()}
    good: list[Report] = []
    bad: dict[str, list[int]] = {}
    for report in reports:
        if problem := rules.judge_vin(
            report.order_id,
            report.vin,
            vins.get(report.order_id, ""),
            owners.get(report.vin),
        ):
            bad.setdefault(problem, []).append(report.id)
            continue
        good.append(report)
        if report.vin:
            vins[report.order_id] = report.vin
            owners[report.vin] = report.order_id
    return good, bad


def _newest_weeks(order_ids: Sequence[int]) -> dict[int, dt.datetime]:
    """When the newest applied scheduling of each order was reported to have happened."""
    rows = BuildEvent.objects.filter(
        order_id__in=order_ids, kind="SCHEDULED", state=BuildEvent.State.APPLIED
    )
    return {
        order_id: at
        for order_id, at in rows.values("order_id")
        .annotate(Max("at"))
        .values_list("order_id", "at__max")
        if at is not None
    }


def _write(makings: Sequence[_Making]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO production_build AS b"
            " (order_id, batch, vin, scheduled_week_date, started_at, built_at)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[],"
            " %s::timestamptz[], %s::timestamptz[])"
            " ON CONFLICT (order_id) DO UPDATE SET"
            " batch = coalesce(nullif(excluded.batch, ''), b.batch),"
            " vin = coalesce(nullif(excluded.vin, ''), b.vin),"
            " scheduled_week_date = coalesce(excluded.scheduled_week_date, b.scheduled_week_date),"
            " started_at = coalesce(b.started_at, excluded.started_at),"
            " built_at = coalesce(b.built_at, excluded.built_at)",
            [
                [making.order_id for making in makings],
                [making.batch for making in makings],
                [making.vin for making in makings],
                [making.week_date for making in makings],
                [making.started_at for making in makings],
                [making.built_at for making in makings],
            ],
        )
