"""A decision: what each rule said of the facts, in words that stand by themselves.

A stored decision is explained from its own record: neither a later pack nor another wording
changes what was decided and why.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from yinuo.engines.rules.rule import Action, Effect, Expected, Level, Mark, Words
from yinuo.engines.rules.values import Value, plain

Clearance = Literal["stop", "cannot_tell", "person", "evidence", "go"]
RECORD_VERSION: Final = 1
# The first of these that any finding asks for is the clearance.
CLEARANCES: Final[tuple[tuple[Action, Clearance], ...]] = (
    ("stop", "stop"),
    ("ask", "cannot_tell"),
    ("person", "person"),
    ("evidence", "evidence"),
)


@dataclass(frozen=True)
class Finding:
    """What one rule said.

    Attributes
    ----------
    rule_id : str
    effective_from : date
        Of the version that was used.
    answer : {'holds', 'not', 'cannot_tell'}
        Whether the rule applies to the facts.
    kept : bool or None
        Of a duty or deadline that applies: whether it was complied with; None where unknown.
    action : Action
        What follows for the product.
    missing : tuple of str
        Facts without which it could not be told.
    exempt : tuple of str
        Exemptions that took the rule away.
    values : mapping
        What was worked out, by name; only where the rule applies.
    title, says, law, meaning : Words
        The rule's name, what it says of this case, its articles, and the missing facts' meanings.
    """

    rule_id: str
    effective_from: dt.date
    effect: Effect
    level: Level
    mark: Mark
    answer: Expected
    kept: bool | None
    action: Action
    missing: tuple[str, ...]
    exempt: tuple[str, ...]
    values: Mapping[str, Value]
    title: Words
    says: Words
    law: Words
    meaning: Words

    def to_record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "rule": self.rule_id,
            "from": self.effective_from.isoformat(),
            "effect": self.effect,
            "level": self.level,
            "mark": self.mark,
            "answer": self.answer,
            "kept": self.kept,
            "action": self.action,
            "missing": list(self.missing),
            "exempt": list(self.exempt),
            "values": {name: plain(value) for name, value in self.values.items()},
            "dates": sorted(n for n, v in self.values.items() if isinstance(v, dt.date)),
        } | {
            f"{name}_{language}": getattr(self, name).said(language)
            for name in ("title", "says", "law", "meaning")
            for language in ("zh", "en")
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Finding:
        """The finding that `to_record` wrote."""
        values: dict[str, Value] = {}
        for name, value in record["values"].items():
            values[name] = dt.date.fromisoformat(value) if name in record["dates"] else value
            if isinstance(value, list):
                values[name] = frozenset(value)
        return cls(
            record["rule"],
            dt.date.fromisoformat(record["from"]),
            record["effect"],
            record["level"],
            record["mark"],
            record["answer"],
            record["kept"],
            record["action"],
            tuple(record["missing"]),
            tuple(record["exempt"]),
            values,
            *(
                Words(record[f"{name}_zh"], record[f"{name}_en"])
                for name in ("title", "says", "law", "meaning")
            ),
        )


@dataclass(frozen=True)
class Decision:
    """What the law in force on a day says of some facts.

    Attributes
    ----------
    on : date
        The day of the fact: it chose the versions.
    pack : str
        Name and digest of the rule pack, `cn@3f2a...`.
    facts : mapping
        The facts that the rules may have read; others are left out.
    findings : tuple of Finding
        One for each rule that was asked and has a version in force.
    not_in_force : tuple of str
        Rules that were asked by name and have no version in force on the day.
    """

    on: dt.date
    pack: str
    facts: Mapping[str, Value]
    findings: tuple[Finding, ...]
    not_in_force: tuple[str, ...] = ()

    @property
    def clearance(self) -> Clearance:
        """`stop`, `cannot_tell` (facts are missing), `person`, `evidence` or `go`.

        A missing fact is never a pass: `go` means that every rule that could stop was answered.
        """
        actions = {finding.action for finding in self.findings}
        return next((clearance for action, clearance in CLEARANCES if action in actions), "go")

    @property
    def missing(self) -> tuple[str, ...]:
        """Every fact that some rule lacked, sorted."""
        return tuple(sorted({name for each in self.findings for name in each.missing}))

    def find(self, rule_id: str) -> Finding:
        """What one rule said.

        Raises
        ------
        KeyError
            It was not asked, or is not in force on the day.
        """
        for finding in self.findings:
            if finding.rule_id == rule_id:
                return finding
        raise KeyError(rule_id)

    def having(self, *actions: Action) -> Iterator[Finding]:
        """The findings with one of `actions`."""
        return (finding for finding in self.findings if finding.action in actions)

    def to_record(self) -> dict[str, Any]:
        """As JSON can hold it; `Decision.from_record` gives it back."""
        return {
            "v": RECORD_VERSION,
            "on": self.on.isoformat(),
            "pack": self.pack,
            "clearance": self.clearance,
            "facts": {name: plain(value) for name, value in sorted(self.facts.items())},
            "dates": sorted(n for n, v in self.facts.items() if isinstance(v, dt.date)),
            "findings": [finding.to_record() for finding in self.findings],
            "not_in_force": list(self.not_in_force),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Decision:
        """The decision that `to_record` wrote.

        Raises
        ------
        ValueError
            The record is of another version.
        """
        if record.get("v") != RECORD_VERSION:
            raise ValueError(f"a decision of version {record.get('v')!r} cannot be read")
        facts: dict[str, Value] = {}
        for name, value in record["facts"].items():
            facts[name] = dt.date.fromisoformat(value) if name in record["dates"] else value
            if isinstance(value, list):
                facts[name] = frozenset(value)
        return cls(
            dt.date.fromisoformat(record["on"]),
            record["pack"],
            facts,
            tuple(Finding.from_record(each) for each in record["findings"]),
            tuple(record["not_in_force"]),
        )

    def to_text(self) -> str:
        """The record as canonical JSON: keys sorted, no spaces, not escaped."""
        return self._text

    @cached_property
    def _text(self) -> str:
        return json.dumps(
            self.to_record(), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )

    def digest(self) -> str:
        """SHA-256 of the canonical record in hexadecimal, for a ledger entry to point at."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()
