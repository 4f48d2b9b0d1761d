"""Dates on pages: as `platform.spoken` says them, with the year where it is not this one."""

from __future__ import annotations

import datetime as dt

from yinuo.platform.spoken import CHINA, local_date, say_date, say_instant, say_range

# What a form may name: outside it there is nothing to plan, and a zone leads out of the calendar.
YEARS = range(2000, 2200)


def read_moment(typed: str) -> dt.datetime | None:
    """A date and time as a form field sends them, in China's zone if it names none; else None."""
    try:
        at = dt.datetime.fromisoformat(typed)
    except ValueError:
        return None
    if at.year not in YEARS:
        return None
    return at.replace(tzinfo=CHINA) if at.tzinfo is None else at


def _with_year(text: str, year: int, language: str) -> str:
    return f"{year}年{text}" if language == "zh" else f"{text} {year}"


def day(date: dt.date, language: str, now: dt.datetime, *, weekday: bool = False) -> str:
    """`3月2日`, with the year if it is not the year of `now` and the weekday if wanted."""
    said = say_date(date, language, weekday=weekday)
    if date.year == local_date(now).year:
        return said
    return _with_year(said, date.year, language)


def days(first: dt.date, last: dt.date, language: str, now: dt.datetime) -> str:
    """`3月2日—3月12日`; years stand where one of the days is not in the year of `now`."""
    this_year = local_date(now).year
    if first.year == last.year == this_year:
        return say_range(first, last, language)
    if first.year == last.year:
        return _with_year(say_range(first, last, language), last.year, language)
    joint = "—" if language == "zh" else " – "
    ends = (_with_year(say_date(one, language), one.year, language) for one in (first, last))
    return joint.join(ends)


def moment(at: dt.datetime, language: str, now: dt.datetime) -> str:
    """`2月11日 09:20`, with the year if it is not the year of `now`."""
    said = say_instant(at, language)
    year = local_date(at).year
    if year == local_date(now).year:
        return said
    if language == "zh":
        return _with_year(said, year, language)
    date, time = said.split(", ")
    return f"{_with_year(date, year, language)}, {time}"


def deadline(at: dt.datetime, language: str, now: dt.datetime) -> str:
    """By when: the day alone where it is up with that day, else as `moment` says it."""
    last = at.astimezone(CHINA) - dt.timedelta(microseconds=1)
    if last.date() == at.astimezone(CHINA).date():
        return moment(at, language, now)
    return day(last.date(), language, now)


def masked_phone(phone: str) -> str:
    """`138****1234`: enough to know one's own number by, nothing more."""
    return f"{phone[:-8]}****{phone[-4:]}" if len(phone) > 8 else f"****{phone[-2:]}"
