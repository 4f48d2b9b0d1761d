"""What came of latest dates, week by week, and the alarms that were raised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.promises.models import DriftAlarm
from yinuo.contexts.promises.rules import ODDS_PERCENT, Ints
from yinuo.platform.columns import fetch_columns

LISTED = 50


@dataclass(frozen=True)
class DueWeeks:
    """First promises whose latest date came due, by spec, centre and week; N rows.

    `week` counts from the first week; `counts` (N, 4) as for `rules.drift.find_alarm`.
    """

    spec_ids: Ints
    centre_ids: Ints
    week: Ints
    counts: Ints


@dataclass(frozen=True)
class Open:
    """An alarm that has not ended, and the week after which it was raised."""

    id: int
    week_date: dt.date


@dataclass(frozen=True)
class AlarmSeen:
    """One alarm as staff read it; `period_id` is the period that was declared for it.

    `evidence` reached `limit` after `weeks` independent weeks.
    """

    id: int
    public_id: str
    kind: str
    name_zh: str
    name_en: str
    place_id: int | None
    week_date: dt.date
    weeks: int
    evidence: float
    limit: float
    due_count: int
    late_count: int
    recent_weeks: int
    factor_percent: int
    raised_at: dt.datetime
    decision: str
    decided_at: dt.datetime | None
    decider_zh: str
    decider_en: str
    reason: str
    ended_at: dt.datetime | None


def load_due_weeks(since: dt.date, until: dt.date) -> DueWeeks:
    """What came of latest dates from the Monday `since` up to `until`; cancelled ones left out."""
    columns = fetch_columns(
        """
        SELECT l.spec_id, l.centre_id, (p.first_latest_date - %s::date) / 7 AS week,
               count(*) FILTER (WHERE u.ended_date < p.first_from_date) AS before,
               count(*) FILTER (WHERE u.ended_date >= p.first_from_date
                   AND u.ended_date <= p.first_until_date) AS inside,
               count(*) FILTER (WHERE u.ended_date > p.first_until_date
                   AND u.ended_date <= p.first_latest_date) AS behind,
               count(*) FILTER (WHERE u.ended_date IS NULL
                   OR u.ended_date > p.first_latest_date) AS late
        FROM promises_promise p JOIN orders_order o ON o.id = p.order_id
            JOIN orders_line l ON l.id = o.line_id
            LEFT JOIN promises_outcome u ON u.order_id = p.order_id
        WHERE o.state <> 'CANCELLED' AND p.first_latest_date >= %s
            AND p.first_latest_date < %s
        GROUP BY 1, 2, 3
        """,
        ("spec_id", "centre_id", "week", "before", "inside", "behind", "late"),
        [since, since, until],
    )
    return DueWeeks(columns[0], columns[1], columns[2], np.stack(columns[3:], axis=1))


def measure_stretch(
    spec_ids: Sequence[int], centre_ids: Sequence[int], since: dt.date, until: dt.date
) -> float:
    """How many times further than their latest dates these cars came, at the odds of the dates.

    Counted from the middle of the first range; who still waits counts as of `until`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT percentile_disc(%(odds)s) WITHIN GROUP (ORDER BY
                (2 * (coalesce(u.ended_date, %(until)s) - p.first_from_date)
                    - (p.first_until_date - p.first_from_date))::float8
                / greatest(2 * (p.first_latest_date - p.first_from_date)
                    - (p.first_until_date - p.first_from_date), 1))
            FROM promises_promise p JOIN orders_order o ON o.id = p.order_id
                JOIN orders_line l ON l.id = o.line_id
                LEFT JOIN promises_outcome u ON u.order_id = p.order_id
            WHERE o.state <> 'CANCELLED' AND p.first_latest_date >= %(since)s
                AND p.first_latest_date < %(until)s
                AND l.spec_id = ANY(%(specs)s) AND l.centre_id = ANY(%(centres)s)
            """,
            {
                "odds": ODDS_PERCENT / 100,
                "since": since,
                "until": until,
                "specs": list(spec_ids),
                "centres": list(centre_ids),
            },
        )
        return float(cursor.fetchone()[0] or 1.0)


def list_open() -> dict[tuple[str, str], Open]:
    """By kind and code of the cell: the alarm that has not ended."""
    rows = DriftAlarm.objects.filter(ended_at=None)
    return {(row.kind, row.code): Open(row.id, row.week_date) for row in rows}


def list_watched_from() -> dict[tuple[str, str], dt.date]:
    """By kind and code of the cell: the day its last alarm ended; the watch begins again there."""
    rows = DriftAlarm.objects.filter(ended_at__isnull=False).order_by("ended_at")
    return {(row.kind, row.code): row.ended_at.date() for row in rows if row.ended_at}


def list_alarms_for_staff(staff_id: int) -> list[AlarmSeen]:
    """The newest alarms: those that have not ended first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = DriftAlarm.objects.select_related("decided_by").order_by("-id")[:LISTED]
    found = [_seen(row) for row in rows]
    return sorted(found, key=lambda one: one.ended_at is not None)


def _seen(row: DriftAlarm) -> AlarmSeen:
    return AlarmSeen(
        row.id,
        row.public_id,
        row.kind,
        row.name_zh,
        row.name_en,
        row.place_id,
        row.week_date,
        row.weeks,
        row.evidence,
        row.limit,
        row.due_count,
        row.late_count,
        row.recent_weeks,
        row.factor_percent,
        row.raised_at,
        row.decision,
        row.decided_at,
        row.decided_by.name_zh if row.decided_by else "",
        row.decided_by.name_en if row.decided_by else "",
        row.reason,
        row.ended_at,
    )
