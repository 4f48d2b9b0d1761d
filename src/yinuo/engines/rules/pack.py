"""A rule pack: all versions of all rules, found by id and day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from yinuo.engines.rules.expressions import Facts
from yinuo.engines.rules.rule import Expected, Rule, Words
from yinuo.engines.rules.schema import Schema
from yinuo.engines.rules.values import Value


@dataclass(frozen=True)
class Step:
    """One moment of a case: the facts on a day, and what the rules must say."""

    on: dt.date
    words: Words
    facts: Mapping[str, Value]
    at: str | None
    rule_ids: tuple[str, ...] | None
    clearance: str
    expect: Mapping[str, Expected]
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Case:
    """A real or worked story, step by step: a test of rules together."""

    id: str
    words: Words
    needs: tuple[int, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Pack:
    """Rules with what they refer to.

    Attributes
    ----------
    name : str
        Jurisdiction, `cn`.
    digest : str
        SHA-256 of all its texts; with the name it is the pack's label in every decision.
    """

    name: str
    digest: str
    schema: Schema
    rules: tuple[Rule, ...]
    cases: tuple[Case, ...] = ()

    @property
    def label(self) -> str:
        """Name and the first twelve digits of the digest."""
        return f"{self.name}@{self.digest[:12]}"

    @cached_property
    def _versions(self) -> dict[str, list[Rule]]:
        versions: dict[str, list[Rule]] = defaultdict(list)
        for rule in sorted(self.rules, key=lambda each: each.effective_from):
            versions[rule.id].append(rule)
        return dict(versions)

    @cached_property
    def _facts(self) -> dict[str, frozenset[str]]:
        return {
            rule_id: frozenset(name for rule in versions for name in rule.when.facts())
            for rule_id, versions in self._versions.items()
        }

    def ids(self) -> list[str]:
        """Every rule id, in the order of the files."""
        return list(dict.fromkeys(rule.id for rule in self.rules))

    def versions(self, rule_id: str) -> list[Rule]:
        """Every version of a rule, the earliest first.

        Raises
        ------
        KeyError
            The pack has no such rule.
        """
        return self._versions[rule_id]

    def version(self, rule_id: str, on: dt.date) -> Rule | None:
        """The version in force on `on`, None where there is none.

        Raises
        ------
        KeyError
            The pack has no such rule.
        """
        return next((rule for rule in self._versions[rule_id] if rule.in_force(on)), None)

    def in_force(self, on: dt.date) -> Iterator[Rule]:
        """Every version in force on `on`."""
        return (rule for rule in self.rules if rule.in_force(on))

    def asked_facts(self, rule_id: str) -> frozenset[str]:
        """Every fact that the condition of some version of a rule reads."""
        return self._facts[rule_id]

    def asked_at(self, moment: str) -> list[str]:
        """The rules that are asked at a moment.

        Raises
        ------
        KeyError
            The pack has no such moment.
        """
        if moment not in self.schema.moments:
            raise KeyError(moment)
        return list(dict.fromkeys(rule.id for rule in self.rules if moment in rule.asked_at))

    def read_facts(self, raw: Mapping[str, Any]) -> Facts:
        """Typed facts from JSON, flat (`deposit.paid_fen`) or nested.

        Raises
        ------
        Unreadable
            An unknown fact, or a value that is not of its kind.
        """
        return self.schema.read_facts(raw)
