"""A batch is held for quality: its cars wait, later cars may pass, everybody is told."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.notices.operations.alert import alert_staff
from yinuo.contexts.orders.operations.holds import hold_orders, release_orders
from yinuo.contexts.production.operations import holds
from yinuo.contexts.promises.operations.forecasting import Why
from yinuo.contexts.promises.rules import explains
from yinuo.platform import outbox
from yinuo.platform.spoken import local_date
from yinuo.workflows.dates import commit
from yinuo.workflows.delay import outlook_of_built


def place(
    *,
    batch: str,
    evidence: str,
    expected_release_date: dt.date,
    staff_id: int,
    now: dt.datetime,
    cause_code: str = "QUALITY_HOLD",
) -> int:
    """Hold `batch`; returns the hold's row. The dates follow by a job.

    Raises
    ------
    HoldNeedsEvidence, UnknownBatch, HeldAlready, ReleaseInThePast
    """
    known = CAUSES.get(cause_code)
    if known is None or known.evidence != "hold" or not explains(cause_code, evidence):
        raise holds.HoldNeedsEvidence
    hold = holds.place_hold(
        batch=batch,
        cause_code=cause_code,
        evidence=evidence,
        expected_release_date=expected_release_date,
        staff_id=staff_id,
        today=local_date(now),
        now=now,
    )
    return hold.id


def apply(*, hold_id: int, now: dt.datetime) -> int:
    """Work out the dates of a held batch; returns how many promises moved. Safe to repeat."""
    hold = holds.get_hold(hold_id)
    if hold.applied_at is not None:
        return 0
    cars = tuple(holds.list_cars(hold.batch))
    moved = 0
    if cars:
        hold_orders(order_ids=cars, code="QUALITY_HOLD", cause_ref=hold.public_id, now=now)
        why = Why(hold.cause_code, hold.public_id, hold.placed_at)
        moved = commit(lambda: outlook_of_built(cars, now), why=why, routine=False, now=now)
        alert_staff(ref=hold.public_id, cause_code=hold.cause_code, orders_count=moved, now=now)
        outbox.nudge("notices.issue")
    holds.finish_hold(hold_id=hold_id, now=now)
    return moved


def release(*, hold_id: int, now: dt.datetime) -> None:
    """The batch may move on; its orders go on from their old places. Safe to repeat."""
    with transaction.atomic():
        hold = holds.release_hold(hold_id=hold_id, now=now)
        release_orders(cause_ref=hold.public_id, now=now)
