"""How promises that fell due were kept, counted so that nobody is left out.

A promise counts from the day on which its truth is known, whoever still waits included: counting
finished orders only would leave out those that are late. Cancelled orders count nowhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.ledger.queries import list_of_subjects
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import HeldWeek

CHUNK = 2000


@dataclass(frozen=True)
class Due:
    """First promises whose truth is known.

    `ranges` ended and `inside` of them the car came within; `dates` passed and by `kept` of them
    it had come; `late` did not, and `told` of those had been warned before the date was over.
    `promises` were made in all and moved `moves` times.
    """

    ranges: int
    inside: int
    dates: int
    kept: int
    late: int
    told: int
    promises: int
    moves: int


def count_due(today: dt.date) -> Due:
    """Count first promises against what came of them, up to yesterday."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE p.first_until_date < %(today)s),
                   count(*) FILTER (WHERE p.first_until_date < %(today)s
                       AND u.ended_date BETWEEN p.first_from_date AND p.first_until_date),
                   count(*) FILTER (WHERE p.first_latest_date < %(today)s),
                   count(*) FILTER (WHERE p.first_latest_date < %(today)s
                       AND u.late_days_first = 0),
                   count(*) FILTER (WHERE p.first_latest_date < %(today)s
                       AND u.late_days_first > 0 AND u.told_before),
                   count(*), coalesce(sum(p.moved_count), 0)
            FROM promises_promise p JOIN orders_order o ON o.id = p.order_id
                LEFT JOIN promises_outcome u ON u.order_id = p.order_id
            WHERE o.state <> 'CANCELLED'
            """,
            {"today": today},
        )
        ranges, inside, dates, kept, told, promises, moves = cursor.fetchone()
    told += _told_and_waiting(today)
    return Due(ranges, inside, dates, kept, dates - kept, told, promises, moves)


def get_weeks_held(horizon: str, today: dt.date) -> tuple[int, int] | None:
    """In how many of the last weeks ranges of this horizon held; None before there are six."""
    since = today - dt.timedelta(weeks=rules.WEEKS_MAX)
    rows = HeldWeek.objects.filter(horizon=horizon, week_date__gte=since).order_by("week_date")
    return rules.weeks_held(list(rows.values_list("due_count", "inside_count")))


def _told_and_waiting(today: dt.date) -> int:
    """Orders that still wait past their first date and were warned before it was over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.order_id, p.first_latest_date FROM promises_promise p"
            " JOIN orders_order o ON o.id = p.order_id"
            " LEFT JOIN promises_outcome u ON u.order_id = p.order_id"
            " WHERE o.state <> 'CANCELLED' AND u.order_id IS NULL AND p.first_latest_date < %s"
            " ORDER BY p.order_id",
            [today],
        )
        waiting = cursor.fetchall()
    told = 0
    for start in range(0, len(waiting), CHUNK):
        part = dict(waiting[start : start + CHUNK])
        entries = list_of_subjects(part, rules.WARNING_KINDS)
        told += sum(rules.told_before(day, entries[order_id]) for order_id, day in part.items())
    return told
