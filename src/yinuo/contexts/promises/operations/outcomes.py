"""The end of a promise: the car is handed over, or the order is cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.queries import list_of_subjects
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Outcome, Promise
from yinuo.platform.spoken import local_date, write_instant

BATCH = 2000
FACTS = {
    rules.KEPT: ("promise.kept", "KEPT"),
    rules.LATE: ("promise.late", "LATE"),
    rules.CANCELLED: ("promise.cancelled", "CANCELLED"),
}


def end_promises(*, now: dt.datetime, order_ids: Collection[int] | None = None) -> int:
    """Close the promises of orders that have ended and write how each of them ended.

    Looks at `order_ids`, or at all orders. Safe to repeat: an order has one outcome. Returns how
    many were closed. In the transaction that ends the orders, promise and order end together;
    the sweep finds those that ended otherwise.
    """
    closed = 0
    while True:
        with transaction.atomic():
            rows = _lock_ended(order_ids, now)
            _close(rows, now)
        closed += len(rows)
        if len(rows) < BATCH:
            return closed


def _lock_ended(order_ids: Collection[int] | None, now: dt.datetime) -> list[Promise]:
    rows = (
        Promise.objects.select_for_update(of=("self",))
        .select_related("order")
        .filter(order__state__in=["DELIVERED", "CANCELLED"])
        .exclude(state=Promise.State.CLOSED)
        # Who left may be back tomorrow, to the same promise: it rests until the time is over.
        .exclude(
            order__state="CANCELLED",
            order__cancellations__back_until_at__gt=now,
        )
        .order_by("order_id")
    )
    if order_ids is not None:
        rows = rows.filter(order_id__in=list(order_ids))
    return list(rows[:BATCH])


def _close(rows: Sequence[Promise], now: dt.datetime) -> None:
    outcomes = [_outcome(row, now) for row in rows]
    late = {one.order_id: one for one in outcomes if one.late_days_first}
    entries = list_of_subjects(late, rules.WARNING_KINDS)
    for order_id, one in late.items():
        one.told_before = rules.told_before(one.first_latest_date, entries[order_id])
    Outcome.objects.bulk_create(outcomes, ignore_conflicts=True)
    record_many([_fact(row, one) for row, one in zip(rows, outcomes, strict=True)], now=now)
    stages: dict[str, list[int]] = {}
    for one in outcomes:
        stages.setdefault(_stage(one), []).append(one.order_id)
    for stage, order_ids in stages.items():
        closed = Promise.objects.filter(order_id__in=order_ids)
        closed.update(state=Promise.State.CLOSED, stage=stage)


def _stage(outcome: Outcome) -> str:
    if outcome.ended_how == rules.CANCELLED:
        return rules.CANCELLED
    return rules.LATE if outcome.late_days_last else rules.KEPT


def _outcome(row: Promise, now: dt.datetime) -> Outcome:
    handed_over = row.order.state == "DELIVERED"
    ended_at = row.order.delivered_at if handed_over else row.order.cancelled_at
    assert ended_at is not None
    ended = local_date(ended_at)
    return Outcome(
        order_id=row.order_id,
        ended_how=rules.HANDED_OVER if handed_over else rules.CANCELLED,
        ended_date=ended,
        first_from_date=row.first_from_date,
        first_until_date=row.first_until_date,
        first_latest_date=row.first_latest_date,
        first_odds_percent=row.first_odds_percent,
        first_made_at=row.first_made_at,
        last_from_date=row.from_date,
        last_until_date=row.until_date,
        last_latest_date=row.latest_date,
        last_odds_percent=row.odds_percent,
        last_made_at=row.worked_out_at,
        moved_count=row.moved_count,
        late_days_first=rules.late_days(row.first_latest_date, ended),
        late_days_last=rules.late_days(row.latest_date, ended),
        told_before=True,
        recorded_at=now,
    )


def _fact(row: Promise, outcome: Outcome) -> Fact:
    """Kept, late, or ended with its order: one fact of each promise that ends."""
    kind, code = FACTS[_stage(outcome)]
    if code == "KEPT":
        code = "REVISED" if outcome.late_days_first else "FIRST"
    ended_at = row.order.delivered_at or row.order.cancelled_at
    assert ended_at is not None
    return Fact(
        kind=kind,
        change_key=f"outcome:{row.order_id}",
        public={"weeks": [rules.iso_week(row.latest_date.toordinal())], "code": code},
        private={
            "order": row.order.code,
            "first_latest": row.first_latest_date.isoformat(),
            "latest": row.latest_date.isoformat(),
            "late_days": outcome.late_days_last,
            "late_days_first": outcome.late_days_first,
            "at": write_instant(ended_at),
        },
        subject_id=row.order_id,
        subject_code=row.order.code,
    )
