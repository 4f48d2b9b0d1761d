"""The right edge of a tree: all that is needed to add leaves to it and to know its root."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from yinuo.engines.tlog.hashes import HASH, PAIR, SIZE_END, Read, fold, parents


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


def read_edge(size: int, read: Read) -> Edge:
    """The edge of the first `size` leaves of a log, as its tiles have it."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return Edge(size, tuple(read(level, (size >> level) - 1, 1) for level in levels))


def grow(edge: Edge, hashes: bytes) -> Edge:
    """The edge after the leaves with these joined hashes are added behind it."""
    return grow_in_layers(edge, hashes)[0]


def grow_in_layers(edge: Edge, hashes: bytes) -> tuple[Edge, list[bytes]]:
    """The edge after these leaves, and what they complete.

    Item `k` of the second is the joined hashes of the new subtrees of `2**k` leaves; the first of
    them is the one with the number `edge.size >> k` among all of its level.
    """
    assert len(hashes) % HASH == 0
    size = edge.size + len(hashes) // HASH
    waiting, kept, layers = list(edge.nodes), [], []
    level = 0
    while hashes or edge.size >> level:
        if hashes:
            layers.append(hashes)
        # New subtrees begin where the old ones of their level end. Where those are odd in number
        # the last of them stands in the edge, and is the first new one's partner.
        joined = waiting.pop() + hashes if edge.size >> level & 1 else hashes
        if len(joined) % PAIR:
            kept.append(joined[-HASH:])
            joined = joined[:-HASH]
        hashes = parents(joined)
        level += 1
    return Edge(size, tuple(reversed(kept))), layers
