"""Build weeks of single orders, read off the counts of their class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.queue.fairness import places


def build_week_counts(
    cumulative: NDArray[np.int32], classes: ArrayLike, weeks: ArrayLike
) -> NDArray[np.int32]:
    """In how many scenarios each order is built by the end of given weeks.

    Parameters
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        From `simulate`, for these same orders.
    classes : integers, shape (N,)
        Class of each order, in lock order.
    weeks : integers, shape (Q,)
        Week numbers 0..W-1.

    Returns
    -------
    NDArray[np.int32], shape (N, Q)
        Scenarios, 0..S.

    Raises
    ------
    ValueError
        If a class or a week is out of range.
    """
    kinds = _checked_classes(cumulative, classes)
    asked = np.asarray(weeks, np.int64).reshape(-1)
    if asked.size and (asked.min() < 0 or asked.max() >= cumulative.shape[1]):
        raise ValueError(f"weeks must lie in 0..{cumulative.shape[1] - 1}")
    rank = places(kinds)
    found = np.zeros((kinds.size, asked.size), np.int32)
    for k in np.unique(kinds):
        mine = np.flatnonzero(kinds == k)
        for column, week in enumerate(asked):
            ordered = np.sort(cumulative[k, week])
            found[mine, column] = ordered.size - np.searchsorted(ordered, rank[mine], "right")
    return found


def build_week_quantiles(
    cumulative: NDArray[np.int32], classes: ArrayLike, levels: ArrayLike
) -> NDArray[np.int32]:
    """The week by which each order is built with the given chances.

    The order of rank n of its class is built by the end of week w in exactly those scenarios in
    which its class has more than n orders built by then. The quantiles of N orders are therefore
    look-ups in order statistics of the counts, exact, and never need N x S numbers.

    Parameters
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        From `simulate`, for these same orders.
    classes : integers, shape (N,)
        Class of each order, in lock order.
    levels : floats, shape (Q,)
        Chances, above 0 and at most 1, in any order.

    Returns
    -------
    NDArray[np.int32], shape (N, Q)
        The first week by whose end at least `level` of the scenarios have built the order;
        W if none has.

    Raises
    ------
    ValueError
        If a class or a level is out of range.
    """
    kinds = _checked_classes(cumulative, classes)
    chances = np.asarray(levels, np.float64).reshape(-1)
    if not np.all((chances > 0) & (chances <= 1)):
        raise ValueError("levels must be above 0 and at most 1")
    scenarios = cumulative.shape[2]
    # 0.55 * 100 is a hair above 55 in floating point; the small allowance takes it back.
    enough = np.maximum(np.ceil(chances * scenarios - 1e-9).astype(np.int64), 1)
    descending = np.sort(cumulative, axis=2)[:, :, ::-1]
    rank = places(kinds)
    found = np.zeros((kinds.size, chances.size), np.int32)
    for k in np.unique(kinds):
        mine = np.flatnonzero(kinds == k)
        for column, count in enumerate(enough):
            built_surely = np.ascontiguousarray(descending[k, :, count - 1])
            found[mine, column] = np.searchsorted(built_surely, rank[mine], "right")
    return found


def _checked_classes(cumulative: NDArray[np.int32], classes: ArrayLike) -> NDArray[np.int32]:
    kinds = np.asarray(classes, np.int32)
    if cumulative.ndim != 3 or kinds.ndim != 1:
        raise ValueError("cumulative must have 3 dimensions and classes 1")
    if kinds.size and (kinds.min() < 0 or kinds.max() >= cumulative.shape[0]):
        raise ValueError(f"classes must lie in 0..{cumulative.shape[0] - 1}")
    return kinds
