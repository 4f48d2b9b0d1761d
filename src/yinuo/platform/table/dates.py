"""Days out of the texts of one column, which may mix forms; day or month first is found out.

Only the calendar day counts, as it is written: times of day and zones are left out.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
MISSING = int(np.iinfo(np.int64).min)
UNREADABLE = MISSING + 1
EPOCH = dt.date(1970, 1, 1).toordinal()
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
TIME = r"(?:[T\s,]\s*\d{1,2}[:时点].*|T\d{4,6}.*)?"
YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?" + TIME)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s]?\d{4,6})?" + TIME)
YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})" + TIME)
DAY_NAME = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+)?"
DAY_MONTH = re.compile(
    DAY_NAME + r"(\d{1,2})(?:st|nd|rd|th)?[-\s/.,]*([a-z]{3,9})[-\s/.,]*(\d{4}|\d{2})" + TIME, re.I
)
MONTH_DAY = re.compile(
    DAY_NAME + r"([a-z]{3,9})[-\s/.]*(\d{1,2})(?:st|nd|rd|th)?[-\s/,.]+(\d{4})" + TIME, re.I
)
YEAR_MONTH = re.compile(r"(\d{4})[-\s/.]([a-z]{3,9})[-\s/.](\d{1,2})" + TIME, re.I)
CLOCK_BETWEEN = re.compile(
    DAY_NAME + r"([a-z]{3,9})\s+(\d{1,2})\s+\d{1,2}:\d{2}\S*(?:\s+[a-z]{2,5})?\s+(\d{4})", re.I
)
SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
SECONDS = re.compile(r"(\d{10})(?:\.\d+)?")
MILLISECONDS = re.compile(r"(\d{13})")
# Dates that databases write where they have none.
PLACEHOLDERS = {"0000-00-00", "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31",
                "1900-01-01", "9999-12-31", "2999-12-31"}  # fmt: skip
SPOKEN_NONE = re.compile(r"[^\d]*")


class First(StrEnum):
    """What comes first in 02/06/2006."""

    DAY = "DAY"
    MONTH = "MONTH"


@dataclass(frozen=True)
class Days:
    """The days of one column.

    `day` : Ints, shape (n,), days after 1970-01-01, `MISSING` or `UNREADABLE`. `forms` names the
    forms that were met, with how often. `first` is what came first in forms such as 02/06/2006,
    None where there were none; `is_certain` whether any value showed it. `texts` counts the words
    that stood where a date should and were taken as missing.
    """

    day: Ints
    forms: dict[str, int]
    first: First | None
    is_certain: bool
    texts: dict[str, int]


def show_first(texts: Sequence[str]) -> tuple[int, int]:
    """How many of `texts` can only have the day first, and how many only the month first."""
    day = month = 0
    for text in texts:
        found = YEAR_LAST.fullmatch(text)
        if found:
            day += int(found[1]) > 12 >= int(found[2])
            month += int(found[2]) > 12 >= int(found[1])
    return day, month


def read_days(texts: Sequence[str], fallback: First = First.MONTH) -> Days:
    """The days of a column; `fallback` is used where no value shows what comes first."""
    distinct = Counter(texts)
    day_first, month_first = show_first(list(distinct))
    is_certain = day_first != month_first
    first = fallback if not is_certain else First.DAY if day_first > month_first else First.MONTH
    forms: Counter[str] = Counter()
    words: Counter[str] = Counter()
    met: dict[str, int] = {}
    for text, count in distinct.items():
        if SPOKEN_NONE.fullmatch(text) or text.strip("'\"")[:10] in PLACEHOLDERS:
            met[text] = MISSING
            if text:
                words[text] += count
            continue
        # Digits as wide as Chinese characters are digits.
        plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
        form, day = _read_one(plain.strip("'\" "), first)
        met[text] = day
        if day != UNREADABLE:
            forms[form] += count
    has_numeric = any(form.startswith(("DD/", "MM/")) for form in forms)
    return Days(
        np.array([met[text] for text in texts], np.int64),
        dict(forms.most_common()),
        first if has_numeric else None,
        is_certain,
        dict(words.most_common(5)),
    )


def _read_one(text: str, first: First) -> tuple[str, int]:
    """The form of one text and its day, `UNREADABLE` if there is none."""
    numeric = "DD/MM/YYYY" if first is First.DAY else "MM/DD/YYYY"
    forms: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], int]], ...] = (
        ("YYYY-MM-DD", YEAR_FIRST, lambda m: _day(int(m[1]), int(m[2]), int(m[3]))),
        (numeric, YEAR_LAST, lambda m: _numeric(m, first)),
        ("D-Mon-YYYY", DAY_MONTH, lambda m: _day(_year(m[3]), _month(m[2]), int(m[1]))),
        ("Mon D, YYYY", MONTH_DAY, lambda m: _day(int(m[3]), _month(m[1]), int(m[2]))),
        ("Mon D hh:mm YYYY", CLOCK_BETWEEN, lambda m: _day(int(m[3]), _month(m[1]), int(m[2]))),
        ("YYYY-Mon-D", YEAR_MONTH, lambda m: _day(int(m[1]), _month(m[2]), int(m[3]))),
        ("YYYYMMDD", COMPACT, lambda m: _day(int(m[1]), int(m[2]), int(m[3]))),
        ("Excel", SERIAL, lambda m: dt.date(1899, 12, 30).toordinal() - EPOCH + int(m[1])),
        ("Unix s", SECONDS, lambda m: int(m[1]) // 86_400),
        ("Unix ms", MILLISECONDS, lambda m: int(m[1]) // 86_400_000),
    )
    for form, pattern, reader in forms:
        found = pattern.fullmatch(text)
        if found:
            try:
                day = reader(found)
            except ValueError:
                continue
            if dt.date(1950, 1, 1).toordinal() <= day + EPOCH < dt.date(2100, 1, 1).toordinal():
                return form, day
    return "", UNREADABLE


def _numeric(found: re.Match[str], first: First) -> int:
    one, two = int(found[1]), int(found[2])
    day, month = (one, two) if first is First.DAY else (two, one)
    return _day(_year(found[3]), month, day)


def _day(year: int, month: int, day: int) -> int:
    return dt.date(year, month, day).toordinal() - EPOCH


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 69 else 1900)


def _month(text: str) -> int:
    number = MONTHS.get(text.casefold())
    if number is None:
        raise ValueError(text)
    return number
