"""A value from each text, forgiving where the meaning is certain and refusing where it is not."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from zoneinfo import ZoneInfo

from yinuo.platform.records.problems import Wrong

# Control characters, halves of characters, and non-characters: no database text may hold them.
UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LOST = "\ufffd"
SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE]\+\d+")
WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?")
INSTANT = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?"
    r"\s*(Z|z|[+-]\d{2}:?\d{2})?"
)
DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:(?:T|\s+)0{1,2}:00(?::00)?)?")
WEEK = re.compile(r"(\d{4})-?[Ww](\d{1,2})")
YEAR_LAST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(\D.*)?")
SERIAL = re.compile(r"[34]\d{4}([.,]\d+)?")
LIST_GAP = re.compile(r"[\s;；,，、]+")


def clean(text: str) -> str:
    """`text` without blanks around it, the apostrophe with which Excel marks text, or odd blanks.

    Raises
    ------
    Wrong
        A character that no text may hold, or one that was lost on the way.
    """
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text[1:].lstrip() if text.startswith("'") else text
    text = " ".join(text.lstrip("'").split())
    if UNFIT.search(text):
        raise Wrong("里面有不能保存的控制字符", "it holds a control character; remove it")
    if LOST in text:
        raise Wrong(
            "里面有乱码（�），请用原来的编码重新导出", "characters were lost (�); export it again"
        )
    return text


def code(text: str) -> str:
    """A code or number kept as text: full-width characters become plain ones.

    Raises
    ------
    Wrong
        Excel has turned the number into scientific notation, so digits are lost.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if SCIENTIFIC.fullmatch(text):
        raise Wrong(
            f"“{text}”被表格软件改成了科学计数法，请把这一列设成文本，从原系统重新导出",
            f"a spreadsheet turned it into {text}; make the column text and export it again",
        )
    return text


def integer(text: str) -> int:
    """A whole number; 12.0 is one, 1.2E+05 is not."""
    text = code(text).replace(" ", "")
    if not WHOLE.fullmatch(text):
        raise Wrong(f"“{text}”不是整数，例如 120", f"{text!r} is not a whole number such as 120")
    return int(text.partition(".")[0])


def _no_date(text: str, zh: str, en: str) -> Wrong:
    if YEAR_LAST.fullmatch(text):
        return Wrong(
            f"“{text}”分不清日和月，请把年写在最前面，例如 {zh}",
            f"{text!r} may be read two ways; write the year first: {en}",
        )
    if SERIAL.fullmatch(text):
        return Wrong(
            f"“{text}”是表格软件的日期序号，请把这一列设成日期或文本，例如 {zh}",
            f"{text!r} is a spreadsheet's serial number; write {en}",
        )
    return Wrong(f"“{text}”应写成 {zh}", f"{text!r} should be written {en}")


def date(text: str) -> dt.date:
    """A day, year first: 2026-02-11 or 2026/2/11."""
    text = code(text)
    found = DATE.fullmatch(text)
    if found is None:
        raise _no_date(text, "2026-02-11", "2026-02-11")
    try:
        return dt.date(*(int(part) for part in found.groups()))
    except ValueError:
        raise Wrong(f"没有“{text}”这一天", f"there is no day {text}") from None


def week(text: str) -> dt.date:
    """A week by its Monday or as 2026-W08; the Monday is given back."""
    text = code(text)
    if found := WEEK.fullmatch(text):
        try:
            return dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            raise Wrong(f"没有“{text}”这一周", f"there is no week {text}") from None
    if not DATE.fullmatch(text):
        raise _no_date(text, "2026-02-16（周一）或 2026-W08", "2026-02-16 (a Monday) or 2026-W08")
    day = date(text)
    if day.weekday():
        monday = day - dt.timedelta(days=day.weekday())
        raise Wrong(
            f"{day} 不是周一，这一周的周一是 {monday}",
            f"{day} is not a Monday; its week's is {monday}",
        )
    return day


def instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """A moment in UTC; without an offset it is read as the time of day in `zone`."""
    # The form that systems write is read without a pattern: it is nearly every row.
    if len(text) >= 16 and text[4] == "-" and text[10] in "T " and text.isascii():
        try:
            return _in_utc(dt.datetime.fromisoformat(text), zone)
        except ValueError:
            pass
    text = code(text)
    found = INSTANT.fullmatch(text)
    if found is None:
        raise _no_date(text, "2026-02-11T09:20+08:00", "2026-02-11T09:20+08:00")
    *parts, second, fraction, offset = found.groups()
    year, month, day, hour, minute = (int(part) for part in parts)
    micro = int((fraction or "0").ljust(6, "0"))
    try:
        at = dt.datetime(year, month, day, hour, minute, int(second or 0), micro)  # noqa: DTZ001
        if offset:
            at = at.replace(tzinfo=dt.datetime.strptime(offset.upper(), "%z").tzinfo)
    except ValueError:
        raise Wrong(f"没有“{text}”这个时间", f"there is no moment {text}") from None
    return _in_utc(at, zone)


def _in_utc(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    if not 1900 <= at.year <= 2200:
        raise Wrong(f"年份 {at.year} 不对", f"the year {at.year} cannot be right")
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    return at.astimezone(dt.UTC)


def items(text: str) -> list[str]:
    """Codes separated by blanks, semicolons or commas."""
    return [part for part in LIST_GAP.split(code(text)) if part]
