"""Every order that is locked gets a first promise, as soon as a date can be worked out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from yinuo.contexts.orders.queries.draws import list_undrawn
from yinuo.contexts.orders.queries.forecasting import load_open
from yinuo.contexts.promises.operations.undated import keep_undated
from yinuo.contexts.promises.queries.work import load_current, waits_for_first_promise
from yinuo.platform.spoken import write_instant
from yinuo.workflows.dates import make_first_promises
from yinuo.workflows.grounds import NOT_DRAWN, WHYS
from yinuo.workflows.outlook import Outlook, work_out

# A plan that is put into force dates what it can at once; what else may change (a lane, a report
# of parts) is looked at again this often. New orders do not wait for it.
TRY_AGAIN = dt.timedelta(minutes=15)


def run(
    *, now: dt.datetime, narrowed: Callable[[Outlook], Outlook] = lambda outlook: outlook
) -> int:
    """Promise a range to all open orders without one; returns how many were made.

    Orders that cannot be dated yet (no plant, no lane, no supply of an option, no output measured
    and no earlier launches to compare with, a draw still to come, beyond the horizon) stay without
    a promise, and why is kept: unknown is said as unknown. `narrowed` may leave more of them
    without a date. Safe to repeat.
    """
    if not waits_for_first_promise(now - TRY_AGAIN):
        return 0
    seen: list[Outlook] = []

    def look() -> Outlook:
        seen.append(_without_undrawn(work_out(load_open(), now=now)))
        return narrowed(seen[-1])

    ref = f"first:{write_instant(now)}"
    made = make_first_promises(look, cause_ref=ref, now=now)
    _keep_undated(seen[-1], now)
    return made


def _without_undrawn(outlook: Outlook) -> Outlook:
    """No date for an order whose place is still to be drawn: any would be one for its number."""
    undrawn = list_undrawn()
    if not undrawn:
        return outlook
    waits = np.isin(outlook.orders.order_ids, undrawn) & (outlook.missing == 0)
    return replace(outlook, missing=np.where(waits, NOT_DRAWN, outlook.missing))


def _keep_undated(outlook: Outlook, now: dt.datetime) -> None:
    order_ids = outlook.orders.order_ids
    undated = ~(outlook.windows.dated & outlook.grounded)
    rows = np.flatnonzero(undated & (load_current(order_ids).versions == 0))
    keep_undated(
        order_ids=order_ids[rows].tolist(),
        whys=[WHYS[missing] or "BEYOND" for missing in outlook.missing[rows].tolist()],
        after_date=outlook.end_date,
        now=now,
    )
