"""Serve every order in lock order, in every scenario, and keep only counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.queue import serving
from yinuo.engines.queue.state import QueueState

# Scenarios are handed to threads in blocks. Plain threads over kernels that release the lock,
# because numba's own parallel layers may not be entered from two threads of a server at once.
# Sixteen counts fill a line of the processor's cache, so no two threads write to the same one.
SCENARIOS_PER_BLOCK: Final = 16
STRIDE: Final = 48


@dataclass(frozen=True)
class ServingParameters:
    """How the work is cut. Nothing here changes a result, only its time and memory.

    Attributes
    ----------
    stride : int
        Orders between two marks at which counts are kept; 0 chooses, with more classes longer
        ones, so that the marks never take more memory than the orders.
    top : int
        The most strides that are tried in one go, 1 or more.
    threads : int
        0 leaves the number to the machine.
    """

    stride: int = 0
    top: int = 1 << 20
    threads: int = 0

    def __post_init__(self) -> None:
        if self.stride < 0 or self.top < 1 or self.threads < 0:
            raise ValueError("stride and threads must be 0 or more, top 1 or more")


AS_FITS: Final = ServingParameters()


@dataclass(frozen=True)
class QueueRun:
    """What a simulation found.

    Attributes
    ----------
    cumulative : NDArray[np.int32], shape (K, W, S)
        Orders of class k built by the end of week w in scenario s. Never falls with w.
        The scenarios lie next to each other in memory.
    state : QueueState or None
        What is left behind the last order, if asked for.
    """

    cumulative: NDArray[np.int32]
    state: QueueState | None = None


def simulate(
    classes: ArrayLike,
    alternatives: ArrayLike,
    resources: ArrayLike,
    capacity: ArrayLike,
    *,
    built_before: ArrayLike | None = None,
    keep_state: bool = False,
    parameters: ServingParameters = AS_FITS,
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
    built_before : integers, shape (K, S), optional
        Start later: the first so many orders of each class are built already, before the first
        week of `capacity`. With `cumulative[:, w - 1, :]` of a whole run and the capacity from
        week w on, the answer is `cumulative[:, w:, :]` of the whole run.
    keep_state : bool
        Also return what is left, to which later locks can be appended.
    parameters : ServingParameters

    Returns
    -------
    QueueRun
        Orders that find no slot inside the W weeks are in no count.

    Raises
    ------
    ValueError
        If a shape, a class, a resource row or a capacity is out of range, if an alternative needs
        no resource, if it names one twice (it would be counted once and used twice), or if more
        orders are built before than there are.
    """
    order_class = _as_int32("classes", classes, 1)
    ways = _as_int32("alternatives", alternatives, 1)
    rows = _as_int32("resources", resources, 3)
    units = _as_int32("capacity", capacity, 3)
    _check(order_class, ways, rows, units)
    orders = np.bincount(order_class, minlength=ways.size).astype(np.int32)
    before = np.zeros((ways.size, units.shape[0]), np.int32)
    if built_before is not None:
        before = _as_int32("built_before", built_before, 2)
        _check_before(before, orders, units.shape[0])
    needs = serving.arrange_needs(ways, rows)
    stride = parameters.stride or max(STRIDE, ways.size)
    kinds = order_class.view(np.uint32)
    demand = serving.Demand(kinds, *serving.count_orders(kinds, ways.size, stride), stride)
    state = QueueState.before_the_first(ways, rows, units, orders)
    cumulative = _serve_all(demand, needs, state, before, parameters)
    return QueueRun(cumulative, state if keep_state else None)


def _serve_all(
    demand: serving.Demand,
    needs: serving.Needs,
    state: QueueState,
    built_before: NDArray[np.int32],
    parameters: ServingParameters,
) -> NDArray[np.int32]:
    """Counts (K, W, S); `state` goes to behind the last order."""
    kinds, scenarios = built_before.shape
    cumulative = np.empty((kinds, state.weeks, scenarios), np.int32)

    def serve_block(start: int) -> None:
        end = min(start + SCENARIOS_PER_BLOCK, scenarios)
        built = np.zeros((end - start, kinds, state.weeks + 1), np.int32)
        cell = np.empty(needs.owner.size, np.uint32)
        for s in range(start, end):
            done = built_before[:, s].copy()
            line = serving.Line(
                state.left[s], state.week[s], state.way[s], cell, done, built[s - start]
            )
            serving.serve(demand, needs, line, parameters.top)
        serving.accumulate(built, built_before, start, cumulative)

    with ThreadPoolExecutor(parameters.threads or None) as pool:
        list(pool.map(serve_block, range(0, scenarios, SCENARIOS_PER_BLOCK)))
    return cumulative


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


def _check_before(before: NDArray[np.int32], orders: NDArray[np.int32], scenarios: int) -> None:
    if before.shape != (orders.size, scenarios):
        raise ValueError("built_before needs one count per class and scenario")
    if (before < 0).any() or (before > orders[:, None]).any():
        raise ValueError("built_before must lie between none and all orders of the class")
