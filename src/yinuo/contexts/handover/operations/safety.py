"""Safety signals, and what the maker says of a problem that a customer reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.handover.models import Diagnosis, Evidence, Inspection, SafetySignal
from yinuo.contexts.handover.operations.locking import lock_inspection
from yinuo.contexts.handover.rules import checking
from yinuo.contexts.ledger.operations import Fact, record
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant

WORDS_MAX = 2000


class NoFaultNeedsProof(Refusal):
    """No fault found is said with something to show and by two people."""

    code = "no_fault_needs_proof"
    zh = "说“没有毛病”，要有影像，还要另一个人看过。"
    en = "“No fault” needs a picture or film, and a second person who looked."


class SayWhy(Refusal):
    """A signal is cleared, and a problem judged, in words."""

    code = "say_why"
    zh = "请写明做了什么、看到什么。"
    en = "Say what was done and what was seen."


class NotReported(Refusal):
    """The customer reported no problem at this check."""

    code = "not_reported"
    zh = "客户没有报这一项的问题。"
    en = "The customer reported no problem at this check."


@dataclass(frozen=True)
class Signal:
    """A signal that was raised just now: `number` is its row, `zh` and `en` name the check."""

    number: int
    order_id: int
    order_code: str
    vin: str
    code: str
    zh: str
    en: str


def raise_signals(*, inspection_id: int, codes: Collection[str], now: dt.datetime) -> list[Signal]:
    """Raise a signal for each failed check on which life depends; once for each. Safe to repeat.

    Returns those raised now.
    """
    raised = []
    with transaction.atomic():
        row = Inspection.objects.select_related("order").get(id=inspection_id)
        checks = checking.all_checks(checking.from_record(row.checklist))
        for code in sorted(codes):
            signal, fresh = SafetySignal.objects.get_or_create(
                inspection=row,
                code=code,
                defaults={
                    "order_id": row.order_id,
                    "vin": row.vin,
                    "system": checks[code].system,
                    "raised_at": now,
                },
            )
            if not fresh:
                continue
            record(_raised(row, signal, now), now=now)
            raised.append(
                Signal(
                    signal.id,
                    row.order_id,
                    row.order.code,
                    row.vin,
                    code,
                    checks[code].zh,
                    checks[code].en,
                )
            )
    return raised


def _raised(row: Inspection, signal: SafetySignal, now: dt.datetime) -> Fact:
    return Fact(
        kind="safety.raised",
        change_key=f"safety:{row.public_id}:{signal.code}",
        public={"code": signal.system},
        private={
            "order": row.order.code,
            "inspection": row.public_id,
            "check": signal.code,
            "vin": row.vin,
            "at": write_instant(now),
        },
        subject_id=row.order_id,
        subject_code=row.order.code,
    )


def mark_held(*, numbers: Collection[int], now: dt.datetime) -> None:
    """The cars of these signals are held from now on. Safe to repeat."""
    SafetySignal.objects.filter(id__in=list(numbers), held_at=None).update(held_at=now)


def clear_signal(*, number: int, words: str, staff_id: int, now: dt.datetime) -> SafetySignal:
    """Quality says in words why the car may be handed over after all. Safe to repeat.

    Raises
    ------
    SayWhy
    """
    words = words.strip()[:WORDS_MAX]
    if len(words) < 4:
        raise SayWhy
    with transaction.atomic():
        row = SafetySignal.objects.select_for_update(of=("self",)).get(id=number)
        if row.cleared_at is None:
            row.cleared_at, row.cleared_by_id, row.cleared_words = now, staff_id, words
            row.save(update_fields=["cleared_at", "cleared_by_id", "cleared_words"])
    return row


@dataclass(frozen=True)
class Judged:
    """What the maker says of a problem: `evidence_ref` shows it, `second_id` looked as well."""

    finding: str
    words: str
    evidence_ref: str = ""
    second_id: int | None = None


def diagnose(
    *,
    inspection_id: int,
    code: str,
    judged: Judged,
    maker_proves_until: dt.date | None,
    staff_id: int,
    now: dt.datetime,
) -> int:
    """Record what the maker says of a reported problem; the customer's own words stay beside it.

    The same said twice by the same people is one diagnosis.

    `maker_proves_until` is the day until which the maker bears the burden of proof, where known.

    Raises
    ------
    SayWhy, NoFaultNeedsProof, NotReported
    """
    words = judged.words.strip()[:WORDS_MAX]
    if len(words) < 4:
        raise SayWhy
    with transaction.atomic():
        row = lock_inspection(inspection_id)
        if not row.answers.filter(code=code, verdict=checking.PROBLEM).exists():
            raise NotReported
        shown = Evidence.objects.filter(order=row.order_id, public_id=judged.evidence_ref).first()
        two = judged.second_id is not None and judged.second_id != staff_id
        if judged.finding == "NO_FAULT" and not (shown and two):
            raise NoFaultNeedsProof
        made, fresh = Diagnosis.objects.get_or_create(
            inspection=row,
            code=code,
            finding=judged.finding,
            words=words,
            evidence=shown,
            made_by_id=staff_id,
            second_by_id=judged.second_id,
            defaults={"made_at": now, "maker_proves_until_date": maker_proves_until},
        )
        if not fresh:
            return made.id
        record(
            Fact(
                kind="diagnosis.made",
                change_key=f"diagnosis:{row.public_id}:{made.id}",
                public={"code": judged.finding},
                private={
                    "order": row.order.code,
                    "inspection": row.public_id,
                    "check": code,
                    "words": words,
                    "made_by": made.made_by.public_id,
                    "second_by": made.second_by.public_id if made.second_by else "",
                    "sha256": shown.sha256 if shown else "",
                    "at": write_instant(now),
                },
                subject_id=row.order_id,
                subject_code=row.order.code,
            ),
            now=now,
        )
    return made.id
