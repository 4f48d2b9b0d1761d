"""What the move of a promise is made of: whole days by factor that add up to what is told.

Between the forecast and the promise lie two steps of our own: a declared unusual time makes a range
wider, and a line keeps the order of its locks. What they add is told apart from what the cause did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yinuo.contexts.promises.rules.windows import Flags, Ints, Windows

# The steps of our own, behind the factors of the cause, in the columns of `Reasons`. The last is
# what is left: after an event what had changed before it, after a shared-out look what no factor
# takes.
OWN_STEPS = ("LINE_ORDER", "UNUSUAL", "SEEN")
OWN_STEPS_SHARED = ("LINE_ORDER", "UNUSUAL", "REST")


@dataclass(frozen=True)
class Reasons:
    """The days of each factor (N, m), later ones positive.

    `days` are of the middle of the range and add up to what the customer is told, `latest` of the
    latest date. `refs` names what is on record behind each factor, empty where nothing is.
    """

    factors: tuple[str, ...]
    refs: tuple[str, ...]
    days: Ints
    latest: Ints


@dataclass(frozen=True)
class Shares:
    """What a forecast's change is made of, row by row, shape (N, m) each; see `Reasons`."""

    factors: tuple[str, ...]
    refs: tuple[str, ...]
    days: Ints
    latest: Ints


@dataclass(frozen=True)
class Steps:
    """The way from the promise in force to the one to commit, row by row.

    `raw` is the forecast, `published` the range made wider where `wider`, `settled` the one raised
    to the order of locks. `seen` is what the last routine look had forecast, equal to `old` where
    nothing is known of it.
    """

    old: Windows
    raw: Windows
    published: Windows
    settled: Windows
    wider: Flags
    seen: Windows


def days_moved(old: Windows, new: Windows) -> Ints:
    """Whole days by which the middle of each range moves, rounded away from zero."""
    twice = new.first + new.last - old.first - old.last
    return np.asarray(np.sign(twice) * ((np.abs(twice) + 1) // 2), np.int64)


def reasons_of(steps: Steps, factor: str, ref: str, shares: Shares | None = None) -> Reasons:
    """The days of each factor and of our own steps; they add up to the move, row by row.

    Without `shares` all that the forecast did belongs to `factor`, less what the last routine look
    had already seen coming and nobody was told of, which is told as seen before. With them its days
    are those, and what they leave is the rest.
    """
    twice = _parts(steps.wider, *(one.first + one.last for one in _windows(steps)))
    ends = _parts(steps.wider, *(one.latest for one in _windows(steps)))
    days = np.sign(twice) * (np.abs(twice) // 2)
    # The half days that are left go where most of the days are.
    most = np.abs(twice).argmax(axis=1)
    days[np.arange(len(days)), most] += days_moved(steps.old, steps.settled) - days.sum(axis=1)
    if shares is None:
        return Reasons((factor, *OWN_STEPS), (ref, ref, "", ""), days, ends)
    return Reasons(
        (*shares.factors, *OWN_STEPS_SHARED),
        (*shares.refs, ref, "", ""),
        _with_shares(days, shares.days),
        _with_shares(ends, shares.latest),
    )


def _windows(steps: Steps) -> tuple[Windows, Windows, Windows, Windows, Windows]:
    return steps.old, steps.raw, steps.published, steps.settled, steps.seen


def _parts(wider: Flags, old: Ints, raw: Ints, published: Ints, settled: Ints, seen: Ints) -> Ints:
    """One measure of the ranges: what the cause, the order of locks, the margin and the rest add.

    A step of our own counts from where the promise stood or where the forecast is, whichever is
    later: a range held by the order of locks before is not held a second time. What was seen
    coming counts as far as it points the way of the move.
    """
    line = np.where(settled > published, np.maximum(settled - np.maximum(published, old), 0), 0)
    target = settled - line
    margin = np.where(wider, np.maximum(target - np.maximum(raw, old), 0), 0)
    own = target - margin - old
    seen_before = np.clip(seen - old, np.minimum(own, 0), np.maximum(own, 0))
    return np.stack([own - seen_before, line, margin, seen_before], axis=1)


def _with_shares(parts: Ints, shares: Ints) -> Ints:
    """The cause's days (first and last column of `parts`) replaced by shares and what they leave.

    Where nothing moved by the forecast, nothing is shared out.
    """
    own = parts[:, 0] + parts[:, 3]
    mine = np.where((own != 0)[:, None], shares, 0)
    return np.column_stack([mine, parts[:, 1:3], own - mine.sum(axis=1)])
