"""Committing what a forecast says: first promises and revised ones, each with its ledger entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from yinuo.contexts.ledger.kinds import HISTORY
from yinuo.contexts.ledger.operations import Series, record_series
from yinuo.contexts.ledger.queries import recorded_keys
from yinuo.contexts.ledger.rules import Each, Value
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.dots import pack_days
from yinuo.contexts.promises.models import ForecastRun
from yinuo.contexts.promises.operations.shares import said, say_shares
from yinuo.contexts.promises.rules import Reasons, Windows
from yinuo.platform.copying import (
    Column,
    Hexed,
    Same,
    array_of,
    copy_in,
    in_key_order,
    staged,
)
from yinuo.platform.ids import new_id
from yinuo.platform.spoken import write_instant

Ints = npt.NDArray[np.int64]
# Large enough that a batch's own cost does not count, small enough for two of them in memory.
BATCH = 25_000


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
class Names:
    """`Named` of many orders, column by column; locked at so many seconds since 1970."""

    codes: list[str]
    answerer_ids: list[int]
    answerers: list[str]
    locked_at: list[float]


# The period of a range that none made wider.
NOT_UNUSUAL = (0, "")


@dataclass(frozen=True)
class Slice:
    """Some orders by row number, with the ranges to commit, row by row.

    `unusual` names the declared period (row and public id) that made a range wider, and is empty
    where none is in force. `reasons` are those of the moves; a first promise has none.
    """

    order_ids: Ints
    old: Windows
    new: Windows
    dots: Ints
    versions: Ints
    unusual: list[tuple[int, str]] = field(default_factory=list)
    reasons: Reasons | None = None


@dataclass(frozen=True)
class Moved:
    """What a cause has moved: orders moved now, with their entries, and orders moved before."""

    order_ids: list[int]
    entry_ids: list[int]
    before: frozenset[int]

    @property
    def count(self) -> int:
        """How many orders the cause has moved, now or before."""
        return len(self.order_ids) + len(self.before)


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


def _first_code(locked_at: float, now: dt.datetime) -> str:
    long_ago = now.timestamp() - locked_at > rules.FIRST_IS_NEWS.total_seconds()
    return HISTORY if long_ago else "FIRST"


def make_first(*, part: Slice, names: Names, run: Run, now: dt.datetime) -> int:
    """Promise something to orders that have no promise yet. Returns how many were made."""
    next_update = rules.next_update_at(now)
    with transaction.atomic():
        made = _insert(part, run.id, next_update, now)
        orders = part.order_ids.tolist()
        rows = [row for row, order_id in enumerate(orders) if order_id in made]
        codes = [_first_code(names.locked_at[row], now) for row in rows]
        record_series(
            Series(
                "promise.made",
                [orders[row] for row in rows],
                [names.codes[row] for row in rows],
                [f"first:{orders[row]}" for row in rows],
                {"weeks": _weeks(part.new, rows), "code": Each(codes)},
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
    """Move promises: rows, ledger entries and open choices in one transaction.

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
    if _update(part, rows, run.id, rules.next_update_at(now), now) < len(rows):
        raise _Overtaken
    ids = record_series(_revised(part, rows, names, why, run, now), told=told, now=now)
    entry_ids = [entry_id for entry_id in ids if entry_id is not None]
    if len(entry_ids) < len(rows):
        raise _Overtaken
    _open_choices(part, rows, entry_ids, names, now)
    return Moved(orders, entry_ids, frozenset())


