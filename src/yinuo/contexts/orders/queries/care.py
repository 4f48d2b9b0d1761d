"""How many wait, how many ask, how many come and go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from yinuo.contexts.orders.models import Inquiry, Order

CLOSED = ("DELIVERED", "CANCELLED")


def count_open_locked_before(moment: dt.datetime) -> int:
    """Orders that wait and were locked before then."""
    return Order.objects.exclude(state__in=CLOSED).filter(locked_at__lt=moment).count()


def questions_since(order_ids: Sequence[int], since: dt.datetime) -> dict[int, int]:
    """Questions that were asked about each of these orders since then, where there were any."""
    rows = (
        Inquiry.objects.filter(order_id__in=list(order_ids), asked_at__gte=since)
        .values_list("order_id")
        .annotate(asked=Count("id"))
    )
    return dict(rows)


@dataclass(frozen=True)
class Card:
    """An order as a list for staff names it."""

    order_id: int
    code: str
    spec_zh: str
    spec_en: str
    owner_id: int | None


def cards_of(order_ids: Sequence[int]) -> dict[int, Card]:
    """Code, spec and owner of these orders."""
    rows = Order.objects.filter(id__in=list(order_ids)).select_related("line__spec")
    return {
        row.id: Card(row.id, row.code, row.line.spec.name_zh, row.line.spec.name_en, row.owner_id)
        for row in rows
    }


@dataclass(frozen=True)
class Flow:
    """Orders locked, cars handed over and orders cancelled in one span of time."""

    locked: int
    handed_over: int
    cancelled: int


def count_flow(since: dt.datetime, until: dt.datetime) -> Flow:
    """Locks, hand-overs and cancellations between two moments."""
    return Flow(
        Order.objects.filter(locked_at__gte=since, locked_at__lt=until).count(),
        Order.objects.filter(delivered_at__gte=since, delivered_at__lt=until).count(),
        Order.objects.filter(cancelled_at__gte=since, cancelled_at__lt=until).count(),
    )


def count_locks_by_week(until: dt.datetime, weeks: int) -> list[int]:
    """Orders locked in each of the last `weeks` weeks before `until`, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT floor(extract(epoch FROM %s - locked_at) / 604800)::int AS ago, count(*)"
            " FROM orders_order WHERE locked_at < %s AND locked_at >= %s GROUP BY 1",
            [until, until, until - dt.timedelta(weeks=weeks)],
        )
        found = dict(cursor.fetchall())
    return [found.get(ago, 0) for ago in range(weeks - 1, -1, -1)]
