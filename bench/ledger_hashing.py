"""Leaves hashed and tiled per second of processor, and what a proof costs, without a database.

    python bench/ledger_hashing.py [--entries 1000000] [--bytes 183] [--seed 7] [--json]

Entries are random bytes of one length. `hashed and tiled` is all that a log does beside storing:
leaf hashes, every inner node, every tile and bundle, and the root, in batches of 65,536. Beside it
stand the machine's own limit (the same number of compressions in one long hash), the hashes of
`engines/sealing`, and pymerkle 7, which is under the GPL and is measured where it is found:
`pip install pymerkle` into an environment of your own, never into this one.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import random
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from yinuo.engines.sealing import sha256_many
from yinuo.engines.tlog import (
    EMPTY,
    HASH,
    Checkpoint,
    Edge,
    GrownReader,
    TileReader,
    check_consistency,
    check_inclusion,
    consistency_proof,
    cosign,
    encode_bundle,
    format_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    make_policy,
    new_signer,
    open_checkpoint,
    parse_proof,
    read_edge,
    sign_note,
    tile_bytes,
    tiles_between,
    tree_root,
)
from yinuo.engines.tlog.notes import COSIGNATURE
from yinuo.engines.tlog.policy import Log, Witness

BATCH: Final = 65_536
PROOFS: Final = 2_000
PEER_ENTRIES_MAX: Final = 200_000
LARGE: Final = 10_000_000
BLOCK: Final = 64
AT: Final = 1_770_000_000
LOG = new_signer("log.yunfan.example", b"\x01" * 32)
WITNESSES = [new_signer(f"witness-{n}.example", bytes([n]) * 32, COSIGNATURE) for n in (2, 3, 4)]

Row = dict[str, Any]


def row(what: str, count: int, work: Callable[[], Any], **more: Any) -> tuple[Any, Row]:
    """The result of the work, and its line: seconds, and how many per second of processor."""
    wall, processor = perf_counter(), process_time()
    result = work()
    wall, processor = perf_counter() - wall, process_time() - processor
    said = {"what": what, "count": count, "wall_s": round(wall, 3), "cpu_s": round(processor, 3)}
    return result, said | {"per_cpu_s": round(count / max(processor, 1e-9))} | more


def build(entries: Sequence[bytes]) -> tuple[Edge, dict[str, bytes], int]:
    """The log of these entries: its edge, its tiles by path, and the bytes of its bundles.

    Narrow tiles that a later batch has replaced stay, as they do in a folder.
    """
    edge, files, bundled = EMPTY, dict[str, bytes](), 0
    for first in range(0, len(entries), BATCH):
        batch = entries[first : first + BATCH]
        grown = GrownReader(edge, leaf_hashes(batch), TileReader(files.__getitem__, edge.size))
        for tile in tiles_between(edge.size, grown.edge.size):
            if tile.level < 0:
                at = tile.index * 256
                bundled += len(encode_bundle(entries[at : at + tile.width]))
            else:
                files[tile.path()] = tile_bytes(tile, grown)
        edge = grown.edge
    return edge, files, bundled


def measure(entries: int = 1_000_000, size: int = 183, seed: int = 7) -> list[Row]:
    """All lines of the table; `entries` of `size` bytes each."""
    dice = random.Random(seed)
    pool = dice.randbytes(size * 4096)
    leaves = [
        number.to_bytes(8) + pool[number % 4096 * size :][: size - 8] for number in range(entries)
    ]
    (edge, files, bundled), built = row("hashed and tiled", entries, lambda: build(leaves))
    tiles = sum(map(len, files.values()))
    built |= {"goal_per_cpu_s": 600_000, "tile_bytes": tiles, "bundle_bytes": bundled}
    rows = [built, limit(entries, size)]
    hashes, leaf_row = row("leaf hashes alone", entries, lambda: leaf_hashes(leaves))
    root, node_row = row("tree alone", entries, lambda: tree_root(hashes))
    assert root == edge.root()
    rows += [leaf_row, node_row, *lanes(leaves[:BATCH])]
    rows += proofs(leaves, edge, files, dice)
    rows.append(peer(leaves[:PEER_ENTRIES_MAX], dice))
    return rows


def limit(entries: int, size: int) -> Row:
    """The compressions that leaves and nodes need, as one long message in OpenSSL."""
    of_leaf, of_node = -(-(size + 1 + 9) // BLOCK), 2
    blocks = bytes(BLOCK * 1_000_000)
    _, said = row("", 1_000_000, lambda: hashlib.sha256(blocks))
    seconds = said["cpu_s"] / 1_000_000 * (of_leaf + of_node)
    return {
        "what": "limit: its compressions in one long hash",
        "count": entries,
        "wall_s": round(seconds * entries, 3),
        "cpu_s": round(seconds * entries, 3),
        "per_cpu_s": round(1 / seconds),
    }


def lanes(leaves: Sequence[bytes]) -> list[Row]:
    """The same hashes sixteen at a time by `engines/sealing`, the compiling left out."""

    def many_leaves() -> bytes:
        text = np.frombuffer(b"".join([b"\x00" + leaf for leaf in leaves]), np.uint8)
        ends = np.cumsum([len(leaf) + 1 for leaf in leaves], dtype=np.int64)
        return sha256_many(text, ends).tobytes()

    def many_nodes(hashes: bytes) -> bytes:
        pairs = np.frombuffer(hashes, np.uint8).reshape(-1, 2 * HASH)
        text = np.insert(pairs, 0, 1, axis=1)
        ends = np.arange(1, len(pairs) + 1, dtype=np.int64) * text.shape[1]
        return sha256_many(text.reshape(-1), ends).tobytes()

    many_nodes(many_leaves())
    hashes, one = row("leaf hashes in lanes", len(leaves), many_leaves)
    assert hashes == leaf_hashes(leaves)
    _, two = row("one level of nodes in lanes", len(leaves) // 2, lambda: many_nodes(hashes))
    return [one, two]


def proofs(
    leaves: Sequence[bytes], edge: Edge, files: dict[str, bytes], dice: random.Random
) -> list[Row]:
    """Proofs made from tiles, each by a reader that has seen none yet, and checked."""
    size, root = edge.size, edge.root()
    asked = [dice.randrange(size) for _ in range(PROOFS)]
    reader = TileReader(files.__getitem__, size)
    old_roots = {old: read_edge(old, reader).root() for old in dice.sample(range(1, size), 50)}
    olds = [old for _ in range(PROOFS // 50) for old in old_roots]

    def make(index: int) -> list[bytes]:
        return inclusion_proof(index, size, TileReader(files.__getitem__, size))

    made, one = row("inclusion proof made from tiles", PROOFS, lambda: list(map(make, asked)))
    own = [leaf_hash(leaves[index]) for index in asked]

    def check() -> None:
        for index, leaf, proof in zip(asked, own, made, strict=True):
            check_inclusion(index, size, leaf, proof, root)

    _, two = row("inclusion proof checked", PROOFS, check, hashes=max(map(len, made)))
    continuing = {old: consistency_proof(old, size, reader) for old in old_roots}

    def compare() -> None:
        for old in olds:
            check_consistency(old, size, old_roots[old], root, continuing[old])

    longest = max(map(len, continuing.values()))
    _, three = row("consistency proof checked", len(olds), compare, hashes=longest)
    head = Checkpoint(LOG.name, size, root)
    return [one, two, three, handed_over(head, asked[0], own[0], made[0])]


def handed_over(head: Checkpoint, index: int, leaf: bytes, proof: Sequence[bytes]) -> Row:
    """A proof file with three witnesses: its bytes, also at ten million entries, and its check."""
    note = signed(head)
    data = format_proof(index, proof, note).encode()
    named = [Witness(f"w{n}", one.verifier) for n, one in enumerate(WITNESSES)]
    policy = make_policy([Log(LOG.verifier)], named)

    def check() -> None:
        for _ in range(200):
            found = parse_proof(data)
            seen = open_checkpoint(policy, found.note).checkpoint
            check_inclusion(found.index, seen.size, leaf, found.hashes, seen.root)

    large = Checkpoint(head.origin, LARGE, head.root)
    at_large = format_proof(LARGE // 2, [head.root] * 24, signed(large))
    _, said = row("proof file with log and 3 witnesses checked", 200, check)
    return said | {"bytes": len(data), "bytes_at_10M": len(at_large.encode()), "goal_bytes": 1700}


def signed(head: Checkpoint) -> str:
    """The checkpoint's note with the log's and three witnesses' signatures."""
    note = sign_note(head.text(), [LOG])
    return note + "".join(cosign(witness, head.text(), AT) for witness in WITNESSES)


