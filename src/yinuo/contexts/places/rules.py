"""Which days are worked, by the calendar that the State Council publishes each autumn."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import chinese_calendar


# A forecast asks for two years of days, again and again.
@lru_cache(maxsize=4096)
def is_closed(date: dt.date) -> bool | None:
    """Whether `date` is a public holiday; None where that year's calendar is not published yet.

    Weekends are open: cars are handed over on weekends. A Sunday inside a holiday is closed.
    """
    try:
        off, name = chinese_calendar.get_holiday_detail(date)
    except NotImplementedError:
        return None
    return bool(off and name)


def holiday_around(date: dt.date) -> tuple[dt.date, dt.date] | None:
    """The first and last day of the holiday that holds `date`, or None on any other day."""
    if not is_closed(date):
        return None
    day = dt.timedelta(days=1)
    first = last = date
    while is_closed(first - day):
        first -= day
    while is_closed(last + day):
        last += day
    return first, last


def next_holiday(date: dt.date, within_days: int) -> tuple[dt.date, dt.date] | None:
    """The next holiday of three days or more that begins within `within_days` of `date`."""
    for ahead in range(within_days + 1):
        found = holiday_around(date + dt.timedelta(days=ahead))
        if found and (found[1] - found[0]).days >= 2:
            return found
    return None


def published_until() -> dt.date:
    """The last day for which the calendar is known."""
    return dt.date(max(day.year for day in chinese_calendar.holidays), 12, 31)


def next_workday(date: dt.date) -> dt.date:
    """The first working day after `date`; where no calendar is published, the next weekday."""
    day = date + dt.timedelta(days=1)
    while not _is_worked(day):
        day += dt.timedelta(days=1)
    return day


def _is_worked(date: dt.date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(date))
    except NotImplementedError:
        return date.weekday() < 5
