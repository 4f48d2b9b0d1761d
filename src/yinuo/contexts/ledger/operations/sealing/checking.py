"""Looking the whole public folder over, against itself and against the database."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
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
    read_day,
    read_head,
    read_policy,
    split_notes,
)
from yinuo.contexts.ledger.operations.sealing.guarding import published_leaves, signed_head
from yinuo.contexts.ledger.operations.sealing.heads import HEADS, INDEX, KEPT
from yinuo.contexts.ledger.operations.sealing.integration import read_tree
from yinuo.contexts.ledger.operations.sealing.publishing import TreeDiffers
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
    split_note,
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
    """Write what is missing of tiles, bundles and checkpoints, from the database; how many files.

    So an older copy of the folder is brought to where the log stands. What stands there is
    compared and never changed; a day's file only gets the checkpoints that it lacks.

    Raises
    ------
    FileDiffers, FileMissing
        A file holds something else, or there is no policy.
    TreeDiffers
        The leaves of the database are not those that were signed.
    """
    folder = log_folder()
    read_policy(folder)
    head = signed_head(folder)[0]
    with folder.writing():
        before = len(folder.list_files())
        size = min(head.size, read_tree().size)
        edge = write_tiles(folder, EMPTY, size, signed=size)
        if size == head.size and edge.root() != head.root:
            raise TreeDiffers(size=size)
        mended = _mend_checkpoints(folder)
        return len(folder.list_files()) - before + mended


def _mend_checkpoints(folder: LogFolder) -> int:
    """Put the checkpoints that the database knows back; how many files were there and lacked some.

    The newest takes its name again where it is gone or older.
    """
    held = _notes(folder)
    lacking: dict[str, list[str]] = defaultdict(list)
    newest = None
    for newest in Row.objects.order_by("id").iterator():
        if newest.note not in held:
            lacking[f"{CHECKPOINTS}/{newest.published_at:%Y-%m-%d}"].append(newest.note)
    count = 0
    for path, notes in lacking.items():
        count += folder.has(path)
        known = read_day(folder, path) if folder.has(path) else []
        folder.replace(path, "\n".join(sorted([*known, *notes], key=size_of)).encode())
    if newest is not None and not folder.has(CHECKPOINT):
        folder.replace(CHECKPOINT, newest.note.encode())
    elif newest is not None and size_of(folder.get(CHECKPOINT).decode()) < newest.size:
        folder.replace(CHECKPOINT, newest.note.encode())
        count += 1
    return count


def size_of(note: str) -> int:
    """The size that a checkpoint's note states."""
    return parse_checkpoint(split_note(note)[0]).size


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
    held = _notes(folder)
    for row in Row.objects.order_by("id").iterator():
        if row.note not in held:
            yield Fault(f"{CHECKPOINTS}/{row.published_at:%Y-%m-%d} #{row.size}", "missing")


def _notes(folder: LogFolder) -> set[str]:
    """All notes that stand in the files of the days."""
    paths = folder.list_files(CHECKPOINTS)
    return {note for path in paths for note in split_notes_loosely(folder.get(path))}


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
