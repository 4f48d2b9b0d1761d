"""Worlds for tests of the queue, and two obviously right twins of `simulate`.

`build_weeks` lets every order look through all slots from the first week; it is slow, and uses
nothing of what makes the engine fast. `serve_one_by_one` remembers where a class stood last, and
is quick enough for tens of thousands of orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from yinuo.engines.queue import QueueRun, simulate

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Case:
    classes: Ints
    alternatives: Ints
    resources: Ints
    capacity: Ints

    def run(self, **how: object) -> QueueRun:
        return simulate(
            self.classes, self.alternatives, self.resources, self.capacity, **how  # type: ignore[arg-type]
        )  # fmt: skip

    def first(self, orders: int) -> Case:
        """Only the first orders are locked yet."""
        return Case(self.classes[:orders], self.alternatives, self.resources, self.capacity)


def random_case(seed: int, orders_max: int = 60) -> Case:
    """A small world in which most resources run short."""
    rng = np.random.default_rng(seed)
    kinds, ways, rows = (int(rng.integers(1, high)) for high in (5, 4, 6))
    needs_max = int(rng.integers(1, 4))
    resources = np.full((kinds, ways, needs_max), -1, np.int32)
    for k in range(kinds):
        for a in range(ways):
            needed = rng.permutation(rows)[: int(rng.integers(1, needs_max + 1))]
            resources[k, a, : needed.size] = needed
    shape = (int(rng.integers(1, 40)), rows, int(rng.integers(1, 9)))
    return Case(
        classes=rng.integers(0, kinds, int(rng.integers(0, orders_max))).astype(np.int32),
        alternatives=rng.integers(1, ways + 1, kinds).astype(np.int32),
        resources=resources,
        capacity=rng.integers(0, 7, shape).astype(np.int32),
    )


def plants_case(orders: int, scenarios: int, weeks: int = 40, seed: int = 3) -> Case:
    """Two plants, six variant lines, four colours and one scarce option, as the real ones are."""
    rng = np.random.default_rng(seed)
    kinds = np.arange(72)
    resources = np.full((72, 2, 4), -1, np.int32)
    for plant in range(2):
        resources[:, plant, 0] = plant
        resources[:, plant, 1] = 2 + kinds % 6
        resources[:, plant, 2] = 8 + kinds // 6 % 4
    resources[kinds % 9 == 0, :, 3] = 12
    # Some classes are built at one plant only, and not all prefer the same.
    resources[kinds % 5 == 0] = resources[kinds % 5 == 0][:, ::-1]
    week = orders / weeks
    share = np.array([0.5, 0.45] + [1.3 / 6] * 6 + [1.2 / 4] * 4 + [0.08]) * week
    level = rng.lognormal(0.0, 0.25, (scenarios, 13, 1)) * rng.lognormal(
        0.0, 0.1, (scenarios, 13, weeks)
    )
    return Case(
        classes=rng.choice(72, orders, p=rng.dirichlet(np.full(72, 2.0))).astype(np.int32),
        alternatives=np.where(kinds % 7 == 0, 1, 2).astype(np.int32),
        resources=resources,
        capacity=(share[:, None] * level).astype(np.int32),
    )


def build_weeks(case: Case, scenario: int) -> tuple[list[int], Ints]:
    """Week of every order, W for never, and what is left, shape (R, W)."""
    left = case.capacity[scenario].copy()
    weeks = left.shape[1]
    found = []
    for k in case.classes:
        slots = [(w, a) for w in range(weeks) for a in range(case.alternatives[k])]
        for w, a in slots:
            rows = [row for row in case.resources[k, a] if row >= 0]
            if all(left[row, w] > 0 for row in rows):
                left[rows, w] -= 1
                found.append(w)
                break
        else:
            found.append(weeks)
    return found, left


def all_build_weeks(case: Case) -> NDArray[np.int64]:
    """Weeks of all orders in all scenarios, shape (S, N)."""
    scenarios = case.capacity.shape[0]
    weeks = [build_weeks(case, s)[0] for s in range(scenarios)]
    return np.array(weeks, np.int64).reshape(scenarios, case.classes.size)


def counted(case: Case, weeks_of: list[int]) -> Ints:
    """Orders of each class built by the end of each week, shape (K, W)."""
    built = np.zeros((case.alternatives.size, case.capacity.shape[2]), np.int32)
    for k, week in zip(case.classes, weeks_of, strict=True):
        if week < built.shape[1]:
            built[k, week:] += 1
    return built


def serve_one_by_one(case: Case) -> tuple[Ints, Ints]:
    """Counts (K, W, S) and what is left (S, W, R), order by order."""
    built, left = _one_by_one(case.classes, case.alternatives, case.resources, case.capacity)
    counts = np.cumsum(built[:, :, :-1], axis=2, dtype=np.int32).transpose(1, 2, 0)
    return np.ascontiguousarray(counts), left.transpose(0, 2, 1)


@njit(nogil=True)
def _one_by_one(
    classes: Ints, alternatives: Ints, resources: Ints, capacity: Ints
) -> tuple[Ints, Ints]:
    """Orders built by scenario, class and week, the last week for never; and what is left."""
    scenarios, _, weeks = capacity.shape
    left = capacity.copy()
    built = np.zeros((scenarios, alternatives.size, weeks + 1), np.int32)
    for s in range(scenarios):
        week = np.zeros(alternatives.size, np.int32)
        way = np.zeros(alternatives.size, np.int32)
        for n in range(classes.size):
            k = classes[n]
            while week[k] < weeks:
                free = True
                for m in range(resources.shape[2]):
                    row = resources[k, way[k], m]
                    if row >= 0 and left[s, row, week[k]] <= 0:
                        free = False
                        break
                if free:
                    break
                way[k] += 1
                if way[k] == alternatives[k]:
                    way[k] = 0
                    week[k] += 1
            built[s, k, week[k]] += 1
            if week[k] < weeks:
                for m in range(resources.shape[2]):
                    row = resources[k, way[k], m]
                    if row >= 0:
                        left[s, row, week[k]] -= 1
    return built, left
