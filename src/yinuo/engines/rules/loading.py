"""A whole pack from the texts of its files, or every fault in them."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from yinuo.engines.rules.faults import Fault, PackError, Unreadable
from yinuo.engines.rules.functions import make_functions
from yinuo.engines.rules.pack import Case, Pack, Step
from yinuo.engines.rules.reading import read_rule
from yinuo.engines.rules.rule import EXPECTED, Rule
from yinuo.engines.rules.schema import Schema, read_calendar, read_fact, read_source
from yinuo.engines.rules.tables import Table, get, get_or, one_of, only, words

CORRUPT = "\ufffd"


@dataclass(frozen=True)
class _Shape:
    """How one top-level part of a file is written."""

    written: str
    fits: Callable[[object], bool]


def _table_of_tables(part: object) -> bool:
    return isinstance(part, dict) and all(isinstance(each, dict) for each in part.values())


def _list_of_tables(part: object) -> bool:
    return isinstance(part, list) and all(isinstance(each, dict) for each in part)


def _facts(part: object) -> bool:
    return isinstance(part, dict) and all(_table_of_tables(each) for each in part.values())


SHAPES = {
    "rule": _Shape("[[rule]]", _list_of_tables),
    "case": _Shape("[[case]]", _list_of_tables),
    "source": _Shape("[source.NAME]", _table_of_tables),
    "moment": _Shape("[moment.NAME]", _table_of_tables),
    "year": _Shape("[year.2026]", _table_of_tables),
    "fact": _Shape("[fact.SUBJECT.WORD]", _facts),
}
T = TypeVar("T")


class _Loader:
    """Reads one file after the other and gathers the faults of all of them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.faults: list[Fault] = []
        self.tables = {name: self._table(name, text) for name, text in sorted(texts.items())}
        self.schema = Schema()
        self.places: dict[int, str] = {}

    def _table(self, name: str, text: str) -> dict[str, Any]:
        """The table of one file, empty where it is none."""
        for number, line in enumerate(text.splitlines(), 1):
            if CORRUPT in line:
                self._fault(
                    f"{name}:{number}", "", "有损坏的字（U+FFFD）", "a corrupt character (U+FFFD)"
                )
        try:
            return self._shaped(name, tomllib.loads(text))
        except (tomllib.TOMLDecodeError, RecursionError) as failure:
            self._fault(name, "", f"不是 TOML：{failure}", f"not TOML: {failure}")
            return {}

    def _shaped(self, file: str, table: dict[str, Any]) -> dict[str, Any]:
        """The parts of a file that are shaped as their kind is; each other one is a fault."""
        kept: dict[str, Any] = {}
        for key, part in table.items():
            if key not in SHAPES:
                self._fault(file, "", f"不认识“{key}”", f"unknown: {key}")
            elif not SHAPES[key].fits(part):
                self._fault(file, key, f"应写成 {SHAPES[key].written}",
                            f"should be written as {SHAPES[key].written}")  # fmt: skip
            else:
                kept[key] = part
        return kept

    def _once(self, file: str, name: str, among: Container[str]) -> None:
        """A name that stands in two files is a fault: one would silently win."""
        if name in among:
            self._fault(file, name, f"“{name}”写了两次", f"{name!r} is declared twice")

    def _fault(self, file: str, rule: str, zh: str, en: str) -> None:
        self.faults.append(Fault(file, rule, zh, en))

    def attempt(self, file: str, rule: str, read: Callable[..., T], *given: object) -> T | None:
        """What `read` gives of `given`, or None and a fault."""
        try:
            return read(*given)
        except Unreadable as failure:
            self._fault(file, rule, failure.zh, failure.en)
        except (ValueError, TypeError, AttributeError) as failure:
            self._fault(file, rule, f"读不懂：{failure}", f"cannot be read: {failure}")
        return None

    def read_schema(self) -> None:
        """Sources, facts, moments and the calendar, before any rule."""
        for file, table in self.tables.items():
            for key, each in table.get("source", {}).items():
                self._once(file, key, self.schema.sources)
                source = self.attempt(file, key, read_source, each)
                if source:
                    self.schema.sources[key] = source
            for subject, facts in table.get("fact", {}).items():
                for word, each in facts.items():
                    name = f"{subject}.{word}"
                    self._once(file, name, self.schema.facts)
                    spec = self.attempt(file, name, read_fact, name, each)
                    if spec:
                        self.schema.facts[name] = spec
            for name, each in table.get("moment", {}).items():
                self._once(file, name, self.schema.moments)
                said = self.attempt(file, name, words, each)
                if said:
                    self.schema.moments[name] = said
            if "year" in table:
                self._once(file, "year", ["year"] if self.schema.calendar.years else [])
                calendar = self.attempt(file, "year", read_calendar, table)
                self.schema.calendar = calendar or self.schema.calendar

    def read_rules(self) -> list[Rule]:
        """Every rule of every file."""
        functions = make_functions(self.schema.calendar)
        rules: list[Rule] = []
        for file, table in self.tables.items():
            for number, each in enumerate(table.get("rule", []), 1):
                name = str(each.get("id", f"#{number}"))
                rule = self.attempt(file, name, read_rule, each, self.schema, functions)
                if rule:
                    self.places[len(rules)] = file
                    rules.append(rule)
        return rules

    def check_versions(self, rules: list[Rule]) -> None:
        """Two versions of one rule are never in force on one day."""
        by_id: dict[str, list[tuple[dt.date, dt.date, str]]] = {}
        for place, rule in enumerate(rules):
            ends = rule.effective_until or dt.date.max
            by_id.setdefault(rule.id, []).append((rule.effective_from, ends, self.places[place]))
        for rule_id, spans in by_id.items():
            spans.sort()
            for (_, end, _), (start, _, file) in pairwise(spans):
                if start < end:
                    self._fault(
                        file,
                        rule_id,
                        f"两个版本在 {start} 同时有效",
                        f"two versions overlap on {start}",
                    )

    def read_cases(self, rules: list[Rule]) -> list[Case]:
        """The stories of every file."""
        known = {rule.id for rule in rules}
        cases: list[Case] = []
        for file, table in self.tables.items():
            for number, each in enumerate(table.get("case", []), 1):
                name = str(each.get("id", f"#{number}"))
                self._once(file, name, [each.id for each in cases])
                case = self.attempt(file, name, self._case, each, known)
                if case:
                    cases.append(case)
        return cases

    def _case(self, table: Table, known: set[str]) -> Case:
        only(table, "id", "zh", "en", "needs", "steps")
        steps = tuple(self._step(each, known) for each in get(table, "steps", list))
        needs = tuple(int(row) for row in get_or(table, "needs", list, []))
        return Case(get(table, "id", str), words(table), needs, steps)

    def _step(self, table: Table, known: set[str]) -> Step:
        only(table, "on", "zh", "en", "facts", "at", "rules", "clearance", "expect", "values")
        expect = get(table, "expect", dict)
        rule_ids = tuple(map(str, table["rules"])) if "rules" in table else None
        for rule_id in (*expect, *(rule_ids or ())):
            if rule_id not in known:
                raise Unreadable(f"没有“{rule_id}”这条规则", f"no rule is called {rule_id!r}")
        if "at" in table and table["at"] not in self.schema.moments:
            raise Unreadable(f"没有“{table['at']}”这个环节", f"no moment {table['at']!r}")
        return Step(
            get(table, "on", dt.date),
            words(table),
            self.schema.read_facts(get(table, "facts", dict)),
            table.get("at"),
            rule_ids,
            get(table, "clearance", str),
            {rule_id: one_of(expect, rule_id, EXPECTED) for rule_id in expect},
            get_or(table, "values", dict, {}),
        )


def read_pack(name: str, texts: Mapping[str, str]) -> Pack:
    """The pack in `texts`.

    Parameters
    ----------
    name : str
        Jurisdiction, `cn`.
    texts : mapping of file name to text
        TOML; any file may hold rules, sources, facts, moments, calendar years and cases.

    Raises
    ------
    PackError
        With every fault found: a rule without a source, a corrupt character, overlapping
        versions, unknown facts, ill-typed conditions, missing examples and whatever else is not
        as docs/how-to/rules.md says.
    """
    loader = _Loader(texts)
    loader.read_schema()
    rules = loader.read_rules()
    loader.check_versions(rules)
    cases = loader.read_cases(rules)
    if loader.faults:
        raise PackError(loader.faults)
    digest = hashlib.sha256()
    for file, text in sorted(texts.items()):
        digest.update(f"{file}\n{len(text)}\n{text}".encode())
    return Pack(name, digest.hexdigest(), loader.schema, tuple(rules), tuple(cases))
