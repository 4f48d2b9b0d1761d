"""Destroying one order's secret and openings: what stays cannot be opened by anybody.

The leaves stay as they are, so every proof of every other order stays true. The owner of a copy of
the secret can still open them.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from yinuo.contexts.ledger.models import Erasure, LegalHold
from yinuo.platform.refusals import Refusal

# In this order: openings and news are found by the link that goes after them.
STEPS = (
    "DELETE FROM ledger_untold u USING ledger_entry e"
    " WHERE u.entry_id = e.id AND e.subject_id = %s",
    "DELETE FROM ledger_opening o USING ledger_entry e"
    " WHERE o.entry_id = e.id AND e.subject_id = %s",
    "UPDATE ledger_entry SET subject_id = NULL, letter = '', n = NULL,"
    " change_key = 'erased:' || id WHERE subject_id = %s",
    "DELETE FROM ledger_streamhead WHERE subject_id = %s",
    "DELETE FROM ledger_secret WHERE subject_id = %s",
)


class NotAsked(Refusal):
    """Nothing that waits can be taken back."""

    code = "not_asked"
    zh = "没有等着删除的记录。"
    en = "No erasure is waiting."


def ask(*, subject_id: int, reason: str, staff_id: int | None = None, now: dt.datetime) -> bool:
    """Keep that the record of an order is to be destroyed; whether this is new.

    Asking again changes nothing. `reason` is one of `Erasure.Reason`.
    """
    if reason not in Erasure.Reason.values:
        raise ValueError(f"no reason for an erasure is called {reason!r}")
    _, fresh = Erasure.objects.get_or_create(
        subject_id=subject_id,
        defaults={"asked_at": now, "reason": reason, "staff_id": staff_id},
    )
    return fresh


def take_back(*, subject_id: int) -> None:
    """The customer no longer wants it.

    Raises
    ------
    NotAsked
        Nothing was asked for, or it is done.
    """
    with transaction.atomic():
        waiting = Erasure.objects.select_for_update().filter(subject_id=subject_id, done_at=None)
        if not waiting.delete()[0]:
            raise NotAsked


def erase(*, subject_id: int, now: dt.datetime) -> bool:
    """Destroy the secret and the openings of an order and unlink its entries.

    Whoever records of the order at the same moment waits for this, and is refused after it.
    Returns False where it was done before. There is no way back.

    Raises
    ------
    NotAsked
        No erasure of this order was asked for.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Writers lock a stream's head before they write to it.
        cursor.execute(
            "SELECT 1 FROM ledger_streamhead WHERE subject_id = %s ORDER BY letter FOR UPDATE",
            [subject_id],
        )
        row = Erasure.objects.select_for_update().filter(subject_id=subject_id).first()
        if row is None:
            raise NotAsked
        if row.done_at is not None:
            return False
        row.done_at = now
        row.save(update_fields=["done_at"])
        for statement in STEPS:
            cursor.execute(statement, [subject_id])
    return True


def place_hold(*, subject_id: int, why: str, staff_id: int | None, now: dt.datetime) -> bool:
    """The record is evidence: keep it until `lift_hold`; whether this is new."""
    if not why.strip():
        raise ValueError("a legal hold says why")
    with transaction.atomic():
        if LegalHold.objects.filter(subject_id=subject_id, until_at=None).exists():
            return False
        LegalHold.objects.create(subject_id=subject_id, why=why, staff_id=staff_id, from_at=now)
    return True


def lift_hold(*, subject_id: int, now: dt.datetime) -> bool:
    """The record is no longer needed as evidence; whether a hold stood."""
    rows = LegalHold.objects.filter(subject_id=subject_id, until_at=None)
    return rows.update(until_at=now) > 0


def wipe_space() -> None:
    """Give the room of what was destroyed back to be written over; outside a transaction.

    A row that was deleted stays readable in the table's file until this.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ledger_secret, ledger_opening, ledger_streamhead")
