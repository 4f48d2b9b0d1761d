"""What we owe for late days, as the order's pages say it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yinuo.contexts.ledger.wording import amount_words, cause_words
from yinuo.contexts.promises.queries.owed import OwedRow, OwedSeen, get_owed
from yinuo.contexts.promises.rules import NO_CAUSE
from yinuo.platform.spoken import local_date
from yinuo.web.customer.access import Reader
from yinuo.web.kit.wording import say


def owed_of(reader: Reader, language: str, now: dt.datetime) -> dict[str, Any] | None:
    """The section's content; None where nothing was promised yet."""
    seen = get_owed(reader.person.id, reader.order.id, local_date(now))
    if seen is None:
        return None
    unit = seen.table.unit if seen.table else "FEN"
    counted = sum(row.days for row in seen.rows)
    return {
        "seen": seen,
        "rows": [_row(row, seen, unit, language) for row in seen.rows],
        "total": amount_words(seen.total, unit, language),
        "per_day": amount_words(seen.table.per_day, unit, language) if seen.table else "",
        "cap": amount_words(seen.table.cap, unit, language) if seen.table else "",
        "first_step": seen.table.start_after_days + 1 if seen.table else 1,
        "behind": seen.late_days > counted and not seen.settled,
    }


def _row(row: OwedRow, seen: OwedSeen, unit: str, language: str) -> dict[str, Any]:
    cause = row.cause
    words = say("owed.NO_CAUSE", language) if cause == NO_CAUSE else cause_words(cause, language)
    whole = (row.days - row.free_days) * row.per_day
    return {
        "cause": words,
        "ours": row.ours,
        "days": row.days,
        "free_days": row.free_days,
        "per_day": amount_words(row.per_day, unit, language),
        "amount": amount_words(row.amount, unit, language),
        "capped": seen.capped and row.amount < whole,
    }
