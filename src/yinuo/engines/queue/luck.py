"""Evenly spread random levels: scrambled Sobol points, and what they are spread over."""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BITS: Final = 30
# Primitive polynomial over GF(2), its bits from the highest power down, and the first odd numbers
# of the sequence it rules. The numbers were searched so that any two dimensions together are
# even: of 512 points, every pair leaves at most 3 of the 9 bits to chance, most pairs 1 or 2.
POLYNOMIALS: Final = (
    (0b11, (1,)),
    (0b111, (1, 3)),
    (0b1011, (1, 3, 3)),
    (0b1101, (1, 1, 7)),
    (0b10011, (1, 1, 3, 5)),
    (0b11001, (1, 1, 1, 15)),
    (0b100101, (1, 1, 7, 15, 17)),
    (0b101001, (1, 3, 1, 5, 13)),
    (0b101111, (1, 3, 7, 3, 29)),
    (0b110111, (1, 1, 3, 15, 9)),
    (0b111011, (1, 1, 1, 5, 17)),
    (0b111101, (1, 1, 5, 5, 3)),
    (0b1000011, (1, 1, 1, 1, 25, 55)),
    (0b1011011, (1, 3, 7, 9, 11, 15)),
    (0b1100001, (1, 3, 1, 3, 7, 59)),
)
DIMENSIONS: Final = len(POLYNOMIALS) + 1


def sobol_points(count: int, rng: np.random.Generator) -> Floats:
    """The first points of a Sobol sequence, scrambled.

    Parameters
    ----------
    count : int
        1..2**30.
    rng : np.random.Generator

    Returns
    -------
    NDArray[np.float64], shape (count, DIMENSIONS)
        In 0..1, below 1. Each alone is uniform. Of any 2**m points at the start, one lies in each
        of 2**m equal intervals of every dimension.

    Raises
    ------
    ValueError
        If `count` is out of range.

    Notes
    -----
    Scrambled by a random lower triangular matrix and a random shift for each dimension, which
    keeps the evenness and takes away the bias of a fixed set of points (Matousek 1998).
    """
    if not 1 <= count <= 1 << BITS:
        raise ValueError(f"count must lie in 1..2**{BITS}")
    # Digits of direction numbers, the highest first: (dimension, number, digit).
    numbers = np.array([_direction_numbers(*row) for row in ((0b1, ()), *POLYNOMIALS)])
    digits = numbers[:, :, None] >> np.arange(BITS - 1, -1, -1) & 1
    mixing = np.tril(rng.integers(2, size=(DIMENSIONS, BITS, BITS)), -1) + np.eye(BITS, dtype=int)
    shift = rng.integers(1 << BITS, size=DIMENSIONS)
    mixed = digits @ mixing.transpose(0, 2, 1) & 1
    directions = mixed @ (1 << np.arange(BITS - 1, -1, -1))
    index = np.arange(count)
    points = np.tile(shift, (count, 1))
    for bit in range((count - 1).bit_length()):
        points ^= np.where((index >> bit & 1)[:, None] == 1, directions[:, bit], 0)
    return np.asarray(points / (1 << BITS))


def even_normals(points: Floats) -> Floats:
    """Standard normal figures in the order of `points` (S,), one from each of S likely strata.

    Only the order of the points counts: the figures are always the middles of the S strata, so
    mean, spread and quantiles are right whatever the draw.
    """
    place = np.empty(points.size, np.int64)
    place[np.argsort(points, kind="stable")] = np.arange(points.size)
    return normal_ladder(points.size)[place]


def normal_ladder(count: int) -> Floats:
    """The middle of each of `count` equally likely strata of the standard normal, ascending."""
    middle = [(s + 0.5) / count for s in range(count)]
    return np.array([NormalDist().inv_cdf(position) for position in middle])


def _direction_numbers(polynomial: int, first: tuple[int, ...]) -> list[int]:
    """Direction numbers of one dimension as whole numbers of `BITS` digits."""
    degree = len(first)
    odd = list(first)
    while len(odd) < BITS:
        if degree == 0:
            odd.append(1)
            continue
        number = odd[-degree] ^ odd[-degree] << degree
        for power in range(1, degree):
            if polynomial >> (degree - power) & 1:
                number ^= odd[-power] << power
        odd.append(number)
    return [number << (BITS - 1 - place) for place, number in enumerate(odd)]
