"""Which fields a record has, and a checked row from the texts of one."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from yinuo.platform.records import values
from yinuo.platform.records.problems import RowProblem, Wrong

LENGTH_MAX = 200


class Kind(StrEnum):
    """What a field's text means."""

    CODE = "CODE"
    TEXT = "TEXT"
    INTEGER = "INTEGER"
    DATE = "DATE"
    WEEK = "WEEK"
    INSTANT = "INSTANT"
    CHOICE = "CHOICE"
    LIST = "LIST"


@dataclass(frozen=True)
class Field:
    """One field: its name, what it means, and what it may hold.

    `least` and `most` bound an INTEGER; `choices` are the values of a CHOICE, matched in any
    case; `form` is a pattern that a CODE must match whole, said by `form_zh` and `form_en`.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = True
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 10**9
    form: str = ""
    form_zh: str = ""
    form_en: str = ""

    def reader(self, zone: ZoneInfo) -> Callable[[str], Any]:
        """The function that makes a value of this field's clean text, or raises `Wrong`."""
        if self.kind is Kind.INSTANT:
            return partial(values.instant, zone=zone)
        readers: dict[Kind, Callable[[str], Any]] = {
            Kind.CODE: partial(_read_code, self, re.compile(self.form)),
            Kind.TEXT: _read_text,
            Kind.INTEGER: partial(_read_integer, self),
            Kind.DATE: values.date,
            Kind.WEEK: values.week,
            Kind.CHOICE: partial(
                _read_choice, self, {name.casefold(): name for name in self.choices}
            ),
            Kind.LIST: values.items,
        }
        return readers[self.kind]


def _read_text(text: str) -> str:
    if len(text) > LENGTH_MAX:
        raise Wrong(
            f"有 {len(text)} 个字，最多 {LENGTH_MAX} 个",
            f"it has {len(text)} characters; at most {LENGTH_MAX} are taken",
        )
    return text


def _read_code(spec: Field, form: re.Pattern[str], text: str) -> str:
    text = values.code(_read_text(text))
    if spec.form and not form.fullmatch(text):
        raise Wrong(f"“{text}”应为{spec.form_zh}", f"{text!r} should be {spec.form_en}")
    return text


def _read_integer(spec: Field, text: str) -> int:
    number = values.integer(text)
    if not spec.least <= number <= spec.most:
        raise Wrong(
            f"{number} 不在 {spec.least} 到 {spec.most} 之间",
            f"{number} is not between {spec.least} and {spec.most}",
        )
    return number


def _read_choice(spec: Field, names: Mapping[str, str], text: str) -> str:
    name = names.get(values.code(text).casefold())
    if name is None:
        raise Wrong(
            f"“{text}”不在可选项里：{'、'.join(spec.choices)}{_hint_zh(text, spec.choices)}",
            f"{text!r} is none of {', '.join(spec.choices)}{_hint_en(text, spec.choices)}",
        )
    return name


def nearest(text: str, known: Sequence[str]) -> str:
    """The known name that looks most like `text`, or empty."""
    folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(text.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


# So few names are all said to whom wrote none that is near.
LISTED_MAX = 8


def _hint_zh(text: str, known: Sequence[str]) -> str:
    if like := nearest(text, known):
        return f"。是不是 {like}？"
    return f"，有：{'、'.join(known)}" if 0 < len(known) <= LISTED_MAX else ""


def _hint_en(text: str, known: Sequence[str]) -> str:
    if like := nearest(text, known):
        return f". Did you mean {like}?"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= LISTED_MAX else ""


def unknown(what_zh: str, what_en: str, text: str, known: Sequence[str]) -> Wrong:
    """`text` names nothing we know; says so, with the nearest name, or all where they are few."""
    return Wrong(
        f"没有{what_zh}“{text}”{_hint_zh(text, known)}",
        f"there is no {what_en} {text!r}{_hint_en(text, known)}",
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One checked record: the line it began on, its values, and a digest of what it says.

    Two records with the same meaning have the same digest, however they were written.
    """

    line: int
    digest: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Schema:
    """The fields of one kind of record. Every record has an `id`, the sender's own."""

    fields: tuple[Field, ...]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all fields, in their order."""
        return tuple(one.name for one in self.fields)

    @cached_property
    def _readers(self) -> list[tuple[str, bool, bool, Callable[[str], Any]]]:
        return [
            (one.name, one.required, one.kind is Kind.LIST, one.reader(self.zone))
            for one in self.fields
        ]

    def read_header(self, cells: Sequence[str]) -> tuple[list[str], list[RowProblem]]:
        """The field of each column, and what is wrong with the header (line 1)."""
        names = [tidy_name(cell) for cell in cells]
        # A table saved with empty columns at its end has nothing to say in them.
        while names and not names[-1]:
            names.pop()
        problems = [self._unknown_field(1, name) for name in names if name not in self.names]
        twice = sorted({name for name in names if names.count(name) > 1 and name in self.names})
        problems += [
            RowProblem(1, name, "这一列出现了两次", "this column stands twice") for name in twice
        ]
        problems += [
            RowProblem(1, one.name, f"缺少这一列（{one.zh}）", f"this column is missing ({one.en})")
            for one in self.fields
            if one.required and one.name not in names
        ]
        return names, problems

    def _unknown_field(self, line: int, name: str) -> RowProblem:
        return RowProblem(
            line,
            name,
            f"不认识“{name}”{_hint_zh(name, self.names) or '，可用的有：' + '、'.join(self.names)}",
            f"unknown name{_hint_en(name, self.names) or '; known are: ' + ', '.join(self.names)}",
        )

    def check_names(self, line: int, record: Mapping[str, object]) -> list[RowProblem]:
        """Names in a JSON record that are no field of it."""
        return [self._unknown_field(line, name) for name in record if name not in self.names]

    def read(self, line: int, record: Mapping[str, object]) -> tuple[Row | None, list[RowProblem]]:
        """The checked row of `record`, or what is wrong with it. Absent fields are None."""
        found: dict[str, Any] = {}
        problems: list[RowProblem] = []
        for name, required, is_list, reader in self._readers:
            try:
                found[name] = _read_value(record.get(name), required, is_list, reader)
            except Wrong as wrong:
                problems.append(wrong.at(line, name))
        if problems:
            return None, problems
        return Row(line, _digest(found), found), problems


def tidy_name(text: str) -> str:
    """A column's name as it is compared: plain characters, lower case, no blanks."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("\ufeff'").strip()
    return "_".join(plain.casefold().split())


def _read_value(raw: object, required: bool, is_list: bool, reader: Callable[[str], Any]) -> Any:
    if is_list and isinstance(raw, list):
        text = ";".join(_as_text(item) for item in raw)
    else:
        text = raw if isinstance(raw, str) else _as_text(raw)
    if text and (text := values.clean(text)):
        return reader(text)
    if required:
        raise Wrong("不能为空", "it must not be empty")
    return None


def _as_text(raw: object) -> str:
    """A JSON value as the text it would be in a table."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise Wrong("应为文字或数字", "it should be text or a number")
    return str(raw)


def _plain(value: object) -> str:
    assert isinstance(value, (dt.datetime, dt.date))
    return value.isoformat()


def _digest(found: dict[str, Any]) -> str:
    written = json.dumps(found, default=_plain, separators=(",", ":"))
    return hashlib.blake2b(written.encode(), digest_size=16).hexdigest()
