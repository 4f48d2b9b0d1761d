"""Counting, week by week, how many promised ranges held."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from yinuo.contexts.promises.rules import HORIZONS, WIDTHS

# A hand-over that is reported later than this is not counted any more.
COUNTED_AGAIN_WEEKS = 8
WEEK = dt.timedelta(days=7)


def count_weeks(*, today: dt.date) -> int:
    """Count the last weeks that are over anew; returns how many rows stand for them.

    A range belongs to the horizon at which it was given, and to the week in which it ended.
    Cancelled orders count nowhere. Safe to repeat.
    """
    monday = today - dt.timedelta(days=today.weekday())
    limits = [limit for limit, _, _ in WIDTHS[:-1]]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO promises_heldweek (week_date, horizon, due_count, inside_count)
            SELECT date_trunc('week', p.first_until_date)::date,
                   (%(horizons)s::text[])[1 + width_bucket(p.first_from_date
                       - (p.first_made_at AT TIME ZONE 'Asia/Shanghai')::date - 1,
                       %(limits)s::int[])],
                   count(*),
                   count(*) FILTER (
                       WHERE u.ended_date BETWEEN p.first_from_date AND p.first_until_date)
            FROM promises_promise p JOIN orders_order o ON o.id = p.order_id
                LEFT JOIN promises_outcome u ON u.order_id = p.order_id
            WHERE p.first_until_date >= %(since)s AND p.first_until_date < %(monday)s
                AND o.state <> 'CANCELLED'
            GROUP BY 1, 2
            ON CONFLICT (week_date, horizon) DO UPDATE
                SET due_count = excluded.due_count, inside_count = excluded.inside_count
            """,
            {
                "horizons": list(HORIZONS),
                "limits": limits,
                "since": monday - COUNTED_AGAIN_WEEKS * WEEK,
                "monday": monday,
            },
        )
        return int(cursor.rowcount)
