"""A legal hold keeps all of a statement from going while somebody may need it before a court."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.claims.models import Claim, Hold
from yinuo.contexts.claims.operations.drafting import NoSuchClaim
from yinuo.platform.refusals import Refusal


class HoldNeedsReason(Refusal):
    """A hold is placed and lifted for a stated reason."""

    code = "hold_needs_reason"
    zh = "请写明为什么，例如案号。"
    en = "Say why, for example the number of the case."


class NotHeld(Refusal):
    """There is no hold to lift."""

    code = "not_held"
    zh = "现在没有在保全。"
    en = "It is not under legal hold."


def place(*, code: str, why: str, staff_id: int, now: dt.datetime) -> Hold:
    """Place a statement with all its evidence under hold; one that is held already stays so.

    Raises
    ------
    NoSuchClaim, HoldNeedsReason
    """
    if not why.strip():
        raise HoldNeedsReason
    with transaction.atomic():
        claim = _lock(code)
        row, _ = Hold.objects.get_or_create(
            claim=claim,
            lifted_at=None,
            defaults={"why": why.strip(), "placed_by_id": staff_id, "placed_at": now},
        )
    return row


def lift(*, code: str, why: str, staff_id: int, now: dt.datetime) -> Hold:
    """Lift the hold.

    Raises
    ------
    NoSuchClaim, NotHeld, HoldNeedsReason
    """
    if not why.strip():
        raise HoldNeedsReason
    with transaction.atomic():
        row = Hold.objects.filter(claim=_lock(code), lifted_at=None).first()
        if row is None:
            raise NotHeld
        row.lifted_by_id, row.lifted_at, row.lifted_why = staff_id, now, why.strip()
        row.save()
    return row


def _lock(code: str) -> Claim:
    claim = Claim.objects.select_for_update().filter(code=code).first()
    if claim is None:
        raise NoSuchClaim(claim=code)
    return claim
