"""Proofs that a leaf is in a tree, and that one tree continues another.

Source: RFC 6962, sections 2.1.1 and 2.1.2. A proof is the hashes from the leaf's side up to the
root's. Making one and checking one walk the same way down the tree, so there is one walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yinuo.engines.tlog.hashes import HASH, SIZE_END, Read, fold, node_hash


class ProofError(ValueError):
    """The proof does not prove it, or nothing can be proved of these numbers."""


def inclusion_proof(index: int, size: int, read: Read) -> list[bytes]:
    """The proof that the leaf with the number `index` is in the tree of `size` leaves.

    Raises `ProofError` when it cannot be in it.
    """
    _require(0 <= index < size < SIZE_END, f"{size} entries have no number {index}")
    return [_root(first, end, read) for first, end, _ in reversed(list(_down(index, size)))]


def consistency_proof(old: int, new: int, read: Read) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with all of the tree of `old` leaves.

    Empty for equal sizes and for `old` 0, which nothing need be shown of. Raises `ProofError` when
    `old` is larger.
    """
    _require(0 <= old <= new < SIZE_END, f"a log does not grow from {old} to {new}")
    if old in (0, new):
        return []
    first, seed_end, steps = _split(old, new)
    ranges = [(low, high) for low, high, _ in steps]
    if first:
        ranges.insert(0, (first, seed_end))
    return [_root(low, high, read) for low, high in ranges]


def check_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise `ProofError` unless the leaf with this hash has this number in the tree of this root.

    `leaf` and `root` are hashes of 32 bytes.
    """
    _require(0 <= index < size < SIZE_END, f"{size} entries have no number {index}")
    steps = list(_down(index, size))
    _require_hashes(proof, len(steps))
    _require(len(leaf) == HASH, "a hash is 32 bytes")
    node = leaf
    for hashed, (_, _, on_the_left) in zip(proof, reversed(steps), strict=True):
        node = node_hash(hashed, node) if on_the_left else node_hash(node, hashed)
    _require(node == root, "the entry is not in this tree under this number")


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise `ProofError` unless the tree of `new_root` begins with all of that of `old_root`.

    `old` 0 is refused: every tree begins with none, so there is nothing to check.
    """
    _require(0 < old <= new < SIZE_END, f"it cannot be shown that {new} entries continue {old}")
    if old == new:
        _require_hashes(proof, 0)
        _require(old_root == new_root, "two trees of one size have different roots")
        return
    first, _, steps = _split(old, new)
    _require_hashes(proof, len(steps) + (first > 0))
    before = after = proof[0] if first else old_root
    rest = proof[1:] if first else proof
    for hashed, (_, _, on_the_left) in zip(rest, steps, strict=True):
        if on_the_left:
            before, after = node_hash(hashed, before), node_hash(hashed, after)
        else:
            after = node_hash(after, hashed)
    _require(before == old_root, "the proof does not begin at the old tree")
    _require(after == new_root, "the new tree does not continue the old one")


def _down(index: int, size: int) -> Iterator[tuple[int, int, bool]]:
    """From the root to a leaf: the leaves beside the way, and whether they are on its left."""
    first, end = 0, size
    while end - first > 1:
        middle = first + _left_part(end - first)
        if index < middle:
            yield middle, end, False
            end = middle
        else:
            yield first, middle, True
            first = middle


def _split(old: int, new: int) -> tuple[int, int, list[tuple[int, int, bool]]]:
    """The subtree where the old tree ends, as its leaves, and the way from there to the root."""
    steps: list[tuple[int, int, bool]] = []
    first, end = 0, new
    while end != old:
        middle = first + _left_part(end - first)
        if old <= middle:
            steps.append((middle, end, False))
            end = middle
        else:
            steps.append((first, middle, True))
            first = middle
    return first, end, steps[::-1]


def _left_part(count: int) -> int:
    """The largest power of two that is smaller than the number of leaves."""
    return 1 << (count - 1).bit_length() - 1


def _root(first: int, end: int, read: Read) -> bytes:
    """The root over the leaves `first` to `end`, which are a subtree of the whole tree."""
    nodes: list[bytes] = []
    while first < end:
        level = (end - first).bit_length() - 1
        nodes.append(read(level, first >> level, 1))
        first += 1 << level
    return fold(nodes)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProofError(otherwise)


def _require_hashes(proof: Sequence[bytes], wanted: int) -> None:
    _require(len(proof) == wanted, f"this proof takes {wanted} hashes, not {len(proof)}")
    _require(all(len(one) == HASH for one in proof), "a hash is 32 bytes")
