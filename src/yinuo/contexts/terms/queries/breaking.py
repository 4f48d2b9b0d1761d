"""Clauses in force that do something that was said in public not to be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from yinuo.contexts.terms.models import Template
from yinuo.contexts.terms.queries.clauses import list_wordings
from yinuo.contexts.terms.rules import PublicStatement, contradictions


@dataclass(frozen=True)
class InForce:
    """A clause of an issued template that does what `fact` names."""

    fact: str
    template: str
    clause: str
    title_zh: str
    title_en: str


def list_doing(facts: Collection[str]) -> list[InForce]:
    """Every clause of every template in force that does one of these, such as asking the balance
    before the inspection (`balance_before_inspection`). A clause that is held void binds nobody
    and is left out."""
    statements = [PublicStatement(fact, fact) for fact in sorted(facts)]
    found = []
    for template in Template.objects.filter(state=Template.State.ISSUED).order_by("code"):
        wordings = {one.code: one for one in list_wordings(template.id) if not one.void}
        against = contradictions([one.for_rules() for one in wordings.values()], statements)
        for one in against:
            clause = wordings[one.clause_code]
            found.append(
                InForce(
                    one.statement_code,
                    f"{template.code}-{template.version}",
                    clause.code,
                    clause.title_zh,
                    clause.title_en,
                )
            )
    return found
