"""All orders by class, seen by a group of regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

# Regions are handled in groups: the cells of one group and build day fill one line of the cache.
REGIONS_PER_GROUP: Final = 64
CACHE_LINE_BYTES: Final = 64
NOT_HERE: Final = 255


@dataclass(frozen=True)
class Arranged:
    """All orders class by class, in lock order inside each class, seen by a group of regions.

    Attributes
    ----------
    start : NDArray[np.int64], shape (K + 1,)
        Position at which each class begins; position p = start[k] + rank.
    selected_before : NDArray[np.int32], shape (N + 1,)
        How many orders of the group stand before each position.
    column : NDArray[np.uint8], shape (M,)
        Place in the group of the region of each of the group's M orders, by position.
    rank, order : NDArray[np.int32], shape (M,)
        Place of each of them in its whole class, and its row in the answer.
    columns : int
        The number of regions of the group rounded up to 8, 16, 32 or 64.
    """

    start: NDArray[np.int64]
    selected_before: NDArray[np.int32]
    column: NDArray[np.uint8]
    rank: NDArray[np.int32]
    order: NDArray[np.int32]
    columns: int


def check_orders(
    classes: ArrayLike, regions: ArrayLike, cumulative: NDArray[np.int32], centres: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Classes, regions and the first position of each class; refuses what cannot be."""
    kinds, places = np.asarray(classes, np.int32), np.asarray(regions, np.int32)
    if cumulative.ndim != 3 or kinds.ndim != 1 or kinds.shape != places.shape:
        raise ValueError("classes and regions must have the same length")
    if kinds.size and (kinds.min() < 0 or kinds.max() >= cumulative.shape[0]):
        raise ValueError(f"classes must lie in 0..{cumulative.shape[0] - 1}")
    if places.size and (places.min() < 0 or places.max() >= centres):
        raise ValueError(f"regions must lie in 0..{centres - 1}")
    sizes = np.bincount(kinds, minlength=cumulative.shape[0])
    if (cumulative[:, -1, :].max(axis=1, initial=0) > sizes).any():
        raise ValueError("the run built more orders of a class than are given")
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.ascontiguousarray(kinds), np.ascontiguousarray(places), start


def arrange(
    kinds: NDArray[np.int32],
    places: NDArray[np.int32],
    start: NDArray[np.int64],
    group: Sequence[int],
    centres: int,
    row_of: NDArray[np.int32],
) -> Arranged:
    """The arrangement for the regions of `group`; `row_of` gives each order's row of the answer."""
    column_of = np.full(centres, NOT_HERE, np.uint8)
    column_of[list(group)] = np.arange(len(group))
    columns = 8
    while columns < len(group):
        columns *= 2
    by_position = _by_position(kinds, start)
    column = column_of[places[by_position]]
    mine = column != NOT_HERE
    selected_before = np.zeros(kinds.size + 1, np.int32)
    np.cumsum(mine, out=selected_before[1:])
    chosen = by_position[mine]
    rank = np.flatnonzero(mine) - start[kinds[chosen]]
    return Arranged(
        start, selected_before, column[mine], rank.astype(np.int32), row_of[chosen], columns
    )


def aligned(shape: tuple[int, ...], dtype: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    """An empty array that begins with a line of the cache."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.empty(size + CACHE_LINE_BYTES, np.uint8)
    skip = -raw.ctypes.data % CACHE_LINE_BYTES
    return raw[skip : skip + size].view(dtype).reshape(shape)


@njit(cache=True, nogil=True)
def _by_position(kinds: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.int32]:
    """The order at each position: a counting sort, which keeps the lock order."""
    free = start.copy()
    order = np.empty(kinds.size, np.int32)
    for n in range(kinds.size):
        order[free[kinds[n]]] = n
        free[kinds[n]] += 1
    return order
