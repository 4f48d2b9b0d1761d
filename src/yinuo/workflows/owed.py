"""What late days are worth is credited each day, without anybody asking."""

from __future__ import annotations

import datetime as dt

import numpy as np

from yinuo.contexts.notices.operations.alert import alert_no_owed_table
from yinuo.contexts.people.queries.staff import list_staff
from yinuo.contexts.promises.operations import owed as operations
from yinuo.contexts.promises.queries import owed
from yinuo.platform import outbox
from yinuo.platform.spoken import local_date
from yinuo.workflows.dates import name_orders

# Finding who is due means reading all promises: not too often.
CHUNK = 2000


def run(*, now: dt.datetime) -> int:
    """Count every late day that is due; returns how many. Safe to repeat, makes up for days missed.

    Without a table nothing is credited and the staff are told so, once a day.
    """
    today = local_date(now)
    counted = 0
    due = owed.list_due(today, CHUNK)
    if due and not owed.list_tables():
        alert_no_owed_table(ref=today.isoformat(), orders_count=len(due), now=now)
        return 0
    while due:
        names = name_orders(np.array(due, np.int64), list_staff())
        counted += operations.credit(names=names, now=now)
        left = owed.list_due(today, CHUNK)
        # What stays due although it was counted would be a fault: the next round tries again.
        due = [] if left == due else left
    if counted:
        outbox.nudge("notices.issue")
    return counted
