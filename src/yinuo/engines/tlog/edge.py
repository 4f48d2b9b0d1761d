"""The right edge of a tree: all that is needed to add leaves to it and to know its root."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from yinuo.engines.tlog.hashes import HASH, PAIR, SIZE_END, fold, parents


@dataclass(frozen=True)
class Edge:
    """A tree of `size` leaves as its complete subtrees.

    `nodes` are their hashes from left to right: one for each one in the binary digits of `size`,
    so the largest subtree stands first.
    """

    size: int
    nodes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.size < SIZE_END or len(self.nodes) != self.size.bit_count():
            raise ValueError(f"{len(self.nodes)} subtrees are no edge of {self.size} leaves")
        if any(len(node) != HASH for node in self.nodes):
            raise ValueError("a hash is 32 bytes")

    def root(self) -> bytes:
        """The root of the tree; of no leaf, the SHA-256 of nothing."""
        return fold(self.nodes) if self.nodes else hashlib.sha256().digest()


EMPTY = Edge(0, ())


def grow(edge: Edge, hashes: bytes) -> Edge:
    """The edge after the leaves with these joined hashes are added behind it."""
    size = edge.size + len(hashes) // HASH
    kept = [node for _, node, _ in _climb(edge, hashes) if node]
    return Edge(size, tuple(reversed(kept)))


def new_layers(edge: Edge, hashes: bytes) -> list[bytes]:
    """What these leaves complete: item `k` is the joined hashes of the new subtrees of `2**k`.

    The first of them is the one with the number `edge.size >> k` among all of its level.
    """
    return [layer for layer, _, _ in _climb(edge, hashes) if layer]


def _climb(edge: Edge, hashes: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Level by level: the new complete subtrees, the one that stays without a partner, the level.

    A new subtree begins where the old ones of its level end; if these are odd in number, the last
    of them stands in the edge and is the first one's partner.
    """
    assert len(hashes) % HASH == 0
    waiting = list(edge.nodes)
    level, size = 0, edge.size
    while hashes or size:
        joined = waiting.pop() + hashes if size & 1 else hashes
        alone = joined[-HASH:] if len(joined) % PAIR else b""
        yield hashes, alone, level
        hashes = parents(joined[: len(joined) - len(alone)])
        level, size = level + 1, size >> 1
