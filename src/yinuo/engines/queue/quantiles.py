"""Build weeks of single orders, read off the counts of their class.

The order of rank n of its class is built by the end of week w in exactly those scenarios in which
its class has more than n orders built by then. Chances and quantiles of N orders are therefore
look-ups in sorted counts, exact, and never need N x S numbers. Ranks rise along a class, so each
look-up goes on where the last one of its class stopped.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.queue.fairness import places

Ints = NDArray[np.int32]


def sort_counts(cumulative: Ints) -> Ints:
    """The counts (K, W, S) in rising order along the scenarios, for several readings of one run."""
    return np.sort(cumulative, axis=2)


def build_week_counts(
    cumulative: Ints, classes: ArrayLike, weeks: ArrayLike, *, is_sorted: bool = False
) -> Ints:
    """In how many scenarios each order is built by the end of given weeks.

    Parameters
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        From `simulate`, for these same orders.
    classes : integers, shape (N,)
        Class of each order, in lock order.
    weeks : integers, shape (Q,)
        Week numbers 0..W-1.
    is_sorted : bool
        `cumulative` comes from `sort_counts`.

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
    counts = cumulative if is_sorted else sort_counts(cumulative)
    rank = places(kinds)
    found = np.empty((kinds.size, asked.size), np.int32)
    for column, week in enumerate(asked.tolist()):
        found[:, column] = _count_built(counts, kinds, rank, np.full(kinds.size, week, np.int32))
    return found