def _revise_left(
    part: Slice, names: Names, why: Why, run: Run, told: bool, now: dt.datetime
) -> Moved:
    """Those of them that are still as compared and that the cause has not moved before."""
    next_update = rules.next_update_at(now)
    orders = part.order_ids.tolist()
    with transaction.atomic():
        versions = _lock(orders)
        compared = zip(orders, part.versions.tolist(), strict=True)
        same = [n for n, (order, version) in enumerate(compared) if versions.get(order) == version]
        ids = record_series(_revised(part, same, names, why, run, now), told=told, now=now)
        made = [(row, entry) for row, entry in zip(same, ids, strict=True) if entry is not None]
        rows, entry_ids = [row for row, _ in made], [entry for _, entry in made]
        _update(part, rows, run.id, next_update, now)
        _open_choices(part, rows, entry_ids, names, now)
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
        {"weeks": _weeks(new, rows), "code": why.code},
        {
            "order": Each(codes),
            "old_from": _each_date(old.first[rows]),
            "old_until": _each_date(old.last[rows]),
            "old_latest": _each_date(old.latest[rows]),
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
        "window_from": _each_date(windows.first[rows]),
        "window_until": _each_date(windows.last[rows]),
        "latest": _each_date(windows.latest[rows]),
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


def _weeks(windows: Windows, rows: Sequence[int]) -> Each:
    first, latest = (said(days[rows], rules.iso_week) for days in (windows.first, windows.latest))
    return Each(list(zip(first, latest, strict=True)))


def _each_date(days: Ints) -> Each:
    return Each(_dates(days))


def _dates(days: Ints) -> list[str]:
    return said(days, lambda day: dt.date.fromordinal(day).isoformat())


def _lock(order_ids: Sequence[int]) -> dict[int, int]:
    """Lock the promises in one order everywhere, so that two runs cannot block each other.

    Returns the version of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT order_id, version FROM promises_promise WHERE order_id = ANY(%s::bigint[])"
            " ORDER BY order_id FOR UPDATE",
            [array_of(order_ids)],
        )
        return dict(cursor.fetchall())


STAGE = (
    "order_id bigint, from_date date, until_date date, latest_date date, dots bytea,"
    " unusual_id bigint"
)


def _columns(part: Slice, rows: Sequence[int]) -> list[Column]:
    """What both statements stage: ids, three dates, dots."""
    new = part.new
    dates = [_dates(days[rows]) for days in (new.first, new.last, new.latest)]
    packed = pack_days(part.dots[rows])
    dots = Hexed(packed.tobytes(), packed.shape[1] * packed.itemsize)
    periods: Column = Same(0)
    if part.unusual:
        periods = [part.unusual[row][0] for row in rows]
    return [part.order_ids[rows].tolist(), *dates, dots, periods]


def _insert(part: Slice, run_id: int, next_update: dt.datetime, now: dt.datetime) -> set[int]:
    every = list(range(part.order_ids.size))
    with staged("fresh_promise", STAGE, _columns(part, every)), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO promises_promise (order_id, from_date, until_date, latest_date, dots,"
            " odds_percent, first_from_date, first_until_date, first_latest_date,"
            " first_odds_percent, first_made_at, worked_out_at, next_update_at, run_id, state,"
            " moved_count, version, unusual_id)"
            " SELECT order_id, from_date, until_date, latest_date, dots,"
            " %s, from_date, until_date, latest_date, %s, %s, %s, %s, %s, 'ACTIVE', 0, 1,"
            " nullif(unusual_id, 0)"
            " FROM fresh_promise ORDER BY order_id ON CONFLICT DO NOTHING RETURNING order_id",
            [*[rules.ODDS_PERCENT] * 2, now, now, next_update, run_id],
        )
        return {row[0] for row in cursor.fetchall()}


def _update(
    part: Slice, rows: Sequence[int], run_id: int, next_update: dt.datetime, now: dt.datetime
) -> int:
    """Rewrite those of these promises that are as they were compared; returns how many."""
    if not rows:
        return 0
    orders = part.order_ids[rows]
    columns = [*_columns(part, rows), part.versions[rows].tolist()]
    with (
        staged("moved_promise", STAGE + ", version int", columns),
        in_key_order(),
        connection.cursor() as cursor,
    ):
        # The span lets the database walk one stretch of the index and not all of it.
        cursor.execute(
            "UPDATE promises_promise p SET from_date = x.from_date, until_date = x.until_date,"
            " latest_date = x.latest_date, dots = x.dots, worked_out_at = %s, next_update_at = %s,"
            " stage = CASE WHEN x.latest_date < p.latest_date AND (x.from_date - p.from_date)"
            " + (x.until_date - p.until_date) < 0 THEN 'PULLED_IN' ELSE 'RE_PROMISED' END,"
            " outside_count = 0, risk_count = 0, unusual_id = nullif(x.unusual_id, 0),"
            " run_id = %s, state = 'ACTIVE',"
            " moved_count = moved_count + 1, version = p.version + 1"
            " FROM moved_promise x WHERE p.order_id = x.order_id AND p.version = x.version"
            " AND p.order_id BETWEEN %s AND %s",
            [now, next_update, run_id, int(orders.min()), int(orders.max())],
        )
        return int(cursor.rowcount)


def _open_choices(
    part: Slice, rows: Sequence[int], entry_ids: Sequence[int], names: Names, now: dt.datetime
) -> None:
    if not rows:
        return
    copy_in(
        "promises_choice (entry_id, order_id, opened_at, choose_by_at, chosen, answer_by_at,"
        " answerer_id)",
        [
            entry_ids,
            part.order_ids[rows].tolist(),
            Same(now),
            Same(rules.choose_by_at(now)),
            Same(""),
            Same(rules.answer_by_at(now)),
            [names.answerer_ids[row] for row in rows],
        ],
    )
