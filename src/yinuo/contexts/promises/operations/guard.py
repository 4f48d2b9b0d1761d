"""Folding the weeks that are over into the slow guard, each week once, in the order of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Max

from yinuo.contexts.promises.models import GuardWeek
from yinuo.contexts.promises.queries.guard import Due, first_due_week, list_levels, load_due
from yinuo.contexts.promises.rules import HORIZONS
from yinuo.contexts.promises.rules.guard import GUARD, percent_in_use
from yinuo.engines.forecast.guard import Guard, Verdicts, due_verdicts, move_guard

WEEK = dt.timedelta(days=7)
# So long the reports of a week's hand-overs may take until its dates are judged.
REPORTED_AFTER = dt.timedelta(days=2)
# Weeks folded when there were none before: what is older says nothing of today's forecasts.
WEEKS_MAX = 104
# So many weeks are read at once: finding those of one means reading all promises.
SPAN_WEEKS = 13


@dataclass(frozen=True)
class _Group:
    cell: str
    horizon: str


def fold_weeks(*, cell_of: Mapping[int, str], today: dt.date) -> int:
    """Judge the weeks that are over and move the guard of each cell; returns the rows written.

    `cell_of` names the cell of each spec. Only what is known today is counted, and a week that was
    judged is never judged again. Safe to repeat, also beside others.
    """
    over = today - REPORTED_AFTER
    monday = over - dt.timedelta(days=over.weekday())
    folded = GuardWeek.objects.aggregate(newest=Max("week_date"))["newest"]
    week = folded + WEEK if folded else first_due_week()
    if week is None:
        return 0
    week = max(week, monday - WEEKS_MAX * WEEK)
    written = 0
    while week < monday:
        until = min(week + SPAN_WEEKS * WEEK, monday)
        due = _by_week(load_due(week, until))
        while week < until:
            written += _fold(week, due.get(week, []), cell_of)
            week += WEEK
    return written


def _by_week(due: Iterable[Due]) -> dict[dt.date, list[Due]]:
    """What came due by the Monday of the week in which it became known."""
    found: dict[dt.date, list[Due]] = {}
    for row in due:
        known = min(row.latest, row.ended or row.latest)
        found.setdefault(known - dt.timedelta(days=known.weekday()), []).append(row)
    return found


def _fold(week: dt.date, due: Sequence[Due], cell_of: Mapping[int, str]) -> int:
    groups = [
        _Group(cell, horizon) for cell in sorted(set(cell_of.values())) for horizon in HORIZONS
    ]
    place = {group: number for number, group in enumerate(groups)}
    rows = [row for row in due if row.spec_id in cell_of]
    group = [place[_Group(cell_of[row.spec_id], row.horizon)] for row in rows]
    latest = np.array([row.latest.toordinal() for row in rows], np.float64)
    ended = np.array([row.ended.toordinal() if row.ended else np.inf for row in rows])
    verdicts = due_verdicts(
        # The early side is not guarded: nobody is told an earlier day because others came early.
        np.full(latest.size, -np.inf),
        latest,
        ended,
        group,
        week.toordinal(),
        (week + WEEK).toordinal(),
        len(groups),
    )
    return _write(week, groups, verdicts)


def _write(week: dt.date, groups: list[_Group], verdicts: Verdicts) -> int:
    before = list_levels()
    levels = [before.get((group.cell, group.horizon)) for group in groups]
    late = np.array([one.level if one else 1.0 for one in levels])
    moved = move_guard(Guard(np.ones(late.size), late), verdicts, GUARD).late.tolist()
    rows = [
        GuardWeek(
            cell=group.cell,
            horizon=group.horizon,
            week_date=week,
            known=known,
            missed=missed,
            level=level,
            percent=percent_in_use(level, old.percent if old else 100),
        )
        for group, old, level, known, missed in zip(
            groups,
            levels,
            moved,
            verdicts.late_known.tolist(),
            verdicts.late_missed.tolist(),
            strict=True,
        )
        if known
    ]
    with transaction.atomic():
        GuardWeek.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
