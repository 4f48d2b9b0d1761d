"""A promise that moves because its customer wants the car later: told, recorded, nobody's debt."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import transaction

from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.operations.forecasting import Names, Run, Slice, Why, revise
from yinuo.contexts.promises.rules import Reasons, Windows
from yinuo.platform.spoken import local_date

FACTOR = "DAY"


def move_not_before(
    *, order_id: int, date: dt.date, names: Names, why: Why, run: Run, now: dt.datetime
) -> bool:
    """Move the range of an order so that it begins on `date`; False where it does anyway.

    Also where its promised day has passed already: from now on the customer's own day counts. An
    order without a promise has none to move. Safe to repeat for the same cause.
    """
    with transaction.atomic():
        row = Promise.objects.select_for_update().filter(order=order_id).first()
        if row is None or row.state == Promise.State.CLOSED or row.from_date >= date:
            return False
        days = (row.from_date, row.until_date, row.latest_date)
        old = Windows(*(np.array([day.toordinal()], np.int64) for day in days))
        dots = np.array([[day.toordinal() for day in row.dot_dates]], np.int64)
        day, today = np.array([date.toordinal()], np.int64), local_date(now).toordinal()
        new, dots = rules.not_before(old, dots, day, today)
        reasons = Reasons(
            (FACTOR,),
            (why.ref,),
            rules.days_moved(old, new)[:, None],
            (new.latest - old.latest)[:, None],
        )
        part = Slice(
            np.array([order_id], np.int64),
            old,
            new,
            dots,
            np.array([row.version], np.int64),
            reasons=reasons,
        )
        return bool(revise(part=part, names=names, why=why, run=run, now=now).order_ids)
