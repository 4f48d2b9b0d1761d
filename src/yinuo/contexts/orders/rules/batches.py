"""Weeks of allocation: every line is judged by what left it in one ISO week of Shanghai."""

from __future__ import annotations

import datetime as dt

from yinuo.platform.spoken import at_local, local_date

HISTORY = "HISTORY"
# An older allocation was before the log could say so in time.
KNOWN_IN_TIME = dt.timedelta(days=3)
# A week is closed so long after its end: whatever was being recorded then has been recorded.
CLOSED_AFTER = dt.timedelta(hours=6)
WEEK = dt.timedelta(days=7)


def week_of(at: dt.datetime) -> str:
    """The ISO week in which a moment lies in Shanghai, such as 2026-W07."""
    year, week, _ = local_date(at).isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(week: str) -> dt.date:
    """The first day of an ISO week."""
    year, number = week.split("-W")
    return dt.date.fromisocalendar(int(year), int(number), 1)


def span_of(week: str) -> tuple[dt.datetime, dt.datetime]:
    """When an ISO week begins and ends in Shanghai; half-open."""
    monday = monday_of(week)
    return at_local(monday, 0), at_local(monday + WEEK, 0)


def batch_of(*, at: dt.datetime, now: dt.datetime, began: bool) -> str:
    """The batch of a car that went to an order at `at` and is recorded `now`.

    It is the week in which it is recorded, so that no closed week can grow. What happened long
    before is HISTORY, as long as no batch was closed (`began`).
    """
    if not began and now - at > KNOWN_IN_TIME:
        return HISTORY
    return week_of(now)


def weeks_to_close(after: str, now: dt.datetime) -> list[str]:
    """The weeks behind `after` that are over long enough to be closed now, oldest first."""
    last = local_date(now - CLOSED_AFTER) - WEEK
    monday = monday_of(after) + WEEK
    weeks = []
    while monday <= last:
        year, week, _ = monday.isocalendar()
        weeks.append(f"{year}-W{week:02d}")
        monday += WEEK
    return weeks
