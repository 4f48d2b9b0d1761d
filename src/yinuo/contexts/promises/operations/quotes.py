"""Keeping what quotes are read from, and every quote that was given."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from yinuo.contexts.promises.models import Quote, QuoteBase
from yinuo.contexts.promises.queries.quotes import Floor, QuoteSeen, Tables, pack
from yinuo.platform.ids import new_id

BASES_KEPT = 3
# So long a lock may name the quote; see docs/how-to/quotes.md.
VALID_DAYS = 3


def keep_base(*, tables: Tables, cause_ref: str, now: dt.datetime) -> int:
    """Keep new tables; all but the newest few are dropped. Returns the row."""
    with transaction.atomic():
        row = QuoteBase.objects.create(cause_ref=cause_ref, worked_out_at=now, tables=pack(tables))
        newest = QuoteBase.objects.order_by("-id").values_list("id", flat=True)[:BASES_KEPT]
        QuoteBase.objects.exclude(id__in=list(newest)).delete()
    return row.id


def keep_quote(
    *,
    spec_id: int,
    centre_id: int,
    window: Floor | None,
    ahead_count: int,
    shown: dict[str, Any],
    now: dt.datetime,
) -> QuoteSeen:
    """Keep what somebody was shown, for ever, under a public id of its own."""
    public_id = new_id("quo")
    valid_until = now + dt.timedelta(days=VALID_DAYS)
    Quote.objects.create(
        public_id=public_id,
        made_at=now,
        valid_until_at=valid_until,
        spec_id=spec_id,
        centre_id=centre_id,
        from_date=window.from_date if window else None,
        until_date=window.until_date if window else None,
        latest_date=window.latest_date if window else None,
        ahead_count=ahead_count,
        shown=shown,
    )
    return QuoteSeen(
        public_id,
        now,
        valid_until,
        spec_id,
        centre_id,
        window.latest_date if window else None,
        ahead_count,
        shown,
    )