def build_week_quantiles(
    cumulative: Ints, classes: ArrayLike, levels: ArrayLike, *, is_sorted: bool = False
) -> Ints:
    """The week by which each order is built with the given chances.

    Parameters
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        From `simulate`, for these same orders.
    classes : integers, shape (N,)
        Class of each order, in lock order.
    levels : floats, shape (Q,)
        Chances, above 0 and at most 1, in any order.
    is_sorted : bool
        `cumulative` comes from `sort_counts`.

    Returns
    -------
    NDArray[np.int32], shape (N, Q)
        The first week by whose end at least `level` of the scenarios have built the order;
        W if none has. Weeks do not fall with the level, nor with the rank inside a class.

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
    counts = cumulative if is_sorted else sort_counts(cumulative)
    # Orders of class k surely built by week w, at each level: (K, Q, W).
    surely = np.ascontiguousarray(counts[:, :, scenarios - enough].transpose(0, 2, 1))
    return _walk_weeks(surely, kinds)


def kept_counts(
    cumulative: Ints, classes: ArrayLike, promised_weeks: ArrayLike, *, is_sorted: bool = False
) -> Ints:
    """In how many scenarios each order is built by the end of the week promised to it.

    Parameters
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        From `simulate`, for these same orders.
    classes : integers, shape (N,)
        Class of each order, in lock order.
    promised_weeks : integers, shape (N,)
        Last week of each order's promise, below W. Below 0 lies in the past: kept in no scenario.
    is_sorted : bool
        `cumulative` comes from `sort_counts`.

    Returns
    -------
    NDArray[np.int32], shape (N,)
        Scenarios, 0..S.

    Raises
    ------
    ValueError
        If a class is out of range, or a week lies beyond the horizon, about which the run
        says nothing.
    """
    kinds = _checked_classes(cumulative, classes)
    promised = np.asarray(promised_weeks, np.int32)
    if promised.shape != kinds.shape:
        raise ValueError("promised_weeks needs one week per order")
    if promised.size and promised.max() >= cumulative.shape[1]:
        raise ValueError(f"promised weeks must lie before week {cumulative.shape[1]}")
    counts = cumulative if is_sorted else sort_counts(cumulative)
    return _count_built(counts, kinds, places(kinds), promised)


def kept_share(
    cumulative: Ints,
    classes: ArrayLike,
    promised_weeks: ArrayLike,
    counted: NDArray[np.bool_] | None = None,
    *,
    is_sorted: bool = False,
) -> float:
    """Chance, over scenarios and orders, that an order is built by its promised week.

    Parameters
    ----------
    cumulative, classes, promised_weeks, is_sorted
        As for `kept_counts`. Those not `counted` may hold any week.
    counted : NDArray[np.bool_], shape (N,), optional
        Orders that have a promise; all if left out.

    Returns
    -------
    float
        0..1, exact for the scenarios given.

    Raises
    ------
    ValueError
        As `kept_counts`, or if no order is counted.
    """
    promised = np.asarray(promised_weeks, np.int32)
    chosen = np.ones(promised.shape, np.bool_) if counted is None else counted
    if not chosen.any():
        raise ValueError("no order has a promise")
    weeks = np.where(chosen, promised, -1)
    kept = kept_counts(cumulative, classes, weeks, is_sorted=is_sorted)
    total = int(kept.sum(where=chosen, dtype=np.int64))
    return float(total / (int(chosen.sum()) * cumulative.shape[2]))


def weekly_rates(cumulative: Ints, classes: ArrayLike, weeks: int) -> NDArray[np.float64]:
    """How many cars a week each class will be built at: "n-th of your kind, about x a week".

    Parameters
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        From `simulate`, for these same orders.
    classes : integers, shape (N,)
        Class of each order.
    weeks : int
        How far to look, 1..W.

    Returns
    -------
    NDArray[np.float64], shape (K,)
        Orders built in the first `weeks` weeks over those weeks, or, where a class runs out of
        orders, over the weeks until it does; the median over scenarios. 0 without orders.

    Raises
    ------
    ValueError
        If a class or `weeks` is out of range.
    """
    kinds = _checked_classes(cumulative, classes)
    if not 1 <= weeks <= cumulative.shape[1]:
        raise ValueError(f"weeks must lie in 1..{cumulative.shape[1]}")
    size = np.bincount(kinds, minlength=cumulative.shape[0])
    head = cumulative[:, :weeks, :]
    taken = np.minimum((head < size[:, None, None]).sum(axis=1) + 1, weeks)
    return np.asarray(np.median(head[:, -1, :] / taken, axis=1))


@njit(cache=True, nogil=True)
def _walk_weeks(surely: Ints, classes: Ints) -> Ints:
    """Weeks (N, Q): how many weeks have `surely` (K, Q, W) not above the order's rank."""
    kinds, levels, weeks = surely.shape
    rank = np.zeros(kinds, np.int32)
    week = np.zeros((kinds, levels), np.uint32)
    found = np.empty((classes.size, levels), np.int32)
    for n in range(np.uint64(classes.size)):
        k = np.uint32(classes[n])
        for q in range(np.uint32(levels)):
            w = week[k, q]
            while w < weeks and surely[k, q, w] <= rank[k]:
                w += np.uint32(1)
            week[k, q] = w
            found[n, q] = w
        rank[k] += 1
    return found


@njit(cache=True, nogil=True)
def _count_built(counts: Ints, classes: Ints, rank: Ints, weeks: Ints) -> Ints:
    """Scenarios (N,) in which each order is built by its week; none for a week before the first.

    For one class and week the rank rises from order to order, so the place in the sorted counts
    only moves forward.
    """
    kinds, horizon, scenarios = counts.shape
    place = np.zeros((kinds, horizon), np.uint32)
    found = np.zeros(classes.size, np.int32)
    for n in range(np.uint64(classes.size)):
        if weeks[n] < 0:
            continue
        k, w = np.uint32(classes[n]), np.uint32(weeks[n])
        p = place[k, w]
        while p < scenarios and counts[k, w, p] <= rank[n]:
            p += np.uint32(1)
        place[k, w] = p
        found[n] = scenarios - p
    return found


def _checked_classes(cumulative: Ints, classes: ArrayLike) -> Ints:
    kinds = np.asarray(classes, np.int32)
    if cumulative.ndim != 3 or kinds.ndim != 1:
        raise ValueError("cumulative must have 3 dimensions and classes 1")
    if kinds.size and (kinds.min() < 0 or kinds.max() >= cumulative.shape[0]):
        raise ValueError(f"classes must lie in 0..{cumulative.shape[0] - 1}")
    return kinds
