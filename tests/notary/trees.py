"""Small logs in memory, and waiting for processes."""

from __future__ import annotations

import time
from collections.abc import Callable

from yinuo.engines.tlog import consistency_proof, leaf_hashes, tree_root


class Tree:
    """A log in memory: leaves of a name and a number."""

    def __init__(self, name: str = "leaf") -> None:
        self.name = name

    def hashes(self, size: int) -> bytes:
        return leaf_hashes([f"{self.name} {number}".encode() for number in range(size)])

    def root(self, size: int) -> bytes:
        return tree_root(self.hashes(size))

    def read(self, level: int, first: int, count: int) -> bytes:
        wide = 1 << level
        hashes = self.hashes((first + count) * wide)
        return b"".join(
            tree_root(hashes[32 * at * wide : 32 * (at + 1) * wide])
            for at in range(first, first + count)
        )

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, self.read)


def wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once it holds; fail when it does not come to."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)
