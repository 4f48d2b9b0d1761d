"""Working out who was passed, once for each week that was closed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

from django.db import connection, transaction

from yinuo.contexts.ledger.kinds import KINDS
from yinuo.contexts.ledger.models import QueueFigures
from yinuo.contexts.ledger.passing import TYPES, Leaf, Passing, Week

QUEUE_KINDS = [kind.name for kind in KINDS.values() if kind.leaf in TYPES]
CHUNK = 5000


def refresh_figures(*, now: dt.datetime) -> int:
    """Work out the figures anew where the log holds a batch that they do not know.

    Returns how many weeks of lines they tell of, 0 where nothing was new. Safe to repeat.
    """
    newest = _newest_batch()
    kept = QueueFigures.objects.order_by("-size").values_list("size", flat=True).first()
    if newest is None or (kept is not None and kept > newest):
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT size FROM ledger_tree WHERE singleton = 1")
        [size] = cursor.fetchone()
        passing = Passing().read(_leaves(size))
        said = {
            "weeks": [_said(week) for week in passing.weeks],
            "locks": passing.count_locks(),
            "holds": passing.count_holds(),
            "transfers": passing.transfers,
        }
        QueueFigures.objects.update_or_create(size=size, defaults={"said": said, "made_at": now})
        QueueFigures.objects.filter(size__lt=size).delete()
    return len(passing.weeks)


def _said(week: Week) -> dict[str, object]:
    return {
        "line": week.line,
        "batch": week.batch,
        "allocated": week.allocated,
        "excepted": {code: n for code, n in week.excepted.items() if code},
        "passed": week.passed,
        "held": week.waited,
        "unexplained": len(week.unexplained),
    }


def _newest_batch() -> int | None:
    """The number of the newest batch leaf in the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(l.idx) FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE e.change_key >= 'batch:' AND e.change_key < 'batch;'"
        )
        newest: int | None = cursor.fetchone()[0]
    return newest


def _leaves(size: int) -> Iterator[tuple[int, Leaf]]:
    """The leaves that tell of the queue, in their order, as the log has them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT l.idx, coalesce(l.body, e.body) FROM ledger_leaf l"
            " LEFT JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.idx < %s AND (l.entry_id IS NULL OR e.kind = ANY(%s)) ORDER BY l.idx",
            [size, QUEUE_KINDS],
        )
        while rows := cursor.fetchmany(CHUNK):
            for index, body in rows:
                leaf = json.loads(body)
                if leaf["t"] in TYPES:
                    yield index, leaf
