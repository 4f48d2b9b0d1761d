"""When customers hear from us: the weekly note, until when they choose, when we answer."""

from __future__ import annotations

import datetime as dt

from yinuo.platform.spoken import at_local, local_date, read_instant, write_instant

WEEKLY_NOTE_WEEKDAY = 2
WEEKLY_NOTE_HOUR = 18
CHOOSE_WITHIN_DAYS = 14
FIRST_WORD_DAYS = 3
# A first date is told when it comes this soon after the lock; an order that was taken over from
# another system finds it on its page.
FIRST_IS_NEWS = dt.timedelta(days=14)


def first_word_by(locked_at: dt.datetime) -> dt.datetime:
    """When a first date is owed, or word that there is none: the third day's evening, 18:00."""
    return at_local(local_date(locked_at) + dt.timedelta(days=FIRST_WORD_DAYS), WEEKLY_NOTE_HOUR)


def next_update_at(now: dt.datetime) -> dt.datetime:
    """The next weekly note: Wednesday 18:00, never today's."""
    today = local_date(now)
    ahead = (WEEKLY_NOTE_WEEKDAY - today.weekday() - 1) % 7 + 1
    return at_local(today + dt.timedelta(days=ahead), WEEKLY_NOTE_HOUR)


def update_promised(said: str | None, told_at: dt.datetime) -> str:
    """The next update that word given at `told_at` names, as entries write it.

    `said` is what the order's newest range said of it. That moment may have passed since, without
    anything that moved the range: then it is the weekly note after `told_at`.
    """
    if said is not None and read_instant(said) > told_at:
        return said
    return write_instant(next_update_at(told_at))


def last_note_at(now: dt.datetime) -> dt.datetime:
    """The newest moment of a weekly note that is not after `now`."""
    at = next_update_at(now) - dt.timedelta(days=7)
    return at if at <= now else at - dt.timedelta(days=7)


def choose_by_at(now: dt.datetime) -> dt.datetime:
    """Until when a customer may choose after a change: two weeks, at 18:00."""
    return at_local(local_date(now) + dt.timedelta(days=CHOOSE_WITHIN_DAYS), 18)


def opened_on(after: dt.datetime, until: dt.datetime) -> list[dt.date]:
    """The days whose choices close after one moment and not after another; see `choose_by_at`."""
    first, last = (local_date(at) - dt.timedelta(days=CHOOSE_WITHIN_DAYS) for at in (after, until))
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if after < choose_by_at(at_local(day, 0)) <= until]


def answer_by_at(now: dt.datetime) -> dt.datetime:
    """When the named person answers: the next day at noon."""
    return at_local(local_date(now) + dt.timedelta(days=1), 12)


def iso_week(day: int) -> str:
    """The ISO week of a proleptic day number: all that is public of a date."""
    year, week, _ = dt.date.fromordinal(day).isocalendar()
    return f"{year}-W{week:02d}"
