"""The vault: what shows that a statement is true, from its first day on."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, Evidence, Hold
from yinuo.contexts.claims.operations.drafting import NoSuchClaim
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform import ids, uploads
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date

TITLE_CHARS_MAX: Final = 200
# Records of advertising are kept for three years after it ends (Advertising Law art. 34); what
# everybody could read stays for good.
KEPT: Final = dt.timedelta(days=3 * 366)


class NoSuchEvidence(Refusal):
    """There is no such piece, or it is not of this statement."""

    code = "no_such_evidence"
    zh = "没有这份证据。"
    en = "There is no such evidence."


class EvidenceNotReadable(Refusal):
    """A piece of evidence has a title, a day and, if any, a last day after it."""

    code = "evidence_not_readable"
    zh = "请写明标题（不带个人信息）、日期；有截止日的，不能早于日期，日期不能晚于今天。"
    en = "Give a title without personal data and a date up to today; a last day is not before it."


class NotLookedThrough(Refusal):
    """A file that everybody can read is looked through for personal data first."""

    code = "not_looked_through"
    zh = "公开之前，请先看过全文，确认没有个人信息。"
    en = "Before it is public, look it through: no personal data may be in it."


class EvidenceStays(Refusal):
    """What is public, under legal hold or of a public statement does not go."""

    code = "evidence_stays"
    zh = "这份证据不能拿走：{why_zh}。"
    en = "This evidence stays: {why_en}."


def add(
    *,
    code: str,
    title: str,
    stored: uploads.Stored,
    made_date: dt.date,
    valid_until_date: dt.date | None,
    staff_id: int,
    now: dt.datetime,
) -> Evidence:
    """Keep a file as evidence of a statement; the same file again is the same piece.

    Raises
    ------
    NoSuchClaim, EvidenceNotReadable
    """
    title = title.strip()
    if (
        not 0 < len(title) <= TITLE_CHARS_MAX
        or rules.find_personal(title)
        or made_date > local_date(now)
        or not all(rules.is_day(day) for day in (made_date, valid_until_date or made_date))
        or (valid_until_date is not None and valid_until_date < made_date)
    ):
        raise EvidenceNotReadable
    with transaction.atomic():
        claim = _lock(code)
        row, _ = Evidence.objects.get_or_create(
            claim=claim,
            sha256=stored.digest,
            defaults={
                "public_id": ids.new_id("evd"),
                "title": title,
                "media_type": stored.media_type,
                "size_bytes": stored.size_bytes,
                "made_date": made_date,
                "valid_until_date": valid_until_date,
                "added_by_id": staff_id,
                "added_at": now,
            },
        )
    return row


def publish(
    *, code: str, public_id: str, looked_through: bool, staff_id: int, now: dt.datetime
) -> Evidence:
    """Let everybody read a piece of evidence, for good. Safe to repeat.

    Raises
    ------
    NoSuchClaim, NoSuchEvidence, NotLookedThrough
    """
    if not looked_through:
        raise NotLookedThrough
    with transaction.atomic():
        row = _get(_lock(code), public_id)
        if row.published_at is None:
            row.entry_id = record(
                Fact(
                    "evidence.published",
                    f"evidence:{public_id}",
                    {"claim": code, "evidence": public_id, "sha256": row.sha256},
                ),
                now=now,
            )
            row.published_at, row.published_by_id = now, staff_id
            row.save(update_fields=["published_at", "published_by", "entry_id"])
    return row


def drop(*, code: str, public_id: str, now: dt.datetime) -> None:
    """Take a piece back before its statement was ever public; its row stays, its file goes.

    Raises
    ------
    NoSuchClaim, NoSuchEvidence, EvidenceStays
    """
    with transaction.atomic():
        claim = _lock(code)
        row = _get(claim, public_id)
        if row.published_at is not None:
            raise EvidenceStays(why_zh="它是公开的", why_en="it is public")
        if claim.versions.filter(published_at__isnull=False).exists():
            raise EvidenceStays(why_zh="说法已经发布", why_en="its statement is public")
        _drop(claim, row, now)


def drop_old(*, now: dt.datetime) -> int:
    """Unpublished files of statements that ended more than three years ago go; returns how many.

    Nothing under legal hold does.
    """
    held = Hold.objects.filter(lifted_at=None).values("claim_id")
    old = Evidence.objects.filter(
        claim__ended_at__lt=now - KEPT, published_at=None, dropped_at=None
    ).exclude(claim_id__in=held)
    dropped = 0
    for public_id, code in old.values_list("public_id", "claim__code"):
        with transaction.atomic():
            claim = _lock(code)
            # A hold may have been placed meanwhile.
            if not claim.holds.filter(lifted_at=None).exists():
                _drop(claim, _get(claim, public_id), now)
                dropped += 1
    return dropped


def _drop(claim: Claim, row: Evidence, now: dt.datetime) -> None:
    if claim.holds.filter(lifted_at=None).exists():
        raise EvidenceStays(why_zh="正在依法保全", why_en="it is under legal hold")
    row.dropped_at = now
    row.save(update_fields=["dropped_at"])
    if not Evidence.objects.filter(sha256=row.sha256, dropped_at=None).exists():
        transaction.on_commit(lambda: uploads.drop(rules.ROOM, row.sha256))


def _lock(code: str) -> Claim:
    claim = Claim.objects.select_for_update().filter(code=code).first()
    if claim is None:
        raise NoSuchClaim(claim=code)
    return claim


def _get(claim: Claim, public_id: str) -> Evidence:
    row = Evidence.objects.filter(claim=claim, public_id=public_id, dropped_at=None).first()
    if row is None:
        raise NoSuchEvidence
    return row
