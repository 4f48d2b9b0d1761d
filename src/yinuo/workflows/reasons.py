"""Why promises move: the days of each factor, found without another forecast."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import numpy as np

from yinuo.contexts.ledger.factors import factor_of
from yinuo.contexts.planning.operations import keep_look
from yinuo.contexts.planning.queries import get_look
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.operations.forecasting import Why
from yinuo.contexts.promises.queries.work import Current
from yinuo.contexts.promises.rules import Flags, Ints, Reasons, Shares, Steps, Windows
from yinuo.workflows.outlook import Outlook
from yinuo.workflows.unusual import Published

# The causes of the two routine looks, under which what they forecast is kept.
LOOKS = ("OUTPUT_MEASURED", "POSITION_MEASURED")
# What orders' change is made of, asked of those that move; None where there is nothing to share.
ShareOut = Callable[[Ints], Shares | None]


def find_reasons(
    outlook: Outlook,
    published: Published,
    current: Current,
    settled: Windows,
    move: Flags,
    why: Why,
    share_out: ShareOut | None,
    *,
    routine: bool,
) -> Reasons:
    """The reasons of all that move, aligned with the outlook; rows that stay have no days.

    What the last look saw coming is no doing of an event; a look that moves what it saw before
    is the same cause.
    """
    rows = np.flatnonzero(move)
    order_ids = outlook.orders.order_ids[rows]
    old = _at(current.windows, rows)
    shares = share_out(order_ids) if share_out else None
    steps = Steps(
        old,
        _at(outlook.windows, rows),
        _at(published.outlook.windows, rows),
        _at(settled, rows),
        _wider(published, current)[rows],
        old if routine else _seen(order_ids, current.versions[rows], old),
    )
    found = rules.reasons_of(steps, factor_of(why.code), why.ref, shares)
    days = np.zeros((move.size, len(found.factors)), np.int64)
    latest = days.copy()
    days[rows], latest[rows] = found.days, found.latest
    return Reasons(found.factors, found.refs, days, latest)


def _wider(published: Published, current: Current) -> Flags:
    """Rows that a period makes wider which had not done so when the promise was made."""
    ids = np.array([*(period.id for period in published.periods), 0], np.int64)[published.period]
    return np.asarray((ids != 0) & (ids != current.unusual_ids))


def _at(windows: Windows, rows: Ints) -> Windows:
    return Windows(windows.first[rows], windows.last[rows], windows.latest[rows])


def keep_seen(
    outlook: Outlook, fresh: Flags, versions: Ints, *, name: str, now: dt.datetime
) -> None:
    """Keep what a routine look forecast for these orders under promises of these versions."""
    rows = np.flatnonzero(fresh & (versions > 0) & outlook.windows.dated)
    rows = rows[np.argsort(outlook.orders.order_ids[rows], kind="stable")]
    windows = _at(outlook.windows, rows).table()
    table = np.column_stack([outlook.orders.order_ids[rows], versions[rows], windows])
    file = io.BytesIO()
    np.save(file, table.astype(np.int32))
    keep_look(name=name, content=file.getvalue(), now=now)


def _seen(order_ids: Ints, versions: Ints, old: Windows) -> Windows:
    """What the last routine look forecast; the old range where it did not see this promise."""
    windows = old.table().copy()
    for name in LOOKS:
        content = get_look(name) if order_ids.size else None
        if content is None:
            continue
        table = np.load(io.BytesIO(content), allow_pickle=False).astype(np.int64)
        if not len(table):
            continue
        at = np.minimum(np.searchsorted(table[:, 0], order_ids), len(table) - 1)
        same = (table[at, 0] == order_ids) & (table[at, 1] == versions)
        windows[same] = table[at[same], 2:]
    return Windows(windows[:, 0], windows[:, 1], windows[:, 2])
