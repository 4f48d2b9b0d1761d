"""The register of public statements, as everybody and as staff may read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from yinuo.contexts.claims import rules
from yinuo.contexts.claims.models import Claim, ClaimVersion, Evidence
from yinuo.contexts.claims.queries.promised import CommitmentSeen, seen_commitment
from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class SignatureSeen:
    """One side's signature under a version."""

    side: str
    name_zh: str
    name_en: str
    signed_at: dt.datetime


@dataclass(frozen=True)
class VersionSeen:
    """A published wording. `entry` is the number of its entry in the log, None while it waits."""

    number: int
    text: str
    text_en: str
    condition: str
    condition_en: str
    unconditional: bool
    url: str
    channel: str
    expires_date: dt.date | None
    published_at: dt.datetime
    published_code: str
    missing: tuple[str, ...]
    sha256: str
    entry: int | None
    signatures: tuple[SignatureSeen, ...]


@dataclass(frozen=True)
class EvidenceSeen:
    """A piece of evidence; `media_type` and `sha256` are those of its file."""

    public_id: str
    title: str
    sha256: str
    media_type: str
    size_bytes: int
    made_date: dt.date
    valid_until_date: dt.date | None
    run_out: bool
    published_at: dt.datetime | None
    entry: int | None


@dataclass(frozen=True)
class ConflictSeen:
    """A clause in force that breaks the statement; who mends it by when."""

    template: str
    clause: str
    clause_zh: str
    clause_en: str
    owner_zh: str
    owner_en: str
    found_at: dt.datetime
    due_at: dt.datetime


@dataclass(frozen=True)
class ClaimSeen:
    """A public statement with every published wording, the newest first.

    `run_out` says that its own time is over, `proof_run_out` that no valid evidence is left,
    `inside` how many pieces of evidence are not public.
    """

    code: str
    topic: str
    speaker_zh: str
    speaker_en: str
    owner_zh: str
    owner_en: str
    opened_at: dt.datetime
    ended_at: dt.datetime | None
    ended_code: str
    ended_why: str
    ended_entry: int | None
    run_out: bool
    proof_run_out: bool
    versions: tuple[VersionSeen, ...]
    evidence: tuple[EvidenceSeen, ...]
    inside: int
    conflicts: tuple[ConflictSeen, ...]
    commitments: tuple[CommitmentSeen, ...]

    @property
    def newest(self) -> VersionSeen:
        """The wording that stands, or stood last."""
        return self.versions[0]

    @property
    def quiet(self) -> bool:
        """Whether nothing is wrong with it."""
        troubled = self.run_out or self.proof_run_out or self.conflicts
        return not troubled and self.newest.published_code != "UNREVIEWED"


def list_public(*, today: dt.date) -> list[ClaimSeen]:
    """Every statement that was ever public: those that stand first, the newest first."""
    rows = list(_whole(Claim.objects.filter(versions__published_at__isnull=False).distinct()))
    rows.sort(key=lambda row: (row.ended_at is not None, -_newest(row).timestamp(), row.code))
    return _seen(rows, today, public=True)


def get_public(code: str, *, today: dt.date) -> ClaimSeen | None:
    """One of these, None where nothing of this name is public."""
    rows = Claim.objects.filter(code=code, versions__published_at__isnull=False).distinct()
    return next(iter(_seen(list(_whole(rows)), today, public=True)), None)


def get_open_evidence(code: str, public_id: str) -> EvidenceSeen | None:
    """A piece of evidence that everybody may read."""
    row = Evidence.objects.filter(
        claim__code=code, public_id=public_id, published_at__isnull=False
    ).first()
    if row is None:
        return None
    return _evidence(row, get_numbers([row.entry_id or 0]), None)


@dataclass(frozen=True)
class HoldSeen:
    """A legal hold that lasts."""

    why: str
    placed_at: dt.datetime
    by_zh: str
    by_en: str


@dataclass(frozen=True)
class StaffClaim:
    """A statement as staff see it: with what is not public; `waits` says that a draft does."""

    seen: ClaimSeen
    owner_id: int
    hold: HoldSeen | None
    newest_text: str
    live: bool
    waits: bool


def list_for_staff(staff_id: int, *, today: dt.date) -> list[StaffClaim]:
    """Every statement: drafts and those that stand first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = list(_whole(Claim.objects.all()).order_by("code"))
    rows.sort(key=lambda row: row.ended_at is not None)
    return _for_staff(rows, today)


def get_for_staff(staff_id: int, code: str, *, today: dt.date) -> StaffClaim | None:
    """One of these, None where there is none of this name.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return next(iter(_for_staff(list(_whole(Claim.objects.filter(code=code))), today)), None)


