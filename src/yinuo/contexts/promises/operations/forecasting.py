"""Committing what a forecast says: first promises and revised ones, each with its ledger entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import ForecastRun
from yinuo.contexts.promises.rules import Windows
from yinuo.platform.ids import new_id
from yinuo.platform.spoken import write_instant

Ints = npt.NDArray[np.int64]
BATCH = 5000


@dataclass(frozen=True)
class Why:
    """Why dates are worked out: the cause, what recorded thing shows it, and when we knew."""

    code: str
    ref: str
    known_at: dt.datetime
    place_zh: str = ""
    place_en: str = ""
    car_state: str = ""


@dataclass(frozen=True)
class Named:
    """An order's code and the member of staff who answers for it (row and public id).

    `locked_at` is needed for a first promise only: one that comes long after is no news.
    """

    code: str
    answerer_id: int
    answerer: str
    locked_at: dt.datetime | None = None


@dataclass(frozen=True)
class Slice:
    """Some orders with the ranges to commit, row by row."""

    order_ids: Ints
    old: Windows
    new: Windows
    dots: Ints
    versions: Ints


@dataclass(frozen=True)
class Run:
    """One working-out of dates: its row and its public id."""

    id: int
    public_id: str


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


def _first_code(named: Named, now: dt.datetime) -> str:
    long_ago = named.locked_at is not None and now - named.locked_at > rules.FIRST_IS_NEWS
    return HISTORY if long_ago else "FIRST"


def make_first(*, part: Slice, names: Mapping[int, Named], run: Run, now: dt.datetime) -> int:
    """Promise something to orders that have no promise yet. Returns how many were made."""
    next_update = rules.next_update_at(now)
    with transaction.atomic():
        made = set(_insert(part, run.id, next_update, now))
        facts = [
            Fact(
                kind="promise.made",
                change_key=f"first:{order_id}",
                public={"weeks": _weeks(part.new, row), "code": _first_code(names[order_id], now)},
                private={
                    "order": names[order_id].code,
                    **_window(part.new, row, next_update),
                    "run": run.public_id,
                },
                subject_id=order_id,
                subject_code=names[order_id].code,
            )
            for row, order_id in enumerate(part.order_ids.tolist())
            if order_id in made
        ]
        record_many(facts, now=now)
    return len(made)


def revise(
    *,
    part: Slice,
    names: Mapping[int, Named],
    why: Why,
    run: Run,
    now: dt.datetime,
) -> list[int]:
    """Move promises: rows, ledger entries and open choices in one transaction.

    Returns the orders that this cause has moved, now or before: one cause moves one order once,
    whatever moved it in between. An order whose promise changed meanwhile (its version is no
    longer the one that was compared) is left out: the caller works it out again.
    """
    next_update = rules.next_update_at(now)
    with transaction.atomic():
        _lock(part.order_ids)
        before = _moved_before(part.order_ids, why)
        moved = set(_update(part, run.id, next_update, now, before))
        rows = [row for row, order in enumerate(part.order_ids.tolist()) if order in moved]
        facts = [_revised_fact(part, row, names, why, run, next_update, now) for row in rows]
        entry_ids = record_many(facts, now=now)
        _open_choices(part, rows, entry_ids, names, now)
    return sorted(moved | before)


def _change_key(why: Why, order_id: int) -> str:
    return f"{why.ref}:{order_id}"


def _moved_before(order_ids: Ints, why: Why) -> set[int]:
    keys = {_change_key(why, order_id): order_id for order_id in order_ids.tolist()}
    return {keys[key] for key in recorded_keys(keys)}


def _revised_fact(
    part: Slice,
    row: int,
    names: Mapping[int, Named],
    why: Why,
    run: Run,
    next_update: dt.datetime,
    now: dt.datetime,
) -> Fact:
    order_id = int(part.order_ids[row])
    named = names[order_id]
    old, new = part.old, part.new
    moved = int(new.first[row] + new.last[row] - old.first[row] - old.last[row])
    later = (abs(moved) + 1) // 2
    return Fact(
        kind="promise.revised",
        change_key=_change_key(why, order_id),
        public={"weeks": _weeks(new, row), "code": why.code},
        private={
            "order": named.code,
            "old_from": _iso(old.first[row]),
            "old_until": _iso(old.last[row]),
            "old_latest": _iso(old.latest[row]),
            **_window(new, row, next_update),
            "days_later": later if moved > 0 else 0,
            "days_earlier": later if moved < 0 else 0,
            "cause": why.code,
            "cause_ref": why.ref,
            "known_at": write_instant(why.known_at),
            "choose_by_at": write_instant(rules.choose_by_at(now)),
            "choices": ["WAIT", "OTHER_CAR", "MOVE_VISIT", "CANCEL"],
            "answerer": named.answerer,
            "answer_by_at": write_instant(rules.answer_by_at(now)),
            "place_zh": why.place_zh,
            "place_en": why.place_en,
            "car_state": why.car_state,
            "run": run.public_id,
        },
        subject_id=order_id,
        subject_code=named.code,
    )


def _window(windows: Windows, row: int, next_update: dt.datetime) -> dict[str, str | int]:
    return {
        "window_from": _iso(windows.first[row]),
        "window_until": _iso(windows.last[row]),
        "latest": _iso(windows.latest[row]),
        "odds_percent": rules.ODDS_PERCENT,
        "next_update_at": write_instant(next_update),
    }


def _weeks(windows: Windows, row: int) -> list[str]:
    return [rules.iso_week(int(windows.first[row])), rules.iso_week(int(windows.latest[row]))]


def _iso(day: np.int64) -> str:
    return _date(day).isoformat()


def _date(day: np.int64) -> dt.date:
    return dt.date.fromordinal(int(day))


def _columns(part: Slice) -> list[list[int] | list[dt.date] | list[str]]:
    """The parameters that both statements unnest: ids, three dates, dots as text arrays."""
    dates = [[_date(day) for day in column] for column in part.new.table().T]
    dots = ["{" + ",".join(_iso(day) for day in row) + "}" for row in part.dots]
    return [part.order_ids.tolist(), *dates, dots]


def _lock(order_ids: Ints) -> None:
    """Lock the promises in one order everywhere, so that two runs cannot block each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM promises_promise WHERE order_id = ANY(%s) ORDER BY order_id FOR UPDATE",
            [order_ids.tolist()],
        )


