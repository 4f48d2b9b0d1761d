"""What a routine look does to promises: leave alone, move, warn, or give the all-clear.

One look is one observation, and observations flicker; so what is not yet urgent must be seen in two
looks in a row before anybody hears of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from yinuo.contexts.promises.rules.windows import Flags, Ints, Windows

Floats = npt.NDArray[np.float64]

# So many looks in a row must say the same.
IN_A_ROW = 2
# Chances that the car comes after the latest date: told when seen twice, and told at once.
RISK_TWICE, RISK_AT_ONCE = 0.5, 0.8
# In the last days before the latest date less is enough.
NEAR_DAYS, RISK_NEAR = 14, 0.3
# An order for which no date can be worked out is in danger from this many days before its date.
DEADLINE_DAYS = 7
# The all-clear needs a chance below this share of the one that raised the alarm.
CLEAR_SHARE = 0.5


@dataclass(frozen=True)
class Memory:
    """What earlier looks saw, row by row.

    `outside` counts looks in a row in which the middle lay after the range (positive) or before it
    (negative); `risk` those with a high chance to be late, or, while a customer is warned, with a
    low one (negative). `warned` marks customers who were told of a danger, and `known` rows of
    which anything at all is kept.
    """

    outside: Ints
    risk: Ints
    warned: Flags
    known: Flags


@dataclass(frozen=True)
class Look:
    """What this look saw and what follows: `late` is the chance to be late, from 0 to 1."""

    late: Floats
    outside: Ints
    risk: Ints
    move: Flags
    warn: Flags
    clear: Flags
    known: Flags


def look(
    lines: Ints,
    held: Flags,
    old: Windows,
    new: Windows,
    dots: Ints,
    memory: Memory,
    *,
    today: int,
    beyond: Flags | None = None,
) -> Look:
    """Compare the promises in force with a routine forecast, rows in lock order.

    `dots` are twenty equally likely days a row, shape (N, 20); `today` is a day number. A promise
    moves when the middle of the forecast lay outside its range twice running, and at once when its
    latest date has passed. It moves forward only together with every earlier order of its line
    that is due to be moved forward. Rows without a new date never move. Those that `beyond` marks
    (None for nobody) come after the last day that can be worked out, so the chances that their dots
    give hold; where nothing at all is known, that is a danger only close to the promised date.
    """
    late = np.asarray((dots > old.latest[:, None]).mean(axis=1), np.float64)
    outside = _outside(old, dots, memory, today)
    passed = old.latest < today
    later = (outside >= IN_A_ROW) | (passed & (outside > 0))
    earlier = _in_turn(lines, held, outside < 0, outside <= -IN_A_ROW)
    move = (later | earlier) & new.dated
    left = old.latest - today
    bar = np.where(left <= NEAR_DAYS, RISK_NEAR, RISK_TWICE)
    high, low = late > bar, late < bar * CLEAR_SHARE
    risk = np.where(
        memory.warned,
        np.where(low, np.minimum(memory.risk, 0) - 1, 0),
        np.where(high, np.maximum(memory.risk, 0) + 1, 0),
    )
    judged = new.dated if beyond is None else new.dated | beyond
    risk = np.asarray(np.where(judged, risk, memory.risk), np.int64)
    urgent = (late > RISK_AT_ONCE) | (high & (left <= NEAR_DAYS)) | (risk >= IN_A_ROW)
    urgent = np.where(judged, urgent, left <= DEADLINE_DAYS)
    warn = ~memory.warned & ~passed & urgent
    clear = memory.warned & ~passed & new.dated & (risk <= -IN_A_ROW)
    return Look(late, outside, risk, move, warn, clear, memory.known)


def look_for_lost(old: Windows, dots: Ints, memory: Memory, *, beyond: Flags, today: int) -> Look:
    """What an event has put past the last day that can be worked out: warned of, never moved.

    There is no date that such a promise could move to, and its customer does not wait for the
    night to hear of it. Promises whose day has passed are told as broken.
    """
    late = np.asarray((dots > old.latest[:, None]).mean(axis=1), np.float64)
    warn = beyond & (late > RISK_AT_ONCE) & ~memory.warned & (old.latest >= today)
    return replace(nothing_seen(late.size), late=late, warn=np.asarray(warn))


def nothing_seen(rows: int) -> Look:
    """A look at so many rows after which nothing is to be done."""
    none, never = np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    return Look(np.zeros(rows), none, none, never, never, never, never)


def _outside(old: Windows, dots: Ints, memory: Memory, today: int) -> Ints:
    """Looks in a row with the middle outside the range, this one included.

    Once the last day of the range has come, only a middle after the latest date is outside: what
    then matters is whether the promise holds.
    """
    middle = (dots[:, 9] + dots[:, 10]) / 2
    end = np.where(old.last > today, old.last, old.latest)
    after, before = middle > end, middle < old.first
    return np.asarray(
        np.where(
            after,
            np.maximum(memory.outside, 0) + 1,
            np.where(before, np.minimum(memory.outside, 0) - 1, 0),
        ),
        np.int64,
    )


def _in_turn(lines: Ints, held: Flags, early: Flags, ready: Flags) -> Flags:
    """Rows that are `ready` and have no earlier row of their line that is early but not ready."""
    names, line = np.unique(lines, return_inverse=True)
    rows = np.arange(lines.size)
    first_waiting = np.full(names.size, lines.size)
    waiting = early & ~ready & ~held
    np.minimum.at(first_waiting, line[waiting], rows[waiting])
    return np.asarray(ready & (rows < first_waiting[line]))
