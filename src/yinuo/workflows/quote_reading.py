"""Reading one answer off the tables that quotes are kept in: which days, or why none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from yinuo.contexts.orders.queries.quoting import list_locked_since
from yinuo.contexts.promises.queries.quotes import Base, Floor, Launches
from yinuo.contexts.promises.rules import windows_of
from yinuo.contexts.promises.rules.unusual import Period
from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.workflows.grounds import MISSING, Grounds, what_is_missing
from yinuo.workflows.guard import pick_percents
from yinuo.workflows.next_lock import Days, NextLocks
from yinuo.workflows.unusual import widen_rows


@dataclass(frozen=True)
class Reading:
    """A window as it would be promised now, or the code of why there is none.

    `unusual` is the declared period that made it wider, if one did.
    """

    window: Floor | None
    why: str = ""
    unusual: Period | None = None


def read_windows(
    base: Base | None, pairs: Sequence[tuple[int, int]], now: dt.datetime
) -> list[Reading]:
    """The reading of each pair of spec and centre, for an order that is locked now."""
    live = _live(base) if base is not None else None
    # Configurations of one class share their days.
    known: dict[tuple[int, int], tuple[Days | None, str]] = {}
    read = []
    for spec, centre in pairs:
        key = (_class_of(base, spec), centre)
        if key not in known:
            known[key] = _days(base, live, spec, centre)
        read.append(known[key])
    dated = [(row, days) for row, (days, _) in enumerate(read) if days is not None]
    found = [Reading(None, why) for _, why in read]
    if base is not None and dated:
        asked = [pairs[row] for row, _ in dated]
        windows = _as_promised(base, [days for _, days in dated], asked, now)
        for (row, _), reading in zip(dated, windows, strict=True):
            found[row] = reading
    return found


def raised(window: Floor | None, floor: Floor | None) -> Floor | None:
    """The window, not before what earlier locks of the line were promised."""
    if window is None or floor is None:
        return window
    return Floor(
        max(window.from_date, floor.from_date),
        max(window.until_date, floor.until_date),
        max(window.latest_date, floor.latest_date),
    )


def count_output_weeks(base: Base | None, spec_id: int) -> int:
    """Weeks of output that were measured where this spec is built."""
    k = _class_of(base, spec_id)
    return int(base.tables.output_weeks[k]) if base is not None and k >= 0 else 0


def get_reference(base: Base | None, spec_id: int) -> Launches | None:
    """What earlier launches say of the plant that builds this spec, if somebody stated it."""
    k = _class_of(base, spec_id)
    place = int(base.tables.reference_of[k]) if base is not None and k >= 0 else -1
    return base.tables.references[place] if base is not None and place >= 0 else None


def _class_of(base: Base | None, spec_id: int) -> int:
    """Row of the spec's class, -1 where nobody said what building it needs."""
    if base is None:
        return -1
    found = np.flatnonzero(base.tables.spec_ids == spec_id)
    return int(base.tables.spec_classes[found[0]]) if found.size else -1


def _as_promised(
    base: Base, days: Sequence[Days], pairs: Sequence[tuple[int, int]], now: dt.datetime
) -> list[Reading]:
    tables = base.tables
    measured, dots = windows_of(np.stack(days), tables.origin_date, tables.today_date)
    specs, centres = np.array(pairs, np.int64).T
    nobody_built = np.zeros(centres.size, np.bool_)
    rows, today = np.searchsorted(tables.spec_ids, specs), tables.today_date.toordinal()
    guard = pick_percents(tables.guard, rows, nobody_built, measured, today)
    wider = widen_rows(measured, dots, centres, specs, nobody_built, guard, now=now)
    found = []
    for row, dates in enumerate(wider.windows.table().tolist()):
        if dates[-1] >= BEYOND_HORIZON:
            found.append(Reading(None, "BEYOND"))
        else:
            window = Floor(*(dt.date.fromordinal(day) for day in dates))
            found.append(Reading(window, "", wider.period_of(row)))
    return found


def _live(base: Base) -> NextLocks | None:
    """The queue of this base with every lock since; unpacked once in each process."""
    if not base.tables.live:
        return None
    live = _unpack(base.id, base.worked_out_at, base.tables.live)
    kinds = dict(zip(base.tables.spec_ids.tolist(), base.tables.spec_classes.tolist(), strict=True))
    since = list_locked_since(live.newest_order_id)
    live.append([(order_id, kinds[spec]) for order_id, spec in since if spec in kinds])
    return live


@lru_cache(maxsize=1)
def _unpack(_base_id: int, _worked_out_at: dt.datetime, archive: bytes) -> NextLocks:
    return NextLocks.from_bytes(archive)


def _days(
    base: Base | None, live: NextLocks | None, spec_id: int, centre_id: int
) -> tuple[Days | None, str]:
    """Days at the stored levels by the tables alone, or the code of why none are named."""
    if base is None:
        return None, "NO_BASE"
    tables, k = base.tables, _class_of(base, spec_id)
    row = np.flatnonzero(tables.centre_ids == centre_id)
    grounds = Grounds(tables.output_weeks, tables.supplied, tables.reference_of, tables.references)
    planned = k >= 0
    has = (planned, row.size > 0, planned and grounds.supplied[k], planned and grounds.any[k])
    missing = MISSING[what_is_missing(*np.array(has, np.bool_)[:, None])[0]]
    if missing:
        return None, missing
    assert live is not None, "a class that is planned and a lane make a queue"
    return live.quote(k, int(row[0])), ""
