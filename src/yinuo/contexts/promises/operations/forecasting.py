"""Committing what a forecast says: first promises and revised ones, each with its ledger entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from django.db import connection, transaction

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.operations import Series, record_series
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.ledger.rules import Each, Value
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import ForecastRun
from yinuo.contexts.promises.operations.rows import (
    NOT_UNUSUAL,
    Moved,
    Named,
    Names,
    Run,
    Slice,
    Why,
    dates_of,
    insert_promises,
    lock_promises,
    update_promises,
)
from yinuo.contexts.promises.operations.shares import said, say_shares
from yinuo.contexts.promises.rules import Ints, Windows
from yinuo.platform.ids import new_id
from yinuo.platform.spoken import write_instant

__all__ = [
    "BATCH",
    "NOT_UNUSUAL",
    "Moved",
    "Named",
    "Names",
    "Run",
    "Slice",
    "Why",
    "finish_run",
    "make_first",
    "revise",
    "start_run",
]

# Large enough that a batch's own cost does not count, small enough for two of them in memory.
BATCH = 25_000


def start_run(*, cause_ref: str, seed: int, now: dt.datetime) -> Run:
    """The run that works out dates for this cause; the same row however often it is started."""
    ForecastRun.objects.bulk_create(
        [ForecastRun(public_id=new_id("fct"), cause_ref=cause_ref, seed=seed, started_at=now)],
        ignore_conflicts=True,
    )
    row = ForecastRun.objects.get(cause_ref=cause_ref)
    return Run(row.id, row.public_id)


def finish_run(*, run_id: int, orders_count: int, now: dt.datetime) -> int:
    """Every order of the run has been compared and every change recorded. Safe to repeat.

    Returns how many promises the run has set.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE promises_forecastrun SET finished_at = coalesce(finished_at, %s),"
            " orders_count = greatest(orders_count, %s), changed_count ="
            " (SELECT count(*) FROM promises_promise WHERE run_id = %s) WHERE id = %s"
            " RETURNING changed_count",
            [now, orders_count, run_id, run_id],
        )
        return int(cursor.fetchone()[0])


def _first_code(locked_at: float, now: dt.datetime) -> str:
    long_ago = now.timestamp() - locked_at > rules.FIRST_IS_NEWS.total_seconds()
    return HISTORY if long_ago else "FIRST"


def make_first(*, part: Slice, names: Names, run: Run, now: dt.datetime) -> int:
    """Promise something to orders that have no promise yet. Returns how many were made."""
    next_update = rules.next_update_at(now)
    with transaction.atomic():
        made = insert_promises(part, run.id, next_update, now)
        orders = part.order_ids.tolist()
        rows = [row for row, order_id in enumerate(orders) if order_id in made]
        codes = [_first_code(names.locked_at[row], now) for row in rows]
        record_series(
            Series(
                "promise.made",
                [orders[row] for row in rows],
                [names.codes[row] for row in rows],
                [f"first:{orders[row]}" for row in rows],
                {"weeks": each_week(part.new, rows), "code": Each(codes)},
                {
                    "order": Each([names.codes[row] for row in rows]),
                    **_window(part.new, rows, next_update),
                    "unusual": _unusual(part, rows),
                    "run": run.public_id,
                },
            ),
            now=now,
        )
    return len(rows)


