"""What this machine can do at best: how fast it copies and how fast it counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

PROCESSORS: Final = 2


def _count(values: NDArray[np.uint16], counts: NDArray[np.int32]) -> None:
    for value in values:
        counts[value] += 1


def rates() -> dict[str, float]:
    """What this machine can do: bytes copied and pairs counted a second, all processors together.

    The best of several runs, so that other work on the machine counts little.
    """
    source, target = np.ones(2**25), np.ones(2**25)
    values = np.random.default_rng(1).integers(0, 200, 2**22).astype(np.uint16)
    count = njit(nogil=True)(_count)
    count(values, np.zeros(200, np.int32))
    part = source.size // PROCESSORS

    def copy_part(number: int) -> None:
        mine = slice(number * part, (number + 1) * part)
        np.copyto(target[mine], source[mine])

    copying, counting = [], []
    with ThreadPoolExecutor(PROCESSORS) as pool:
        for _ in range(5):
            begun = perf_counter()
            list(pool.map(copy_part, range(PROCESSORS)))
            copying.append(perf_counter() - begun)
            begun = perf_counter()
            list(pool.map(lambda _: count(values, np.zeros(200, np.int32)), range(PROCESSORS)))
            counting.append(perf_counter() - begun)
    return {
        "copied_bytes_a_s": 2 * source.nbytes / min(copying),
        "counted_pairs_a_s": PROCESSORS * values.size / min(counting),
    }
