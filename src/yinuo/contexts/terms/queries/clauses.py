"""The clauses of templates, as words to be shown and as facts for the rules."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from yinuo.contexts.terms.models import ClauseVersion, VoidClause
from yinuo.contexts.terms.rules import PAGE_PX, TYPE_PX_MIN, ClauseFacts, whole_facts


@dataclass(frozen=True)
class Wording:
    """One clause of a template in both languages.

    `material` clauses have to be shown conspicuously, with evidence, in `prompt_px` at least.
    """

    id: int
    code: str
    version: int
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    facts: dict[str, Any]
    void: bool
    effective_from: dt.date | None = None
    effective_until: dt.date | None = None
    prompt_px: int = PAGE_PX

    def in_force(self, on: dt.date) -> bool:
        """Whether it may stand in a contract that is made on that day."""
        begun = self.effective_from is None or self.effective_from <= on
        return begun and (self.effective_until is None or on < self.effective_until)

    @property
    def material(self) -> bool:
        """Whether it matters so much to the buyer that it has to be shown conspicuously."""
        return bool(self.facts.get("material"))

    def title(self, language: str) -> str:
        """Its name in `zh` or `en`."""
        return self.title_zh if language == "zh" else self.title_en

    def text(self, language: str) -> str:
        """Its words in `zh` or `en`."""
        return self.text_zh if language == "zh" else self.text_en

    def for_rules(self) -> ClauseFacts:
        """As the rules ask of it, rulings and the size of its words included."""
        facts = {**self.facts, "ruled_void": self.void, "ruling_overturned": False}
        if self.prompt_px < max(TYPE_PX_MIN, PAGE_PX):
            facts["prompt_conspicuous"] = False
        return ClauseFacts(self.code, facts)


def list_wordings(template_id: int) -> list[Wording]:
    """The clauses of a template in their order."""
    return _read("p.template_id = %s", [template_id])


# In one statement, as a launch asks it for every ticket.
WORDINGS = """
SELECT v.id, c.code, v.version, c.title_zh, c.title_en, v.text_zh, v.text_en, v.facts,
       EXISTS (SELECT FROM terms_voidclause o JOIN terms_ruling r ON r.id = o.ruling_id
               WHERE o.clause_version_id = v.id AND r.overturned_at IS NULL),
       v.effective_from, v.effective_until, p.prompt_px
FROM terms_templateclause p JOIN terms_clauseversion v ON v.id = p.clause_version_id
JOIN terms_clause c ON c.id = v.clause_id WHERE {} ORDER BY p.position
"""


def _read(which: str, parameters: list[int | str]) -> list[Wording]:
    with connection.cursor() as cursor:
        cursor.execute(WORDINGS.format(which), parameters)
        rows = cursor.fetchall()
    return [Wording(*(*row[:7], json.loads(row[7]), *row[8:])) for row in rows]


def wordings(rows: Iterable[ClauseVersion]) -> list[Wording]:
    """These versions of clauses with what rulings say of them."""
    found = list(rows)
    void = void_among([row.id for row in found])
    return [
        Wording(
            row.id,
            row.clause.code,
            row.version,
            row.clause.title_zh,
            row.clause.title_en,
            row.text_zh,
            row.text_en,
            row.facts,
            row.id in void,
            row.effective_from,
            row.effective_until,
            getattr(row, "prompt_px", PAGE_PX),
        )
        for row in found
    ]


def list_versions(version_ids: Sequence[int]) -> list[Wording]:
    """These wordings as they stand in contracts, whatever became of their template."""
    rows = ClauseVersion.objects.filter(id__in=version_ids).select_related("clause")
    return wordings(rows.order_by("id"))


def void_among(version_ids: list[int]) -> set[int]:
    """Those of these wordings that a ruling which stands holds void."""
    rows = VoidClause.objects.filter(clause_version__in=version_ids, ruling__overturned_at=None)
    return set(rows.values_list("clause_version_id", flat=True))


def list_to_show(template_code: str) -> list[Wording]:
    """What a customer is to be shown before agreeing; empty where the template is not issued."""
    which = "p.template_id = (SELECT id FROM terms_template WHERE code = %s AND state = 'ISSUED')"
    return _read(which, [template_code])


def void_wordings(digests: list[str]) -> dict[str, str]:
    """Of these digests of words those that were held void, with the number of the case."""
    rows = VoidClause.objects.filter(
        clause_version__wording_digest__in=digests, ruling__overturned_at=None
    )
    return dict(rows.values_list("clause_version__wording_digest", "ruling__case_no"))


def whole_of(version_ids: list[int]) -> dict[str, Any]:
    """These wordings as one, rulings included, as facts for the rules.

    How they were shown is left out: that is asked when a contract is made.
    """
    rows = ClauseVersion.objects.filter(id__in=version_ids).select_related("clause")
    return whole_facts(
        [
            {f"clause.{name}": said for name, said in one.for_rules().facts.items()}
            | {"clause.material": False}
            for one in wordings(rows)
        ]
    )
