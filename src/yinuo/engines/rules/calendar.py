"""Working days and natural days, counted from published data."""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked, for the years whose holiday notice was published.

    Attributes
    ----------
    closed : frozenset of date
        Days off by the notice; a weekend inside a holiday may be among them.
    worked : frozenset of date
        Weekend days that are worked instead.
    years : frozenset of int
        Years of which the notice is known. Outside them nobody can count working days.
    """

    closed: frozenset[dt.date] = frozenset()
    worked: frozenset[dt.date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_workday(self, day: dt.date) -> bool | None:
        """Whether `day` is worked; None where its year's notice is not known."""
        if day.year not in self.years:
            return None
        return day in self.worked or (day.weekday() < 5 and day not in self.closed)

    def after(self, day: dt.date, workdays: int) -> dt.date | None:
        """The last day of a period of `workdays` working days that begins the day after `day`.

        The day of the event itself is not counted (Civil Code art. 201). None where the period
        runs into a year without a notice.
        """
        while workdays > 0:
            day += DAY
            worked = self.is_workday(day)
            if worked is None:
                return None
            workdays -= worked
        return day

    def between(self, start: dt.date, end: dt.date) -> int | None:
        """Working days after `start` up to and with `end`; 0 where `end` is not later."""
        count = 0
        while start < end:
            start += DAY
            worked = self.is_workday(start)
            if worked is None:
                return None
            count += worked
        return count


def months_after(day: dt.date, count: int) -> dt.date | None:
    """The same day of the month `count` months later, or that month's last (Civil Code art. 202).

    None beyond the year 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if year > dt.MAXYEAR:
        return None
    return dt.date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def days_after(day: dt.date, count: int) -> dt.date | None:
    """`day` plus `count` natural days, None beyond the year 9999.

    The last day is told as counted, without moving it past a rest day (Civil Code art. 203): for
    whoever must act that is a day early at worst, never a day late.
    """
    ordinal = day.toordinal() + count
    return dt.date.fromordinal(ordinal) if 0 < ordinal <= dt.date.max.toordinal() else None
