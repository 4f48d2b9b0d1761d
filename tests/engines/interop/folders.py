"""A log in a folder, written by Yinuo's own engine and signed by keys of the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yinuo.engines.tlog import (
    EMPTY,
    Checkpoint,
    GrownReader,
    TileReader,
    encode_bundle,
    inclusion_proof,
    leaf_hashes,
    new_signer,
    sign_note,
    tile_bytes,
    tiles_between,
)

ORIGIN = "log.example/yunfan"
LOG = new_signer(ORIGIN, b"\x01" * 32)


@dataclass(frozen=True)
class Folder:
    """A published log: where it lies, its entries and its checkpoint."""

    path: Path
    leaves: Sequence[bytes]
    text: str

    def read(self, path: str) -> bytes:
        """The bytes of one of its files."""
        return (self.path / path).read_bytes()

    def proof(self, index: int) -> list[bytes]:
        """The inclusion proof of an entry, out of the tiles."""
        return inclusion_proof(index, len(self.leaves), TileReader(self.read, len(self.leaves)))


def write_folder(path: Path, leaves: Sequence[bytes], sizes: Sequence[int]) -> Folder:
    """Publish a log of these entries at each of these sizes, the last being all of them."""
    edge, text = EMPTY, ""
    log = Folder(path, leaves, "")
    for size in sizes:
        added = leaf_hashes(leaves[edge.size : size])
        grown = GrownReader(edge, added, TileReader(log.read, edge.size))
        for tile in tiles_between(edge.size, size):
            first = tile.index * 256
            entries = leaves[first : first + tile.width]
            target = path / tile.path()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(
                encode_bundle(entries) if tile.level < 0 else tile_bytes(tile, grown)
            )
        edge = grown.edge
        text = Checkpoint(ORIGIN, size, edge.root()).text()
        (path / "checkpoint").write_text(sign_note(text, [LOG]), encoding="utf-8")
    return Folder(path, leaves, text)
