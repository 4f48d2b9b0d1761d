"""Leaves as files: bundles and tiles are written, read back, and recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import connection

from yinuo.contexts.ledger.log_folder import FileDiffers, FileMissing, LogFolder
from yinuo.engines.tlog import (
    Edge,
    GrownReader,
    Tile,
    TileError,
    TileReader,
    decode_bundle,
    encode_bundle,
    leaf_hashes,
    read_edge,
    tile_bytes,
    tiles_between,
    tree_root,
)

WIDTH = 256
HEIGHT = 8
HASH = 32
# Leaves that are written at a time; at each such number all small tiles are full.
STEP = 65_536


def read_leaves(first: int, end: int) -> list[bytes]:
    """The leaves from number `first` to before `end`, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(l.body, e.body) FROM ledger_leaf l"
            " LEFT JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx",
            [first, end],
        )
        leaves = [body.encode() for (body,) in cursor.fetchall()]
    assert len(leaves) == end - first, "a leaf of the tree is missing"
    return leaves


class Tiles:
    """The hashes of a log of `size` leaves, read from its files: a `Read` of the engine.

    Raises FileMissing or FileDiffers when a tile is gone or has another length.
    """

    def __init__(self, folder: LogFolder, size: int) -> None:
        self._folder = folder
        self._read = TileReader(folder.get, size)

    def __call__(self, level: int, first: int, count: int) -> bytes:
        """The hashes of `count` subtrees of `2**level` leaves, from the one with number `first`."""
        try:
            return self._read(level, first, count)
        except FileNotFoundError as missing:
            path = Path(missing.filename).relative_to(self._folder.root).as_posix()
            raise FileMissing(path=path) from None
        except TileError as wrong:
            raise FileDiffers(path=str(wrong).partition(" ")[0]) from None


def file_edge(folder: LogFolder, size: int) -> Edge:
    """The right edge of the log of `size` leaves, from its tiles.

    Raises
    ------
    FileMissing, FileDiffers
    """
    return read_edge(size, Tiles(folder, size))


def write_tiles(folder: LogFolder, edge: Edge, size: int, *, signed: int) -> Edge:
    """Write what a log of `size` leaves has more than the one of `edge`; the edge afterwards.

    Files that belong to a log of at most `signed` leaves never change any more.
    """
    while edge.size < size:
        end = min(size, edge.size - edge.size % STEP + STEP)
        edge = _write_step(folder, edge, end, signed)
    folder.settle()
    return edge


def _write_step(folder: LogFolder, edge: Edge, end: int, signed: int) -> Edge:
    start = edge.size - edge.size % WIDTH
    leaves = read_leaves(start, end)
    fresh = leaf_hashes(leaves[edge.size - start :])
    read = GrownReader(edge, fresh, Tiles(folder, edge.size))
    for tile in tiles_between(edge.size, end):
        settled = end_of(tile) <= signed
        if tile.level < 0:
            first = tile.index * WIDTH - start
            data = encode_bundle(leaves[first : first + tile.width])
        else:
            data = tile_bytes(tile, read)
        folder.add(tile.path(), data, settled=settled)
    return read.edge


def end_of(tile: Tile) -> int:
    """How many leaves a log has at least in which this tile stands."""
    return (tile.index * WIDTH + tile.width) << HEIGHT * max(tile.level, 0)


def check_tiles(folder: LogFolder, tiles: Sequence[Tile], size: int) -> None:
    """Read these files back: each bundle has the hashes of its tile, each full tile its parent's.

    Raises
    ------
    FileMissing, FileDiffers
    """
    read = Tiles(folder, size)
    for tile in tiles:
        data = folder.must_get(tile.path())
        try:
            if tile.level < 0:
                held, said = leaf_hashes(decode_bundle(data)), tile_bytes(_beside(tile), read)
            elif tile.width == WIDTH:
                held, said = tree_root(data), read(HEIGHT * (tile.level + 1), tile.index, 1)
            else:
                held, said = data, tile_bytes(tile, read)
        except TileError:
            raise FileDiffers(path=tile.path()) from None
        if held != said:
            raise FileDiffers(path=tile.path())


def _beside(bundle: Tile) -> Tile:
    """The tile of the hashes of a bundle's entries."""
    return Tile(0, bundle.index, bundle.width)
