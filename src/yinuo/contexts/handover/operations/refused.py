"""What becomes of a car that was not taken, until it is put before its customer again."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.handover.models import Inspection


def mark_late(*, inspection_id: int, now: dt.datetime) -> bool:
    """The three ways on were not named in time; False when that was known. Safe to repeat."""
    rows = Inspection.objects.filter(id=inspection_id, state="REFUSED", ways_late_at=None)
    return bool(rows.update(ways_late_at=now))
