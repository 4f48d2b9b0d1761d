"""Waiting longer by the customer's own wish: later cars may pass, the rank stays."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.models import Condition, Order, Postponement
from yinuo.contexts.orders.operations.cancelling import NotYours
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.progress import begin_condition, end_condition
from yinuo.contexts.orders.rules import life
from yinuo.platform import outbox
from yinuo.platform.ids import new_id
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant

CODE = "CUSTOMER_WAITS"
YEARS_MAX = 2


class BadDay(Refusal):
    """The day is not ahead, or further than two years away."""

    code = "bad_day"
    zh = "请选明天以后、两年以内的一天。"
    en = "Pick a day after today and within two years."


def postpone(
    *,
    person_id: int,
    order_id: int,
    not_before_date: dt.date,
    request_key: str,
    now: dt.datetime,
) -> str:
    """Let an order wait until a day; asked again, the new day replaces the old. Returns its id.

    Raises
    ------
    NotYours, BadDay, NotNow
    """
    today = local_date(now)
    if not today < not_before_date <= today + dt.timedelta(days=365 * YEARS_MAX):
        raise BadDay
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        if order.person_id != person_id:
            raise NotYours
        again = Postponement.objects.filter(order=order, request_key=request_key).first()
        if again is not None:
            return again.public_id
        _end(order, now, applied=True)
        row = Postponement.objects.create(
            public_id=new_id("pst"),
            request_key=request_key,
            order=order,
            asked_by_id=person_id,
            asked_at=now,
            not_before_date=not_before_date,
        )
        begin_condition(order_id=order_id, name=life.POSTPONED, cause_ref=row.public_id, now=now)
        hold_orders(order_ids=[order_id], code=CODE, cause_ref=row.public_id, now=now)
        _record(
            order,
            "order.postponed",
            row.public_id,
            {"not_before": not_before_date.isoformat()},
            now,
        )
        outbox.nudge("orders.postponed")
    return row.public_id


def resume(*, person_id: int, order_id: int, now: dt.datetime) -> bool:
    """The customer waits no longer; False when nothing was postponed.

    Later cars may pass until the promised date has followed (`finish`), so that nobody's promise is
    compared with a date that no longer holds.

    Raises
    ------
    NotYours
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        if order.person_id != person_id:
            raise NotYours
        ended = _end(order, now, applied=False)
        if ended:
            _record(order, "order.resumed", ended, {}, now)
            outbox.nudge("orders.postponed")
    return bool(ended)


def end_with_order(*, order_id: int, now: dt.datetime) -> bool:
    """The order ends, and with it what was postponed; False when nothing was."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        ended = _end(order, now, applied=True)
        # A wait that ended a moment ago, and whose date has not followed yet, needs none any more.
        for row in Postponement.objects.filter(order=order, applied_at=None):
            finish(postponement_id=row.id, release_date=None, now=now)
        return bool(ended)


def finish(*, postponement_id: int, release_date: dt.date | None, now: dt.datetime) -> None:
    """The promised date follows what was asked; the order may be scheduled from `release_date`.

    None for a wait that has ended. Safe to repeat.
    """
    with transaction.atomic():
        row = Postponement.objects.select_for_update().get(id=postponement_id)
        row.applied_at, row.release_date = now, release_date
        row.save(update_fields=["applied_at", "release_date"])
        if row.ended_at is not None:
            release_orders(cause_ref=row.public_id, now=now)


def release_due(*, now: dt.datetime, limit: int = 500) -> int:
    """Let orders be scheduled whose car is to come on a day that is near enough; returns how many.

    The day itself stands, and so does the public reason for which later cars may pass. Safe to
    repeat.
    """
    standing = Condition.objects.filter(name=life.POSTPONED, until_at=None)
    due = Postponement.objects.filter(
        ended_at=None,
        release_date__lte=local_date(now),
        public_id__in=standing.values("cause_ref"),
    ).order_by("id")
    rows = list(due.values_list("order_id", "public_id")[:limit])
    for order_id, ref in rows:
        with transaction.atomic():
            Order.objects.select_for_update().get(id=order_id)
            end_condition(order_id=order_id, name=life.POSTPONED, cause_ref=ref, now=now)
    return len(rows)


def resume_due(*, now: dt.datetime, limit: int = 500) -> int:
    """End what was postponed to a day that has come; returns how many. Safe to repeat."""
    due = Postponement.objects.filter(ended_at=None, not_before_date__lte=local_date(now))
    done = 0
    for order_id in list(due.order_by("id").values_list("order_id", flat=True)[:limit]):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(id=order_id)
            if ended := _end(order, now, applied=False):
                _record(order, "order.resumed", ended, {}, now)
                done += 1
    return done


def _end(order: Order, now: dt.datetime, *, applied: bool) -> str:
    """End what stands; its public id, or nothing. The caller holds the order.

    `applied` says that no promised date has to follow.
    """
    row = Postponement.objects.filter(order=order, ended_at=None).first()
    if row is None:
        return ""
    row.ended_at, row.applied_at = now, now if applied else None
    row.save(update_fields=["ended_at", "applied_at"])
    end_condition(order_id=order.id, name=life.POSTPONED, cause_ref=row.public_id, now=now)
    if applied:
        release_orders(cause_ref=row.public_id, now=now)
    return row.public_id


def _record(order: Order, kind: str, ref: str, private: dict[str, str], now: dt.datetime) -> None:
    record(
        Fact(
            kind=kind,
            change_key=f"{kind}:{ref}",
            public={},
            private={"order": order.code, **private, "at": write_instant(now)},
            subject_id=order.id,
            subject_code=order.code,
        ),
        now=now,
    )
