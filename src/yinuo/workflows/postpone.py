"""A customer wants the car later: later cars may pass, the rank stays, and the way back is open.

The promised date moves with the wish: it is told with the customer's own cause and nothing is owed
for it, and no clock calls a date broken that nobody wants any more. The order goes on from its rank
in time for the car to come on the day.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

import numpy as np
from django.db import transaction

from yinuo.contexts.orders.operations import postponing
from yinuo.contexts.orders.queries import rights
from yinuo.contexts.orders.queries.forecasting import label_columns, load_open
from yinuo.contexts.orders.rules import life
from yinuo.contexts.people.queries.staff import list_staff
from yinuo.contexts.promises.operations.forecasting import Why, finish_run, start_run
from yinuo.contexts.promises.operations.waiting import move_not_before
from yinuo.contexts.promises.queries.waiting import first_day_of_line
from yinuo.contexts.promises.rules import Flags
from yinuo.contexts.terms.operations.side_terms import end_replaced
from yinuo.contexts.terms.queries.agreed import list_agreed_dates
from yinuo.platform import outbox
from yinuo.platform.locks import held
from yinuo.platform.spoken import local_date
from yinuo.workflows.dates import ONE_AT_A_TIME, commit, name_columns
from yinuo.workflows.outlook import SEED, Outlook, work_out

CAUSE = "CUSTOMER_POSTPONED"


def may_postpone(state: str) -> bool:
    """Whether an order in this state can still wait by its customer's wish."""
    return life.may_begin(life.POSTPONED, state)


def postpone(
    *, person_id: int, order_id: int, typed: str, request_key: str, now: dt.datetime
) -> str:
    """Let the order wait until the day that was typed (2026-06-01); its public id.

    A date of delivery that was agreed on for an earlier day gives way to the wish.

    Raises
    ------
    BadDay, NotYours, NotNow
    """
    try:
        day = dt.date.fromisoformat(typed.strip())
    except ValueError:
        raise postponing.BadDay from None
    with transaction.atomic():
        asked = postponing.postpone(
            person_id=person_id,
            order_id=order_id,
            not_before_date=day,
            request_key=request_key,
            now=now,
        )
        if any(one.until_date < day for one in list_agreed_dates([order_id])):
            end_replaced(order_id=order_id, kind="DELIVERY_BY", now=now)
    return asked


def run(*, now: dt.datetime) -> int:
    """By the clock: days that have come, orders that go on in time, dates that follow; how many.

    Safe to repeat.
    """
    done = postponing.resume_due(now=now) + postponing.release_due(now=now)
    return done + apply(now=now)


def apply(*, now: dt.datetime) -> int:
    """Let promised dates follow what their customers asked for; returns how many were looked at.

    A later day moves the range there, whoever's day had passed before. One who wants the car again
    is given what the forecast says, and until then later cars may pass.
    """
    asked = rights.list_asked()
    for one in asked:
        release_date = None
        if one.ended or not _move(one, now):
            _move_back(one, now)
        if not one.ended:
            release_date = _release_date(one, local_date(now))
        postponing.finish(postponement_id=one.id, release_date=release_date, now=now)
    if asked:
        outbox.nudge("notices.issue")
    return len(asked)


def _move(one: rights.Asked, now: dt.datetime) -> bool:
    """Move the range to the day; False where a later day stood before, so that it may come back."""
    why = Why(CAUSE, one.public_id, one.at)
    run = start_run(cause_ref=why.ref, seed=SEED, now=now)
    names = name_columns(label_columns(np.array([one.order_id], np.int64)), list_staff())
    with held(ONE_AT_A_TIME):
        moved = move_not_before(
            order_id=one.order_id,
            date=one.not_before_date,
            names=names,
            why=why,
            run=run,
            now=now,
        )
    finish_run(run_id=run.id, orders_count=1, now=now)
    return moved or not one.again


def _move_back(one: rights.Asked, now: dt.datetime) -> None:
    """Give the order what the forecast says under what is asked now."""
    ref = f"{one.public_id}/{'back' if one.ended else 'nearer'}"
    why = Why(CAUSE, ref, one.at)
    commit(partial(_alone, one.order_id, now), why=why, routine=False, now=now)


def _release_date(one: rights.Asked, today: dt.date) -> dt.date:
    """When the order has to go on so that its car comes on the day, from the front of its line.

    The way from there is as long as that of whoever is promised the first day in the line. A car
    that is begun goes on anyway.
    """
    if not one.queued:
        return one.not_before_date
    first = first_day_of_line(one.line_id, rights.list_not_before())
    way = max(first - today, dt.timedelta(0)) if first else one.not_before_date - today
    return max(today, one.not_before_date - way)


def _alone(order_id: int, now: dt.datetime) -> tuple[Outlook, Flags]:
    outlook = work_out(load_open(), now=now)
    return outlook, outlook.orders.order_ids == order_id
