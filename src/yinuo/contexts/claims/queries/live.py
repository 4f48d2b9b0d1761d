"""What is public now, for the daily look at whether contracts keep it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, ClaimVersion
from yinuo.contexts.ledger.queries.sealed import get_numbers


@dataclass(frozen=True)
class Promising:
    """A live statement that promises what no clause may break: `forbids` is the clause's fact."""

    code: str
    number: int
    forbids: str


@dataclass(frozen=True)
class Wording:
    """A version as a contract carries it, with the name it has there."""

    name: str
    before: str
    text: str
    text_en: str
    url: str
    forbids: str


def list_promising() -> list[Promising]:
    """Every live statement on a topic that forbids something of clauses, by its name."""
    rows = ClaimVersion.objects.filter(
        claim__ended_at=None, published_at__isnull=False
    ).select_related("claim")
    newest = {row.claim.code: row for row in rows.order_by("claim__code", "number")}
    return [
        Promising(code, row.number, rules.TOPICS[row.claim.topic].forbids)
        for code, row in newest.items()
        if rules.TOPICS[row.claim.topic].forbids
    ]


def forbidden_by(code: str) -> str:
    """The fact of a clause that this statement forbids, empty for none or no statement."""
    claim = Claim.objects.filter(code=code).first()
    return rules.TOPICS[claim.topic].forbids if claim else ""


def get_wording(version_id: int) -> Wording:
    """A version for contracts; each wording has a name of its own there."""
    row = ClaimVersion.objects.select_related("claim").get(id=version_id)
    forbids = rules.TOPICS[row.claim.topic].forbids
    name, before = statement_name(row.claim.code, row.number), ""
    if row.number > 1:
        before = statement_name(row.claim.code, row.number - 1)
    return Wording(name, before, row.text, row.text_en, row.url, forbids)


def statement_name(code: str, number: int) -> str:
    """What contracts call version `number` of a statement."""
    return code if number == 1 else f"{code}-{number}"


def list_numbers(names: Collection[str]) -> dict[str, int | None]:
    """The number in the log of each version that a contract calls so; None while it waits.

    What was said before the public record of statements began is left out.
    """
    rows = ClaimVersion.objects.filter(entry__isnull=False).select_related("claim")
    codes = {part for name in names for part in (name, name.rpartition("-")[0])}
    entries = {
        statement_name(row.claim.code, row.number): row.entry_id
        for row in rows.filter(claim__code__in=codes)
    }
    numbers = get_numbers({entry for name, entry in entries.items() if name in names and entry})
    return {name: numbers.get(entries[name] or 0) for name in names if name in entries}