def _insert(part: Slice, run_id: int, next_update: dt.datetime, now: dt.datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO promises_promise (order_id, from_date, until_date, latest_date, dot_dates,"
            " odds_percent, first_from_date, first_until_date, first_latest_date,"
            " first_odds_percent, first_made_at, worked_out_at, next_update_at, run_id, state,"
            " moved_count, version) SELECT i, a, b, c, d::date[], %s, a, b, c, %s, %s, %s, %s, %s,"
            " 'ACTIVE', 0, 1"
            " FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::date[], %s::text[])"
            " AS x(i, a, b, c, d) ORDER BY i ON CONFLICT DO NOTHING RETURNING order_id",
            [*[rules.ODDS_PERCENT] * 2, now, now, next_update, run_id, *_columns(part)],
        )
        return [row[0] for row in cursor.fetchall()]


def _update(
    part: Slice, run_id: int, next_update: dt.datetime, now: dt.datetime, without: set[int]
) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE promises_promise p SET from_date = a, until_date = b, latest_date = c,"
            " dot_dates = d::date[], worked_out_at = %s, next_update_at = %s, run_id = %s,"
            " stage = CASE WHEN c < p.latest_date"
            " AND (a - p.from_date) + (b - p.until_date) < 0 THEN 'PULLED_IN'"
            " ELSE 'RE_PROMISED' END, outside_count = 0, risk_count = 0,"
            " state = 'ACTIVE', moved_count = moved_count + 1, version = p.version + 1"
            " FROM (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::date[],"
            " %s::text[], %s::int[]) AS x(i, a, b, c, d, v)) x"
            " WHERE p.order_id = x.i AND p.version = x.v AND NOT p.order_id = ANY(%s)"
            " RETURNING p.order_id",
            [now, next_update, run_id, *_columns(part), part.versions.tolist(), list(without)],
        )
        return [row[0] for row in cursor.fetchall()]


def _open_choices(
    part: Slice,
    rows: Sequence[int],
    entry_ids: Sequence[int | None],
    names: Mapping[int, Named],
    now: dt.datetime,
) -> None:
    opened = [
        (entry_id, int(part.order_ids[row]), names[int(part.order_ids[row])].answerer_id)
        for row, entry_id in zip(rows, entry_ids, strict=True)
        if entry_id is not None
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO promises_choice (entry_id, order_id, opened_at, choose_by_at, chosen,"
            " answer_by_at, answerer_id) SELECT e, o, %s, %s, '', %s, s"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS x(e, o, s)",
            [
                now,
                rules.choose_by_at(now),
                rules.answer_by_at(now),
                *([list(column) for column in zip(*opened, strict=True)] or [[], [], []]),
            ],
        )
