"""Whose doing a change is: whole days for each factor, and they add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yinuo.engines.forecast.levels import BEYOND_HORIZON

FACTORS_MAX: Final = 6


@dataclass(frozen=True)
class Attribution:
    """The change of each value, shared out among m factors.

    Attributes
    ----------
    change : NDArray[np.int64], shape (...)
        New value less old value, days. 0 where not `known`.
    days : NDArray[np.int64], shape (..., m)
        Whole days of each factor; later is positive. 0 for a factor whose share is less than
        a day, and for one that changes nothing.
    other : NDArray[np.int64], shape (...)
        The rest: shares below a day, and what rounding leaves.
        `change == days.sum(axis=-1) + other`.
    known : NDArray[np.bool_], shape (...)
        False where some combination of the factors has no date, so that no share is defined.
    """

    change: NDArray[np.int64]
    days: NDArray[np.int64]
    other: NDArray[np.int64]
    known: NDArray[np.bool_]


def attribute(values_of: Callable[[int], ArrayLike], factors: int) -> Attribution:
    """Share a change among the factors that make it, after Shapley, in whole days.

    A factor's share is the mean, over all orders in which the factors may change one by one, of
    what its own change adds. The shares are worked out in whole numbers and rounded last.

    Parameters
    ----------
    values_of : callable
        Asked once for each of the 2 ** m masks from 0 on. `values_of(mask)` gives day numbers,
        integers of any shape, always the same, with the factors in the mask (bit i for factor
        i) new and the others old. The scenarios must be the same in all runs.
    factors : int
        m, 1..6. One factor takes the whole change, without any computation but the difference.

    Returns
    -------
    Attribution
        The days of all factors and the rest add up to the change. A factor that changes nothing
        in any combination gets 0. Two factors that change the same in every combination get the
        same: where rounding would have to prefer one of several equal shares, none gets the
        day, and it goes to the rest.

    Raises
    ------
    ValueError
        If `factors` is out of range, or the values are no integers or change their shape.

    Notes
    -----
    Shares of a day or more, and the sum of all smaller ones, are cut to whole days towards zero;
    the days still missing go to the largest remainders.

    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II.
    """
    if not 1 <= factors <= FACTORS_MAX:
        raise ValueError(f"factors must lie in 1..{FACTORS_MAX}, not {factors}")
    whole = 2**factors - 1
    old = new = _days(values_of(0), None)
    known = old < BEYOND_HORIZON
    shares = np.stack([-_weight(0, factors) * old] * factors, axis=-1)
    for mask in range(1, whole + 1):
        new = _days(values_of(mask), old.shape)
        known &= new < BEYOND_HORIZON
        size = mask.bit_count()
        for i in range(factors):
            if mask >> i & 1:
                shares[..., i] += _weight(size - 1, factors) * new
            else:
                shares[..., i] -= _weight(size, factors) * new
    shares[~known] = 0
    change = np.where(known, new - old, 0)
    days, other = _whole_days(shares, change, factorial(factors))
    return Attribution(change, days, other, known)


def _weight(size: int, factors: int) -> int:
    """In how many of the m! orders exactly `size` given factors stand before a given one."""
    return factorial(size) * factorial(factors - size - 1)


def _days(values: ArrayLike, shape: tuple[int, ...] | None) -> NDArray[np.int64]:
    given = np.asarray(values)
    if given.dtype.kind not in "iu":
        raise ValueError(f"values must be integers, not {given.dtype}")
    if shape is not None and given.shape != shape:
        raise ValueError(f"values must keep the shape {shape}, not {given.shape}")
    return given.astype(np.int64)


def _whole_days(
    shares: NDArray[np.int64], change: NDArray[np.int64], unit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shares in parts of `unit` a day, rounded to days (..., m), and the rest (...)."""
    told = np.where(np.abs(shares) >= unit, shares, 0)
    parts = np.concatenate([told, (change * unit - told.sum(axis=-1))[..., None]], axis=-1)
    days = np.sign(parts) * (np.abs(parts) // unit)
    missing = change - days.sum(axis=-1)
    # A positive remainder is of use only where days are missing, a negative one where too many.
    remainder = (parts - days * unit) * np.sign(missing)[..., None]
    days[..., :-1] += np.where(_served(remainder, np.abs(missing)), np.sign(missing)[..., None], 0)
    return days[..., :-1], change - days[..., :-1].sum(axis=-1)


def _served(remainder: NDArray[np.int64], missing: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which factors get one of the missing days: those with the largest remainders.

    The last remainder is that of the rest, which may be preferred to its equals. Among factors
    with equal remainders all are served or none.
    """
    mine = remainder[..., :-1]
    # How many would have to be served before or with this one.
    ahead = (remainder[..., None, :] >= mine[..., :, None]).sum(axis=-1)
    return np.asarray((mine > 0) & (ahead <= missing[..., None]))
