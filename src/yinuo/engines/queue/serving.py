"""Serving orders in lock order by whole stretches: the kernels under `simulate`.

An order looks at few cells only: what is left of each resource it needs in the week in which its
class stands. While no such cell runs out every class stays where it stands, and a stretch of
orders can be served at once, by the counts of its classes. So the counts are noted at every
`stride`-th order; the place where the next cell runs out is looked for among those marks, by how
much of a stretch would still have fitted; and only the stride in which it lies is walked order by
order. A stretch is applied only if all it uses is there: the result is that of the walk, exactly.

Indices are unsigned, because a signed index costs a look whether it is negative.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Indices = NDArray[np.uint32]
# What is left of the cell that stands for "needs nothing more".
PLENTY: Final = 2_000_000_000
# First guess, in strides, of how far away the next cell that runs out is.
FIRST_REACH: Final = 16


class Demand(NamedTuple):
    """The orders, the same in every scenario.

    `classes`, `rank` (N,): class of each order and its place inside the class. `before`
    (B + 1, K): orders of each class before every `stride`-th order; the last row counts all.
    """

    classes: Indices
    rank: Ints
    before: Ints
    stride: int


class Needs(NamedTuple):
    """What classes use. `alternatives` (K,), `resources` (K, A, M) as in `simulate`.

    The needs of class k stand at `span[k]` to `span[k + 1]` of every list of needs; `owner` says
    whose each is.
    """

    alternatives: Ints
    resources: Ints
    span: Indices
    owner: Indices


class Line(NamedTuple):
    """One scenario: where each class stands and what is left.

    `left` (W R + 1,): units left, the resources of a week side by side, `PLENTY` last. `week`,
    `way` (K,): the slot where each class stands, at first all 0; week W is beyond the horizon.
    `cell`: room for the place in `left` of each need. `done` (K,): orders of each class that are
    served. `built` (K, W + 1): orders by week, the last column for those without a slot.
    """

    left: Ints
    week: Indices
    way: Indices
    cell: Indices
    done: Ints
    built: Ints


@njit(cache=True, nogil=True)
def count_orders(classes: Indices, kinds: int, stride: int) -> tuple[Ints, Ints]:
    """`rank` and `before` of `Demand`."""
    orders = classes.size
    blocks = (orders + stride - 1) // stride
    before = np.empty((blocks + 1, kinds), np.int32)
    rank = np.empty(orders, np.int32)
    seen = np.zeros(kinds, np.int32)
    for n in range(orders):
        if n % stride == 0:
            before[n // stride] = seen
        k = classes[n]
        rank[n] = seen[k]
        seen[k] += 1
    before[blocks] = seen
    return rank, before


def arrange_needs(alternatives: Ints, resources: Ints) -> Needs:
    """`Needs` of checked classes; a class has as many needs as its alternative with the most."""
    places = np.arange(1, resources.shape[2] + 1)
    offered = np.arange(resources.shape[1])[None, :, None] < alternatives[:, None, None]
    most = np.where((resources >= 0) & offered, places, 0).max(axis=(1, 2), initial=0)
    span = np.concatenate([[0], np.cumsum(most)]).astype(np.uint32)
    return Needs(alternatives, resources, span, np.repeat(np.arange(most.size), most).astype("u4"))


@njit(cache=True, nogil=True, inline="always")
def _settle(
    k: np.uint32 | int, alternatives: Ints, resources: Ints, span: Indices, left: Ints,
    week: Indices, way: Indices, cell: Indices, rows: int,
) -> None:  # fmt: skip
    """Move class k to its first slot with something left. What is left only falls: no way back."""
    first, end = span[k], span[k + np.uint32(1)]
    none = left.size - 1
    while True:
        least = PLENTY
        for j in range(first, end):
            least = min(least, left[cell[j]])
        if least > 0:
            return
        way[k] += np.uint32(1)
        if way[k] == alternatives[k]:
            way[k] = 0
            week[k] += np.uint32(1)
        for j in range(first, end):
            row = resources[k, way[k], j - first]
            there = week[k] * rows + row
            # Beyond the horizon nothing is needed.
            cell[j] = none if row < 0 or there >= none else there


@njit(cache=True, nogil=True)
def _fits(
    upto: Ints, owner: Indices, left: Ints, cell: Indices, done: Ints, active: Indices,
    count: Ints, used: Ints,
) -> float:  # fmt: skip
    """How many times the orders up to a mark fit into what is left; from 1 on they all do.

    Leaves the orders of each class in `count` and the use of each cell in `used`.
    """
    for i in range(np.uint32(active.size)):
        used[active[i]] = 0
    for k in range(np.uint32(count.size)):
        count[k] = max(upto[k] - done[k], 0)
    for j in range(np.uint32(owner.size)):
        used[cell[j]] += count[owner[j]]
    times = np.inf
    for i in range(np.uint32(active.size)):
        need = used[active[i]]
        if need > 0:
            times = min(times, left[active[i]] / need)
    return times


@njit(cache=True, nogil=True)
def _leap(
    at: int, reach: int, top: int, before: Ints, owner: Indices, left: Ints, week: Indices,
    cell: Indices, done: Ints, built: Ints, active: Indices, count: Ints, used: Ints,
) -> int:  # fmt: skip
    """Serve whole strides from mark `at` on while every class may stay; the mark arrived at."""
    blocks = before.shape[0] - 1
    # The stretch from `at` to `wall` is known not to fit.
    wall = blocks + 1
    goal = min(at + min(reach, top), blocks)
    while goal > at:
        times = _fits(before[goal], owner, left, cell, done, active, count, used)
        stretch = goal - at
        if times >= 1.0:
            for i in range(np.uint32(active.size)):
                left[active[i]] -= used[active[i]]
            for k in range(np.uint32(count.size)):
                built[k, week[k]] += count[k]
                done[k] += count[k]
            at = goal
            further = (times - 1.0) * stretch
        else:
            wall = goal
            further = times * stretch
        goal = min(at + int(min(further, float(top))), wall - 1, blocks)
    return at


@njit(cache=True, nogil=True)
def _serve(
    classes: Indices, rank: Ints, before: Ints, stride: int, alternatives: Ints, resources: Ints,
    span: Indices, owner: Indices, left: Ints, week: Indices, way: Indices, cell: Indices,
    done: Ints, built: Ints, top: int,
) -> None:  # fmt: skip
    kinds = np.uint32(alternatives.size)
    rows = (left.size - 1) // (built.shape[1] - 1)
    active = np.empty(cell.size, np.uint32)
    mark = np.zeros(left.size, np.int32)
    used = np.zeros(left.size, np.int32)
    count = np.empty(kinds, np.int32)
    for k in range(kinds):
        for j in range(span[k], span[k + np.uint32(1)]):
            row = resources[k, 0, j - span[k]]
            cell[j] = left.size - 1 if row < 0 else row
    at, reach, turn = 0, FIRST_REACH, 0
    while True:
        # Every class moves on where it must, and the cells in use are listed.
        turn += 1
        mark[left.size - 1] = turn
        cells = 0
        for k in range(kinds):
            _settle(k, alternatives, resources, span, left, week, way, cell, rows)
            for j in range(span[k], span[k + np.uint32(1)]):
                if mark[cell[j]] != turn:
                    mark[cell[j]] = turn
                    active[cells] = cell[j]
                    cells += 1
        if at == before.shape[0] - 1:
            return
        start = at
        at = _leap(
            at, reach, top, before, owner, left, week, cell, done, built, active[:cells], count,
            used,
        )  # fmt: skip
        # The stride in which something runs out is walked order by order.
        for n in range(np.uint64(at * stride), np.uint64(min((at + 1) * stride, classes.size))):
            kind = classes[n]
            if rank[n] < done[kind]:
                continue
            _settle(kind, alternatives, resources, span, left, week, way, cell, rows)
            for j in range(span[kind], span[kind + np.uint32(1)]):
                left[cell[j]] -= 1
            left[left.size - 1] = PLENTY
            built[kind, week[kind]] += 1
            done[kind] += 1
        at = min(at + 1, before.shape[0] - 1)
        reach = max(at - start, 1)


def serve(demand: Demand, needs: Needs, line: Line, top: int) -> None:
    """Serve all orders of one scenario that are not `done`; changes all of `line`.

    At most `top` strides are tried in one go. `stride` and `top` change the time it takes, not
    the result. Afterwards every class stands at its first slot with something left.
    """
    _serve(
        *demand, *needs, line.left, line.week, line.way, line.cell, line.done, line.built, top
    )  # fmt: skip


@njit(cache=True, nogil=True)
def accumulate(built: Ints, built_before: Ints, start: int, cumulative: Ints) -> None:
    """Running totals of `built` (S', K, W + 1) into `cumulative` (K, W, S), from scenario `start`.

    `built_before` (K, S) is what was built before the first week.
    """
    scenarios, kinds, columns = built.shape
    total = np.empty(scenarios, np.int32)
    for k in range(kinds):
        for s in range(scenarios):
            total[s] = built_before[k, start + s]
        for w in range(columns - 1):
            for s in range(scenarios):
                total[s] += built[s, k, w]
                cumulative[k, w, start + s] = total[s]
