"""Who stands where in a line, and whether somebody was passed without a recorded reason."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Days = TypeVar("Days", np.int32, np.int64)


def places(lines: ArrayLike) -> NDArray[np.int32]:
    """The 0-based place of each order in its own line.

    Parameters
    ----------
    lines : integers, shape (N,)
        Line of each order, 0 or more, in lock order.

    Returns
    -------
    NDArray[np.int32], shape (N,)

    Raises
    ------
    ValueError
        If a line is negative.
    """
    line = _dense_lines(lines)
    return _places(line, _line_count(line))


def enforce_lock_order(
    lines: ArrayLike,
    values: NDArray[Days],
    exempt_before: NDArray[np.bool_],
    exempt_after: NDArray[np.bool_],
) -> NDArray[Days]:
    """Raise values so that in no line a later lock lies before an earlier one.

    Parameters
    ----------
    lines : integers, shape (N,)
        Line of each order (same specification and region), 0 or more, in lock order.
    values : NDArray of np.int32 or np.int64, shape (N,) or (N, C)
        Dates as day numbers; each of the C columns is treated by itself.
    exempt_before : NDArray[np.bool_], shape (N,)
        Orders held for a recorded reason: their date pushes nobody behind them. They are
        themselves still raised to those before them.
    exempt_after : NDArray[np.bool_], shape (N,)
        Orders that a recorded exception lets go earlier: they are not raised.

    Returns
    -------
    NDArray, of the shape and type of `values`
        Running maximum in lock order inside each line. No value falls. Afterwards
        `unfair_pairs` with the same exemptions finds nothing.

    Raises
    ------
    ValueError
        If lengths differ, a line is negative or the values are no day numbers.
    """
    line = _dense_lines(lines)
    given = np.asarray(values)
    if given.dtype not in (np.int32, np.int64):
        raise ValueError(f"values must be 32- or 64-bit integers, not {given.dtype}")
    if given.ndim not in (1, 2) or given.shape[0] != line.size:
        raise ValueError("values must have one row per order")
    before, after = _flags(exempt_before, line.size), _flags(exempt_after, line.size)
    if line.size == 0:
        return given.copy()
    columns = np.ascontiguousarray(given.reshape(line.size, -1))
    raised = _running_maximum(line, _line_count(line), columns, before, after)
    return cast("NDArray[Days]", raised.reshape(given.shape))


def unfair_pairs(
    lines: ArrayLike,
    dates: NDArray[Days],
    exempt_before: NDArray[np.bool_],
    exempt_after: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Orders that have an earlier date than an earlier lock of their line.

    Parameters
    ----------
    lines, exempt_before, exempt_after
        As for `enforce_lock_order`.
    dates : NDArray of np.int32 or np.int64, shape (N,)
        Day number of each order.

    Returns
    -------
    NDArray[np.int64], shape (P, 2)
        For each overtaking order one row: the earlier lock with the latest date in front of it
        (the first such, if several share that date), and the overtaking order itself. Rows
        follow the lock order of the overtaking order. No rows means the line is kept.

    Raises
    ------
    ValueError
        If lengths differ or a line is negative.
    """
    line = _dense_lines(lines)
    days = np.ascontiguousarray(dates, np.int64)
    if days.shape != line.shape:
        raise ValueError("dates must have one value per order")
    before, after = _flags(exempt_before, line.size), _flags(exempt_after, line.size)
    passed = _passed_by(line, _line_count(line), days, before, after)
    overtaking = np.flatnonzero(passed >= 0)
    return np.stack([passed[overtaking], overtaking], axis=1).astype(np.int64)


@njit(cache=True, nogil=True)
def _places(line: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    seen = np.zeros(count, np.int32)
    place = np.empty(line.size, np.int32)
    for n in range(line.size):
        place[n] = seen[line[n]]
        seen[line[n]] += 1
    return place


@njit(cache=True, nogil=True)
def _running_maximum(
    line: NDArray[np.int64],
    count: int,
    values: NDArray[np.signedinteger[Any]],
    exempt_before: NDArray[np.bool_],
    exempt_after: NDArray[np.bool_],
) -> NDArray[np.signedinteger[Any]]:
    raised = np.empty_like(values)
    columns = values.shape[1]
    latest = np.full((count, columns), np.iinfo(values.dtype).min, values.dtype)
    for n in range(line.size):
        highest = latest[line[n]]
        # Nearly all orders are of the first sort: kept apart, a row of them is a few instructions.
        if not exempt_after[n] and not exempt_before[n]:
            for c in range(columns):
                day = max(values[n, c], highest[c])
                raised[n, c] = day
                highest[c] = day
            continue
        for c in range(columns):
            day = values[n, c] if exempt_after[n] else max(values[n, c], highest[c])
            raised[n, c] = day
            if not exempt_before[n]:
                highest[c] = max(day, highest[c])
    return raised


@njit(cache=True, nogil=True)
def _passed_by(
    line: NDArray[np.int64],
    count: int,
    days: NDArray[np.int64],
    exempt_before: NDArray[np.bool_],
    exempt_after: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """For each order the earlier lock it overtakes, or -1."""
    passed = np.full(line.size, -1, np.int64)
    latest = np.full(count, -1, np.int64)
    for n in range(line.size):
        holder = latest[line[n]]
        if holder >= 0 and days[n] < days[holder] and not exempt_after[n]:
            passed[n] = holder
        if not exempt_before[n] and (holder < 0 or days[n] > days[holder]):
            latest[line[n]] = n
    return passed


def _dense_lines(lines: ArrayLike) -> NDArray[np.int64]:
    """Line numbers without large gaps, so that one array cell per line is cheap."""
    line = np.ascontiguousarray(lines, np.int64)
    if line.ndim != 1:
        raise ValueError("lines must have 1 dimension")
    if line.size and line.min() < 0:
        raise ValueError("lines must not be negative")
    if line.size and line.max() >= 2 * line.size + 1000:
        line = np.unique(line, return_inverse=True)[1].astype(np.int64)
    return line


def _line_count(line: NDArray[np.int64]) -> int:
    return int(line.max()) + 1 if line.size else 0


def _flags(flags: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    given = np.ascontiguousarray(flags, np.bool_)
    if given.shape != (size,):
        raise ValueError("exemptions must have one flag per order")
    return given
