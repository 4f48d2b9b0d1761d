"""How dates and times are said in Chinese and English, in the place's own zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
WEEKDAYS_ZH = "一二三四五六日"
MONTHS_EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _month(date: dt.date, short: bool) -> str:
    name = MONTHS_EN[date.month - 1]
    return name[:3] if short else name


def say_date(date: dt.date, language: str, *, weekday: bool = False, short: bool = False) -> str:
    """One date: 3月2日（周一） or 2 March (Mon)."""
    if language == "zh":
        said = f"{date.month}月{date.day}日"
        return f"{said}（周{WEEKDAYS_ZH[date.weekday()]}）" if weekday else said
    said = f"{date.day} {_month(date, short)}"
    return f"{said} ({date.strftime('%a')})" if weekday else said


def say_day(date: dt.date, language: str) -> str:
    """A day with its year: it may be years away."""
    words = say_date(date, language)
    return f"{date.year}年{words}" if language == "zh" else f"{words} {date.year}"


def say_month(written: str, language: str) -> str:
    """A month written 2028-03 with its year: 2028年3月 or March 2028."""
    year, number = (int(part) for part in written.split("-"))
    return f"{year}年{number}月" if language == "zh" else f"{MONTHS_EN[number - 1]} {year}"


def say_range(first: dt.date, last: dt.date, language: str, *, short: bool = False) -> str:
    """A range with both ends in it: the month once where one is enough, the year where it turns."""
    same_month = (first.year, first.month) == (last.year, last.month)
    if first == last:
        return say_date(first, language, short=short)
    turns = first.year != last.year
    if language == "zh":
        end = f"{last.year}年{say_date(last, language)}" if turns else say_date(last, language)
        if short:
            end = f"{last.day}日" if same_month else end
            return f"{say_date(first, language)}至{end}"
        return f"{say_date(first, language)}—{end}"
    if same_month:
        joint = "-" if short else "–"
        return f"{first.day}{joint}{last.day} {_month(last, short)}"
    joint = "-" if short else " – "
    end = say_date(last, language, short=short) + (f" {last.year}" if turns else "")
    return say_date(first, language, short=short) + joint + end


def say_instant(at: dt.datetime, language: str, zone: ZoneInfo = CHINA) -> str:
    """A date and a time of day: 2月18日 18:00 or 18 February, 18:00."""
    local = at.astimezone(zone)
    joint = " " if language == "zh" else ", "
    return f"{say_date(local.date(), language)}{joint}{local:%H:%M}"


def say_days(days: int, language: str) -> str:
    """A number of days."""
    if language == "zh":
        return f"{days} 天"
    return f"{days} day" if days == 1 else f"{days} days"


def local_date(at: dt.datetime, zone: ZoneInfo = CHINA) -> dt.date:
    """The calendar day at that moment in the place's zone."""
    return at.astimezone(zone).date()


def at_local(date: dt.date, hour: int, minute: int = 0, zone: ZoneInfo = CHINA) -> dt.datetime:
    """That time of day in the place's zone, as an instant in UTC."""
    return dt.datetime.combine(date, dt.time(hour, minute), zone).astimezone(dt.UTC)


def write_instant(at: dt.datetime) -> str:
    """An instant as it is recorded: UTC to the second, 2026-02-11T01:20:00Z."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: str) -> dt.datetime:
    """The instant that `write_instant` wrote."""
    return dt.datetime.fromisoformat(text)
