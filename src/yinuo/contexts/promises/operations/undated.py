"""Keeping for whom no date can be given, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from yinuo.platform.copying import array_of


def keep_undated(
    *, order_ids: Sequence[int], whys: Sequence[str], after_date: dt.date, now: dt.datetime
) -> None:
    """These open orders have no date for these reasons; all others that are promised have one.

    `after_date` is the first day that the forecast does not reach. Safe to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM promises_undated u USING promises_promise p WHERE p.order_id = u.order_id"
        )
        cursor.execute(
            "INSERT INTO promises_undated (order_id, why, after_date, tried_at)"
            " SELECT x.order_id, x.why, CASE x.why WHEN 'BEYOND' THEN %s::date END, %s"
            " FROM unnest(%s::bigint[], %s::text[]) AS x(order_id, why)"
            " WHERE NOT EXISTS (SELECT FROM promises_promise p WHERE p.order_id = x.order_id)"
            " ORDER BY x.order_id ON CONFLICT (order_id) DO UPDATE"
            " SET why = excluded.why, after_date = excluded.after_date,"
            " tried_at = excluded.tried_at",
            [after_date, now, array_of(order_ids), list(whys)],
        )
