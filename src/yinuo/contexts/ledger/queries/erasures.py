"""Whether the record of an order was destroyed, is to be, or may not be."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass

from yinuo.contexts.ledger.models import Entry, Erasure, Leaf, LegalHold, Secret
from yinuo.contexts.ledger.rules import encode


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


def list_done() -> list[dt.datetime]:
    """When each secret was destroyed, oldest first."""
    rows = Erasure.objects.filter(done_at__isnull=False).order_by("done_at")
    return [one for one in rows.values_list("done_at", flat=True) if one is not None]


def list_reasons() -> dict[int, str]:
    """The orders whose record was destroyed, and why."""
    rows = Erasure.objects.filter(done_at__isnull=False)
    return dict(rows.values_list("subject_id", "reason"))


def get_reasons(subject_ids: Collection[int]) -> dict[int, str]:
    """Those of these orders whose record was destroyed, and why."""
    if not subject_ids:
        return {}
    rows = Erasure.objects.filter(subject_id__in=subject_ids, done_at__isnull=False)
    return dict(rows.values_list("subject_id", "reason"))


def count_stated() -> int:
    """How many erasures the leaves of the log speak of, those too that only the public files knew.

    Reads every leaf that came back from the files: not for each minute.
    """
    stated = Entry.objects.filter(kind="secrets.destroyed").values_list("body", flat=True)
    found = Leaf.objects.filter(body__contains='"t":"erase"').values_list("body", flat=True)
    return sum(json.loads(body or "{}")["count"] for body in (*stated, *found))


def is_stated(change_key: str) -> bool:
    """Whether the leaf of this cause was recorded here."""
    return Entry.objects.filter(change_key=change_key).exists()


def get_hold(subject_id: int) -> str:
    """Why the record of an order must be kept as evidence; empty where it need not."""
    rows = LegalHold.objects.filter(subject_id=subject_id, until_at=None)
    return rows.values_list("why", flat=True).first() or ""


@dataclass(frozen=True)
class OpenedEntry:
    """A leaf as it is sealed, and what it commits to."""

    body: str
    payload: str


@dataclass(frozen=True)
class OpenedRecord:
    """Everything recorded of one order, oldest first; `k` is its secret as base64url."""

    k: str
    entries: list[OpenedEntry]


def get_opened(subject_id: int) -> OpenedRecord | None:
    """The record of an order with its secret; None where there is none, or it was erased.

    The caller has checked that its reader may have all of it.
    """
    secret = Secret.objects.filter(subject_id=subject_id).first()
    if secret is None:
        return None
    rows = Entry.objects.filter(subject_id=subject_id).select_related("opening__form")
    entries = [OpenedEntry(row.body, row.opening.payload) for row in rows.order_by("id")]
    return OpenedRecord(encode(bytes(secret.k)), entries)
