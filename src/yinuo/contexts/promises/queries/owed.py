"""What is owed for late days: due, given, to whom, and by which table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Sum

from yinuo.contexts.people.queries.people import sees
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Credit, Outcome, OwedVersion, Promise, Settlement


@dataclass(frozen=True)
class OwedRow:
    """All late days of one cause: how many, what each is worth, and their sum."""

    cause: str
    ours: bool
    days: int
    free_days: int
    per_day: int
    amount: int


@dataclass(frozen=True)
class OwedSeen:
    """What we owe one order, day by day counted from the first promise.

    `rows` are in the order in which the days came. `settled` once the order has ended.
    """

    table: rules.OwedTable | None
    first_latest_date: dt.date
    late_days: int
    rows: tuple[OwedRow, ...]
    total: int
    settled: bool

    @property
    def capped(self) -> bool:
        """Whether the table's highest sum is reached."""
        return self.table is not None and 0 < self.table.cap <= self.total


@dataclass(frozen=True)
class OwedTotals:
    """What all orders together were credited, by unit, and how many days were whose."""

    orders: int
    days_ours: int
    days_not_ours: int
    fen: int
    points: int
    late_without_table: int


def list_tables() -> list[rules.OwedTable]:
    """Every version, the newest first."""
    return [
        rules.OwedTable(
            row.version,
            row.effective_from_date,
            row.unit,
            row.start_after_days,
            row.per_day,
            row.cap,
            row.rates,
            frozenset(row.also_ours),
        )
        for row in OwedVersion.objects.order_by("-effective_from_date")
    ]


def list_due(today: dt.date, limit: int) -> list[int]:
    """Orders with a late day that was not counted yet, and those that ended late and unsettled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "(SELECT p.order_id FROM promises_promise p JOIN orders_order o ON o.id = p.order_id"
            " AND o.state NOT IN ('DELIVERED', 'CANCELLED') WHERE p.first_latest_date < %s"
            " AND p.state <> 'CLOSED' AND coalesce((SELECT max(c.step) FROM promises_credit c"
            " WHERE c.order_id = p.order_id), 0) < %s - p.first_latest_date"
            " ORDER BY p.order_id LIMIT %s)"
            " UNION (SELECT o.order_id FROM promises_outcome o WHERE o.late_days_first > 0"
            " AND NOT EXISTS (SELECT 1 FROM promises_settlement s WHERE s.order_id = o.order_id)"
            " ORDER BY o.order_id LIMIT %s) ORDER BY 1 LIMIT %s",
            [today, today, limit, limit, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def get_owed(person_id: int, order_id: int, today: dt.date) -> OwedSeen | None:
    """What we owe an order this reader may see; None where nothing was ever promised."""
    row = (
        Promise.objects.filter(sees(person_id, "order__person"), order=order_id).distinct().first()
    )
    if row is None:
        return None
    days = list(
        Credit.objects.filter(order=order_id).order_by("step").select_related("owed_version")
    )
    tables = list_tables()
    table = rules.table_for(tables, row.first_made_at.date())
    if days:
        table = next(one for one in tables if one.version == days[0].owed_version.version)
    return OwedSeen(
        table=table,
        first_latest_date=row.first_latest_date,
        late_days=_late_days(row, today),
        rows=_by_cause(days, table),
        total=sum(one.amount for one in days),
        settled=Settlement.objects.filter(order=order_id).exists(),
    )


def _late_days(row: Promise, today: dt.date) -> int:
    if row.state == Promise.State.CLOSED:
        ended = Outcome.objects.filter(order=row.order_id).first()
        return ended.late_days_first if ended else 0
    return rules.late_days(row.first_latest_date, today)


def _by_cause(given: Sequence[Credit], table: rules.OwedTable | None) -> tuple[OwedRow, ...]:
    rows: dict[str, list[Credit]] = {}
    for one in given:
        rows.setdefault(one.cause, []).append(one)
    start = table.start_after_days if table else 0
    return tuple(
        OwedRow(
            cause,
            days[0].ours,
            len(days),
            sum(one.step <= start for one in days),
            table.rate(cause) if table else 0,
            sum(one.amount for one in days),
        )
        for cause, days in rows.items()
    )


def get_totals(today: dt.date) -> OwedTotals:
    """What all orders together were credited so far."""
    by_unit = dict(
        Credit.objects.values_list("owed_version__unit").annotate(Sum("amount")).order_by()
    )
    late = Promise.objects.filter(first_latest_date__lt=today).exclude(state="CLOSED")
    return OwedTotals(
        orders=Credit.objects.filter(amount__gt=0).values("order").distinct().count(),
        days_ours=Credit.objects.filter(ours=True).count(),
        days_not_ours=Credit.objects.filter(ours=False).count(),
        fen=by_unit.get("FEN", 0),
        points=by_unit.get("POINTS", 0),
        late_without_table=0 if OwedVersion.objects.exists() else late.count(),
    )


def newest_steps(order_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The last late day that was counted for each of these orders, and the sum so far."""
    rows = Credit.objects.filter(order__in=list(order_ids)).values_list("order_id").order_by()
    return {row[0]: (row[1], row[2]) for row in rows.annotate(Max("step"), Sum("amount"))}
