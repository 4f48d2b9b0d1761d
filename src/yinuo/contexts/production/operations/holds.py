"""Holding a batch for quality, and letting it go."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.db import IntegrityError, transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.production.models import Build, QualityHold
from yinuo.platform import outbox
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal


class UnknownBatch(Refusal):
    """No car was built in this batch."""

    code = "unknown_batch"
    zh = "没有批次 {batch} 的车。请核对批次号。"
    en = "No car was built in batch {batch}. Check the batch number."


class HeldAlready(Refusal):
    """The batch is under an open hold."""

    code = "held_already"
    zh = "批次 {batch} 已经暂停交付。"
    en = "Batch {batch} is held already."


class HoldNeedsEvidence(Refusal):
    """A hold without evidence cannot be explained to the people it delays."""

    code = "hold_needs_evidence"
    zh = "请写明依据：哪几台车、什么故障、谁发现的。"
    en = "Say what shows it: which cars, what fault, who found it."


class ReleaseInThePast(Refusal):
    """The day on which the batch is expected free lies before today."""

    code = "release_in_the_past"
    zh = "预计放行日 {date} 已经过去。请填今天或以后的日期。"
    en = "The expected release {date} has passed. Give today or a later day."


def place_hold(
    *,
    batch: str,
    cause_code: str,
    evidence: str,
    expected_release_date: dt.date,
    staff_id: int,
    today: dt.date,
    now: dt.datetime,
) -> QualityHold:
    """Hold every car of `batch` that is not handed over; the dates follow by a job.

    Raises
    ------
    UnknownBatch, HeldAlready, HoldNeedsEvidence, ReleaseInThePast
    """
    if not Build.objects.filter(batch=batch).exists():
        raise UnknownBatch(batch=batch)
    if len(evidence.strip()) < 4:
        raise HoldNeedsEvidence
    if expected_release_date < today:
        raise ReleaseInThePast(date=expected_release_date.isoformat())
    hold = QualityHold(
        public_id=new_id("hld"),
        batch=batch,
        cause_code=cause_code,
        evidence=evidence.strip(),
        placed_at=now,
        placed_by_id=staff_id,
        expected_release_date=expected_release_date,
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                hold.save()
        except IntegrityError as error:
            raise HeldAlready(batch=batch) from error
        record(
            Fact(
                kind="hold.placed",
                change_key=hold.public_id,
                public={
                    "hold": batch,
                    "cause": cause_code,
                    "digest": seal_evidence(hold.public_id, hold.evidence),
                },
            ),
            now=now,
        )
        outbox.nudge("hold.apply", hold_id=hold.id)
    return hold


def seal_evidence(public_id: str, evidence: str) -> str:
    """SHA-256 of the evidence behind the hold's own random id, which no outsider has.

    Evidence may name a car; a bare digest of few words could be found again by trying.
    """
    return hashlib.sha256(f"{public_id}\n{evidence}".encode()).hexdigest()


def get_hold(hold_id: int) -> QualityHold:
    """The hold with this row."""
    return QualityHold.objects.get(id=hold_id)


def list_cars(batch: str) -> list[int]:
    """Orders whose car is of this batch and not handed over."""
    rows = Build.objects.filter(batch=batch).exclude(order__state__in=["DELIVERED", "CANCELLED"])
    return list(rows.order_by("order_id").values_list("order_id", flat=True))


def finish_hold(*, hold_id: int, now: dt.datetime) -> None:
    """Every car of the hold has its new date. Safe to repeat."""
    QualityHold.objects.filter(id=hold_id, applied_at=None).update(applied_at=now)


def release_hold(*, hold_id: int, now: dt.datetime) -> QualityHold:
    """The fault is put right: the batch may move on. Safe to repeat."""
    QualityHold.objects.filter(id=hold_id, released_at=None).update(released_at=now)
    return QualityHold.objects.get(id=hold_id)


def list_holds_to_apply() -> list[int]:
    """Holds that were placed and whose dates were not worked out yet."""
    rows = QualityHold.objects.filter(applied_at=None).order_by("id")
    return list(rows.values_list("id", flat=True))
