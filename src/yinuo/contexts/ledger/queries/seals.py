"""Whether a fact was sealed by witnesses before a moment."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.ledger.models import Checkpoint, Leaf


def sealed_size(change_key: str, before: dt.datetime) -> int | None:
    """The size of the first checkpoint that holds this fact and that a quorum of witnesses had
    seen before `before`; None where there is none."""
    place = Leaf.objects.filter(entry__change_key=change_key).values_list("idx", flat=True).first()
    if place is None:
        return None
    seen = Checkpoint.objects.filter(size__gt=place, quorum_at__lt=before)
    return seen.order_by("size", "id").values_list("size", flat=True).first()
