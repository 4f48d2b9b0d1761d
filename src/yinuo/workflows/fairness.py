"""Was anybody passed without a recorded reason? Asked nightly, on each plan, and by anybody."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import numpy as np

from yinuo.contexts.ledger.operations.overtakes import refresh_figures
from yinuo.contexts.ledger.queries.overtakes import get_figures
from yinuo.contexts.notices.operations.alert import alert_unfair, alert_week
from yinuo.contexts.orders.queries.fairness import Stand, Standing, describe, load_standing
from yinuo.contexts.promises.queries.fairness import load_latest
from yinuo.engines.queue import unfair_pairs
from yinuo.platform.columns import Ints

PROMISED, BUILT = "PROMISED", "BUILT"


@dataclass(frozen=True)
class UnfairPair:
    """A later lock of a line that goes before an earlier one for no recorded reason.

    `how` is PROMISED (its latest date is earlier) or BUILT (it is built or handed over while the
    earlier one waits). The dates are the latest dates promised, None where none is promised.
    """

    how: str
    line: str
    earlier: Stand
    later: Stand
    earlier_date: dt.date | None
    later_date: dt.date | None
    found_at: dt.datetime


def check(now: dt.datetime) -> list[UnfairPair]:
    """Every order that goes before an earlier lock of its line without a recorded reason.

    Each such order is named once for each way in which it does, with the earlier lock it passes
    that is worst off. The widest gap comes first, so of two orders that were swapped both are
    named in the first pair.
    """
    standing = load_standing()
    dates = _latest_of(standing)
    rows = [(PROMISED, pair) for pair in _promised_before(standing, dates)]
    rows += [(BUILT, pair) for pair in _built_before(standing)]
    if not rows:
        return []
    ids = standing.order_ids
    named = describe(sorted({int(ids[row]) for _, pair in rows for row in pair}))
    found = []
    for how, (first, second) in rows:
        earlier, later = named[int(ids[first])], named[int(ids[second])]
        found.append(
            UnfairPair(
                how=how,
                line=earlier.line,
                earlier=earlier,
                later=later,
                earlier_date=_date(dates[first]),
                later_date=_date(dates[second]),
                found_at=now,
            )
        )
    found.sort(key=_gap_days, reverse=True)
    return found


def watch(*, ref: str, now: dt.datetime) -> int:
    """Check every line and tell staff when somebody was passed; returns how many were found.

    `ref` names the occasion: a plan, a night. Safe to repeat.
    """
    found = check(now)
    if found:
        worst = found[0]
        codes = (worst.earlier.code, worst.later.code)
        alert_unfair(ref=ref, count=len(found), line=worst.line, codes=codes, now=now)
    return len(found)


def watch_weeks(*, now: dt.datetime) -> int:
    """Work out what the public log says of weeks that were closed, and tell staff what is wrong.

    The check above looks at orders as they stand and lets whoever was held once be passed;
    this is the rule to the letter, as anybody outside reads it. Returns how many weeks of lines
    were worked out, 0 where nothing was new. Safe to repeat.
    """
    count = refresh_figures(now=now)
    if not count:
        return 0
    figures = get_figures()
    pairs: Counter[str] = Counter()
    for row in figures.rows:
        pairs[row.batch] += row.unexplained
    over = [one for one in figures.quotas if one.used > one.allowed]
    for batch in sorted({*(+pairs), *(one.batch for one in over)}):
        mine = [(one.code, one.used, one.allowed) for one in over if one.batch == batch]
        alert_week(batch=batch, pairs=pairs[batch], over=mine, now=now)
    return count


def _gap_days(pair: UnfairPair) -> int:
    if pair.earlier_date is None or pair.later_date is None:
        return 0
    return (pair.earlier_date - pair.later_date).days


def _latest_of(standing: Standing) -> Ints:
    """The latest date promised to each order as an ordinal day, 0 where none is."""
    order_ids, days = load_latest()
    latest = np.zeros(standing.order_ids.size, np.int64)
    if order_ids.size:
        at = np.minimum(np.searchsorted(order_ids, standing.order_ids), order_ids.size - 1)
        known = order_ids[at] == standing.order_ids
        latest[known] = days[at[known]]
    return latest


def _promised_before(standing: Standing, dates: Ints) -> list[tuple[int, int]]:
    # Cars that left the queue are compared among themselves: a car on a train does not wait on
    # paper for an earlier order whose part is late; leaving the queue early is found below.
    rows = np.flatnonzero(standing.is_open & (dates > 0))
    group = standing.line_ids * 2 + standing.queued
    pairs = unfair_pairs(group[rows], dates[rows], standing.held[rows], standing.excepted[rows])
    return [(int(rows[first]), int(rows[second])) for first, second in pairs]


def _built_before(standing: Standing) -> list[tuple[int, int]]:
    waits = standing.queued.astype(np.int64)
    pairs = unfair_pairs(standing.line_ids, waits, standing.held, standing.excepted)
    return [(int(first), int(second)) for first, second in pairs]


def _date(ordinal: np.int64) -> dt.date | None:
    return dt.date.fromordinal(int(ordinal)) if ordinal else None
