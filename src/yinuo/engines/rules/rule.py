"""What a rule is: its words, its sources, its condition and the examples that test it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from yinuo.engines.rules.expressions import Node
from yinuo.engines.rules.values import Kind, Value

Effect = Literal["block", "deadline", "right", "duty", "calc", "warn"]
Level = Literal["L1", "L2", "L3", "L4"]
Mark = Literal["V1", "V2", "V3"]
Risk = Literal["high", "middle", "low"]
Expected = Literal["holds", "not", "cannot_tell"]
# What the product does: stop, ask for a missing fact, let a person decide, ask for evidence, warn,
# write it down, tell the people concerned, or nothing. `unsure`: a fact is missing, nothing stops.
Action = Literal["stop", "ask", "person", "evidence", "warn", "log", "tell", "unsure", "none"]

EFFECTS: Final[tuple[Effect, ...]] = ("block", "deadline", "right", "duty", "calc", "warn")
LEVELS: Final[tuple[Level, ...]] = ("L1", "L2", "L3", "L4")
MARKS: Final[tuple[Mark, ...]] = ("V1", "V2", "V3")
RISKS: Final[tuple[Risk, ...]] = ("high", "middle", "low")
ACTIONS: Final[tuple[Action, ...]] = (
    "stop", "ask", "person", "evidence", "warn", "log", "tell", "unsure", "none",
)  # fmt: skip
EXPECTED: Final[tuple[Expected, ...]] = ("holds", "not", "cannot_tell")
# 496.2[3] is article 496, paragraph 2, item 3.
ARTICLE: Final = re.compile(r"(\d+)(?:-(\d+))?(?:\.(\d+))?(?:\[(\d+)\])?")
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Words:
    """One thing said in both languages."""

    zh: str
    en: str

    def said(self, language: str) -> str:
        """The wording for `zh` or `en`."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class FactSpec:
    """A declared fact.

    Attributes
    ----------
    name : str
        Subject and word, `deposit.paid_fen`.
    kind : Kind
    meaning : Words
    """

    name: str
    kind: Kind
    meaning: Words


@dataclass(frozen=True)
class Source:
    """A statute, a regulation, a standard or a judgment.

    Attributes
    ----------
    name : Words
        With the brackets that belong to it: 《民法典》, Civil Code.
    instrument : Words
        Who made it under which number.
    valid_from, valid_until : date
        Half-open; None where it still stands.
    source_id : str
        Where its text was read.
    read_date : date or None
        When; None where it was not read.
    """

    name: Words
    instrument: Words
    valid_from: dt.date
    valid_until: dt.date | None
    source_id: str
    read_date: dt.date | None


@dataclass(frozen=True)
class Citation:
    """A source with the articles that a rule rests on."""

    key: str
    source: Source
    articles: tuple[str, ...]

    def said(self, language: str) -> str:
        """`《民法典》第586条第2款` or `Civil Code art. 586(2)`."""
        name = self.source.name.said(language)
        if not self.articles:
            return name
        if language == "zh":
            return name + "、".join(_article_zh(article) for article in self.articles)
        return f"{name} art. " + ", ".join(_article_en(article) for article in self.articles)


def _article_zh(text: str) -> str:
    match = ARTICLE.fullmatch(text)
    assert match
    first, last, paragraph, item = match.groups()
    said = f"第{first}条" + (f"至第{last}条" if last else "")
    return said + (f"第{paragraph}款" if paragraph else "") + (f"第{item}项" if item else "")


def _article_en(text: str) -> str:
    match = ARTICLE.fullmatch(text)
    assert match
    first, last, paragraph, item = match.groups()
    said = first + (f"-{last}" if last else "")
    return said + (f"({paragraph})" if paragraph else "") + (f" item {item}" if item else "")


@dataclass(frozen=True)
class Exemption:
    """Facts under which a rule does not apply although its condition holds."""

    id: str
    words: Words
    when: Node


@dataclass(frozen=True)
class Example:
    """Facts on a day, and what the rule must say of them: a test of the rule.

    Attributes
    ----------
    on : date
    facts : mapping
    expect : {'holds', 'not', 'cannot_tell'}
    kept : bool or None
        For a rule with a `kept` expression, whether it was complied with.
    action : Action or None
        What must follow, where the example says so.
    values : mapping
        Computed values that must come out exactly.
    first_day : bool
        `on` is the first day of this version; the day before, it must not be in force.
    last_day : bool
        `on` is its last day; the day after, it must not be in force.
    """

    on: dt.date
    facts: Mapping[str, Value]
    expect: Expected
    kept: bool | None = None
    action: Action | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    first_day: bool = False
    last_day: bool = False


@dataclass(frozen=True)
class Rule:
    """One version of a rule.

    Attributes
    ----------
    id : str
        Shared by all versions.
    effective_from, effective_until : date
        Half-open; None where it still stands.
    when : Node
        The condition, exemptions taken in: yes, no or unknown.
    kept : Node or None
        Of a duty or a deadline: whether it was complied with.
    values : mapping of Node
        What it works out.
    asked_at : tuple of str
        The moments in the product at which it must be asked.
    texts : mapping of str
        The written condition and values, for people.
    """

    id: str
    title: Words
    says: Words
    citations: tuple[Citation, ...]
    effective_from: dt.date
    effective_until: dt.date | None
    effect: Effect
    level: Level
    risk: Risk
    mark: Mark
    asked_at: tuple[str, ...]
    when: Node
    condition: Node
    kept: Node | None
    params: Mapping[str, Value]
    values: Mapping[str, Node]
    exemptions: tuple[Exemption, ...]
    examples: tuple[Example, ...]
    texts: Mapping[str, str]
    note: Words | None = None

    def in_force(self, on: dt.date) -> bool:
        """Whether this version is the law on the day `on`."""
        return self.effective_from <= on and (
            self.effective_until is None or on < self.effective_until
        )

    def facts(self) -> frozenset[str]:
        """Every fact that it may ask for."""
        nodes = [self.when, *self.values.values(), *([self.kept] if self.kept else [])]
        return frozenset(name for node in nodes for name in node.facts())

    def law(self, language: str) -> str:
        """All its sources with articles, in one line."""
        return ("；" if language == "zh" else "; ").join(c.said(language) for c in self.citations)
