"""Every order that is locked gets a first promise, as soon as a date can be worked out."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.promises.queries.work import list_without_promise
from yinuo.platform.spoken import write_instant
from yinuo.workflows.dates import make_first_promises
from yinuo.workflows.outlook import work_out


def run(*, now: dt.datetime) -> int:
    """Promise a range to all open orders without one; returns how many were made.

    Orders that cannot be dated yet (no lane, no supply of an option, beyond the horizon) stay
    without a promise: unknown is said as unknown. Safe to repeat.
    """
    if not list_without_promise(limit=1):
        return 0
    ref = f"first:{write_instant(now)}"
    return make_first_promises(lambda: work_out(load_open(), now=now), cause_ref=ref, now=now)
