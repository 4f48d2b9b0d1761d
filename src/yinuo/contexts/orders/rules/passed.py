"""Whether an order might be passed at a moment, and for which public reason, as the rule has it.

The public record judges a car by the closing of its batch: whoever waits then in the line, neither
held nor just come back, must not have been passed. "Just" counts closed batches of the line, in
which nothing is said of weeks without a car.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yinuo.contexts.ledger.passing import CAME_BACK, MOVED_IN


@dataclass(frozen=True)
class Hold:
    """A hold for a public reason; `until_at` None while it stands."""

    code: str
    from_at: dt.datetime
    until_at: dt.datetime | None


@dataclass(frozen=True)
class Return:
    """It came into its line again, and for so many closed `batches` of it may be passed."""

    at: dt.datetime
    code: str
    batches: int


@dataclass(frozen=True)
class Stay:
    """An order's stay in its line: since when, its holds and returns, when it was not there.

    `away` are the times in which it was given up; `left_at` is when its own car went to it.
    """

    since_at: dt.datetime
    holds: Sequence[Hold] = ()
    returns: Sequence[Return] = ()
    away: Sequence[tuple[dt.datetime, dt.datetime | None]] = ()
    left_at: dt.datetime | None = None


def find_returns(
    holds: Sequence[Hold],
    restored: Sequence[dt.datetime],
    moved: Sequence[dt.datetime],
    batches_at: Callable[[dt.datetime], int],
) -> list[Return]:
    """Every return, oldest first: the end of a last hold, an order that stands again, a move.

    `batches_at` gives the rule's number of batches at a moment.
    """
    ends = [
        (one.until_at, one.code)
        for one in holds
        if one.until_at is not None and not any(_runs(other, one.until_at) for other in holds)
    ]
    ends += [(at, CAME_BACK) for at in restored] + [(at, MOVED_IN) for at in moved]
    return [Return(at, code, batches_at(at)) for at, code in sorted(ends)]


@dataclass(frozen=True)
class Given:
    """A car that went to a later order.

    `judged_at` is when its batch was closed, or now while it is open; `closed_before` counts the
    batches of the line that were closed before that one.
    """

    at: dt.datetime
    judged_at: dt.datetime
    closed_before: int


def find_reason(stay: Stay, given: Given, closings: Sequence[dt.datetime]) -> str | None:
    """Why this car may pass the order; "" where nothing says so.

    `closings` are those of the line, oldest first. None where the order did not wait then: nobody
    was passed.
    """
    at = given.judged_at
    gone = stay.left_at is not None and stay.left_at <= at
    if gone or any(_within(at, *one) for one in stay.away):
        return None
    if running := [one for one in stay.holds if _runs(one, at)]:
        return max(running, key=lambda one: one.from_at).code
    came = next((one for one in reversed(stay.returns) if one.at <= at), None)
    if came and given.closed_before < bisect_left(closings, came.at) + came.batches:
        return came.code
    since_at = max(stay.since_at, came.at) if came else stay.since_at
    return "" if since_at <= given.at else None


def _runs(hold: Hold, at: dt.datetime) -> bool:
    return _within(at, hold.from_at, hold.until_at)


def _within(at: dt.datetime, from_at: dt.datetime, until_at: dt.datetime | None) -> bool:
    return from_at <= at and (until_at is None or at < until_at)
