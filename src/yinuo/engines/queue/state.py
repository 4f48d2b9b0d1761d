"""What is left behind the last order, and placing one more order there in all scenarios."""

from __future__ import annotations

from dataclasses import dataclass, fields
from io import BytesIO

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.queue.serving import PLENTY


@dataclass(frozen=True, eq=False)
class QueueState:
    """The queue after all orders so far, in every scenario.

    A later lock never moves an earlier order. So an order appended here finds the very week that
    a whole new simulation would give it. `append` and `append_all` change the arrays; two threads
    must not do so at once.

    Attributes
    ----------
    alternatives, resources : NDArray[np.int32], shapes (K,) and (K, A, M)
        As given to `simulate`.
    left : NDArray[np.int32], shape (S, W R + 1)
        Units left; those of a week lie side by side, so that an order's few looks fall into one
        or two lines of the cache. The last place stands for a need that is none.
    week, way : NDArray[np.uint32], shape (S, K)
        A slot of each class before which nothing is left for it; week W is beyond the horizon.
    orders : NDArray[np.int32], shape (K,)
        Orders of each class so far: the rank of the next one.
    """

    alternatives: NDArray[np.int32]
    resources: NDArray[np.int32]
    left: NDArray[np.int32]
    week: NDArray[np.uint32]
    way: NDArray[np.uint32]
    orders: NDArray[np.int32]
    weeks: int

    @classmethod
    def before_the_first(
        cls,
        alternatives: NDArray[np.int32],
        resources: NDArray[np.int32],
        capacity: NDArray[np.int32],
        orders: NDArray[np.int32],
    ) -> QueueState:
        """Nothing used yet of `capacity` (S, R, W); `orders` are those that will be served."""
        scenarios, rows, weeks = capacity.shape
        left = np.empty((scenarios, weeks * rows + 1), np.int32)
        left[:, :-1] = capacity.transpose(0, 2, 1).reshape(scenarios, -1)
        left[:, -1] = PLENTY
        slots = np.zeros((2, scenarios, alternatives.size), np.uint32)
        return cls(alternatives, resources, left, slots[0], slots[1], orders, weeks)

    @property
    def remaining(self) -> NDArray[np.int32]:
        """Units left, shape (S, W, R)."""
        return self.left[:, :-1].reshape(self.left.shape[0], self.weeks, -1)

    def copy(self) -> QueueState:
        """The same state in arrays of its own."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays |= {name: arrays[name].copy() for name in ("left", "week", "way", "orders")}
        return QueueState(**arrays)

    def to_bytes(self) -> bytes:
        """The state for a cache: plain arrays in numpy's own format, nothing that runs code."""
        stream = BytesIO()
        arrays = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> QueueState:
        """The state that `to_bytes` wrote.

        Raises
        ------
        ValueError
            If a part is missing or the parts do not belong together.
        """
        with np.load(BytesIO(data), allow_pickle=False) as held:
            if set(held.files) != {f.name for f in fields(cls)}:
                raise ValueError("these are not the parts of a queue state")
            arrays = {name: held[name] for name in held.files}
        weeks = int(arrays.pop("weeks"))
        state = cls(weeks=weeks, **arrays)
        kinds, scenarios = state.alternatives.size, state.left.shape[0]
        slots = (scenarios, kinds)
        if not (
            state.resources.shape[0] == state.orders.size == kinds
            and state.week.shape == state.way.shape == slots
            and weeks > 0
            and (state.left.shape[1] - 1) % weeks == 0
        ):
            raise ValueError("the parts of the queue state do not belong together")
        return state


def quote(state: QueueState, kind: int) -> NDArray[np.int32]:
    """Build week in every scenario of one more order of class `kind`; nothing is changed.

    Parameters
    ----------
    state : QueueState
    kind : int
        Class, 0..K-1.

    Returns
    -------
    NDArray[np.int32], shape (S,)
        0..W; W is "not inside the horizon". Equal to what `simulate` gives for the same order
        behind all others.

    Raises
    ------
    ValueError
        If the class is out of range.
    """
    return _placed(state, kind, take=False)


def quote_all(state: QueueState) -> NDArray[np.int32]:
    """`quote` for every class, each by itself: what the next lock would get, shape (K, S)."""
    found = np.empty((state.orders.size, state.left.shape[0]), np.int32)
    for kind in range(state.orders.size):
        found[kind] = quote(state, kind)
    return found


def append(state: QueueState, kind: int) -> NDArray[np.int32]:
    """As `quote`, and the order takes its place: later ones find what it leaves."""
    weeks = _placed(state, kind, take=True)
    state.orders[kind] += 1
    return weeks


def append_all(state: QueueState, classes: ArrayLike) -> NDArray[np.int32]:
    """Append orders one after the other.

    Parameters
    ----------
    state : QueueState
    classes : integers, shape (B,)
        Classes in lock order, 0..K-1.

    Returns
    -------
    NDArray[np.int32], shape (B, S)
        Build weeks as by `append`.

    Raises
    ------
    ValueError
        If a class is out of range; nothing is appended then.
    """
    kinds = np.asarray(classes, np.int64).reshape(-1)
    if kinds.size and (kinds.min() < 0 or kinds.max() >= state.orders.size):
        raise ValueError(f"classes must lie in 0..{state.orders.size - 1}")
    found = np.empty((kinds.size, state.left.shape[0]), np.int32)
    for n, kind in enumerate(kinds.tolist()):
        _place(
            kind, True, state.alternatives, state.resources, state.left, state.week, state.way,
            state.weeks, found[n],
        )  # fmt: skip
    state.orders[:] += np.bincount(kinds, minlength=state.orders.size).astype(np.int32)
    return found


def _placed(state: QueueState, kind: int, *, take: bool) -> NDArray[np.int32]:
    if not 0 <= kind < state.orders.size:
        raise ValueError(f"the class must lie in 0..{state.orders.size - 1}")
    found = np.empty(state.left.shape[0], np.int32)
    _place(
        kind, take, state.alternatives, state.resources, state.left, state.week, state.way,
        state.weeks, found,
    )  # fmt: skip
    return found


@njit(cache=True, nogil=True)
def _place(
    kind: int,
    take: bool,
    alternatives: NDArray[np.int32],
    resources: NDArray[np.int32],
    left: NDArray[np.int32],
    week: NDArray[np.uint32],
    way: NDArray[np.uint32],
    weeks: int,
    found: NDArray[np.int32],
) -> None:
    """Fill `found` with the build weeks of one order; use up what it needs if it is to `take`."""
    k = np.uint32(kind)
    ways, needs = np.uint32(alternatives[k]), np.uint32(resources.shape[2])
    horizon = np.uint32(weeks)
    rows = (left.shape[1] - 1) // weeks
    for s in range(np.uint32(left.shape[0])):
        w, a = week[s, k], way[s, k]
        while w < horizon:
            least = PLENTY
            for m in range(needs):
                row = resources[k, a, m]
                if row >= 0:
                    least = min(least, left[s, np.uint32(w * rows + row)])
            if least > 0:
                break
            a += np.uint32(1)
            if a == ways:
                a = np.uint32(0)
                w += np.uint32(1)
        found[s] = w
        if take:
            week[s, k], way[s, k] = w, a
            if w < horizon:
                for m in range(needs):
                    row = resources[k, a, m]
                    if row >= 0:
                        left[s, np.uint32(w * rows + row)] -= 1
