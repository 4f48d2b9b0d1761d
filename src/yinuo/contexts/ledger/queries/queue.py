"""What the ledger says of the queue: its rules, its batches, what they counted.

Every fact stands under the key of its cause, so a few of them are found by the beginning of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import connection

from yinuo.contexts.ledger.models import Entry, Leaf
from yinuo.contexts.ledger.rulebook import AT_ONCE

# Behind every number that the log has given out, before all that it will give out.
NEXT = 1 << 48


def list_rules() -> list[dict[str, Any]]:
    """The rules of the queue that were stated, oldest first, as their leaves say them."""
    rows = Entry.objects.filter(change_key__startswith="rule:", kind="rule.stated")
    return [json.loads(body) for body in rows.order_by("id").values_list("body", flat=True)]


def get_rule_of(rules: list[dict[str, Any]], batch: str) -> dict[str, Any]:
    """The newest of these rules that bound when the week of this batch began."""
    year, week = batch.split("-W")
    monday = dt.date.fromisocalendar(int(year), int(week), 1).isoformat()
    return [one for one in rules if one["binds"] == AT_ONCE or one["binds"] <= monday][-1]


def find_newest_batch() -> str | None:
    """The newest week of which a batch was closed, such as 2026-W07; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(change_key) FROM ledger_entry"
            " WHERE change_key >= 'batch:' AND change_key < 'batch;'"
        )
        [key] = cursor.fetchone()
    return key.split(":")[1] if key else None


def is_closed(order_id: int) -> bool:
    """Whether a car went to this order in a week that is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM ledger_entry a, ledger_entry b WHERE a.change_key = %s"
            " AND b.change_key = 'batch:' || (a.body::json ->> 'batch') || ':'"
            " || (a.body::json ->> 'line'))",
            [f"alloc:{order_id}"],
        )
        return bool(cursor.fetchone()[0])


class Allocated(NamedTuple):
    """The batch in which a car went to an order, and when that was recorded."""

    batch: str
    at: dt.datetime


def find_allocations(order_ids: Collection[int]) -> dict[int, Allocated]:
    """When cars went to these orders; those without one, or whose record is erased, are not in."""
    keys = [f"alloc:{order_id}" for order_id in order_ids]
    rows = Entry.objects.filter(change_key__in=keys).values_list(
        "change_key", "body", "recorded_at"
    )
    return {
        int(key.split(":")[1]): Allocated(json.loads(body)["batch"], at) for key, body, at in rows
    }


def find_closings(line: str, batches: Collection[str]) -> dict[str, dt.datetime]:
    """When these batches of a line were closed, by week, in the order of their closing."""
    keys = [f"batch:{batch}:{line}" for batch in batches]
    rows = Entry.objects.filter(change_key__in=keys).order_by("id")
    found = rows.values_list("change_key", "recorded_at")
    return {key.split(":")[1]: at for key, at in found}


class Noted(NamedTuple):
    """The row of a fact, which tells what was recorded before it, and when it was recorded."""

    entry: int
    at: dt.datetime


def find_recorded(change_keys: Collection[str]) -> dict[str, Noted]:
    """The facts with these keys, of those that were recorded."""
    rows = Entry.objects.filter(change_key__in=change_keys)
    found = rows.values_list("change_key", "id", "recorded_at")
    return {key: Noted(entry, at) for key, entry, at in found}


def has_numbers() -> bool:
    """Whether the log has begun to give out numbers."""
    return Leaf.objects.exists()


def find_places(change_keys: Collection[str]) -> dict[str, int]:
    """Where these facts stand in the log; who waits for a number stands behind all that have one.

    To be asked before `list_counted`: whatever is counted later stands behind these.
    """
    rows = Entry.objects.filter(change_key__in=change_keys)
    found = rows.values_list("change_key", "id", "leaf__idx")
    return {key: NEXT + entry if idx is None else idx for key, entry, idx in found}


def list_counted(launch: str) -> list[tuple[int, int]]:
    """How many tickets of a launch were counted in public, and where that stands, in its order.

    What will be counted next stands at `NEXT`, before everything that waits for its number.
    """
    rows = Entry.objects.filter(
        change_key__gte=f"tickets:{launch}:", change_key__lt=f"tickets:{launch};"
    )
    found = rows.values_list("change_key", "leaf__idx")
    return sorted((int(key.rpartition(":")[2]), NEXT if idx is None else idx) for key, idx in found)


def find_first_allocation() -> dt.datetime | None:
    """When the first car went to an order, of those whose orders still can be told apart."""
    rows = Entry.objects.filter(change_key__startswith="alloc:", kind="order.allocated")
    return rows.order_by("recorded_at").values_list("recorded_at", flat=True).first()


def count_allocated(week: str, since: dt.datetime, until: dt.datetime) -> dict[str, int]:
    """How many orders of each line got a car in the batch `week`; recorded in [since, until)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body::json ->> 'line', count(*) FROM ledger_entry WHERE kind ="
            " 'order.allocated' AND recorded_at >= %s AND recorded_at < %s"
            " AND body::json ->> 'batch' = %s GROUP BY 1",
            [since, until, week],
        )
        return dict(cursor.fetchall())
