"""The declared facts, sources, moments and the calendar of a pack, read from their tables."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yinuo.engines.rules.calendar import WorkCalendar
from yinuo.engines.rules.faults import Unreadable
from yinuo.engines.rules.rule import ARTICLE, Citation, FactSpec, Source, Words
from yinuo.engines.rules.tables import Table, get, get_or, one_of, only, words
from yinuo.engines.rules.values import UNITS, Kind, KindName, Value, WrongKind, accept, unit_of

WORD = re.compile(r"[a-z][a-z0-9_]*")
KINDS: tuple[KindName, ...] = ("yes_no", "number", "date", "one_of", "some_of")


@dataclass
class Schema:
    """Everything that rules refer to."""

    facts: dict[str, FactSpec] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    moments: dict[str, Words] = field(default_factory=dict)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def kinds(self) -> dict[str, Kind]:
        """The kind of each fact."""
        return {name: spec.kind for name, spec in self.facts.items()}

    def read_facts(self, raw: Mapping[str, Any]) -> dict[str, Value]:
        """Facts by dotted name from flat or nested tables; null and absent are both unknown.

        Raises
        ------
        Unreadable
            An unknown fact, one that is given twice, or a value that is not of its kind.
        """
        found: dict[str, Value | None] = {}
        for name, value in _flat(raw):
            if name in found:
                raise Unreadable(f"“{name}”写了两次", f"{name!r} is given twice")
            found[name] = self._fact(name, value)
        return {name: value for name, value in found.items() if value is not None}

    def _fact(self, name: str, value: object) -> Value | None:
        if name not in self.facts:
            raise Unreadable(f"没有“{name}”这项事实", f"no fact is called {name!r}")
        if value is None:
            return None
        try:
            return accept(self.facts[name].kind, value)
        except WrongKind as failure:
            raise Unreadable(f"“{name}”的值不对：{failure.zh}", f"{name}: {failure}") from None


def _flat(raw: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Names with dots and their values."""
    for key, value in raw.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def read_fact(name: str, table: Table) -> FactSpec:
    """One declared fact.

    Raises
    ------
    Unreadable
        A bad name, an unknown type or unit, or a unit that the name does not end in.
    """
    only(table, "type", "unit", "words", "zh", "en")
    subject, _, word = name.partition(".")
    if not (WORD.fullmatch(subject) and WORD.fullmatch(word)):
        raise Unreadable(f"“{name}”不是事实的写法", f"{name!r} is not subject.word")
    kind = one_of(table, "type", KINDS)
    unit = get(table, "unit", str) if kind == "number" else ""
    if kind == "number" and unit not in UNITS:
        raise Unreadable(f"没有“{unit}”这个单位", f"no unit is called {unit!r}")
    if unit != unit_of(word):
        raise Unreadable(
            f"“{name}”的末尾应是单位“{unit}”", f"{name!r} should end in its unit {unit!r}"
        )
    if (kind == "date") != word.endswith("_date"):
        raise Unreadable("日期的名字以 _date 结尾", "dates, and only dates, end in _date")
    options = get(table, "words", list) if kind in ("one_of", "some_of") else []
    if kind in ("one_of", "some_of") and not options:
        raise Unreadable("words 不能空", "words may not be empty")
    return FactSpec(name, Kind(kind, unit, frozenset(map(str, options))), words(table))


def read_source(table: Table) -> Source:
    """One statute or other source.

    Raises
    ------
    Unreadable
        A part is missing, or it ends before it begins.
    """
    only(table, "zh", "en", "instrument_zh", "instrument_en", "from", "until", "source_id", "read")
    begins, ends = get(table, "from", dt.date), table.get("until")
    if ends is not None and get(table, "until", dt.date) <= begins:
        raise Unreadable("失效日期不晚于施行日期", "it ends before it begins")
    return Source(
        words(table),
        words(table, "instrument_zh", "instrument_en"),
        begins,
        ends,
        get(table, "source_id", str),
        get(table, "read", dt.date) if "read" in table else None,
    )


def read_citation(text: str, sources: Mapping[str, Source]) -> Citation:
    """`cc:586.2,587` as a citation.

    Raises
    ------
    Unreadable
        The source is not in sources.toml, or an article is not written as 586.2[3].
    """
    key, _, rest = text.partition(":")
    if key not in sources:
        raise Unreadable(f"sources.toml 里没有“{key}”", f"sources.toml has no {key!r}")
    articles = tuple(part.strip() for part in rest.split(",")) if rest else ()
    for article in articles:
        if not ARTICLE.fullmatch(article):
            raise Unreadable(f"条文“{article}”写法不对", f"{article!r} is no article")
    return Citation(key, sources[key], articles)


def read_calendar(table: Table) -> WorkCalendar:
    """The years of calendar.toml.

    Raises
    ------
    Unreadable
        A year has no notice, or a date that is not in it.
    """
    closed: set[dt.date] = set()
    worked: set[dt.date] = set()
    years = get_or(table, "year", dict, {})
    for year, days in years.items():
        only(days, "notice", "closed", "worked")
        get(days, "notice", str)
        for name, into in (("closed", closed), ("worked", worked)):
            for text in get(days, name, list):
                month, day = str(text).split("-")
                into.add(dt.date(int(year), int(month), int(day)))
    return WorkCalendar(frozenset(closed), frozenset(worked), frozenset(map(int, years)))