def _for_staff(rows: list[Claim], today: dt.date) -> list[StaffClaim]:
    return [
        StaffClaim(
            seen,
            row.owner_id,
            _hold(row),
            max(row.versions.all(), key=lambda one: one.number).text,
            bool(seen.versions) and row.ended_at is None,
            row.ended_at is None and any(one.published_at is None for one in row.versions.all()),
        )
        for row, seen in zip(rows, _seen(rows, today, public=False), strict=True)
    ]


def _hold(row: Claim) -> HoldSeen | None:
    for one in row.holds.all():
        if one.lifted_at is None:
            by = one.placed_by
            return HoldSeen(one.why, one.placed_at, by.name_zh, by.name_en)
    return None


def _whole(rows: QuerySet[Claim]) -> QuerySet[Claim]:
    return rows.select_related("owner", "speaker").prefetch_related(
        "versions__signatures__staff",
        "evidence",
        "conflicts__owner",
        "commitments__owner",
        "holds__placed_by",
    )


def _newest(row: Claim) -> dt.datetime:
    return max(one.published_at for one in row.versions.all() if one.published_at)


def _seen(rows: list[Claim], today: dt.date, *, public: bool) -> list[ClaimSeen]:
    numbers = get_numbers(set(_entry_ids(rows)))
    return [_claim(row, numbers, today, public=public) for row in rows]


def _entry_ids(rows: Iterable[Claim]) -> Iterable[int]:
    for row in rows:
        named = [row.ended_entry_id]
        named += [one.entry_id for one in row.versions.all()]
        named += [one.entry_id for one in row.evidence.all()]
        for one in row.commitments.all():
            named += [one.entry_id, one.closed_entry_id]
        yield from (entry_id for entry_id in named if entry_id is not None)


def _claim(row: Claim, numbers: dict[int, int], today: dt.date, *, public: bool) -> ClaimSeen:
    published = [one for one in row.versions.all() if one.published_at is not None]
    published.sort(key=lambda one: -one.number)
    there = [one for one in row.evidence.all() if one.dropped_at is None]
    proofs = [rules.Proof(one.sha256, one.valid_until_date, False) for one in there]
    expires = published[0].expires_date if published else None
    stands = bool(published) and row.ended_at is None
    return ClaimSeen(
        code=row.code,
        topic=row.topic,
        speaker_zh=row.speaker.name_zh if row.speaker else "",
        speaker_en=row.speaker.name_en if row.speaker else "",
        owner_zh=row.owner.name_zh,
        owner_en=row.owner.name_en,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        ended_code=row.ended_code,
        ended_why=row.ended_why,
        ended_entry=numbers.get(row.ended_entry_id or 0),
        run_out=stands and expires is not None and expires <= today,
        proof_run_out=stands and not rules.still_valid(proofs, today),
        versions=tuple(_version(one, numbers) for one in published),
        evidence=tuple(
            _evidence(one, numbers, today)
            for one in there
            if not public or one.published_at is not None
        ),
        inside=sum(one.published_at is None for one in there),
        conflicts=tuple(
            ConflictSeen(
                one.template,
                one.clause,
                one.clause_zh,
                one.clause_en,
                one.owner.name_zh,
                one.owner.name_en,
                one.found_at,
                one.due_at,
            )
            for one in row.conflicts.all()
            if one.mended_at is None
        ),
        commitments=tuple(
            seen_commitment(one, numbers, today, row.code) for one in row.commitments.all()
        ),
    )


def _version(row: ClaimVersion, numbers: dict[int, int]) -> VersionSeen:
    assert row.published_at is not None
    return VersionSeen(
        number=row.number,
        text=row.text,
        text_en=row.text_en,
        condition=row.condition,
        condition_en=row.condition_en,
        unconditional=row.unconditional,
        url=row.url,
        channel=row.channel,
        expires_date=row.expires_date,
        published_at=row.published_at,
        published_code=row.published_code,
        missing=tuple(row.missing),
        sha256=row.sha256,
        entry=numbers.get(row.entry_id or 0),
        signatures=signatures_of(row) if row.published_code != "UNREVIEWED" else (),
    )


def signatures_of(row: ClaimVersion) -> tuple[SignatureSeen, ...]:
    """The last signature of each side under this version."""
    newest = {one.side: one for one in sorted(row.signatures.all(), key=lambda one: one.id)}
    return tuple(
        SignatureSeen(side, one.staff.name_zh, one.staff.name_en, one.signed_at)
        for side, one in sorted(newest.items())
    )


def _evidence(row: Evidence, numbers: dict[int, int], today: dt.date | None) -> EvidenceSeen:
    until = row.valid_until_date
    return EvidenceSeen(
        row.public_id,
        row.title,
        row.sha256,
        row.media_type,
        row.size_bytes,
        row.made_date,
        until,
        today is not None and until is not None and until < today,
        row.published_at,
        numbers.get(row.entry_id or 0),
    )
