"""A contract template against the law, clause by clause, before it may be issued."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from yinuo.engines.rules.deciding import decide
from yinuo.engines.rules.decision import CLEARANCES, Clearance, Decision
from yinuo.engines.rules.expressions import Facts
from yinuo.engines.rules.pack import Pack
from yinuo.engines.rules.values import Value

MOMENT: Final = "template"
SUBJECT: Final = "clause."
# A template asks nobody to pay: what a rule says of a demand made of a person does not arise.
NOBODY_ASKED: Final[Mapping[str, Value]] = {"balance.demanded": False}


@dataclass(frozen=True)
class Clause:
    """One clause of a template.

    Attributes
    ----------
    id : str
    facts : mapping
        What is known of it, `clause.standard` and so on; what is absent is unknown.
    """

    id: str
    facts: Facts


@dataclass(frozen=True)
class TemplateCheck:
    """What the law of a day says of a template.

    Attributes
    ----------
    on : date
    clauses : mapping of clause id to Decision
    whole : Decision
        On what concerns the template as a whole, such as the deposit.
    """

    on: dt.date
    clauses: Mapping[str, Decision]
    whole: Decision

    @property
    def clearance(self) -> Clearance:
        """The gravest of all parts; only with `go` may the template be issued unasked."""
        found = {self.whole.clearance, *(each.clearance for each in self.clauses.values())}
        return next((clearance for _, clearance in CLEARANCES if clearance in found), "go")

    @property
    def stopped(self) -> tuple[str, ...]:
        """The clauses that may not be used, in the template's order."""
        return tuple(name for name, each in self.clauses.items() if each.clearance == "stop")

    @property
    def missing(self) -> Mapping[str, tuple[str, ...]]:
        """For each clause that cannot be told, the facts it lacks."""
        return {name: each.missing for name, each in self.clauses.items() if each.missing}


def clause_rules(pack: Pack) -> list[str]:
    """The rules asked of each clause: those of the moment whose condition reads a clause."""
    return [
        rule_id
        for rule_id in pack.asked_at(MOMENT)
        if any(name.startswith(SUBJECT) for name in pack.asked_facts(rule_id))
    ]


def check_clause(pack: Pack, clause: Clause, on: dt.date) -> Decision:
    """What the rules in force on `on` say of one clause."""
    return decide(pack, {**NOBODY_ASKED, **clause.facts}, on, rule_ids=clause_rules(pack))


def check_template(
    pack: Pack, clauses: Iterable[Clause], whole: Facts, on: dt.date
) -> TemplateCheck:
    """A template before it is issued.

    Parameters
    ----------
    pack : Pack
    clauses : iterable of Clause
        In the template's order; ids are unique.
    whole : mapping
        Facts of the template as a whole: `order.price_fen`, `deposit.amount_fen`, `prepay.taken`.
    on : date
        The day from which it is to be used.

    Raises
    ------
    ValueError
        Two clauses have the same id.
    """
    decisions: dict[str, Decision] = {}
    for clause in clauses:
        if clause.id in decisions:
            raise ValueError(f"clause {clause.id!r} stands twice in the template")
        decisions[clause.id] = check_clause(pack, clause, on)
    per_clause = set(clause_rules(pack))
    rest = [rule_id for rule_id in pack.asked_at(MOMENT) if rule_id not in per_clause]
    return TemplateCheck(on, decisions, decide(pack, whole, on, rule_ids=rest))
