"""Signs of trouble in promises, and how well they were kept, for the people who look after them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q

from yinuo.contexts.promises.models import Choice, Promise


@dataclass(frozen=True)
class Strain:
    """What one customer has been through so far."""

    order_id: int
    late_days: int
    moves: int
    said_so: bool


def list_strained(limit: int) -> list[Strain]:
    """Open orders whose promise moved, is late, or whose customer chose to cancel; worst first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.order_id, p.latest_date - p.first_latest_date AS late, p.moved_count,
                   c.order_id IS NOT NULL AS said_so
            FROM promises_promise p
            JOIN orders_order o ON o.id = p.order_id
                 AND o.state NOT IN ('DELIVERED', 'CANCELLED')
            LEFT JOIN (SELECT DISTINCT order_id FROM promises_choice
                       WHERE chosen = 'CANCEL' AND answered_at IS NULL) c
                 ON c.order_id = p.order_id
            WHERE p.moved_count > 0 OR p.latest_date > p.first_latest_date
                  OR c.order_id IS NOT NULL
            ORDER BY said_so DESC, late DESC, p.moved_count DESC, p.order_id
            LIMIT %s
            """,
            [limit],
        )
        return [Strain(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Kept:
    """Promises that came due: how many orders were handed over by the first promised date."""

    handed_over: int
    by_first_promise: int
    by_last_promise: int


def count_kept(since: dt.datetime) -> Kept:
    """Hand-overs since then against what was promised first and last, by the day in China."""
    rows = Promise.objects.filter(
        order__state="DELIVERED", order__delivered_at__gte=since
    ).annotate(day=F("order__delivered_at__date"))
    found = rows.aggregate(
        handed_over=Count("order_id"),
        by_first=Count("order_id", filter=Q(day__lte=F("first_latest_date"))),
        by_last=Count("order_id", filter=Q(day__lte=F("latest_date"))),
    )
    return Kept(found["handed_over"], found["by_first"], found["by_last"])


@dataclass(frozen=True)
class Answered:
    """Decisions of customers that were owed an answer since some moment.

    Of those that were answered in time, `again` customers decided once more after the answer: it
    was quick and did not help.
    """

    owed: int
    on_time: int
    again: int


def count_answered(since: dt.datetime, now: dt.datetime) -> Answered:
    """Choices whose answer fell due between the two moments, and those answered by then."""
    rows = Choice.objects.filter(answer_by_at__gte=since, answer_by_at__lt=now)
    on_time = Q(answered_at__isnull=False, answered_at__lte=F("answer_by_at"))
    later = Choice.objects.filter(order=OuterRef("order"), chosen_at__gt=OuterRef("answered_at"))
    found = rows.aggregate(
        owed=Count("pk"),
        on_time=Count("pk", filter=on_time),
        again=Count("pk", filter=on_time & Q(Exists(later))),
    )
    return Answered(found["owed"], found["on_time"], found["again"])
