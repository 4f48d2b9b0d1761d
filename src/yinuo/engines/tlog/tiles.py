"""Tiles and entry bundles: how a tree lies in files that never change.

Source: C2SP tlog-tiles. A tile holds up to 256 hashes of one level of the tree (every eighth level
has tiles); a bundle holds the up to 256 entries under a tile of the lowest level.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yinuo.engines.tlog.edge import Edge, grow_in_layers
from yinuo.engines.tlog.hashes import HASH, SIZE_END, Read, parents

WIDTH = 256
HEIGHT = 8
ENTRIES = -1
ENTRY_BYTES_MAX = 65_535
_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


class TileError(ValueError):
    """A path that names no tile, or bytes that are not what their path says."""


@dataclass(frozen=True, order=True)
class Tile:
    """One file of the log.

    `level` counts tiles upwards from the leaf hashes (0); -1 means a bundle of entries. `index` is
    its number in the level, `width` how many hashes or entries it holds: 1 to 256, 256 when full.
    """

    level: int
    index: int
    width: int

    def __post_init__(self) -> None:
        if not (ENTRIES <= self.level < 64 and 0 <= self.index < SIZE_END):
            raise TileError(f"there is no tile {self.level}/{self.index}")
        if not 1 <= self.width <= WIDTH:
            raise TileError(f"a tile holds 1 to 256, not {self.width}")

    def path(self) -> str:
        """Where it lies below the log's prefix: `tile/0/x001/234.p/5`, `tile/entries/007`."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{name}{part}"


def parse_path(text: str) -> Tile:
    """The tile with this path; raises `TileError` for any other text than `Tile.path` writes."""
    found = _PATH.fullmatch(text)
    if found is None:
        raise TileError(f"no path of a tile: {text[:80]!r}")
    level = ENTRIES if found[1] == "entries" else int(found[1])
    digits = found[2].replace("x", "").replace("/", "")
    tile = Tile(level, int(digits), int(found[3] or WIDTH))
    if tile.path() != text:
        raise TileError(f"no path of a tile: {text[:80]!r}")
    return tile


def tiles_between(old: int, new: int) -> list[Tile]:
    """The tiles and bundles of a log of `new` entries that it had not when it had `old` of them.

    A tile that has grown is a new one: its width is part of its name.
    """
    if not 0 <= old <= new < SIZE_END:
        raise ValueError(f"a log does not grow from {old} to {new}")
    tiles: list[Tile] = []
    for level in (ENTRIES, *range(64)):
        shift = HEIGHT * max(level, 0)
        before, after = old >> shift, new >> shift
        if not after:
            break
        firsts = range(before // WIDTH * WIDTH, after, WIDTH) if after > before else ()
        tiles += [Tile(level, first // WIDTH, min(WIDTH, after - first)) for first in firsts]
    return tiles


def tile_bytes(tile: Tile, read: Read) -> bytes:
    """What stands in a tile of hashes. A bundle is made by `encode_bundle`."""
    assert tile.level >= 0
    return read(HEIGHT * tile.level, tile.index * WIDTH, tile.width)


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """A bundle of entries: each behind its length in two bytes, the larger first.

    Raises `TileError` for more than 256 entries, or one of more than 65,535 bytes.
    """
    if len(leaves) > WIDTH or any(len(leaf) > ENTRY_BYTES_MAX for leaf in leaves):
        raise TileError("a bundle takes 256 entries of at most 65,535 bytes")
    return b"".join([len(leaf).to_bytes(2) + leaf for leaf in leaves])


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises `TileError` when it is cut short or holds more than 256."""
    leaves: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        first = at + 2
        at = first + int.from_bytes(data[first - 2 : first])
        if first > end or at > end or len(leaves) == WIDTH:
            raise TileError("this is no bundle of entries")
        leaves.append(data[first:at])
    return leaves


class TileReader:
    """The hashes of a log of `size` entries, read from its tiles.

    `get(path)` gives the bytes of a file, and raises `FileNotFoundError` or `KeyError` for one
    that is not there; in place of a narrow tile the full one may stand. The bytes are not trusted:
    whoever must be sure compares a root (`proofs.check_inclusion`, `Edge.root`). Each tile is
    asked for once. Raises `TileError` for a tile of a wrong length.
    """

    def __init__(self, get: Callable[[str], bytes], size: int) -> None:
        assert 0 <= size < SIZE_END
        self._get = get
        self._size = size
        self._seen: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, first: int, count: int) -> bytes:
        """A `Read`. Raises `TileError` for subtrees that the log has not."""
        if min(level, first, count) < 0 or (first + count) << level > self._size:
            raise TileError(f"the log of {self._size} has no subtrees {level}/{first}+{count}")
        steps = level % HEIGHT
        hashes = self._hashes(level // HEIGHT, first << steps, (first + count) << steps)
        for _ in range(steps):
            hashes = parents(hashes)
        return hashes

    def _hashes(self, level: int, first: int, end: int) -> bytes:
        numbers = range(first // WIDTH, -(-end // WIDTH))
        parts = [self._tile(level, number) for number in numbers]
        skipped = first // WIDTH * WIDTH
        return b"".join(parts)[(first - skipped) * HASH : (end - skipped) * HASH]

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._seen:
            there = (self._size >> HEIGHT * level) - number * WIDTH
            self._seen[level, number] = self._fetch(Tile(level, number, min(WIDTH, there)))
        return self._seen[level, number]

    def _fetch(self, tile: Tile) -> bytes:
        full = Tile(tile.level, tile.index, WIDTH)
        try:
            data, width = self._get(tile.path()), tile.width
        except (FileNotFoundError, KeyError):
            if tile == full:
                raise
            data, width = self._get(full.path()), WIDTH
        if len(data) != width * HASH:
            raise TileError(f"{tile.path()} holds {len(data)} bytes, not {width * HASH}")
        return data[: tile.width * HASH]


class GrownReader:
    """The hashes of a log to which leaves are being added, before their tiles are written.

    `edge` is the log's edge before, `hashes` the joined hashes of the new leaves, `before` reads
    what there was (it is asked only for what the new tiles still hold of it). The attribute `edge`
    is the log's edge after it.
    """

    def __init__(self, edge: Edge, hashes: bytes, before: Read) -> None:
        self._size = edge.size
        self.edge, self._layers = grow_in_layers(edge, hashes)
        self._before = before

    def __call__(self, level: int, first: int, count: int) -> bytes:
        """A `Read`. Raises `TileError` for subtrees that the grown log has not."""
        old = self._size >> level
        layer = self._layers[level] if level < len(self._layers) else b""
        end = first + count
        if end * HASH > old * HASH + len(layer):
            raise TileError(f"the log has no subtrees {level}/{first}+{count}")
        known = self._before(level, first, min(end, old) - first) if first < min(end, old) else b""
        return known + layer[max(first - old, 0) * HASH : max(end - old, 0) * HASH]
