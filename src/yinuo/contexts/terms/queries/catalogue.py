"""Clauses and templates as the maker and the public see them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.terms.models import Clause, ClauseVersion, Statement, Template
from yinuo.contexts.terms.queries.clauses import Wording, wordings
from yinuo.contexts.terms.queries.exposure import Place, list_places, versions_of
from yinuo.contexts.terms.queries.rulings import RulingSeen, list_rulings


@dataclass(frozen=True)
class ClauseSeen:
    """A clause by its name, with how many wordings it had and whether one of them is void.

    `issued_in` are the templates in force that hold it, by code and version; `contracts_zh` and
    `contracts_en` say the same as people call them.
    """

    id: int
    code: str
    title_zh: str
    title_en: str
    versions: int
    void: bool
    issued_in: tuple[str, ...]
    contracts_zh: str
    contracts_en: str

    def title(self, language: str) -> str:
        """Its name in `zh` or `en`."""
        return self.title_zh if language == "zh" else self.title_en


@dataclass(frozen=True)
class ClauseHistory:
    """A clause with every wording, the newest first, where each stands, and what courts held."""

    seen: ClauseSeen
    wordings: tuple[Wording, ...]
    written_at: tuple[dt.datetime, ...]
    places: tuple[Place, ...]
    rulings: tuple[RulingSeen, ...]


@dataclass(frozen=True)
class TemplateSeen:
    """A version of a template."""

    id: int
    code: str
    version: int
    title_zh: str
    title_en: str
    state: str
    drafted_at: dt.datetime
    issued_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    withdrawn_why: str

    @property
    def name(self) -> str:
        """Code and version."""
        return f"{self.code}-{self.version}"

    def title(self, language: str) -> str:
        """Its name in `zh` or `en`."""
        return self.title_zh if language == "zh" else self.title_en


def list_clauses() -> list[ClauseSeen]:
    """Every clause, those that are held void first."""
    rows = Clause.objects.prefetch_related("versions").order_by("code")
    return sorted((_seen(row) for row in rows), key=lambda one: not one.void)


def get_clause(code: str, *, today: dt.date) -> ClauseHistory | None:
    """A clause with its history, None where there is none of this name."""
    row = Clause.objects.prefetch_related("versions").filter(code=code).first()
    if row is None:
        return None
    versions = list(ClauseVersion.objects.filter(clause=row).select_related("clause"))
    versions.sort(key=lambda one: -one.version)
    return ClauseHistory(
        _seen(row),
        tuple(wordings(versions)),
        tuple(one.written_at for one in versions),
        tuple(list_places(versions_of(code))),
        tuple(list_rulings(row.id, today=today)),
    )


def list_templates() -> list[TemplateSeen]:
    """Every version of every template: issued, drafts, withdrawn."""
    order = {"ISSUED": 0, "DRAFT": 1, "WITHDRAWN": 2}
    rows = sorted(Template.objects.order_by("code", "-version"), key=lambda row: order[row.state])
    return [_template(row) for row in rows]


@dataclass(frozen=True)
class StatementSeen:
    """Something promised to everybody."""

    code: str
    text_zh: str
    text_en: str
    source: str
    said_date: dt.date
    ended_date: dt.date | None

    def text(self, language: str) -> str:
        """Its words in `zh` or `en`."""
        return self.text_zh if language == "zh" else self.text_en


def list_statements(statement_ids: list[int] | None = None) -> list[StatementSeen]:
    """What was promised in public, the newest first; or those of these rows."""
    rows = Statement.objects.order_by("-said_date", "-id")
    if statement_ids is not None:
        rows = rows.filter(id__in=statement_ids)
    return [
        StatementSeen(row.code, row.text_zh, row.text_en, row.source, row.said_date, row.ended_date)
        for row in rows
    ]


def _template(row: Template) -> TemplateSeen:
    return TemplateSeen(
        row.id,
        row.code,
        row.version,
        row.title_zh,
        row.title_en,
        row.state,
        row.drafted_at,
        row.issued_at,
        row.withdrawn_at,
        row.withdrawn_why,
    )


def _seen(row: Clause) -> ClauseSeen:
    ids = [version.id for version in row.versions.all()]
    void = ClauseVersion.objects.filter(id__in=ids, void__ruling__overturned_at=None)
    issued = list(
        Template.objects.filter(places__clause_version__in=ids, state=Template.State.ISSUED)
        .distinct()
        .order_by("code")
    )
    return ClauseSeen(
        row.id,
        row.code,
        row.title_zh,
        row.title_en,
        len(ids),
        void.filter(void__isnull=False).exists(),
        tuple(f"{one.code}-{one.version}" for one in issued),
        "、".join(one.title_zh for one in issued),
        ", ".join(one.title_en for one in issued),
    )
