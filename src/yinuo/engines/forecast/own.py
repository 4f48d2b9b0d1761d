"""Days of a car's own between its hand-over place and the hand-over: appointment, late finishing.

They are drawn for each car apart, beside the scenario that all share. No draw is made: what follows
is the exact distribution of the sum, as counts of whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class OwnDays:
    """Days of a car's own by region, and where they lead to.

    `days[g, :count[g]]` are different days that rise, each with chance `weight[g, j] / whole`.
    `next_open[g, d]` is the first day from d on with hand-over places; the number of days if there
    is none.
    """

    days: Ints
    weight: Ints
    count: Ints
    whole: int
    next_open: NDArray[np.int32]

    def pick(self, group: list[int]) -> OwnDays:
        """The same for some regions, in their order."""
        rows = (self.days[group], self.weight[group], self.count[group])
        return OwnDays(*rows, self.whole, np.ascontiguousarray(self.next_open[group]))


def read_own_days(own_days: Ints | None, capacity: NDArray[np.float64]) -> OwnDays:
    """Days given as equally likely ones, shape (G, K); none means that nothing is added."""
    regions, calendar = capacity.shape
    given = np.zeros((regions, 1), np.int64) if own_days is None else own_days
    wide = given.shape[1]
    days, weight = np.zeros((regions, wide), np.int64), np.zeros((regions, wide), np.int64)
    count = np.zeros(regions, np.int64)
    for g in range(regions):
        values, chances = np.unique(given[g], return_counts=True)
        count[g] = values.size
        days[g, : values.size], weight[g, : values.size] = values, chances
    next_open = np.full((regions, calendar + 1), calendar, np.int32)
    for day in range(calendar - 1, -1, -1):
        next_open[:, day] = np.where(capacity[:, day] > 0, day, next_open[:, day + 1])
    return OwnDays(days, weight, count, wide, next_open)
