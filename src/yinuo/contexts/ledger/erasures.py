"""Whether the record of an order was destroyed, is to be, or may not be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.ledger.models import Erasure, LegalHold


@dataclass(frozen=True)
class ErasureSeen:
    """An erasure that was asked for; `done_at` is None while it waits."""

    subject_id: int
    asked_at: dt.datetime
    reason: str
    done_at: dt.datetime | None


def get_erasure(subject_id: int) -> ErasureSeen | None:
    """The erasure of one order, asked for or done; the caller has checked the reader's right."""
    row = Erasure.objects.filter(subject_id=subject_id).first()
    return ErasureSeen(row.subject_id, row.asked_at, row.reason, row.done_at) if row else None


def is_erased(subject_id: int) -> bool:
    """Whether nobody, we included, can open this order's record any more."""
    return Erasure.objects.filter(subject_id=subject_id, done_at__isnull=False).exists()


def list_waiting(limit: int) -> list[int]:
    """Orders whose record is to be destroyed as soon as it may be, longest asked first."""
    rows = Erasure.objects.filter(done_at=None).order_by("asked_at", "subject_id")
    return list(rows.values_list("subject_id", flat=True)[:limit])


def count_done(since: dt.datetime, until: dt.datetime) -> int:
    """How many secrets were destroyed from `since` on and before `until`."""
    return Erasure.objects.filter(done_at__gte=since, done_at__lt=until).count()


def list_days_done(before: dt.datetime) -> list[dt.datetime]:
    """The moments of all erasures done before `before`, oldest first."""
    rows = Erasure.objects.filter(done_at__lt=before).order_by("done_at")
    return [one for one in rows.values_list("done_at", flat=True) if one is not None]


def get_hold(subject_id: int) -> str:
    """Why the record of an order must be kept as evidence; empty where it need not."""
    rows = LegalHold.objects.filter(subject_id=subject_id, until_at=None)
    return rows.values_list("why", flat=True).first() or ""
