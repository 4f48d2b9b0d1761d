"""Where entries stand in the log, and what was published of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.ledger.models import Checkpoint, Entry, Leaf, Tree


@dataclass(frozen=True)
class LeafSeen:
    """One leaf: its number, exact text and hash, and its entry where this database has it.

    `kind` is empty where it has not.
    """

    index: int
    body: str
    leaf_hash: bytes
    entry_id: int | None
    kind: str


@dataclass(frozen=True)
class HeadSeen:
    """How far the log has come.

    `size` leaves are integrated and `published_size` of them published, by the checkpoint `note`
    (empty before the first), which enough witnesses had seen by `quorum_at` (None: not asked).
    """

    size: int
    root: bytes
    published_size: int
    published_root: bytes
    note: str
    published_at: dt.datetime | None
    quorum_at: dt.datetime | None


def get_numbers(entry_ids: Collection[int]) -> dict[int, int]:
    """The numbers in the log of these entries; one that waits for its number is left out."""
    found = Leaf.objects.filter(entry_id__in=list(entry_ids))
    return {entry: idx for entry, idx in found.values_list("entry_id", "idx") if entry is not None}


def get_leaf(idx: int) -> LeafSeen | None:
    """Leaf `idx`, or None where the log has not come so far."""
    leaves = Leaf.objects.filter(idx=idx).select_related("entry")
    leaf = leaves.first() if 0 <= idx < 2**63 else None
    if leaf is None:
        return None
    body = leaf.body if leaf.entry is None else leaf.entry.body
    assert body is not None
    digest = hashlib.sha256(b"\x00" + body.encode()).digest()
    kind = leaf.entry.kind if leaf.entry is not None else ""
    return LeafSeen(idx, body, digest, leaf.entry_id, kind)


def get_head() -> HeadSeen:
    """The log as it stands, and the newest checkpoint that was published."""
    tree = Tree.objects.get(singleton=1)
    last = Checkpoint.objects.order_by("-id").first()
    if last is None:
        nothing = hashlib.sha256().digest()
        return HeadSeen(tree.size, bytes(tree.root), 0, nothing, "", None, None)
    return HeadSeen(
        tree.size,
        bytes(tree.root),
        last.size,
        bytes(last.root),
        last.note,
        last.published_at,
        last.quorum_at,
    )


def get_bracket(idx: int) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Between which times witnesses saw leaf `idx` appear: not yet at the first, there by the
    second. None where no witnessed checkpoint says it."""
    seen = Checkpoint.objects.filter(quorum_at__isnull=False)
    before = seen.filter(size__lte=idx).order_by("-quorum_at").values_list("quorum_at", flat=True)
    after = seen.filter(size__gt=idx).order_by("quorum_at").values_list("quorum_at", flat=True)
    return before.first(), after.first()


def oldest_waiting() -> tuple[int, dt.datetime | None]:
    """How many entries have no number yet, and when the oldest of them was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM ledger_inbox), (SELECT recorded_at FROM ledger_entry"
            " WHERE id = (SELECT min(entry_id) FROM ledger_inbox))"
        )
        count, recorded_at = cursor.fetchone()
    return int(count), recorded_at


def get_last_anchor() -> tuple[int, dt.datetime] | None:
    """The size of the newest checkpoint that an authority stamped, and when; None before one."""
    row = Entry.objects.filter(kind="anchor.made").order_by("-id").first()
    return (int(json.loads(row.body)["size"]), row.recorded_at) if row else None
