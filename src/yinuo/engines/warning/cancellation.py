"""How likely a waiting customer is to give up, from what we did to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class CancellationWeights:
    """Log-odds added by each sign of trouble.

    The figures are stated, not learned: a maker fits them to its own history. They are chosen so
    that a customer with no trouble stands near 5 in 100 and one who was moved from 45 days to 98
    without a word near 80 in 100.

    Attributes
    ----------
    base : float
        Log-odds without any trouble.
    late_day : float
        For each day that the latest date lies behind the first promise.
    silent_day : float
        For each day without a word beyond `silent_days_free`.
    silent_days_free : float
        Days of silence that worry nobody, 0 or more.
    move : float
        For each time that the promise moved.
    question : float
        For each question the customer had to ask, up to `questions_max`.
    questions_max : int
        More questions than this say nothing new.
    said_so : float
        For a customer who chose to cancel and has no answer yet.
    """

    base: float = -3.0
    late_day: float = 0.045
    silent_day: float = 0.08
    silent_days_free: float = 7.0
    move: float = 0.35
    question: float = 0.3
    questions_max: int = 5
    said_so: float = 3.5


def cancellation_risk(
    late_days: ArrayLike,
    silent_days: ArrayLike,
    moves: ArrayLike,
    questions: ArrayLike,
    said_so: ArrayLike,
    weights: CancellationWeights,
) -> NDArray[np.float64]:
    """Chance that each order is cancelled, between 0 and 1.

    Parameters
    ----------
    late_days : floats, shape (N,)
        Days from the first promised latest date to the present one; negative counts as 0.
    silent_days : floats, shape (N,)
        Days since anything was said to the customer, 0 or more.
    moves : integers, shape (N,)
        Times that the promise moved.
    questions : integers, shape (N,)
        Questions the customer asked in the last 30 days.
    said_so : booleans, shape (N,)
        Whether the customer chose to cancel and has no answer yet.
    weights : CancellationWeights

    Returns
    -------
    NDArray[np.float64], shape (N,)
        Never falls when one of the inputs rises.

    Raises
    ------
    ValueError
        If lengths differ or a value is not finite.
    """
    late, silent, moved, asked = (
        np.asarray(column, np.float64) for column in (late_days, silent_days, moves, questions)
    )
    decided = np.asarray(said_so, np.bool_)
    if any(column.shape != late.shape for column in (silent, moved, asked, decided)):
        raise ValueError("all columns must have the same length")
    if not all(np.isfinite(column).all() for column in (late, silent, moved, asked)):
        raise ValueError("all values must be finite")
    odds = (
        weights.base
        + weights.late_day * np.maximum(late, 0)
        + weights.silent_day * np.maximum(silent - weights.silent_days_free, 0)
        + weights.move * moved
        + weights.question * np.minimum(asked, weights.questions_max)
        + weights.said_so * decided
    )
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))
