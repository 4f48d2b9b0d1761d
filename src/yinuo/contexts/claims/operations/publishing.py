"""The gate: two people sign, what is missing is said, and only then a statement is public."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Blob, Claim, ClaimVersion, Signature
from yinuo.contexts.claims.operations.drafting import lock_claim
from yinuo.contexts.claims.queries.gate import missing_of, said_of
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.staff import get_staff
from yinuo.platform import outbox
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date

# What a statement that was said without review may not do without either: it goes into a log
# from which nothing is ever taken out.
NEVER: Final = frozenset({"TEXT", "PERSONAL"})


class CannotPublish(Refusal):
    """Something is missing before the statement may be public."""

    code = "claim_incomplete"
    zh = "还不能发布。还缺：{missing_zh}。"
    en = "It cannot be published. Missing: {missing_en}."


class NothingToPublish(Refusal):
    """There is no draft: the newest wording is public already."""

    code = "nothing_to_publish"
    zh = "没有等着发布的版本。"
    en = "No version waits to be published."


class MayNotSign(Refusal):
    """Engineering signs for engineering, legal for legal, and nobody for the own words."""

    code = "may_not_sign"
    zh = "这个签字要由{who_zh}来签。"
    en = "This signature is for {who_en}."


class NotPublicYet(Refusal):
    """A draft has nothing to end."""

    code = "not_public_yet"
    zh = "它还没有发布过，没有什么可以结束。"
    en = "It was never published; there is nothing to end."


class EndNeedsReason(Refusal):
    """A statement ends with a reason of the list, and in words."""

    code = "end_needs_reason"
    zh = "请选一个结束的原因，并写明白。"
    en = "Choose why it ends, and say it in words."


def sign(*, code: str, side: str, staff_id: int, now: dt.datetime) -> Signature:
    """Sign the draft as it is now, for one side. Safe to repeat.

    Raises
    ------
    NoSuchClaim, ClaimOver, NothingToPublish, MayNotSign
    """
    card = get_staff(staff_id)
    with transaction.atomic():
        version = draft_of(lock_claim(code))
        if side not in rules.SIDES or card is None or card.role not in rules.SIDES[side]:
            who_zh, who_en = SIGNERS.get(side, ("工程或法务", "engineering or legal"))
            raise MayNotSign(who_zh=who_zh, who_en=who_en)
        if version.claim.speaker_id == staff_id:
            raise MayNotSign(who_zh="说话以外的人", who_en="somebody other than who says it")
        row, _ = Signature.objects.get_or_create(
            version=version,
            side=side,
            digest=said_of(version).digest(),
            defaults={"staff_id": staff_id, "signed_at": now},
        )
    return row


SIGNERS: Final = {
    "ENGINEERING": ("工程（质量）的同事", "somebody of engineering (quality)"),
    "LEGAL": ("法务", "legal"),
}


def publish(*, code: str, corrects: bool = False, staff_id: int, now: dt.datetime) -> ClaimVersion:
    """Make the draft public; its text lies ready for the public folder, its entry is recorded.

    `corrects` says that the version before was in error.

    Raises
    ------
    NoSuchClaim, ClaimOver, NothingToPublish, CannotPublish
    """
    with transaction.atomic():
        version = draft_of(lock_claim(code))
        if lacking := missing_of(version, local_date(now)):
            raise _cannot(lacking)
        how = "FIRST" if version.number == 1 else "CORRECTED" if corrects else "CHANGED"
        return _put_out(version, how, [], staff_id, now)


def archive(*, code: str, staff_id: int, now: dt.datetime) -> ClaimVersion:
    """Keep what was said in public already without the gate, and show it as such.

    What the gate would have asked for is kept with it. A statement by mouth cannot be unsaid, but
    it can be on record.

    Raises
    ------
    NoSuchClaim, ClaimOver, NothingToPublish
    CannotPublish
        There is no text, no address, or personal data in it.
    """
    with transaction.atomic():
        version = draft_of(lock_claim(code))
        lacking = missing_of(version, local_date(now))
        if never := [one for one in lacking if one.code in NEVER]:
            raise _cannot(never)
        return _put_out(version, "UNREVIEWED", [one.code for one in lacking], staff_id, now)


def end(*, code: str, why_code: str, why: str, staff_id: int, now: dt.datetime) -> Claim:
    """A statement stands no more; its versions stay to be read. The second time changes nothing.

    Raises
    ------
    NoSuchClaim, ClaimOver, NotPublicYet, EndNeedsReason
    """
    if why_code not in Claim.End.values or not why.strip() or rules.find_personal(why):
        raise EndNeedsReason
    with transaction.atomic():
        claim = lock_claim(code)
        if not claim.versions.filter(published_at__isnull=False).exists():
            raise NotPublicYet
        entry_id = record(
            Fact("claim.ended", f"claim:{code}:end", {"claim": code, "code": why_code}), now=now
        )
        claim.ended_at, claim.ended_code, claim.ended_why = now, why_code, why.strip()
        claim.ended_by_id, claim.ended_entry_id = staff_id, entry_id
        claim.save()
    return claim


def draft_of(claim: Claim) -> ClaimVersion:
    """The version that waits.

    Raises
    ------
    NothingToPublish
    """
    version = claim.versions.filter(published_at=None).first()
    if version is None:
        raise NothingToPublish
    version.claim = claim
    return version


def _put_out(
    version: ClaimVersion, how: str, lacking: list[str], staff_id: int, now: dt.datetime
) -> ClaimVersion:
    if not version.url:
        raise CannotPublish(missing_zh="出处的网址", missing_en="the address where it stands")
    digest = keep_blob(said_of(version).content())
    claim = version.claim
    version.entry_id = record(
        Fact(
            "claim.published",
            f"claim:{claim.code}:{version.number}",
            {
                "claim": claim.code,
                "version": version.number,
                "url": version.url,
                "sha256": digest,
                "channel": version.channel,
                "code": how,
            },
        ),
        now=now,
    )
    version.published_at, version.published_by_id = now, staff_id
    version.published_code, version.missing, version.sha256 = how, lacking, digest
    version.save()
    outbox.nudge("claims.blobs")
    return version


def keep_blob(content: bytes) -> str:
    """Keep a public text under its digest, to be written before its entry is published."""
    digest = rules.digest_of(content)
    Blob.objects.get_or_create(sha256=digest, defaults={"content": content})
    return digest


def _cannot(lacking: list[rules.Missing]) -> CannotPublish:
    return CannotPublish(
        missing_zh="、".join(one.zh for one in lacking),
        missing_en="; ".join(one.en for one in lacking),
        codes=[one.code for one in lacking],
    )
