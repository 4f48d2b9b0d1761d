"""An order's entries to the letter, with the secret that opens them: for its owner alone."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.ledger.models import Entry, Erasure, Leaf, Secret
from yinuo.contexts.ledger.queries.entries import OPENED, Recorded, _recorded


@dataclass(frozen=True)
class EntryText:
    """One entry of a stream, exactly as it was sealed and as it was committed to.

    `index` is its number in the log, None while it waits for one.
    """

    letter: str
    n: int
    index: int | None
    leaf: str
    payload: str
    recorded: Recorded


def get_secret(subject_id: int) -> bytes | None:
    """The secret of an order; None where nothing was recorded of it or the secret was destroyed.

    The caller has checked that its reader owns this order.
    """
    row = Secret.objects.filter(subject_id=subject_id).first()
    return bytes(row.k) if row else None


def is_destroyed(subject_id: int) -> bool:
    """Whether the secret of an order was destroyed, so that nothing of it can be opened here."""
    return Erasure.objects.filter(subject_id=subject_id, done_at__isnull=False).exists()


def list_texts(subject_id: int) -> list[EntryText]:
    """Every entry of an order, stream by stream (q, p, n), each from its beginning.

    The caller has checked that its reader owns this order.
    """
    rows = list(
        Entry.objects.filter(subject_id=subject_id, opening__isnull=False)
        .select_related(OPENED)
        .order_by("id")
    )
    numbers = dict(
        Leaf.objects.filter(entry__in=[row.id for row in rows]).values_list("entry_id", "idx")
    )
    texts = [
        EntryText(
            letter=row.letter,
            n=row.n or 0,
            index=numbers.get(row.id),
            leaf=row.body,
            payload=row.opening.payload,
            recorded=_recorded(row),
        )
        for row in rows
    ]
    return sorted(texts, key=lambda text: ("qpn".index(text.letter), text.n))
