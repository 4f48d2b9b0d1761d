"""What a fact or an expression can be: five kinds of value, and numbers that know their unit."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal

Value = bool | int | dt.date | str | frozenset[str]
KindName = Literal["yes_no", "number", "date", "one_of", "some_of"]

# The unit is the last word of a number's name, so that a name and its unit cannot disagree.
UNITS: Final = {
    "fen": ("分", "fen"),
    "bp": ("万分之一", "1/10,000"),
    "days": ("日", "days"),
    "workdays": ("个工作日", "working days"),
    "hours": ("小时", "hours"),
    "months": ("个月", "months"),
    "years": ("年", "years"),
    "km": ("公里", "km"),
    "times": ("次", "times"),
    "cars": ("辆", "cars"),
    "people": ("人", "people"),
}
NUMBER_MAX: Final = 10**15
WRITTEN_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_MIN: Final = dt.date(1949, 10, 1)
DATE_MAX: Final = dt.date(2199, 12, 31)


@dataclass(frozen=True)
class Kind:
    """The type of a value.

    Attributes
    ----------
    name : KindName
        `yes_no`, `number`, `date`, `one_of` (one word of a list) or `some_of` (a set of them).
    unit : str
        Of a number, a key of `UNITS`; empty for anything else and for a bare 0 or 1.
    options : frozenset of str
        The words that `one_of` and `some_of` may take.
    """

    name: KindName
    unit: str = ""
    options: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """As it is named in messages."""
        return f"number of {self.unit}" if self.unit else self.name


YES_NO: Final = Kind("yes_no")
DATE: Final = Kind("date")


def number(unit: str) -> Kind:
    """The kind of a number in `unit`."""
    return Kind("number", unit)


def unit_of(name: str) -> str:
    """The unit that a name ends in, or an empty string: `paid_fen` is in fen."""
    last = name.rsplit("_", 1)[-1]
    return last if last in UNITS else ""


class WrongKind(ValueError):
    """A value that a fact or a parameter of this kind cannot have, said in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        super().__init__(en)


def accept(kind: Kind, raw: object) -> Value:
    """The value that `raw` (as JSON or TOML give it) stands for.

    Raises
    ------
    WrongKind
        It is of another type, a word that is not in the list, a number below 0 or above 10^15, or
        a date before 1949-10-01 or after 2199.
    """
    if kind.name == "yes_no" and isinstance(raw, bool):
        return raw
    if kind.name == "number" and isinstance(raw, int) and not isinstance(raw, bool):
        if 0 <= raw <= NUMBER_MAX:
            return raw
        raise WrongKind(f"{raw} 不在 0 到 {NUMBER_MAX} 之间", f"{raw} is outside 0 to {NUMBER_MAX}")
    if kind.name == "date":
        return _date(raw)
    if kind.name == "one_of" and isinstance(raw, str) and raw in kind.options:
        return raw
    if kind.name == "some_of" and isinstance(raw, list | tuple | set | frozenset):
        words = frozenset(word for word in raw if isinstance(word, str))
        if all(isinstance(word, str) for word in raw) and words <= kind.options:
            return words
    options = ", ".join(sorted(kind.options))
    raise WrongKind(
        f"{raw!r} 不是{f'这些词之一：{options}' if options else _said_zh(kind)}",
        f"{raw!r} is not {f'one of {options}' if options else kind}",
    )


def _said_zh(kind: Kind) -> str:
    """A kind without a list of words, as a Chinese message names it."""
    if kind.name == "number":
        return f"以“{UNITS[kind.unit][0]}”计的整数" if kind.unit else "整数"
    return {"yes_no": " true 或 false"}.get(kind.name, kind.name)


def _date(raw: object) -> dt.date:
    """A date from itself or from 2026-02-11."""
    found = raw
    if isinstance(raw, str) and WRITTEN_DATE.fullmatch(raw):
        try:
            found = dt.date.fromisoformat(raw)
        except ValueError:
            found = None
    if not isinstance(found, dt.date) or isinstance(found, dt.datetime):
        raise WrongKind(
            f"{raw!r} 不是日期，请写成 2026-02-11", f"{raw!r} is not a date such as 2026-02-11"
        )
    if not DATE_MIN <= found <= DATE_MAX:
        raise WrongKind(
            f"{found} 不在 {DATE_MIN} 到 {DATE_MAX} 之间",
            f"{found} is outside {DATE_MIN} to {DATE_MAX}",
        )
    return found


def plain(value: Value) -> bool | int | str | list[str]:
    """A value as JSON can hold it: dates as text, sets as sorted lists."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def spoken(value: Value, unit: str, language: str) -> str:
    """A value as a sentence says it: `5,000.00 元`, `20%`, `10 个工作日`, `2026年2月11日`."""
    zh = language == "zh"
    if isinstance(value, bool):
        return ("是" if value else "否") if zh else ("yes" if value else "no")
    if isinstance(value, dt.date):
        return f"{value.year}年{value.month}月{value.day}日" if zh else value.isoformat()
    if isinstance(value, frozenset):
        return "、".join(sorted(value)) if zh else ", ".join(sorted(value))
    if isinstance(value, int):
        return _amount(value, unit, zh=zh)
    return value


def _amount(value: int, unit: str, *, zh: bool) -> str:
    """A number with its unit."""
    if unit == "fen":
        sign = "-" if value < 0 else ""
        text = f"{sign}{abs(value) // 100:,}.{abs(value) % 100:02d}".removesuffix(".00")
        return f"{text} 元" if zh else f"CNY {text}"
    if unit == "bp":
        return f"{value / 100:g}%"
    word = UNITS[unit][0 if zh else 1] if unit else ""
    if not zh and abs(value) == 1:
        word = {"cars": "car", "people": "person", "times": "time"}.get(word, word)
        word = (
            word.removesuffix("s") if word.endswith(("days", "hours", "months", "years")) else word
        )
    return f"{value:,} {word}".rstrip()
