"""The slow guard: judged by what became of latest dates, used where new ones are made."""

from __future__ import annotations

import datetime as dt

import numpy as np

from yinuo.contexts.production.queries.forecasting import list_cells
from yinuo.contexts.promises.operations.guard import fold_weeks
from yinuo.contexts.promises.queries.guard import list_levels
from yinuo.contexts.promises.rules import HORIZONS, WIDTHS, Flags, Ints, Windows
from yinuo.platform.spoken import local_date

LIMITS = [limit for limit, _, _ in WIDTHS]


def judge(*, now: dt.datetime) -> int:
    """Fold the weeks that are over into the guard; returns the rows written. Safe to repeat."""
    return fold_weeks(cell_of=list_cells(), today=local_date(now))


def load_percents(spec_ids: Ints) -> Ints:
    """How much wider new ranges are, in percents, by spec and horizon: shape (specs, horizons).

    100 changes nothing.
    """
    levels = list_levels()
    found = np.full((spec_ids.size, len(HORIZONS)), 100, np.int64)
    if all(level.percent == 100 for level in levels.values()):
        return found
    cells = list_cells()
    for row, spec in enumerate(spec_ids.tolist()):
        for column, horizon in enumerate(HORIZONS):
            level = levels.get((cells.get(spec, ""), horizon))
            if level is not None:
                found[row, column] = level.percent
    return found


def pick_percents(percents: Ints, rows: Ints, built: Flags, windows: Windows, today: int) -> Ints:
    """The percents of each range: that of its spec (a row of `percents`) and how far off it is.

    Built cars have 100: they have left what the guard was judged by.
    """
    ahead = windows.first - today
    step = np.minimum(np.searchsorted(LIMITS, ahead), len(HORIZONS) - 1)
    return np.asarray(np.where(built | ~windows.dated, 100, percents[rows, step]))
