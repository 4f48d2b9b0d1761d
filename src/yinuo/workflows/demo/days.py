"""Days of the demo as instants, and the days off that its calendar knows."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import numpy.typing as npt

from yinuo.contexts.places.rules import is_closed
from yinuo.platform.spoken import CHINA, write_instant

# A Monday: day 0 of the twin.
ORIGIN_DATE = dt.date(2024, 1, 1)
ORIGIN = dt.datetime(2024, 1, 1, tzinfo=CHINA)
CALENDAR_DAYS = 2600
START = dt.datetime(2026, 2, 11, 9, 20, tzinfo=CHINA)
# The maker began to promise dates so long before the demo begins; each of these days is looked at
# an hour earlier than the demo begins, so that nothing of them falls on its first moment.
PROMISING_DAYS = 42
PROMISING_SINCE = START - dt.timedelta(days=PROMISING_DAYS, hours=1)
NOBODY_KNOWS = 10_000.0


def instant_of(day: float) -> dt.datetime:
    """The moment `day` days after the origin, to the second."""
    return (ORIGIN + dt.timedelta(seconds=round(day * 86400))).astimezone(dt.UTC)


def day_of(at: dt.datetime) -> float:
    """Days from the origin to that moment."""
    return (at - ORIGIN) / dt.timedelta(days=1)


def date_of(day: float) -> dt.date:
    """The calendar day in China."""
    return ORIGIN_DATE + dt.timedelta(days=int(day // 1))


def monday_of(day: float) -> dt.date:
    """The Monday of that day's week."""
    date = date_of(day)
    return date - dt.timedelta(days=date.weekday())


def write_day(day: float) -> str:
    """The moment as a record says it."""
    return write_instant(instant_of(day))


@cache
def closed_days() -> npt.NDArray[np.bool_]:
    """Public holidays from day 0 on; a day whose calendar is not published counts as open."""
    return np.array(
        [is_closed(ORIGIN_DATE + dt.timedelta(days=day)) is True for day in range(CALENDAR_DAYS)]
    )
