"""Ranges of dates: what may be promised, when a promise has moved, and the order of a line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.engines.forecast import BEYOND_HORIZON
from yinuo.engines.queue import enforce_lock_order

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# The odds of the latest date. The range covers the middle 80 of 100.
ODDS_PERCENT = 95
MIDDLE_MOVED_DAYS = 3
ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Windows:
    """Ranges of many orders as proleptic day numbers, shape (N,) each.

    A row whose `latest` is BEYOND_HORIZON or more has no date.
    """

    first: Ints
    last: Ints
    latest: Ints

    def table(self) -> Ints:
        """The three columns side by side, shape (N, 3)."""
        return np.stack([self.first, self.last, self.latest], axis=1)

    @property
    def dated(self) -> Flags:
        """Rows that have a date."""
        return np.asarray(self.latest < BEYOND_HORIZON)


# How narrow a range may be, by how far off it is: up to so many days ahead, at least so many days
# wide, and the latest date at least so many days after its end. A single day far ahead would claim
# what nobody can know, and a customer chooses the day of the visit.
WIDTHS = ((56, 3, 1), (182, 7, 3), (10**6, 27, 7))


HORIZONS = ("DAYS", "WEEKS", "MONTHS")


def horizon_of(days_ahead: int) -> str:
    """How finely a range that begins so many days ahead can be given: the row of `WIDTHS`."""
    limits = [limit for limit, _, _ in WIDTHS]
    return HORIZONS[min(int(np.searchsorted(limits, days_ahead)), len(WIDTHS) - 1)]


def windows_of(
    quantile_days: npt.NDArray[np.int32], origin: dt.date, today: dt.date
) -> tuple[Windows, Ints]:
    """The ranges, and the twenty dots (N, 20), that 24 stored quantiles stand for.

    The range runs from P10 to P90, read off between the eighteenth and nineteenth dot, and is
    never narrower than `WIDTHS` says; the latest date is P95. Dots spread along with a range that
    was widened, so that both say the same.
    """
    windows = np.empty((len(quantile_days), 3), np.int64)
    dots = np.empty((len(quantile_days), 20), np.int64)
    # So few rows at once that what is worked out on the way stays near the processor.
    for start in range(0, len(quantile_days), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        windows[rows], dots[rows] = _read_off(quantile_days[rows], origin, today)
    return Windows(windows[:, 0], windows[:, 1], windows[:, 2]), dots


def _read_off(
    quantile_days: npt.NDArray[np.int32], origin: dt.date, today: dt.date
) -> tuple[Ints, Ints]:
    """Range and latest date (N, 3), dots (N, 20)."""
    days = quantile_days.astype(np.int64)
    beyond = days >= BEYOND_HORIZON
    days = np.where(beyond, 2 * BEYOND_HORIZON, days + origin.toordinal())
    dots = days[:, 4:24]
    first = days[:, 0]
    ahead = first - today.toordinal()
    step = np.searchsorted([limit for limit, _, _ in WIDTHS], ahead)
    step = np.minimum(step, len(WIDTHS) - 1)
    wide, margin = (np.array([row[n] for row in WIDTHS])[step] for n in (1, 2))
    last = np.maximum(-(-(dots[:, 17] + dots[:, 18]) // 2), first + wide)
    latest = np.maximum(days[:, 3], last + margin)
    share = ((np.arange(20) + 0.5) / 20 - 0.1) / 0.8
    even = np.rint(first[:, None] + (last - first)[:, None] * share).astype(np.int64)
    spread = np.where(share < 0.5, np.minimum(dots, even), np.maximum(dots, even))
    spread = np.maximum(spread, np.minimum(dots[:, :1], today.toordinal() + 1))
    return np.stack([first, last, latest], axis=1), spread


def not_before(windows: Windows, dots: Ints, days: Ints, today: int) -> tuple[Windows, Ints]:
    """The ranges, and dots (N, 20), of cars that are not wanted before `days` (N, day numbers).

    A range that begins earlier begins on the day and is as wide as `WIDTHS` asks; its other ends
    are never earlier than they were. Rows without a date, and days of 0, change nothing.
    """
    moved = (windows.first < days) & windows.dated
    first = np.maximum(windows.first, days)
    step = np.searchsorted([limit for limit, _, _ in WIDTHS], first - today)
    step = np.minimum(step, len(WIDTHS) - 1)
    wide, margin = (np.array([row[n] for row in WIDTHS])[step] for n in (1, 2))
    last = np.maximum(windows.last, first + wide)
    latest = np.maximum(windows.latest, last + margin)
    share = np.clip(((np.arange(20) + 0.5) / 20 - 0.1) / 0.8, 0, None)
    even = np.rint(first[:, None] + (last - first)[:, None] * share).astype(np.int64)
    kept = np.where(moved[:, None], np.maximum(dots, even), dots)
    chosen = np.where(moved[:, None], np.stack([first, last, latest], axis=1), windows.table())
    return Windows(chosen[:, 0], chosen[:, 1], chosen[:, 2]), kept


def must_revise(old: Windows, new: Windows) -> Flags:
    """Which promises an event moves at once.

    The latest date would no longer hold, or the middle of the range moved by three days or more.
    """
    old_middle, new_middle = (old.first + old.last) / 2, (new.first + new.last) / 2
    moved = (new.latest > old.latest) | (np.abs(new_middle - old_middle) >= MIDDLE_MOVED_DAYS)
    return np.asarray(moved & new.dated)


def settle(
    lines: Ints, old: Windows, new: Windows, revise: Flags, held: Flags, excepted: Flags
) -> Windows:
    """The ranges to commit: new where `revise`, old elsewhere, then raised to the lock order.

    Inside a line no later lock ends before an earlier one, unless a reason is recorded. Rows
    without a date neither raise others nor are raised.
    """
    chosen = np.where(revise[:, None], new.table(), old.table())
    undated = chosen[:, 2] >= BEYOND_HORIZON
    raised = enforce_lock_order(lines, chosen, held | undated, excepted | undated)
    return Windows(raised[:, 0], raised[:, 1], raised[:, 2])
