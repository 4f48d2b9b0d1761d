"""A version as the gate sees it: all that is signed, who signed it, and what it still lacks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, ClaimVersion, Evidence, Signature
from yinuo.contexts.people.queries.staff import get_staff


def list_proofs(claim: Claim) -> list[Evidence]:
    """The evidence of a statement that is there, in the order it came."""
    return list(Evidence.objects.filter(claim=claim, dropped_at=None).order_by("id"))


def said_of(version: ClaimVersion) -> rules.Said:
    """All of a version that is signed."""
    claim = version.claim
    return rules.Said(
        text=version.text,
        condition=version.condition,
        unconditional=version.unconditional,
        url=version.url,
        channel=version.channel,
        topic=claim.topic,
        speaker_id=claim.speaker_id,
        expires_date=version.expires_date,
        layout=layout_of(version.layout),
        proofs=tuple(
            rules.Proof(one.sha256, one.valid_until_date, one.published_at is not None)
            for one in list_proofs(claim)
        ),
    )


def layout_of(kept: dict[str, Any]) -> rules.Layout:
    """A layout as JSON holds it."""
    return rules.Layout(**kept)


def signers_of(version: ClaimVersion) -> dict[str, int]:
    """Who signed this version exactly as it is now, by side."""
    rows = Signature.objects.filter(version=version, digest=said_of(version).digest())
    return dict(rows.values_list("side", "staff_id"))


def missing_of(version: ClaimVersion, today: dt.date) -> list[rules.Missing]:
    """What keeps this version from being public today."""
    return rules.missing(
        said_of(version),
        owner_works=get_staff(version.claim.owner_id) is not None,
        signers=signers_of(version),
        today=today,
    )
