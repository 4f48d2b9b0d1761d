"""Making one pair unfair on purpose."""

from __future__ import annotations

import numpy as np

from yinuo.contexts.orders.queries.fairness import Stand, describe, load_standing
from yinuo.contexts.promises.operations.swap import swap_dates
from yinuo.contexts.promises.queries.fairness import load_latest
from yinuo.platform.refusals import Refusal


class NothingToSwap(Refusal):
    """No line has two orders with different dates."""

    code = "nothing_to_swap"
    zh = "没有哪个队列里有两个日期不同的订单。"
    en = "No line has two orders with different dates."


def plant_swap() -> tuple[Stand, Stand]:
    """Exchange the dates of two neighbours of the longest line; returns earlier and later lock.

    Raises
    ------
    NothingToSwap, NotADemo
    """
    standing = load_standing()
    order_ids, days = load_latest()
    usable = standing.queued & ~standing.held & ~standing.excepted
    usable &= np.isin(standing.order_ids, order_ids)
    lines, counts = np.unique(standing.line_ids[usable], return_counts=True)
    for line in lines[np.argsort(-counts, kind="stable")]:
        rows = np.flatnonzero(usable & (standing.line_ids == line))
        dates = days[np.searchsorted(order_ids, standing.order_ids[rows])]
        # Neighbours, so that nobody between them is passed as well.
        steps = np.flatnonzero(np.diff(dates) > 0)
        if steps.size:
            at = int(steps[steps.size // 2])
            pair = [int(standing.order_ids[row]) for row in rows[at : at + 2]]
            swap_dates(order_id=pair[0], other_id=pair[1])
            named = describe(pair)
            return named[pair[0]], named[pair[1]]
    raise NothingToSwap
