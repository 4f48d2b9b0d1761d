"""Looking the whole public folder over, against itself and against the database."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.log_folder import (
    CHECKPOINT,
    CHECKPOINTS,
    FileDiffers,
    FileMissing,
    LogFolder,
    log_folder,
)
from yinuo.contexts.ledger.models import Checkpoint as Row
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations.sealing.anchoring import ANCHORS
from yinuo.contexts.ledger.operations.sealing.checkpoints import (
    read_head,
    read_policy,
    split_notes,
)
from yinuo.contexts.ledger.operations.sealing.guarding import published_leaves
from yinuo.contexts.ledger.operations.sealing.heads import HEADS, INDEX, KEPT
from yinuo.contexts.ledger.operations.sealing.tiling import (
    HASH,
    STEP,
    WIDTH,
    read_leaves,
    write_tiles,
)
from yinuo.engines.tlog import (
    EMPTY,
    Checkpoint,
    Edge,
    GrownReader,
    NoteError,
    Policy,
    Tile,
    TileError,
    TileReader,
    encode_bundle,
    leaf_hash,
    leaf_hashes,
    open_note,
    parse_checkpoint,
    parse_path,
    read_edge,
    tile_bytes,
    tiles_between,
    tree_root,
)


@dataclass(frozen=True)
class Fault:
    """A file that does not hold what it must. `what`: wrong, missing, unknown or database."""

    path: str
    what: str


@dataclass(frozen=True)
class Checked:
    """What was looked over: leaves, files, notes, and the faults in the order they were found."""

    size: int
    files: int
    notes: int
    faults: list[Fault]


def check_all() -> Checked:
    """Recompute everything from the files, and compare with the rows of the database.

    Reads all of it once; nothing is changed.

    Raises
    ------
    FileMissing, FileDiffers
        There is no policy or checkpoint that can be read, so there is nothing to compare with.
    """
    folder = log_folder()
    policy = read_policy(folder)
    head = read_head(folder, policy)
    faults = [*_check_tree(folder, head), *check_beside(folder, head.size)]
    roots = Roots(folder, head.size)
    notes = 0
    for path in folder.list_files(CHECKPOINTS):
        held, wrong = check_day(folder, path, policy, roots)
        notes += held
        faults += [Fault(path, "wrong")] * wrong
    return Checked(head.size, len(folder.list_files()), notes, faults)


def check_beside(folder: LogFolder, size: int) -> Iterator[Fault]:
    """All but the tiles that carry the log and the days' checkpoints: narrow tiles, rows of
    checkpoints, the head map, texts, rules, stamps."""
    yield from _check_narrow(folder, size)
    yield from _check_rows(folder)
    yield from _check_heads(folder)
    yield from _check_blobs(folder)
    yield from _check_rules(folder)
    yield from _check_anchors(folder)


def mend() -> int:
    """Write the tiles and bundles that are missing, from the database; how many there were.

    What stands there is compared and never overwritten.

    Raises
    ------
    FileDiffers
    """
    folder = log_folder()
    with folder.writing():
        head = read_head(folder, read_policy(folder))
        before = len(folder.list_files("tile"))
        write_tiles(folder, EMPTY, head.size, signed=head.size)
        return len(folder.list_files("tile")) - before


def _check_tree(folder: LogFolder, head: Checkpoint) -> Iterator[Fault]:
    """The tiles and bundles of the published log, by what its bundles say, and the rows by them."""
    edge = EMPTY
    while edge.size < head.size:
        end = min(edge.size + STEP, head.size)
        try:
            leaves = published_leaves(folder, edge.size, end, head.size)
        except FileDiffers as fault:
            yield Fault(fault.data["path"], "wrong")
            return
        except FileMissing as fault:
            yield Fault(fault.data["path"], "missing")
            return
        yield from compare_rows(leaves, edge.size)
        read = GrownReader(edge, leaf_hashes(leaves), TileReader(folder.get, edge.size))
        yield from _check_step(folder, edge, end, head.size, read)
        edge = read.edge
    if edge.root() != head.root:
        yield Fault(CHECKPOINT, "wrong")


def compare_rows(leaves: list[bytes], first: int) -> Iterator[Fault]:
    """The first of these published leaves, from number `first` on, that is not the row's."""
    rows = read_leaves(first, first + len(leaves))
    for index, (said, held) in enumerate(zip(leaves, rows, strict=True), first):
        if said != held:
            yield Fault(f"#{index} {Tile(-1, index // WIDTH, WIDTH).path()}", "database")
            return


def _check_step(
    folder: LogFolder, edge: Edge, end: int, size: int, read: GrownReader
) -> Iterator[Fault]:
    for tile in tiles_between(edge.size, end):
        # What a later step widens is looked at there.
        if tile.level < 0 or (tile.width < WIDTH and end < size):
            continue
        path = tile.path() if folder.has(tile.path()) else Tile(tile.level, tile.index, 256).path()
        try:
            held = folder.get(path)
        except FileNotFoundError:
            yield Fault(tile.path(), "missing")
            continue
        if held != tile_bytes(tile, read):
            yield Fault(path, "wrong")


