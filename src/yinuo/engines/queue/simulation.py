"""Serve every order in lock order, in every scenario, and keep only counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

# Scenarios are handed to threads in blocks. Plain threads over kernels that release the lock,
# because numba's own parallel layers may not be entered from two threads of a server at once.
SCENARIOS_PER_BLOCK: Final = 16


@dataclass(frozen=True)
class QueueRun:
    """What a simulation found.

    Attributes
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        Orders of class k built by the end of week w in scenario s. Never falls with w.
        The scenarios lie next to each other in memory.
    """

    cumulative: NDArray[np.int32]


def simulate(
    classes: ArrayLike, alternatives: ArrayLike, resources: ArrayLike, capacity: ArrayLike
) -> QueueRun:
    """Build weeks of all orders in all scenarios, as counts per class.

    Orders are served in the order given. Each takes the first slot, by week and then by the
    class's order of preference among its alternatives, in which every resource it needs has
    something left after all earlier orders. Later orders therefore never move earlier ones.

    Parameters
    ----------
    classes : integers, shape (N,)
        Class of each order, 0..K-1, in lock order.
    alternatives : integers, shape (K,)
        How many alternatives (plants, say) the class has, 1..A.
    resources : integers, shape (K, A, M)
        Resource rows that one order uses up, one unit each; unused places hold -1. Alternatives
        past `alternatives[k]` are not read.
    capacity : integers, shape (S, R, W)
        Units of each resource in each week of each scenario, 0 or more. The array is not changed.

    Returns
    -------
    QueueRun
        Orders that find no slot inside the W weeks are in no count.

    Raises
    ------
    ValueError
        If a shape, a class, a resource row or a capacity is out of range, if an alternative needs
        no resource, or if it names one twice (it would be counted once and used twice).
    """
    order_class = _as_int32("classes", classes, 1)
    ways = _as_int32("alternatives", alternatives, 1)
    needs = _as_int32("resources", resources, 3)
    units = _as_int32("capacity", capacity, 3)
    _check(order_class, ways, needs, units)
    scenarios, _, weeks = units.shape
    built = np.zeros((scenarios, ways.size, weeks), np.int32)
    starts = range(0, scenarios, SCENARIOS_PER_BLOCK)

    def run_block(start: int) -> None:
        block = slice(start, start + SCENARIOS_PER_BLOCK)
        _serve(order_class, ways, needs, units[block], built[block])

    with ThreadPoolExecutor() as pool:
        list(pool.map(run_block, starts))
    cumulative = np.cumsum(built, axis=2, dtype=np.int32)
    return QueueRun(cumulative=np.ascontiguousarray(cumulative.transpose(1, 2, 0)))


@njit(cache=True, nogil=True)
def _serve(
    classes: NDArray[np.int32],
    alternatives: NDArray[np.int32],
    resources: NDArray[np.int32],
    capacity: NDArray[np.int32],
    built: NDArray[np.int32],
) -> None:
    """Fill `built[s, k, w]`. What is left only falls, so a class never has to look back."""
    scenarios, _, weeks = capacity.shape
    slots = resources.shape[2]
    for s in range(scenarios):
        left = capacity[s].copy()
        week = np.zeros(alternatives.size, np.int32)
        way = np.zeros(alternatives.size, np.int32)
        for n in range(classes.size):
            k = classes[n]
            w, a = week[k], way[k]
            while w < weeks:
                free = True
                for m in range(slots):
                    row = resources[k, a, m]
                    if row >= 0 and left[row, w] <= 0:
                        free = False
                        break
                if free:
                    for m in range(slots):
                        row = resources[k, a, m]
                        if row >= 0:
                            left[row, w] -= 1
                    built[s, k, w] += 1
                    break
                a += 1
                if a == alternatives[k]:
                    a = 0
                    w += 1
            week[k], way[k] = w, a


def _as_int32(name: str, values: ArrayLike, dimensions: int) -> NDArray[np.int32]:
    """The values as 32-bit integers; refuses anything that would change on the way."""
    given = np.asarray(values)
    if given.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimensions, not {given.ndim}")
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold integers, not {given.dtype}")
    limits = np.iinfo(np.int32)
    if given.size and (given.min() < limits.min or given.max() > limits.max):
        raise ValueError(f"{name} must fit in 32 bits")
    return np.ascontiguousarray(given, np.int32)


def _check(
    classes: NDArray[np.int32],
    alternatives: NDArray[np.int32],
    resources: NDArray[np.int32],
    capacity: NDArray[np.int32],
) -> None:
    kinds = alternatives.size
    if resources.shape[0] != kinds:
        raise ValueError(f"resources describe {resources.shape[0]} classes, alternatives {kinds}")
    if classes.size and (classes.min() < 0 or classes.max() >= kinds):
        raise ValueError(f"classes must lie in 0..{kinds - 1}")
    if kinds and (alternatives.min() < 1 or alternatives.max() > resources.shape[1]):
        raise ValueError(f"alternatives must lie in 1..{resources.shape[1]}")
    if capacity.shape[0] < 1 or capacity.shape[2] < 1:
        raise ValueError("capacity needs at least one scenario and one week")
    if capacity.size and capacity.min() < 0:
        raise ValueError("capacity must not be negative")
    for k in range(kinds):
        for a in range(alternatives[k]):
            rows = resources[k, a][resources[k, a] >= 0]
            if rows.size == 0:
                raise ValueError(f"class {k}, alternative {a} needs no resource")
            if np.unique(rows).size < rows.size:
                raise ValueError(f"class {k}, alternative {a} names a resource twice")
            if rows.max() >= capacity.shape[1]:
                raise ValueError(f"class {k}, alternative {a} names a resource without capacity")
