"""The weekly note of very many promises at once: that nothing moved, column by column."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from yinuo.contexts.ledger.operations import Series, record_series
from yinuo.contexts.ledger.rules import Each
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.operations.forecasting import Moved, Names, each_date, each_week
from yinuo.contexts.promises.queries.weekly import Quiet
from yinuo.contexts.promises.rules import Ints, Windows
from yinuo.platform.copying import array_of
from yinuo.platform.spoken import write_instant


def keep_in_touch(
    *, part: Quiet, names: Names, ahead: Ints, moved_ahead: Ints, now: dt.datetime
) -> Moved:
    """Record the weekly note of these orders and when their next one is due. Safe to repeat.

    `ahead` orders stand before each in its line, and `moved_ahead` earlier ones left the queue
    this week. The caller puts the entries into notices in the same transaction. An order whose
    promise changed meanwhile, or that somebody else wrote to, is left out.
    """
    with transaction.atomic():
        rows = _lock(part, now)
        ids = record_series(_notes(part, rows, names, ahead, moved_ahead, now), told=True, now=now)
        made = [(row, entry) for row, entry in zip(rows, ids, strict=True) if entry is not None]
        orders = part.order_ids.tolist()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE promises_promise SET next_update_at = %s"
                " WHERE order_id = ANY(%s::bigint[])",
                [rules.next_update_at(now), array_of(orders[row] for row in rows)],
            )
    return Moved([orders[row] for row, _ in made], [entry for _, entry in made], frozenset())


def _lock(part: Quiet, now: dt.datetime) -> list[int]:
    """Rows whose promise is as it was read and whose note is still due."""
    orders = part.order_ids.tolist()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, version FROM promises_promise WHERE order_id = ANY(%s::bigint[])"
            " AND state = 'ACTIVE' AND next_update_at <= %s ORDER BY order_id FOR UPDATE",
            [array_of(orders), now],
        )
        found = dict(cursor.fetchall())
    seen = zip(orders, part.versions.tolist(), strict=True)
    return [row for row, (order, version) in enumerate(seen) if found.get(order) == version]


def _notes(
    part: Quiet,
    rows: list[int],
    names: Names,
    ahead: Ints,
    moved_ahead: Ints,
    now: dt.datetime,
) -> Series:
    windows = Windows(part.first, part.last, part.latest)
    orders, due = part.order_ids[rows].tolist(), part.due[rows].tolist()
    said = {one: write_instant(dt.datetime.fromtimestamp(one, dt.UTC)) for one in set(due)}
    codes = [names.codes[row] for row in rows]
    return Series(
        "promise.kept_as_is",
        orders,
        codes,
        [f"weekly:{order}:{said[one]}" for order, one in zip(orders, due, strict=True)],
        {"weeks": each_week(windows, rows), "code": Each([_code(part, row) for row in rows])},
        {
            "order": Each(codes),
            "window_from": each_date(part.first[rows]),
            "window_until": each_date(part.last[rows]),
            "latest": each_date(part.latest[rows]),
            "odds_percent": Each(part.odds_percent[rows].tolist()),
            "next_update_at": write_instant(rules.next_update_at(now)),
            "ahead": Each(ahead[rows].tolist()),
            "moved_ahead": Each(moved_ahead[rows].tolist()),
            "answerer": Each([names.answerers[row] for row in rows]),
            "known_at": write_instant(now),
        },
    )


def _code(part: Quiet, row: int) -> str:
    if part.at_risk[row]:
        return "AT_RISK"
    return "SINCE" if part.fresh[row] else "SAME"