def _check_narrow(folder: LogFolder, size: int) -> Iterator[Fault]:
    """Narrow tiles and bundles hold the beginning of what the widest form holds."""
    read = TileReader(folder.get, size)
    for path in folder.list_files("tile"):
        try:
            tile = parse_path(path)
        except TileError:
            yield Fault(path, "unknown")
            continue
        shift = 8 * max(tile.level, 0)
        if tile.index * WIDTH + tile.width > size >> shift or tile.width == WIDTH:
            # Not published yet, or looked at already.
            continue
        try:
            if tile.level < 0:
                first = tile.index * WIDTH
                right = encode_bundle(published_leaves(folder, first, first + tile.width, size))
            else:
                right = tile_bytes(tile, read)
        except (FileNotFoundError, FileMissing, FileDiffers, TileError):
            # Said already of the widest form.
            continue
        if folder.get(path) != right:
            yield Fault(path, "wrong")


class Roots:
    """The root of the log at any of its sizes, from its tiles; each is computed once."""

    def __init__(self, folder: LogFolder, size: int) -> None:
        self.size = size
        self._read = TileReader(folder.get, size)
        self._known: dict[int, bytes] = {}

    def at(self, size: int) -> bytes:
        """The root over the first `size` leaves."""
        if size not in self._known:
            self._known[size] = read_edge(size, self._read).root()
        return self._known[size]


def check_day(folder: LogFolder, path: str, policy: Policy, roots: Roots) -> tuple[int, bool]:
    """How many notes a day's file holds, and whether one is not of this log."""
    logs = [log.verifier for log in policy.logs]
    witnesses = [one.verifier for one in policy.witnesses]
    try:
        notes = split_notes(folder.get(path).decode())
        for note in notes:
            text = open_note(note, [*logs, *witnesses]).text
            seen = parse_checkpoint(text)
            if seen.size > roots.size or roots.at(seen.size) != seen.root:
                return len(notes), True
    except (NoteError, ValueError, OSError):
        return 0, True
    return len(notes), False


def _check_rows(folder: LogFolder) -> Iterator[Fault]:
    """Every checkpoint of the database stands in the file of its day, and in no other form."""
    held = {
        note
        for path in folder.list_files(CHECKPOINTS)
        for note in split_notes_loosely(folder.get(path))
    }
    for row in Row.objects.order_by("id").iterator():
        if row.note not in held:
            yield Fault(f"{CHECKPOINTS}/ {row.size}", "missing")


def split_notes_loosely(data: bytes) -> list[str]:
    """The notes of a day's file as far as it can be read."""
    try:
        return split_notes(data.decode())
    except ValueError:
        return []


def _check_heads(folder: LogFolder) -> Iterator[Fault]:
    """Every bucket of a head map hashes to its place in the index, whose root the log states."""
    heads = Entry.objects.filter(kind="heads.stated").order_by("-id").values_list("body", flat=True)
    leaves = [json.loads(body) for body in heads[:KEPT]]
    stated = {f"{HEADS}/{leaf['size']}": leaf["root"] for leaf in leaves}
    for path in folder.list_files(HEADS):
        top, name = path.rsplit("/", 1)
        try:
            hashes = folder.get(f"{top}/{INDEX}")
        except FileNotFoundError:
            # Whoever was killed while writing a map has told nobody of it.
            if top in stated:
                stated.pop(top)
                yield Fault(f"{top}/{INDEX}", "missing")
            continue
        if name == INDEX:
            if stated.get(top, said := rules.encode(tree_root(hashes))) != said:
                yield Fault(path, "wrong")
            for number in range(len(hashes) // HASH):
                if not folder.has(f"{top}/{number:04x}"):
                    yield Fault(f"{top}/{number:04x}", "missing")
        elif not re.fullmatch("[0-9a-f]{4}", name):
            yield Fault(path, "unknown")
        else:
            at = int(name, 16) * HASH
            if leaf_hash(folder.get(path)) != hashes[at : at + HASH]:
                yield Fault(path, "wrong")


def _check_rules(folder: LogFolder) -> Iterator[Fault]:
    """The copies of the rules say what the rules' leaves say."""
    stated = set(Entry.objects.filter(kind="rule.stated").values_list("body", flat=True))
    for path in folder.list_files("rules"):
        if folder.get(path).decode("utf-8", "replace") not in stated:
            yield Fault(path, "wrong")


def _check_anchors(folder: LogFolder) -> Iterator[Fault]:
    """Every stamp is the one that the log names, and none is gone."""
    stated = {}
    for body in Entry.objects.filter(kind="anchor.made").values_list("body", flat=True):
        leaf = json.loads(body)
        stated[f"{ANCHORS}/{leaf['size']}.tsr"] = leaf["digest"]
    for path, digest in stated.items():
        if not folder.has(path):
            yield Fault(path, "missing")
        elif hashlib.sha256(folder.get(path)).hexdigest() != digest:
            yield Fault(path, "wrong")


def _check_blobs(folder: LogFolder) -> Iterator[Fault]:
    """Every public text lies under its own digest."""
    for path in folder.list_files("blob"):
        if hashlib.sha256(folder.get(path)).hexdigest() != path.rpartition("/")[2]:
            yield Fault(path, "wrong")