def peer(leaves: Sequence[bytes], dice: random.Random) -> Row:
    """pymerkle's tree in memory: entries appended, proofs made and verified."""
    what = "pymerkle 7, tree in memory"
    try:
        pymerkle = importlib.import_module("pymerkle")
    except ImportError:
        return {"what": what, "why": "not installed: pip install pymerkle, beside this environment"}
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    _, said = row(what, len(leaves), lambda: list(map(tree.append_entry, leaves)))
    root, numbers = tree.get_root(), [dice.randrange(len(leaves)) + 1 for _ in range(PROOFS)]
    assert root == tree_root(leaf_hashes(leaves))
    found, made = row("", PROOFS, lambda: [tree.prove_inclusion(number) for number in numbers])
    bases = [tree.get_leaf(number) for number in numbers]

    def check() -> None:
        for base, proof in zip(bases, found, strict=True):
            pymerkle.verify_inclusion(base, root, proof)

    _, checked = row("", PROOFS, check)
    return said | {"made_per_cpu_s": made["per_cpu_s"], "checked_per_cpu_s": checked["per_cpu_s"]}


def peak_mb() -> int:
    """The largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def print_rows(rows: Sequence[Row]) -> None:
    """A line for each."""
    print(f"{'':46}{'count':>12}{'wall s':>9}{'CPU s':>9}{'per CPU s':>12}")
    for one in rows:
        rest = ", ".join(f"{name} {value}" for name, value in list(one.items())[5:])
        if "count" not in one:
            print(f"{one['what']:46}{one['why']}")
            continue
        print(
            f"{one['what']:46}{one['count']:>12,}{one['wall_s']:>9}{one['cpu_s']:>9}"
            f"{one['per_cpu_s']:>12,}  {rest}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=183)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = measure(options.entries, options.bytes, options.seed)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print_rows(rows)
    print(f"peak of memory, entries and tiles included: {peak_mb()} MB")


if __name__ == "__main__":
    main()
