"""Promises as a planner weighs them; asked by workflows, never shown to a customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from django.db import connection

from yinuo.contexts.promises.queries.work import EPOCH, NO_DATE, Ints
from yinuo.contexts.promises.rules import Floats


class OwnDay(NamedTuple):
    """The day by which a customer needs the car, and why: a code such as PLATE."""

    date: dt.date
    reason: str


def own_days_of(order_ids: Sequence[int]) -> dict[int, OwnDay]:
    """The days by which these customers need their cars, where they told us."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, date, reason FROM promises_deadline WHERE order_id = ANY(%s)",
            [list(order_ids)],
        )
        return {row[0]: OwnDay(*row[1:]) for row in cursor.fetchall()}


def first_latest_of(order_ids: Ints) -> Ints:
    """The latest day of each order's first promise, aligned; `NO_DATE` without a promise."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, first_latest_date - '2000-01-01'::date FROM promises_promise"
            " ORDER BY order_id"
        )
        rows = cursor.fetchall()
    table = np.array(rows, np.int64).reshape(len(rows), 2)
    found = np.full(order_ids.size, NO_DATE, np.int64)
    if len(rows):
        at = np.minimum(np.searchsorted(table[:, 0], order_ids), len(rows) - 1)
        hit = table[at, 0] == order_ids
        found[hit] = table[at[hit], 1] + EPOCH
    return found


def made_at_of(order_ids: Ints) -> Floats:
    """When the promise in force of each order was made, in seconds since 1970; inf without one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM p.worked_out_at), 'infinity'::float8)::float8"
            " FROM unnest(%s::bigint[]) WITH ORDINALITY AS x(order_id, n)"
            " LEFT JOIN promises_promise p ON p.order_id = x.order_id ORDER BY x.n",
            [order_ids.tolist()],
        )
        return np.array([row[0] for row in cursor.fetchall()], np.float64)
