"""What waits to be said: the draft with what it lacks, for those who write and sign."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import ClaimVersion, Signature
from yinuo.contexts.claims.queries.gate import missing_of, said_of
from yinuo.contexts.claims.queries.register import SignatureSeen
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class DraftSeen:
    """A version: as it is public or as it waits.

    `missing` is empty for a public one; `signatures` are those under exactly these words.
    """

    number: int
    published: bool
    text: str
    text_en: str
    condition: str
    condition_en: str
    unconditional: bool
    url: str
    channel: str
    expires_date: dt.date | None
    layout: rules.Layout
    missing: tuple[rules.Missing, ...]
    small_print: tuple[rules.Finding, ...]
    signatures: tuple[SignatureSeen, ...]


def get_newest(staff_id: int, code: str, *, today: dt.date) -> DraftSeen | None:
    """The newest version of a statement, None where there is no statement of this name.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = (
        ClaimVersion.objects.select_related("claim")
        .filter(claim__code=code)
        .order_by("-number")
        .first()
    )
    return _seen(row, today) if row else None


@dataclass(frozen=True)
class Linted:
    """What the linter says of the newest version of a statement that has not ended."""

    code: str
    number: int
    published: bool
    missing: tuple[rules.Missing, ...]


# What a check of all statements looks at; signatures are for people.
LINTED = frozenset({"SMALL_PRINT", "PERSONAL", "EVIDENCE", "EVIDENCE_RUN_OUT", "EVIDENCE_OPEN"})
TIMED = frozenset({"EXPIRY", "RUN_OUT", "OWNER"})


def lint_all(*, today: dt.date) -> list[Linted]:
    """Small print, evidence and time of the newest version of every statement that stands or waits.

    Those without findings are in the list, too, with nothing missing.
    """
    rows = ClaimVersion.objects.filter(claim__ended_at=None).select_related("claim")
    newest = {row.claim_id: row for row in rows.order_by("number")}
    return [
        Linted(
            row.claim.code,
            row.number,
            row.published_at is not None,
            tuple(one for one in missing_of(row, today) if one.code in LINTED | TIMED),
        )
        for row in sorted(newest.values(), key=lambda row: row.claim.code)
    ]


def _seen(row: ClaimVersion, today: dt.date) -> DraftSeen:
    said = said_of(row)
    signed = Signature.objects.filter(version=row, digest=said.digest()).select_related("staff")
    return DraftSeen(
        number=row.number,
        published=row.published_at is not None,
        text=row.text,
        text_en=row.text_en,
        condition=row.condition,
        condition_en=row.condition_en,
        unconditional=row.unconditional,
        url=row.url,
        channel=row.channel,
        expires_date=row.expires_date,
        layout=said.layout,
        missing=() if row.published_at else tuple(missing_of(row, today)),
        small_print=tuple(said.small_print()),
        signatures=tuple(
            SignatureSeen(one.side, one.staff.name_zh, one.staff.name_en, one.signed_at)
            for one in signed.order_by("side")
        ),
    )
