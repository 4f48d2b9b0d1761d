"""Gradient-boosted trees on binned columns, small enough to refit each month and always the same.

Squared error with gradients clipped as in Huber's loss; every tree is grown level by level from
histograms (Friedman 2001; Ke et al. 2017 for the histograms).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bins = NDArray[np.uint8]
BINS_MAX = 64


@dataclass(frozen=True)
class Growth:
    """How trees are grown.

    `trees` and `depth` are counts; `rate` is the share of each tree's step that is taken;
    `leaf_weight` is the least weight of rows in a leaf; `ridge` pulls a leaf towards 0, in rows;
    `clip` is where Huber's loss turns linear, in robust standard deviations of the target;
    `gain` is the least gain of a split in variances of the gradient: the best of a few hundred
    useless splits gains about 8, so where there is nothing to learn nothing grows.
    """

    trees: int = 90
    depth: int = 4
    rate: float = 0.08
    leaf_weight: float = 20.0
    ridge: float = 5.0
    clip: float = 2.5
    gain: float = 8.0


@dataclass(frozen=True)
class Trees:
    """A fitted sum of trees: `start` plus one leaf of each.

    `column`, `bin_max` and `leaf` have shape (trees, nodes) with the children of node i at 2i+1
    and 2i+2; a row goes left when its bin is at most `bin_max`; `column` is -1 at a leaf.
    """

    start: float
    column: NDArray[np.int16]
    bin_max: Bins
    leaf: Floats

    def predict(self, bins: Bins) -> Floats:
        """The fitted value of each row of `bins`, shape (n, p)."""
        out = np.full(bins.shape[0], self.start)
        _add_trees(bins, self.column, self.bin_max, self.leaf, out)
        return out


def bin_edges(columns: Floats) -> list[Floats]:
    """Cuts of each column of shape (n, p) into at most 63 parts of about as many rows.

    Values that are missing (NaN) take no part.
    """
    edges = []
    for values in columns.T:
        known = np.unique(values[np.isfinite(values)])
        if known.size > BINS_MAX - 1:
            shares = np.linspace(0, 1, BINS_MAX)[1:-1]
            edges.append(np.unique(np.quantile(values[np.isfinite(values)], shares)))
        else:
            edges.append((known[1:] + known[:-1]) / 2)
    return edges


def to_bins(columns: Floats, edges: list[Floats]) -> Bins:
    """The bin of each value, shape (n, p): 0 for a missing one, else from 1 in rising order."""
    bins = np.zeros(columns.shape, np.uint8)
    for number, cuts in enumerate(edges):
        values = columns[:, number]
        known = np.isfinite(values)
        bins[known, number] = 1 + np.searchsorted(cuts, values[known], "right")
    return bins


def grow(bins: Bins, target: Floats, weights: Floats, growth: Growth) -> Trees:
    """Fit trees to `target`, shape (n,), with `weights` >= 0 of mean about 1.

    Raises
    ------
    ValueError
        Shapes differ, there is no row, or no row has weight.
    """
    if not (bins.shape[0] == target.size == weights.size) or not weights.sum() > 0:
        raise ValueError("bins, target and weights must have the same, positive number of rows")
    start = weighted_median(target, weights)
    spread = 1.4826 * weighted_median(np.abs(target - start), weights)
    limit = growth.clip * spread if spread > 1e-9 else np.inf
    nodes = 2 ** (growth.depth + 1) - 1
    column = np.full((growth.trees, nodes), -1, np.int16)
    bin_max = np.zeros((growth.trees, nodes), np.uint8)
    leaf = np.zeros((growth.trees, nodes))
    fitted = np.full(target.size, start)
    for tree in range(growth.trees):
        gradient = np.clip(target - fitted, -limit, limit)
        noise = float(np.average(gradient**2, weights=weights))
        _grow_tree(
            bins,
            gradient * weights,
            weights,
            growth.depth,
            growth.rate,
            growth.leaf_weight,
            growth.ridge,
            growth.gain * noise + 1e-12,
            column[tree],
            bin_max[tree],
            leaf[tree],
            fitted,
        )
        if column[tree, 0] < 0:
            break
    return Trees(start, column, bin_max, leaf)


def weighted_median(values: Floats, weights: Floats) -> float:
    """The lower weighted median; `values` must not be empty."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])


@njit(cache=True, nogil=True)
def _grow_tree(  # type: ignore[no-untyped-def]  # numpydoc: `grow` says what each is
    bins, gradient, weights, depth, rate, leaf_weight, ridge, gain, column, bin_max, leaf, fitted
):
    n, p = bins.shape
    node = np.zeros(n, np.int32)
    open_nodes = np.ones(1, np.bool_)
    for level in range(depth + 1):
        width = 2**level
        first = width - 1
        sums = np.zeros((width, 2))
        for i in range(n):
            if node[i] >= 0:
                sums[node[i], 0] += gradient[i]
                sums[node[i], 1] += weights[i]
        if level < depth:
            table = np.zeros((width, p, BINS_MAX, 2))
            for i in range(n):
                if node[i] >= 0:
                    for j in range(p):
                        table[node[i], j, bins[i, j], 0] += gradient[i]
                        table[node[i], j, bins[i, j], 1] += weights[i]
        splits = np.zeros(width, np.bool_)
        for k in range(width):
            if not open_nodes[k]:
                continue
            leaf[first + k] = rate * sums[k, 0] / (sums[k, 1] + ridge)
            if level < depth:
                best, j, b = _best_split(table[k], sums[k], leaf_weight, ridge)
                if best > gain:
                    splits[k] = True
                    column[first + k] = j
                    bin_max[first + k] = b
        next_open = np.zeros(2 * width, np.bool_)
        for k in range(width):
            if splits[k]:
                next_open[2 * k] = True
                next_open[2 * k + 1] = True
        for i in range(n):
            k = node[i]
            if k < 0:
                continue
            if splits[k]:
                node[i] = 2 * k + (0 if bins[i, column[first + k]] <= bin_max[first + k] else 1)
            else:
                fitted[i] += leaf[first + k]
                node[i] = -1
        open_nodes = next_open


@njit(cache=True, nogil=True)
def _best_split(table, total, leaf_weight, ridge):  # type: ignore[no-untyped-def]
    best, best_column, best_bin = 0.0, -1, 0
    whole = total[0] * total[0] / (total[1] + ridge)
    for j in range(table.shape[0]):
        g, w = 0.0, 0.0
        for b in range(BINS_MAX - 1):
            g += table[j, b, 0]
            w += table[j, b, 1]
            if w < leaf_weight:
                continue
            rest = total[1] - w
            if rest < leaf_weight:
                break
            gain = g * g / (w + ridge) + (total[0] - g) ** 2 / (rest + ridge) - whole
            if gain > best:
                best, best_column, best_bin = gain, j, b
    return best, best_column, best_bin


@njit(cache=True, nogil=True)
def _add_trees(bins, column, bin_max, leaf, out):  # type: ignore[no-untyped-def]
    for i in range(bins.shape[0]):
        for t in range(column.shape[0]):
            k = 0
            while column[t, k] >= 0:
                k = 2 * k + (1 if bins[i, column[t, k]] <= bin_max[t, k] else 2)
            out[i] += leaf[t, k]
