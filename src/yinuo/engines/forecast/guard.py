"""A slow outer guard: ranges that miss too often grow a little. See docs/engines/learner.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GuardParameters:
    """How fast the guard may move.

    Attributes
    ----------
    coverage : float
        Share of outcomes that ranges shall hold, 0..1; half of the rest lies on each side.
    step : float
        Most by which the logarithm of a multiplier moves in a week, above 0 and at most 0.03:
        faster feedback winds up, because a range's verdict comes months after it was given.
    half_count : float
        n verdicts move the guard by n / (n + half_count) of a step; above 0.
    lowest, highest : float
        Limits of a multiplier, around 1.
    """

    coverage: float = 0.9
    step: float = 0.03
    half_count: float = 300.0
    lowest: float = 0.3
    highest: float = 4.0

    def __post_init__(self) -> None:
        if not 0 < self.coverage < 1:
            raise ValueError("coverage must lie between 0 and 1")
        if not 0 < self.step <= 0.03:
            raise ValueError("step must be above 0 and at most 0.03")
        if not self.half_count > 0:
            raise ValueError("half_count must be above 0")
        if not 0 < self.lowest <= 1 <= self.highest:
            raise ValueError("lowest and highest must lie around 1")


@dataclass(frozen=True)
class Guard:
    """Multipliers of the part below the middle and of the part above it, shape (G,) each."""

    early: Floats
    late: Floats


@dataclass(frozen=True)
class Verdicts:
    """One-sided verdicts of a period, by group; integers, shape (G,) each.

    `early_known` counts ranges whose "before the range?" became known, `early_missed` those where
    the answer was yes; `late_known` and `late_missed` are the same for "after the range?".
    """

    early_known: Ints
    early_missed: Ints
    late_known: Ints
    late_missed: Ints


def open_guard(groups: int) -> Guard:
    """A guard that changes nothing yet."""
    return Guard(np.ones(groups), np.ones(groups))


def due_verdicts(
    low: Floats,
    high: Floats,
    outcome: Floats,
    group: ArrayLike,
    since: float,
    until: float,
    groups: int,
) -> Verdicts:
    """Verdicts that become known in the period from `since` up to (not including) `until`.

    "After the range" is known at the end of the range or at the outcome, whichever comes first;
    "before the range" at its beginning or at the outcome. So nothing is censored, and short waits
    are not over-represented, as they are when one waits for outcomes.

    Parameters
    ----------
    low, high, outcome : Floats, shape (N,)
        Ranges given and days of outcome; infinite where there is none yet.
    group : integers, shape (N,), 0..groups-1

    Raises
    ------
    ValueError
        If shapes differ or a range ends before it begins.
    """
    which = np.asarray(group, np.int64)
    if not low.shape == high.shape == outcome.shape == which.shape:
        raise ValueError("low, high, outcome and group must have the same length")
    if (high < low).any():
        raise ValueError("a range ends before it begins")

    def count(known_at: Floats, missed: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        now = (known_at >= since) & (known_at < until)
        return (
            np.bincount(which[now], minlength=groups),
            np.bincount(which[now & missed], minlength=groups),
        )

    early = count(np.minimum(outcome, low), outcome < low)
    late = count(np.minimum(outcome, high), outcome > high)
    return Verdicts(*early, *late)


def move_guard(guard: Guard, verdicts: Verdicts, parameters: GuardParameters) -> Guard:
    """One week's update: up where ranges missed more often than allowed, down where less.

    Notes
    -----
    Adaptive conformal inference (Gibbs and Candes 2021) on the logarithm of the multiplier, one
    update a week and group. While no limit is reached, the weighted mean of (missed - allowed)
    over T weeks is at most log(highest / lowest) / (step T). It is a guard and no corrector:
    behind a lag of months it is late by design, and so it is kept slow.
    """
    allowed = (1 - parameters.coverage) / 2

    def moved(factor: Floats, known: Ints, missed: Ints) -> Floats:
        share = np.where(known > 0, missed / np.maximum(known, 1), allowed)
        weight = known / (known + parameters.half_count)
        new = factor * np.exp(parameters.step * weight * (share - allowed))
        return np.clip(new, parameters.lowest, parameters.highest)

    return Guard(
        moved(guard.early, verdicts.early_known, verdicts.early_missed),
        moved(guard.late, verdicts.late_known, verdicts.late_missed),
    )


def guarded(
    low: Floats, middle: Floats, high: Floats, group: ArrayLike, guard: Guard
) -> tuple[Floats, Floats]:
    """Ranges stretched around their middle: low and high, shape (N,)."""
    which = np.asarray(group, np.int64)
    return (
        middle - guard.early[which] * (middle - low),
        middle + guard.late[which] * (high - middle),
    )
