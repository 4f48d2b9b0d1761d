"""Promises for workflows and jobs; nothing here is shown to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.promises.dots import unpack_dates
from yinuo.contexts.promises.models import ForecastRun, Promise, Undated
from yinuo.contexts.promises.rules import Windows, first_word_by
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.platform.spoken import local_date, write_instant

Ints = npt.NDArray[np.int64]
NO_DATE = 2 * BEYOND_HORIZON
# Days between year 1 and the database's own day zero, 2000-01-01.
EPOCH = dt.date(2000, 1, 1).toordinal()


@dataclass(frozen=True)
class Current:
    """The promises in force, aligned with the order ids that were asked for.

    `version` is 0 where an order has no promise; `run_id` names the run that set it, and
    `unusual_ids` the declared period that made it wider (0 for none).
    """

    windows: Windows
    versions: Ints
    run_ids: Ints
    unusual_ids: Ints


def load_current(order_ids: Ints) -> Current:
    """The promise in force of each order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.order_id, p.from_date - '2000-01-01'::date,"
            " p.until_date - '2000-01-01'::date, p.latest_date - '2000-01-01'::date,"
            " p.version, p.run_id, coalesce(p.unusual_id, 0) FROM promises_promise p"
            + (" WHERE p.order_id = ANY(%s)" if order_ids.size < 100_000 else "")
            + " ORDER BY p.order_id",
            [order_ids.tolist()] if order_ids.size < 100_000 else [],
        )
        rows = cursor.fetchall()
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 7)
    found = np.zeros((order_ids.size, 7), np.int64)
    found[:, 1:4] = NO_DATE - EPOCH
    if len(rows):
        at = np.minimum(np.searchsorted(table[:, 0], order_ids), len(rows) - 1)
        hit = table[at, 0] == order_ids
        found[hit] = table[at[hit]]
    dates = found[:, 1:4] + EPOCH
    return Current(
        Windows(dates[:, 0], dates[:, 1], dates[:, 2]),
        *(found[:, column].copy() for column in (4, 5, 6)),
    )


# Rows are numbered before they are committed: so many numbers below the newest may come late.
LATE_NUMBERS = 20_000


def waits_for_first_promise(tried_before: dt.datetime) -> bool:
    """Whether an open order was never promised anything, and not found undatable since then.

    Looks at the newest orders and at those known to have no date, so that it may be asked each
    minute; each night the look at all orders finds whatever else there should be.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM promises_undated u JOIN orders_order o ON o.id = u.order_id"
            " WHERE u.tried_at <= %s AND o.state NOT IN ('DELIVERED', 'CANCELLED')"
            " AND NOT EXISTS (SELECT FROM promises_promise p WHERE p.order_id = o.id))"
            " OR EXISTS (SELECT FROM orders_order o"
            " LEFT JOIN promises_promise p ON p.order_id = o.id"
            " LEFT JOIN promises_undated u ON u.order_id = o.id"
            " WHERE o.id > (SELECT coalesce(max(order_id), 0) - %s FROM promises_promise)"
            " AND p.order_id IS NULL AND u.order_id IS NULL"
            " AND o.state NOT IN ('DELIVERED', 'CANCELLED'))",
            [tried_before, LATE_NUMBERS],
        )
        return bool(cursor.fetchone()[0])


class NoDate(NamedTuple):
    """Why an order has no date, and the month (2028-03) that its turn comes after, or empty."""

    why: str
    after: str


def list_no_date(order_ids: Sequence[int]) -> dict[int, NoDate]:
    """Those of these orders for which it is known why they have no date."""
    rows = Undated.objects.filter(order_id__in=list(order_ids))
    return {
        order_id: NoDate(why, f"{after:%Y-%m}" if after else "")
        for order_id, why, after in rows.values_list("order_id", "why", "after_date")
    }


def unknown_key(order_id: int, week_at: dt.datetime) -> str:
    """The change key of the note that says, in this week, that there is still no date."""
    return f"unknown:{order_id}:{write_instant(week_at)}"


def list_undated_due(
    week_at: dt.datetime, now: dt.datetime, holds: dt.timedelta
) -> dict[int, dt.datetime]:
    """Open orders to be told that there is no date yet, with the moment since when they are due.

    Those that never had a promise: by the evening by which a first word is owed, then with each
    weekly note. And those whose promise was broken, has no successor and owes its update. A word
    that fell due longer ago than `holds` is left out; the next one follows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.locked_at, x.broken FROM"
            " (SELECT order_id, false AS broken FROM promises_undated u WHERE NOT EXISTS"
            "  (SELECT FROM promises_promise p WHERE p.order_id = u.order_id)"
            " UNION ALL SELECT order_id, true FROM promises_promise"
            "  WHERE state = 'BROKEN' AND next_update_at <= %s) x"
            " JOIN orders_order o ON o.id = x.order_id"
            " WHERE o.state NOT IN ('DELIVERED', 'CANCELLED') ORDER BY o.id",
            [now],
        )
        rows = cursor.fetchall()
    due = {}
    for order_id, locked_at, broken in rows:
        at = week_at if broken else max(week_at, first_word_by(locked_at))
        if at <= now < at + holds:
            due[order_id] = at
    known = recorded_keys([unknown_key(order_id, at) for order_id, at in due.items()])
    return {one: at for one, at in due.items() if unknown_key(one, at) not in known}


class Due(NamedTuple):
    """Whether the time of day brings anything to promises that stand."""

    overdue: bool
    last_day: bool
    notes: bool


def look_for_due(now: dt.datetime) -> Due:
    """What there may be to do, found by reading all promises once.

    Dates are in no index, so that a promise can be moved in its place; asked apart, each question
    would read them all.
    """
    today = local_date(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(bool_or(state = 'ACTIVE' AND latest_date < %s), false),"
            " coalesce(bool_or(state = 'ACTIVE' AND latest_date BETWEEN %s AND %s), false),"
            " coalesce(bool_or(state = 'ACTIVE' AND next_update_at <= %s), false)"
            " FROM promises_promise",
            [today, today, today + dt.timedelta(days=1), now],
        )
        return Due(*cursor.fetchone())


def list_overdue(today: dt.date, limit: int) -> list[int]:
    """Orders whose promised latest date has passed and that were not told so yet."""
    return list(
        Promise.objects.filter(state=Promise.State.ACTIVE, latest_date__lt=today)
        .exclude(order__state__in=["DELIVERED", "CANCELLED"])
        .order_by("order_id")
        .values_list("order_id", flat=True)[:limit]
    )


def list_deadlines_at_risk(limit: int) -> list[int]:
    """Orders with fewer than ten of twenty chances to meet the customer's day, not told yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.order_id, d.date, p.dots FROM promises_deadline d"
            " JOIN promises_promise p ON p.order_id = d.order_id AND p.state = 'ACTIVE'"
            " JOIN orders_order o ON o.id = d.order_id"
            " AND o.state NOT IN ('DELIVERED', 'CANCELLED')"
            " WHERE d.told_at IS NULL ORDER BY 1"
        )
        rows = cursor.fetchall()
    slim = (row[0] for row in rows if sum(dot <= row[1] for dot in unpack_dates(row[2])) < 10)
    return list(islice(slim, limit))


def run_finished(cause_ref: str) -> bool:
    """Whether the run of this cause has been carried to its end."""
    return ForecastRun.objects.filter(cause_ref=cause_ref, finished_at__isnull=False).exists()


def any_run_before(moment: dt.datetime) -> bool:
    """Whether dates had been worked out before then."""
    return ForecastRun.objects.filter(started_at__lt=moment).exists()
