"""The nightly watch on latest dates: whose come true too late, and whose hold again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.notices.operations.alert import alert_drift
from yinuo.contexts.places.queries import get_places
from yinuo.contexts.production.queries.forecasting import list_plant_specs
from yinuo.contexts.promises.operations.drift import Found, end_alarm, raise_alarm
from yinuo.contexts.promises.queries.drift import (
    DueWeeks,
    list_open,
    list_watched_from,
    load_due_weeks,
    measure_stretch,
)
from yinuo.contexts.promises.rules import Flags, Ints
from yinuo.contexts.promises.rules.drift import (
    RECENT_WEEKS,
    WEEKS_TO_FALSE_ALARM,
    Alarm,
    factor_for,
    find_alarm,
    is_calm,
)
from yinuo.platform.spoken import local_date

WEEK = dt.timedelta(days=7)
WATCHED_WEEKS = 104
# So long the reports of a week's hand-overs may take until it is counted.
REPORTED_AFTER = dt.timedelta(days=2)


@dataclass(frozen=True)
class Cell:
    """All cars of a plant or of a centre; `place_id` is None where a plant has no place."""

    kind: str
    code: str
    name_zh: str
    name_en: str
    place_id: int | None
    spec_ids: tuple[int, ...]
    centre_ids: tuple[int, ...]


def watch(*, now: dt.datetime) -> int:
    """Raise alarms, tell staff of them, and end those that are over; returns how many of both.

    Safe to repeat: a cell has one open alarm.
    """
    over = local_date(now) - REPORTED_AFTER
    until = over - dt.timedelta(days=over.weekday())
    first = until - WATCHED_WEEKS * WEEK
    due = load_due_weeks(first, until)
    cells = [(cell, _counts(cell, due)) for cell in _list_cells()]
    cells = [(cell, counts) for cell, counts in cells if counts.any()]
    standing, watched_from = list_open(), list_watched_from()
    limit = float(WEEKS_TO_FALSE_ALARM * max(len(cells), 1))
    done = 0
    for cell, counts in cells:
        key = (cell.kind, cell.code)
        if key in standing:
            since = (standing[key].week_date - first).days // 7 + 1
            if is_calm(counts[max(since, 0) :]):
                done += end_alarm(alarm_id=standing[key].id, now=now)
            continue
        since = max(0, -(-(watched_from[key] - first).days // 7)) if key in watched_from else 0
        alarm = find_alarm(counts[since:], limit)
        if alarm is not None:
            done += _raise(cell, counts[since:], alarm, first + since * WEEK, limit, now)
    return done


def _raise(
    cell: Cell, counts: Ints, alarm: Alarm, first: dt.date, limit: float, now: dt.datetime
) -> int:
    seen = np.flatnonzero(counts[: alarm.week + 1].sum(axis=1))[-RECENT_WEEKS:]
    recent = counts[seen]
    week_date = first + alarm.week * WEEK
    since = first + int(seen[0]) * WEEK
    stretch = measure_stretch(cell.spec_ids, cell.centre_ids, since, week_date + WEEK)
    found = Found(
        cell.kind,
        cell.code,
        cell.name_zh,
        cell.name_en,
        cell.place_id,
        week_date,
        alarm.weeks,
        alarm.evidence,
        limit,
        int(recent.sum()),
        int(recent[:, 3].sum()),
        int(seen.size),
        factor_for(stretch),
    )
    ref = raise_alarm(found=found, now=now)
    if ref is None:
        return 0
    alert_drift(
        ref=ref,
        names=(cell.name_zh, cell.name_en),
        late=found.late_count,
        due=found.due_count,
        weeks=found.recent_weeks,
        now=now,
    )
    return 1


def _list_cells() -> list[Cell]:
    places = sorted(get_places().values(), key=lambda place: place.code)
    centres = [place for place in places if place.kind == "CENTRE"]
    place_of = {place.code: place.id for place in places if place.kind == "PLANT"}
    plants = list_plant_specs()
    everything = tuple(sorted({spec for plant in plants for spec in plant.spec_ids}))
    everywhere = tuple(place.id for place in centres)
    cells = [
        Cell(
            "PLANT",
            plant.code,
            plant.name_zh,
            plant.name_en,
            place_of.get(plant.code),
            plant.spec_ids,
            everywhere,
        )
        for plant in plants
    ]
    cells += [
        Cell("CENTRE", one.code, one.name_zh, one.name_en, one.id, everything, (one.id,))
        for one in centres
    ]
    return cells


def _counts(cell: Cell, due: DueWeeks) -> Ints:
    """What came due in the cell by week, shape (weeks, 4)."""
    mine: Flags = np.isin(due.spec_ids, cell.spec_ids) & np.isin(due.centre_ids, cell.centre_ids)
    counts = np.zeros((WATCHED_WEEKS, 4), np.int64)
    np.add.at(counts, due.week[mine], due.counts[mine])
    return counts
