"""Clauses that break what is promised in public: each is somebody's task until it is mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from yinuo.contexts.claims.models import Claim, Conflict

# Whoever answers for the statement has mended it, or ended the statement, by then.
MEND_TIME: Final = dt.timedelta(days=3)


@dataclass(frozen=True)
class Breaking:
    """A clause of a template in force that does what a live statement says is not done."""

    claim_code: str
    template: str
    clause: str
    clause_zh: str
    clause_en: str


def note(*, found: Sequence[Breaking], now: dt.datetime) -> int:
    """Open a task for each clause that breaks a statement, close those that do so no more.

    `found` is everything that breaks any statement now. Returns how many were opened. Safe to
    repeat.
    """
    with transaction.atomic():
        claims = {one.code: one for one in Claim.objects.select_for_update().order_by("id")}
        wanted = {(one.claim_code, one.template, one.clause): one for one in found}
        there = {
            (row.claim.code, row.template, row.clause): row
            for row in Conflict.objects.filter(mended_at=None).select_related("claim")
        }
        for key in there.keys() - wanted.keys():
            there[key].mended_at = now
            there[key].save(update_fields=["mended_at"])
        fresh = [wanted[key] for key in sorted(wanted.keys() - there.keys())]
        for one in fresh:
            Conflict.objects.create(
                claim=claims[one.claim_code],
                template=one.template,
                clause=one.clause,
                clause_zh=one.clause_zh,
                clause_en=one.clause_en,
                owner_id=claims[one.claim_code].owner_id,
                found_at=now,
                due_at=now + MEND_TIME,
            )
    return len(fresh)
