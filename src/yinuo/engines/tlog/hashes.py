"""The hashes of the tree: RFC 6962, section 2.1, with SHA-256.

A hash is 32 bytes. Many of them stand one behind the other in one `bytes`, as in a tile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH = 32
PAIR = 2 * HASH
# Sizes and numbers of leaves stay below this, as in every other implementation (a signed 64 bits).
SIZE_END = 1 << 63

Read = Callable[[int, int, int], bytes]
"""`read(level, first, count)`: the hashes, joined, of `count` complete subtrees of `2**level`
leaves each, from the one that begins at leaf `first * 2**level`."""

_LEAF, _NODE = b"\x00", b"\x01"
_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return _sha256(_LEAF + data).digest()


def leaf_hashes(leaves: Sequence[bytes]) -> bytes:
    """The hashes of leaves, joined."""
    sha256, prefix = _sha256, _LEAF
    return b"".join([sha256(prefix + leaf).digest() for leaf in leaves])


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return _sha256(_NODE + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The next level above an even number of joined hashes."""
    assert len(hashes) % PAIR == 0
    sha256, prefix = _sha256, _NODE
    return b"".join(
        [sha256(prefix + hashes[at : at + PAIR]).digest() for at in range(0, len(hashes), PAIR)]
    )


def fold(nodes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size, the largest first; at least one."""
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = node_hash(node, root)
    return root


def tree_root(hashes: bytes) -> bytes:
    """The root of the tree over these joined leaf hashes; of no leaf, the SHA-256 of nothing."""
    assert len(hashes) % HASH == 0
    nodes: list[bytes] = []
    while hashes:
        if len(hashes) % PAIR:
            nodes.append(hashes[-HASH:])
            hashes = hashes[:-HASH]
        hashes = parents(hashes)
    return fold(nodes[::-1]) if nodes else _sha256().digest()
