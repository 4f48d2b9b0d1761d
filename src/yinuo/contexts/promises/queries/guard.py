"""Where the slow guard stands, and the dates that came due in a week."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.promises.models import GuardWeek
from yinuo.contexts.promises.rules import horizon_of

SEEN_WEEKS = 26


@dataclass(frozen=True)
class Level:
    """The guard of one cell and horizon: its multiplier, and the percents in use."""

    level: float
    percent: int


@dataclass(frozen=True)
class Due:
    """One first promise whose latest date came due, or whose car came before it did.

    `ended` is the day of the hand-over; None while the order waits.
    """

    spec_id: int
    horizon: str
    latest: dt.date
    ended: dt.date | None


@dataclass(frozen=True)
class GuardSeen:
    """One cell and horizon as staff read it, with the newest verdicts.

    `weeks` counts the weeks, 26 at most, that gave `known` verdicts, of which `missed` were late.
    """

    cell: str
    horizon: str
    percent: int
    level_percent: float
    weeks: int
    known: int
    missed: int
    week_date: dt.date


def list_levels() -> dict[tuple[str, str], Level]:
    """By cell and horizon: the guard after the newest week that said anything."""
    rows = GuardWeek.objects.order_by("cell", "horizon", "-week_date").distinct("cell", "horizon")
    return {(row.cell, row.horizon): Level(row.level, row.percent) for row in rows}


def first_due_week() -> dt.date | None:
    """The Monday of the first week in which a latest date came due or a car came before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('week', least((SELECT min(first_latest_date) FROM promises_promise),"
            " (SELECT min(ended_date) FROM promises_outcome)))::date"
        )
        found: dt.date | None = cursor.fetchone()[0]
    return found


def load_due(since: dt.date, until: dt.date) -> list[Due]:
    """First promises whose "after the latest date?" became known from `since` up to `until`.

    That is at the latest date or at the hand-over, whichever came first. Cancelled orders count
    nowhere.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.spec_id, p.first_from_date
                       - (p.first_made_at AT TIME ZONE 'Asia/Shanghai')::date,
                   p.first_latest_date, u.ended_date
            FROM promises_promise p JOIN orders_order o ON o.id = p.order_id
                JOIN orders_line l ON l.id = o.line_id
                LEFT JOIN promises_outcome u ON u.order_id = p.order_id
            WHERE o.state <> 'CANCELLED'
                AND least(u.ended_date, p.first_latest_date) >= %s
                AND least(u.ended_date, p.first_latest_date) < %s
            ORDER BY p.order_id
            """,
            [since, until],
        )
        return [
            Due(spec, horizon_of(ahead), latest, ended)
            for spec, ahead, latest, ended in cursor.fetchall()
        ]


def list_guard_for_staff(staff_id: int) -> list[GuardSeen]:
    """Every cell and horizon with a verdict, those that widen most first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    weeks: dict[tuple[str, str], list[GuardWeek]] = defaultdict(list)
    for row in GuardWeek.objects.order_by("-week_date"):
        weeks[row.cell, row.horizon].append(row)
    found = [
        GuardSeen(
            cell,
            horizon,
            rows[0].percent,
            100 * rows[0].level,
            len(rows[:SEEN_WEEKS]),
            sum(row.known for row in rows[:SEEN_WEEKS]),
            sum(row.missed for row in rows[:SEEN_WEEKS]),
            rows[0].week_date,
        )
        for (cell, horizon), rows in weeks.items()
    ]
    return sorted(found, key=lambda one: (-one.level_percent, one.cell, one.horizon))
