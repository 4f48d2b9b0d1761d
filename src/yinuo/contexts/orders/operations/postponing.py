"""Waiting longer by the customer's own wish: later cars may pass, the rank stays."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.orders.models import Order, Postponement
from yinuo.contexts.orders.operations.cancelling import NotYours
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.orders.operations.progress import begin_condition, end_condition
from yinuo.contexts.orders.rules import life
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
        _end(order, now)
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
    return row.public_id


def resume(*, person_id: int, order_id: int, now: dt.datetime) -> bool:
    """The customer waits no longer; False when nothing was postponed.

    Raises
    ------
    NotYours
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        if order.person_id != person_id:
            raise NotYours
        ended = _end(order, now)
        if ended:
            _record(order, "order.resumed", ended, {}, now)
    return bool(ended)


def end_with_order(*, order_id: int, now: dt.datetime) -> bool:
    """The order ends, and with it what was postponed; False when nothing was."""
    with transaction.atomic():
        return bool(_end(Order.objects.select_for_update().get(id=order_id), now))


def resume_due(*, now: dt.datetime, limit: int = 500) -> int:
    """End what was postponed to a day that has come; returns how many. Safe to repeat."""
    due = Postponement.objects.filter(ended_at=None, not_before_date__lte=local_date(now))
    done = 0
    for order_id in list(due.order_by("id").values_list("order_id", flat=True)[:limit]):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(id=order_id)
            if ended := _end(order, now):
                _record(order, "order.resumed", ended, {}, now)
                done += 1
    return done


def _end(order: Order, now: dt.datetime) -> str:
    """End what stands; its public id, or nothing. The caller holds the order."""
    row = Postponement.objects.filter(order=order, ended_at=None).first()
    if row is None:
        return ""
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    end_condition(order_id=order.id, name=life.POSTPONED, cause_ref=row.public_id, now=now)
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
