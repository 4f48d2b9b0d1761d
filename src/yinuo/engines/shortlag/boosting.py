"""Gradient-boosted trees on any columns: scikit-learn's, made tame and always the same.

Squared error of a target clipped at a few robust standard deviations, so that one order that
took a year pulls no leaf (Friedman 2001; Ke et al. 2017 for the histograms).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
BINS_MAX = 64
STEPS = (0, 5, 10, 20, 30, 45, 60)
FOLDS_FEW, FOLDS_MANY, ROWS_FEW = 4, 2, 3000


@dataclass(frozen=True)
class Growth:
    """How trees are grown.

    `trees` and `depth` are counts; `rate` is the share of each tree's step that is taken;
    `leaf_rows` is the fewest rows in a leaf; `ridge` pulls a leaf towards 0, in rows; `clip` is
    where the target is cut, in robust standard deviations on either side of its median.
    """

    trees: int = 90
    depth: int = 4
    rate: float = 0.08
    leaf_rows: int = 20
    ridge: float = 5.0
    clip: float = 2.5


@dataclass(frozen=True)
class Trees:
    """A fitted sum of trees, to be added to `start`; None where nothing was worth a split."""

    start: float
    model: HistGradientBoostingRegressor | None

    def predict(self, columns: Floats) -> Floats:
        """The fitted value of each row of `columns`, shape (n, p), NaN where missing."""
        if self.model is None or columns.shape[0] == 0:
            return np.full(columns.shape[0], self.start)
        with threadpool_limits(1, "openmp"):
            return np.asarray(self.start + self.model.predict(columns), np.float64)


def grow(columns: Floats, target: Floats, weights: Floats, growth: Growth) -> Trees:
    """Fit trees to `target`, shape (n,), with `weights` >= 0 of mean about 1.

    `columns` has shape (n, p); NaN is missing. One thread and no randomness: the same rows give
    the same trees.

    Raises
    ------
    ValueError
        Shapes differ, there is no row, or no row has weight.
    """
    if not (columns.shape[0] == target.size == weights.size) or not weights.sum() > 0:
        raise ValueError("columns, target and weights must have the same, positive number of rows")
    start = weighted_median(target, weights)
    if growth.trees == 0 or target.size < 2 * growth.leaf_rows or columns.shape[1] == 0:
        return Trees(start, None)
    model = HistGradientBoostingRegressor(
        loss="squared_error",
        max_iter=growth.trees,
        learning_rate=growth.rate,
        max_depth=growth.depth,
        max_leaf_nodes=2**growth.depth,
        min_samples_leaf=growth.leaf_rows,
        l2_regularization=growth.ridge,
        max_bins=BINS_MAX,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(1, "openmp"):
        model.fit(columns, tame(target, weights, growth.clip), sample_weight=weights)
    return Trees(start, model)


def prove(
    columns: Floats, target: Floats, weights: Floats, growth: Growth
) -> tuple[Growth, Floats]:
    """As many trees as proved themselves on rows that they had not seen; perhaps none.

    The rows, in order of time, are cut into stretches; each is forecast by trees grown on the
    others. Taken is the number of trees with the least squared error of the clipped target. Also
    returns the forecast of each row, shape (n,), by so many trees that had not seen it.
    """
    folds = FOLDS_FEW if target.size < ROWS_FEW else FOLDS_MANY
    steps = [count for count in STEPS if count < growth.trees] + [growth.trees]
    unseen = np.zeros((len(steps), target.size))
    edges = np.linspace(0, target.size, folds + 1).astype(np.int64)
    for begin, end in pairwise(edges):
        other = np.ones(target.size, np.bool_)
        other[begin:end] = False
        if end > begin and weights[other].sum() > 0:
            trees = grow(columns[other], target[other], weights[other], growth)
            unseen[:, begin:end] = staged(trees, columns[begin:end], steps)
    wanted = weighted_median(target, weights) + tame(target, weights, growth.clip)
    best = int(np.argmin((unseen - wanted) ** 2 @ weights))
    return replace(growth, trees=steps[best]), unseen[best]


def cut_points(columns: Floats) -> list[Floats]:
    """Cuts of each column of shape (n, p) into at most 63 parts of about as many rows.

    Values that are missing (NaN) take no part.
    """
    shares = np.linspace(0, 1, BINS_MAX)[1:-1]
    cuts = []
    for values in columns.T:
        known = values[np.isfinite(values)]
        few = np.unique(known)
        cuts.append(few[1:] if few.size < BINS_MAX else np.unique(np.quantile(known, shares)))
    return cuts


def into_parts(columns: Floats, cuts: list[Floats]) -> Floats:
    """The number of the part in which each value lies, shape (n, p); NaN stays NaN.

    Done once for many fits: the library would sort each column for each of them.
    """
    parts = np.full(columns.shape, np.nan)
    for number, edges in enumerate(cuts):
        known = np.isfinite(columns[:, number])
        parts[known, number] = np.searchsorted(edges, columns[known, number], "right")
    return parts


def staged(trees: Trees, columns: Floats, steps: list[int]) -> Floats:
    """The forecast of each row by the first so many trees, shape (steps, n)."""
    out = np.full((len(steps), columns.shape[0]), trees.start)
    if trees.model is None:
        return out
    with threadpool_limits(1, "openmp"):
        for count, value in enumerate(trees.model.staged_predict(columns), 1):
            if count in steps:
                out[steps.index(count)] += value
    return out


def tame(target: Floats, weights: Floats, clip: float) -> Floats:
    """The target around its weighted median, cut at `clip` robust standard deviations."""
    centred = target - weighted_median(target, weights)
    spread = 1.4826 * weighted_median(np.abs(centred), weights)
    limit = clip * spread if spread > 1e-9 else np.inf
    return np.clip(centred, -limit, limit)


def weighted_median(values: Floats, weights: Floats) -> float:
    """The lower weighted median; `values` must not be empty."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
