"""A hand-over as people see it; who may see it is asked in `customer` and `staff`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yinuo.contexts.handover.models import (
    Answer,
    Damage,
    Diagnosis,
    Evidence,
    FeatureState,
    Inspection,
    Outcome,
    RemoteLook,
    SafetySignal,
    Signature,
    Statement,
)
from yinuo.contexts.handover.queries.document import text_of
from yinuo.contexts.handover.rules import checking


@dataclass(frozen=True)
class EvidenceSeen:
    """A kept picture or film; `film` is False for a picture."""

    public_id: str
    code: str
    media_type: str
    sha256: str
    received_at: dt.datetime

    @property
    def film(self) -> bool:
        """Whether it moves."""
        return self.media_type.startswith("video/")


@dataclass(frozen=True)
class CheckSeen:
    """One check with what was found; `verdict` is empty where nobody answered."""

    check: checking.Check
    verdict: str
    words: str
    helper: str
    evidence: tuple[EvidenceSeen, ...]
    feature: FeatureState | None
    diagnoses: tuple[Diagnosis, ...]

    @property
    def code(self) -> str:
        """The check's code."""
        return self.check.code

    @property
    def zh(self) -> str:
        """Its Chinese name."""
        return self.check.zh

    @property
    def en(self) -> str:
        """Its English name."""
        return self.check.en


@dataclass(frozen=True)
class GroupSeen:
    """A group of checks; `answered` of its `checks` have an answer."""

    code: str
    name_zh: str
    name_en: str
    checks: tuple[CheckSeen, ...]
    answered: int

    @property
    def problems(self) -> int:
        """How many of its checks have a problem."""
        return sum(one.verdict == checking.PROBLEM for one in self.checks)

    @property
    def done(self) -> bool:
        """Whether every check of it was answered."""
        return self.answered == len(self.checks)


@dataclass(frozen=True)
class DamageSeen:
    """Known damage with its photos; `told_at` is None while its customer does not know."""

    id: int
    public_id: str
    spot_zh: str
    spot_en: str
    words_zh: str
    words_en: str
    from_carrier: bool
    found_at: dt.datetime
    told_at: dt.datetime | None
    answer: str
    repaired_at: dt.datetime | None
    photos: tuple[EvidenceSeen, ...]


@dataclass(frozen=True)
class InspectionSeen:
    """The newest inspection as a document, with what was decided and signed on it."""

    id: int
    public_id: str
    number: int
    vin: str
    state: str
    version: int
    opened_at: dt.datetime
    groups: tuple[GroupSeen, ...]
    outcome: Outcome | None
    signature: Signature | None
    statements: tuple[Statement, ...]
    document: str
    document_sha256: str
    keys_given_at: dt.datetime | None

    @property
    def verdicts(self) -> dict[str, str]:
        """What was answered, by check."""
        return {one.code: one.verdict for g in self.groups for one in g.checks if one.verdict}

    @property
    def plan(self) -> tuple[checking.Group, ...]:
        """The list of checks as it was put before the customer."""
        return tuple(
            checking.Group(g.code, g.name_zh, g.name_en, tuple(one.check for one in g.checks))
            for g in self.groups
        )

    @property
    def problems(self) -> list[CheckSeen]:
        """The checks with a problem."""
        return [one for g in self.groups for one in g.checks if one.verdict == checking.PROBLEM]

    @property
    def answered(self) -> int:
        """How many checks were answered."""
        return sum(group.answered for group in self.groups)

    @property
    def total(self) -> int:
        """How many checks there are."""
        return sum(len(group.checks) for group in self.groups)


@dataclass(frozen=True)
class HandoverSeen:
    """Everything about one order's hand-over. `held` while a safety signal is not cleared."""

    order_id: int
    inspection: InspectionSeen | None
    damages: tuple[DamageSeen, ...]
    looks: tuple[RemoteLook, ...]
    signals: tuple[SafetySignal, ...]
    evidence: Mapping[str, EvidenceSeen]

    @property
    def held(self) -> bool:
        """Whether the car is held for safety."""
        return any(signal.cleared_at is None for signal in self.signals)


def evidence_seen(row: Evidence) -> EvidenceSeen:
    """A kept file without its rows behind it."""
    return EvidenceSeen(row.public_id, row.code, row.media_type, row.sha256, row.received_at)


def read_handover(order_id: int) -> HandoverSeen:
    """The hand-over of this order; the caller checked who reads it."""
    files = list(Evidence.objects.filter(order=order_id).order_by("id"))
    rows = Inspection.objects.filter(order=order_id).select_related("order")
    newest = rows.order_by("-number").first()
    looks = RemoteLook.objects.filter(order=order_id).select_related("film").order_by("id")
    return HandoverSeen(
        order_id,
        _inspection(newest, files) if newest else None,
        _damages(order_id, files),
        tuple(looks),
        tuple(SafetySignal.objects.filter(order=order_id).order_by("id")),
        {row.public_id: evidence_seen(row) for row in files},
    )


def _damages(order_id: int, files: Sequence[Evidence]) -> tuple[DamageSeen, ...]:
    return tuple(
        DamageSeen(
            row.id,
            row.public_id,
            row.spot_zh,
            row.spot_en,
            row.words_zh,
            row.words_en,
            bool(row.cause_ref),
            row.found_at,
            row.told_at,
            row.answer,
            row.repaired_at,
            tuple(evidence_seen(file) for file in files if file.damage_id == row.id),
        )
        for row in Damage.objects.filter(order=order_id, left_at=None).order_by("id")
    )


def _inspection(row: Inspection, files: Sequence[Evidence]) -> InspectionSeen:
    text, sha256 = text_of(row)
    answers = {answer.code: answer for answer in row.answers.all()}
    features = {feature.code: feature for feature in row.features.all()}
    diagnoses = list(row.diagnoses.select_related("made_by", "second_by").order_by("id"))
    mine = [file for file in files if file.inspection_id == row.id]
    groups = tuple(
        _group(group, answers, mine, features, diagnoses)
        for group in checking.from_record(row.checklist)
    )
    return InspectionSeen(
        row.id,
        row.public_id,
        row.number,
        row.vin,
        row.state,
        row.version,
        row.opened_at,
        groups,
        row.outcomes.filter(version=row.version).select_related("answerer").first(),
        Signature.objects.filter(inspection=row).first(),
        tuple(row.statements.order_by("id")),
        text,
        sha256,
        row.keys_given_at,
    )


def _group(
    group: checking.Group,
    answers: Mapping[str, Answer],
    files: Sequence[Evidence],
    features: Mapping[str, FeatureState],
    diagnoses: Sequence[Diagnosis],
) -> GroupSeen:
    checks = []
    for check in group.checks:
        answer = answers.get(check.code)
        checks.append(
            CheckSeen(
                check,
                answer.verdict if answer else "",
                answer.words if answer else "",
                answer.helper if answer else "",
                tuple(evidence_seen(file) for file in files if file.code == check.code),
                features.get(check.code),
                tuple(one for one in diagnoses if one.code == check.code),
            )
        )
    answered = sum(bool(one.verdict) for one in checks)
    return GroupSeen(group.code, group.zh, group.en, tuple(checks), answered)
