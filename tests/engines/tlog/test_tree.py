"""The tree grows, and its proofs are those of RFC 6962 written down slowly."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.tlog.slow_tree import slow_path, slow_proof, slow_root
from yinuo.engines.tlog import (
    EMPTY,
    Edge,
    ProofError,
    Read,
    check_consistency,
    check_inclusion,
    consistency_proof,
    grow,
    grow_in_layers,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    node_hash,
    tree_root,
)

LEAVES = [b"leaf %d" % number for number in range(300)]
sizes = st.integers(1, len(LEAVES))


def reader(leaves: list[bytes]) -> Read:
    """Reads complete subtrees by the slow definition, and refuses any that is not complete."""

    def read(level: int, first: int, count: int) -> bytes:
        step = 1 << level
        assert (first + count) * step <= len(leaves)
        return b"".join(
            slow_root(leaves[at * step : (at + 1) * step]) for at in range(first, first + count)
        )

    return read


def flipped(data: bytes, bit: int) -> bytes:
    return bytes([data[0] ^ 1 << bit % 8]) + data[1:]


def test_the_hashes_are_those_of_the_standard() -> None:
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert (
        node_hash(b"l" * 32, b"r" * 32) == hashlib.sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    )
    assert leaf_hashes([b"a", b"b"]) == leaf_hash(b"a") + leaf_hash(b"b")
    assert tree_root(b"") == EMPTY.root() == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 255, 256, 257, 300])
def test_the_root_is_that_of_the_standard(size: int) -> None:
    leaves = LEAVES[:size]
    assert tree_root(leaf_hashes(leaves)) == slow_root(leaves)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 90), max_size=6))
def test_a_tree_that_grows_in_any_steps_has_the_root_of_the_whole(steps: list[int]) -> None:
    edge, size = EMPTY, 0
    for step in steps:
        leaves = [b"leaf %d" % number for number in range(size, size + step)]
        assert grow(edge, leaf_hashes(leaves)) == grow_in_layers(edge, leaf_hashes(leaves))[0]
        edge, layers = grow_in_layers(edge, leaf_hashes(leaves))
        size += step
        whole = [b"leaf %d" % number for number in range(size)]
        assert edge.size == size
        assert edge.root() == tree_root(leaf_hashes(whole))
        for level, layer in enumerate(layers):
            first, end = (size - step) >> level, size >> level
            joined = tree_level(leaf_hashes(whole), level)
            assert layer == joined[first * 32 : end * 32] != b""
        assert (size >> len(layers)) == (size - step) >> len(layers)


def tree_level(hashes: bytes, level: int) -> bytes:
    step = 32 << level
    return b"".join(
        tree_root(hashes[at : at + step]) for at in range(0, len(hashes) - step + 1, step)
    )


@pytest.mark.parametrize(
    ("size", "nodes"), [(1, ()), (0, (b"x" * 32,)), (3, (b"x" * 32,)), (1, (b"x" * 31,)), (-1, ())]
)
def test_an_edge_that_cannot_be_is_refused(size: int, nodes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"edge|32 bytes"):
        Edge(size, nodes)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 8, 13, 16, 31, 33])
def test_every_inclusion_proof_of_small_trees(size: int) -> None:
    leaves, read = LEAVES[:size], reader(LEAVES[:size])
    root = slow_root(leaves)
    for index in range(size):
        proof = inclusion_proof(index, size, read)
        assert proof == slow_path(index, leaves)
        check_inclusion(index, size, leaf_hash(leaves[index]), proof, root)
        for other in set(range(size)) - {index}:
            with pytest.raises(ProofError):
                check_inclusion(other, size, leaf_hash(leaves[index]), proof, root)


@pytest.mark.parametrize("new", [1, 2, 3, 5, 6, 7, 8, 13, 16, 31, 33])
def test_every_consistency_proof_of_small_trees(new: int) -> None:
    read, root = reader(LEAVES[:new]), slow_root(LEAVES[:new])
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, read)
        assert proof == slow_proof(old, LEAVES[:new])
        check_consistency(old, new, slow_root(LEAVES[:old]), root, proof)
        with pytest.raises(ProofError):
            check_consistency(old, new, slow_root([*LEAVES[: old - 1], b"other"]), root, proof)
        with pytest.raises(ProofError):
            check_consistency(old, new, slow_root(LEAVES[:old]), flipped(root, old), proof)


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_proofs_are_those_of_the_standard(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    read, root = reader(leaves), slow_root(leaves)
    assert inclusion_proof(index, size, read) == slow_path(index, leaves)
    proof = consistency_proof(old, size, read)
    assert proof == slow_proof(old, leaves)
    check_consistency(old, size, slow_root(leaves[:old]), root, proof)


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 300), st.data())
def test_a_changed_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves, read = LEAVES[:size], reader(LEAVES[:size])
    index = data.draw(st.integers(0, size - 1))
    leaf, root = leaf_hash(leaves[index]), slow_root(leaves)
    proof = inclusion_proof(index, size, read)
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 7))
    changed = [
        [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]],
        proof[:at] + proof[at + 1 :],
        [*proof[:at], proof[at], *proof[at:]],
        [*proof, b""],
        [*proof[:at], proof[at][:31], *proof[at + 1 :]],
    ]
    for wrong in changed:
        with pytest.raises(ProofError):
            check_inclusion(index, size, leaf, wrong, root)
    with pytest.raises(ProofError):
        check_inclusion(index, size, flipped(leaf, bit), proof, root)
    with pytest.raises(ProofError):
        check_inclusion(index, size, leaf, proof, flipped(root, bit))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (5, 1 << 63), (1 << 64, 9)])
def test_what_no_tree_holds_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="have no number"):
        inclusion_proof(index, size, reader(LEAVES))
    with pytest.raises(ProofError, match="have no number"):
        check_inclusion(index, size, b"x" * 32, [], b"x" * 32)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 4), (1, 1 << 63)])
def test_a_log_does_not_shrink(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="does not grow"):
        consistency_proof(old, new, reader(LEAVES))
    with pytest.raises(ProofError, match="cannot be shown"):
        check_consistency(old, new, b"x" * 32, b"x" * 32, [])


def test_nothing_is_checked_against_an_empty_log() -> None:
    assert consistency_proof(0, 9, reader(LEAVES)) == []
    for new in (0, 9):
        with pytest.raises(ProofError, match="cannot be shown"):
            check_consistency(0, new, EMPTY.root(), slow_root(LEAVES[:new]), [])
