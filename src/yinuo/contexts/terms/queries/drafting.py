"""What somebody who writes a clause or puts a template together has to be shown and asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from yinuo.contexts.terms.models import Clause, ClauseVersion, Template
from yinuo.contexts.terms.queries.catalogue import TemplateSeen, list_templates
from yinuo.contexts.terms.queries.checks import Verdict, check_template
from yinuo.contexts.terms.queries.clauses import Wording, list_wordings, wordings
from yinuo.engines.rules.clauses import MOMENT, SUBJECT, clause_rules
from yinuo.rulepacks import load_pack

# What nobody judges of the words: how they are shown, what courts said, what a side term says.
KNOWN_OTHERWISE: Final = frozenset(
    {
        "clause.prompt_conspicuous",
        "clause.prompt_means",
        "clause.explanation_asked",
        "clause.explained",
        "clause.ruled_void",
        "clause.ruling_overturned",
        "clause.conflicts_with_side_term",
        "balance.demanded",
    }
)
# Of every clause as our pages show it; the size stands in the template.
AS_SHOWN: Final[dict[str, Any]] = {
    "prompt_conspicuous": True,
    "prompt_means": ["highlight"],
    "explanation_asked": False,
}


@dataclass(frozen=True)
class FactAsked:
    """A fact that the rules ask for before a template may be issued.

    `name` is without the subject for a clause's own facts; `kind` is `yes_no`, `number`, `date`,
    `one_of` or `some_of`; `unit` of a number; `words` of the last two.
    """

    name: str
    kind: str
    unit: str
    words: tuple[str, ...]
    meaning_zh: str
    meaning_en: str


def clause_facts(on: dt.date) -> list[FactAsked]:
    """What has to be judged of each clause's words by the rules of that day and of later ones."""
    names = _read_by(clause_rules(load_pack()), on)
    own = {name for name in names if name.startswith(SUBJECT)} - KNOWN_OTHERWISE
    return _asked(own, cut=SUBJECT)


def template_facts(on: dt.date) -> list[FactAsked]:
    """What has to be known of a template as a whole by the rules of that day and of later ones."""
    pack = load_pack()
    per_clause = set(clause_rules(pack))
    rest = [rule_id for rule_id in pack.asked_at(MOMENT) if rule_id not in per_clause]
    return _asked(_read_by(rest, on) - KNOWN_OTHERWISE)


def _read_by(rule_ids: Iterable[str], on: dt.date) -> set[str]:
    """Facts that these rules read from that day on: also by versions that begin later."""
    return {
        name
        for rule_id in rule_ids
        for rule in load_pack().versions(rule_id)
        if rule.effective_until is None or on < rule.effective_until
        for name in rule.facts()
    }


def _asked(names: set[str], cut: str = "") -> list[FactAsked]:
    """These facts in the order of the pack."""
    return [
        FactAsked(
            name.removeprefix(cut),
            spec.kind.name,
            spec.kind.unit,
            tuple(sorted(spec.kind.options)),
            spec.meaning.zh,
            spec.meaning.en,
        )
        for name, spec in load_pack().schema.facts.items()
        if name in names
    ]


def list_to_choose() -> list[Wording]:
    """The newest wording of every clause, those that are void left out, by code."""
    newest = {
        row.clause_id: row
        for row in ClauseVersion.objects.select_related("clause").order_by("version")
    }
    found = [one for one in wordings(newest.values()) if not one.void]
    return sorted(found, key=lambda one: one.code)


def get_newest(code: str) -> Wording | None:
    """The newest wording of a clause; None where there is none of this name."""
    clause = Clause.objects.filter(code=code).first()
    row = clause.versions.select_related("clause").order_by("-version").first() if clause else None
    return wordings([row])[0] if row else None


@dataclass(frozen=True)
class Draft:
    """A version of a template with its clauses, and what stands against it on a day."""

    seen: TemplateSeen
    whole: dict[str, Any]
    wordings: tuple[Wording, ...]
    verdict: Verdict


def get_draft(template_id: int, on: dt.date) -> Draft | None:
    """One version of a template as whoever issues it reads it."""
    seen = next((one for one in list_templates() if one.id == template_id), None)
    if seen is None:
        return None
    whole = Template.objects.values_list("whole", flat=True).get(id=template_id)
    held = tuple(list_wordings(template_id))
    return Draft(seen, dict(whole), held, check_template(template_id, on))
