"""What was said in public to be done: open, overdue by name, and how it ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.claims.models import Commitment
from yinuo.contexts.ledger.queries.sealed import get_numbers


@dataclass(frozen=True)
class CommitmentSeen:
    """Who does what by when; `late` where the day has passed and nothing can be seen."""

    public_id: str
    claim: str
    owner_zh: str
    owner_en: str
    what_zh: str
    what_en: str
    due_date: dt.date
    late: bool
    sha256: str
    entry: int | None
    closed_at: dt.datetime | None
    closed_code: str
    proof: str
    closed_entry: int | None


def list_commitments(*, today: dt.date) -> list[CommitmentSeen]:
    """All of them: overdue first, then open by day, then the closed ones, the newest first."""
    rows = list(Commitment.objects.select_related("owner", "claim"))
    named = {row.entry_id for row in rows} | {row.closed_entry_id for row in rows}
    numbers = get_numbers({one for one in named if one is not None})
    seen = [
        seen_commitment(row, numbers, today, row.claim.code if row.claim else "") for row in rows
    ]
    open_ = sorted((one for one in seen if one.closed_at is None), key=lambda one: one.due_date)
    closed = [(one.closed_at, one) for one in seen if one.closed_at is not None]
    closed.sort(key=lambda pair: pair[0], reverse=True)
    return [*open_, *(one for _, one in closed)]


def seen_commitment(
    row: Commitment, numbers: dict[int, int], today: dt.date, claim: str
) -> CommitmentSeen:
    """A row as it is read; `numbers` are those of its entries."""
    return CommitmentSeen(
        row.public_id,
        claim,
        row.owner.name_zh,
        row.owner.name_en,
        row.what_zh,
        row.what_en,
        row.due_date,
        row.closed_at is None and row.due_date < today,
        row.sha256,
        numbers.get(row.entry_id or 0),
        row.closed_at,
        row.closed_code,
        row.proof,
        numbers.get(row.closed_entry_id or 0),
    )
