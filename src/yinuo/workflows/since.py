"""What moved dates since they were promised: shares of a routine look's moves by snapshot."""

from __future__ import annotations

import datetime as dt

import numpy as np

from yinuo.contexts.ledger.factors import JOIN
from yinuo.contexts.planning.queries import get_snapshot, list_snapshots
from yinuo.contexts.production.queries.planning import find_plan_in_force
from yinuo.contexts.promises.queries.planning import made_at_of
from yinuo.contexts.promises.rules import Floats, Ints, Shares
from yinuo.workflows.explain import refs_of
from yinuo.workflows.inputs import Inputs
from yinuo.workflows.shares import PLANTS, both_waiting, divide
from yinuo.workflows.snapshots import CALENDAR, CENTRE, LANE, LEVEL, OPTION, QUEUE, unpack

# Each snapshot costs some forecasts: orders promised at other times are laid beside a near one.
SNAPSHOTS_MAX = 2
# The names that entries give to the parts of a forecast's inputs.
FACTOR_OF = {
    PLANTS: "PLAN",
    OPTION: "OPTION",
    QUEUE: "QUEUE",
    LANE: "TRANSPORT",
    CENTRE: "CENTRE",
    CALENDAR: "HOLIDAYS",
    LEVEL: "OUTPUT",
}


def share_out(new: Inputs, order_ids: Ints, *, now: dt.datetime) -> Shares | None:
    """What the change of these orders' dates is made of since each was promised.

    Laid beside the newest snapshot that is older than the promise, or the oldest one kept. None
    where there is no snapshot; an order that is in none of them has no days of any factor.
    """
    snapshots = list_snapshots()
    if not snapshots or not order_ids.size:
        return None
    base = _bases(made_at_of(order_ids), np.array([at.timestamp() for _, at in snapshots]))
    found: dict[str, tuple[str, Ints]] = {}
    for one in np.unique(base).tolist():
        ref, taken_at = snapshots[one]
        rows = np.flatnonzero(base == one)
        for factor, refs, days in _since(ref, taken_at, new, order_ids[rows], now):
            known = found.get(factor, (refs, np.zeros((order_ids.size, 2), np.int64)))
            known[1][rows] = days
            found[factor] = (refs, known[1])
    table = [days for _, days in found.values()]
    none = np.zeros((order_ids.size, 0), np.int64)
    days, latest = (np.column_stack([none, *(one[:, n] for one in table)]) for n in (0, 1))
    return Shares(tuple(found), tuple(refs for refs, _ in found.values()), days, latest)


def _bases(made_at: Floats, taken_at: Floats) -> Ints:
    """The place of each order's snapshot; few of them, those of most orders."""
    base = np.maximum(np.searchsorted(taken_at, made_at, "right") - 1, 0)
    used, counts = np.unique(base, return_counts=True)
    kept = np.sort(used[np.argsort(-counts, kind="stable")[:SNAPSHOTS_MAX]])
    # Who is laid beside another moment is laid beside the nearest one kept.
    nearest = np.abs(base[:, None] - kept[None]).argmin(axis=1)
    return np.asarray(kept[nearest], np.int64)


def _since(
    ref: str, taken_at: dt.datetime, new: Inputs, order_ids: Ints, now: dt.datetime
) -> list[tuple[str, str, Ints]]:
    """Factors with what is on record behind them and their days (N, 2)."""
    content = get_snapshot(ref)
    if content is None:
        return []
    old, _ = unpack(content)
    waiting = new.orders.order_ids[both_waiting(old, new)]
    mine = np.isin(order_ids, waiting)
    divided = divide(old, new, order_ids[mine], join_plants=True)
    plan_ref = find_plan_in_force(now) or ""
    found = []
    for bit, parts in enumerate(divided.groups):
        days = np.zeros((order_ids.size, 2), np.int64)
        days[mine] = divided.shares.days[..., bit]
        refs = [one for part in parts for one in refs_of(part, plan_ref, taken_at, now)]
        factor = JOIN.join(dict.fromkeys(FACTOR_OF[part] for part in parts))
        found.append((factor, " ".join(refs), days))
    return found
