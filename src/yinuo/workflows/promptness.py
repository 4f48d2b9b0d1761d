"""Did we tell first? Minutes from knowing to telling, and who had to ask."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from yinuo.contexts.notices.queries.report import Told
from yinuo.platform.spoken import CHINA

JOINED_WITHIN = dt.timedelta(hours=2)
DAY_FROM_HOUR, DAY_UNTIL_HOUR = 8, 21


def first_notice_p95(told: Sequence[Told]) -> float | None:
    """Minutes from knowing to telling, by day (08:00-21:00), that 95 % of first notices keep.

    A notice within two hours after another of the same order is no first one: those are told
    together on purpose. A notice that has not gone out counts when it is late, as for ever.
    """
    minutes = []
    last: dict[int, dt.datetime] = {}
    for one in told:
        before = last.get(one.order_id)
        if one.sent_at is not None:
            last[one.order_id] = one.sent_at
        hour = one.known_at.astimezone(CHINA).hour
        joined = before is not None and one.known_at - before < JOINED_WITHIN
        if joined or one.sent_at is None or not DAY_FROM_HOUR <= hour < DAY_UNTIL_HOUR:
            continue
        minutes.append((one.sent_at - one.known_at) / dt.timedelta(minutes=1))
    if not minutes:
        return None
    return round(sorted(minutes)[math.ceil(0.95 * len(minutes)) - 1], 1)


def count_asked_first(told: Sequence[Told], inquiries: Sequence[tuple[int, dt.datetime]]) -> int:
    """Questions about the date that came after we knew of a change and before we said so."""
    by_order: dict[int, list[Told]] = {}
    for one in told:
        by_order.setdefault(one.order_id, []).append(one)
    return sum(
        any(
            one.known_at <= asked_at and (one.sent_at is None or asked_at < one.sent_at)
            for one in by_order.get(order_id, ())
        )
        for order_id, asked_at in inquiries
    )
