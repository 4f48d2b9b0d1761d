"""What is public of the dates of lines, each with the entry that states it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.contexts.promises.models import Eta, QuoteBase, UnusualPeriod
from yinuo.contexts.promises.rules.etas import Dates


@dataclass(frozen=True)
class EtaSeen:
    """The public dates of one line; `entry_id` is the entry that states them."""

    dates: Dates
    entry_id: int
    stated_at: dt.datetime


def list_etas(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], EtaSeen]:
    """What is public of these pairs of spec and centre; nothing where nothing was stated."""
    wanted = set(pairs)
    rows = Eta.objects.filter(
        spec__in={spec for spec, _ in pairs}, centre__in={centre for _, centre in pairs}
    )
    return {
        (row.spec_id, row.centre_id): EtaSeen(
            Dates(row.from_date, row.until_date, row.latest_date, row.why, row.beyond),
            row.entry_id,
            row.stated_at,
        )
        for row in rows
        if (row.spec_id, row.centre_id) in wanted
    }


def is_due(now: dt.datetime, every: dt.timedelta) -> bool:
    """Whether what is public is to be held against the tables again.

    At once after new tables and after an unusual period was declared or ended, otherwise `every`
    so often, because orders are locked in between. Never without tables.
    """
    row = QuoteBase.objects.order_by("-id").values_list("stated_at", flat=True).first()
    if row is None:
        return QuoteBase.objects.exists()
    changed = UnusualPeriod.objects.filter(declared_at__gte=row) | UnusualPeriod.objects.filter(
        ended_at__gte=row
    )
    return now - row >= every or changed.exists()