def revise(
    *,
    part: Slice,
    names: Names,
    why: Why,
    run: Run,
    now: dt.datetime,
    told: bool = False,
) -> Moved:
    """Move promises: rows and ledger entries, which open choices, in one transaction.

    One cause moves one order once, whatever moved it in between. An order whose promise changed
    meanwhile (its version is no longer the one that was compared) is left out: the caller works
    it out again. With `told` the caller puts the entries into notices in the same transaction.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                return _revise_all(part, names, why, run, told, now)
        except _Overtaken:
            return _revise_left(part, names, why, run, told, now)


class _Overtaken(Exception):
    """Not every promise is the one that was compared, or the cause has moved it before."""


def _revise_all(
    part: Slice, names: Names, why: Why, run: Run, told: bool, now: dt.datetime
) -> Moved:
    """As it nearly always is: nothing came in between, so nothing is locked beforehand."""
    rows, orders = list(range(part.order_ids.size)), part.order_ids.tolist()
    if update_promises(part, rows, run.id, rules.next_update_at(now), now) < len(rows):
        raise _Overtaken
    ids = record_series(_revised(part, rows, names, why, run, now), told=told, now=now)
    entry_ids = [entry_id for entry_id in ids if entry_id is not None]
    if len(entry_ids) < len(rows):
        raise _Overtaken
    return Moved(orders, entry_ids, frozenset())


def _revise_left(
    part: Slice, names: Names, why: Why, run: Run, told: bool, now: dt.datetime
) -> Moved:
    """Those of them that are still as compared and that the cause has not moved before."""
    next_update = rules.next_update_at(now)
    orders = part.order_ids.tolist()
    with transaction.atomic():
        versions = lock_promises(orders)
        compared = zip(orders, part.versions.tolist(), strict=True)
        same = [n for n, (order, version) in enumerate(compared) if versions.get(order) == version]
        ids = record_series(_revised(part, same, names, why, run, now), told=told, now=now)
        made = [(row, entry) for row, entry in zip(same, ids, strict=True) if entry is not None]
        rows, entry_ids = [row for row, _ in made], [entry for _, entry in made]
        update_promises(part, rows, run.id, next_update, now)
        left = {_change_key(why, order): order for order in set(orders) - {orders[r] for r in rows}}
        before = frozenset(left[key] for key in recorded_keys(left)) if left else frozenset()
    return Moved([orders[row] for row in rows], entry_ids, before)


def _change_key(why: Why, order_id: int) -> str:
    return f"{why.ref}:{order_id}"


def _revised(
    part: Slice, rows: Sequence[int], names: Names, why: Why, run: Run, now: dt.datetime
) -> Series:
    orders = part.order_ids[rows].tolist()
    codes = [names.codes[row] for row in rows]
    old, new = part.old, part.new
    days = rules.days_moved(old, new)[rows]
    return Series(
        "promise.revised",
        orders,
        codes,
        [_change_key(why, order_id) for order_id in orders],
        {"weeks": each_week(new, rows), "code": why.code},
        {
            "order": Each(codes),
            "old_from": each_date(old.first[rows]),
            "old_until": each_date(old.last[rows]),
            "old_latest": each_date(old.latest[rows]),
            **_window(new, rows, rules.next_update_at(now)),
            "days_later": Each(np.maximum(days, 0).tolist()),
            "days_earlier": Each(np.maximum(-days, 0).tolist()),
            "cause": why.code,
            "cause_ref": why.ref,
            "known_at": write_instant(why.known_at),
            "choose_by_at": write_instant(rules.choose_by_at(now)),
            "choices": ["WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL"],
            "answerer": Each([names.answerers[row] for row in rows]),
            "answer_by_at": write_instant(rules.answer_by_at(now)),
            "place_zh": why.place_zh,
            "place_en": why.place_en,
            "car_state": why.car_state,
            **_shares(part, rows),
            "unusual": _unusual(part, rows),
            "run": run.public_id,
        },
    )


def _window(
    windows: Windows, rows: Sequence[int], next_update: dt.datetime
) -> dict[str, Value | Each]:
    return {
        "window_from": each_date(windows.first[rows]),
        "window_until": each_date(windows.last[rows]),
        "latest": each_date(windows.latest[rows]),
        "odds_percent": rules.ODDS_PERCENT,
        "next_update_at": write_instant(next_update),
    }


def _shares(part: Slice, rows: Sequence[int]) -> dict[str, Value | Each]:
    if part.reasons is None:
        raise ValueError("a promise that moves needs its reasons")
    return say_shares(part.reasons, rows)


def _unusual(part: Slice, rows: Sequence[int]) -> Each | str:
    """The public id of the period that made each range wider; empty for none."""
    return Each([part.unusual[row][1] for row in rows]) if part.unusual else ""


def each_week(windows: Windows, rows: Sequence[int]) -> Each:
    """What is public of these ranges: the weeks in which they begin and end."""
    first, latest = (said(days[rows], rules.iso_week) for days in (windows.first, windows.latest))
    return Each(list(zip(first, latest, strict=True)))


def each_date(days: Ints) -> Each:
    """Proleptic day numbers as dates, one for each fact."""
    return Each(dates_of(days))
