"""Reading the public folder over part by part, so that a flipped byte is found within a day.

Each part stands for itself: a bundle has the hashes of its tile and the leaves of the database, a
full tile the hash that the tile above it says, and the top has the root that was signed.
"""

from __future__ import annotations

from collections.abc import Iterator

from yinuo.contexts.ledger.log_folder import (
    CHECKPOINT,
    CHECKPOINTS,
    FileDiffers,
    FileMissing,
    LogFolder,
    log_folder,
)
from yinuo.contexts.ledger.operations.sealing.checking import (
    Fault,
    Roots,
    check_beside,
    check_day,
    compare_rows,
)
from yinuo.contexts.ledger.operations.sealing.checkpoints import read_head, read_policy
from yinuo.contexts.ledger.operations.sealing.guarding import published_leaves
from yinuo.contexts.ledger.operations.sealing.tiling import (
    HEIGHT,
    WIDTH,
    check_tiles,
    file_edge,
    read_leaves,
)
from yinuo.engines.tlog import Checkpoint, Tile, encode_bundle
from yinuo.platform.refusals import Refusal

LEAVES = 4_096
BESIDE = "beside"
LEVEL_MAX = 5


def list_parts(size: int) -> list[str]:
    """The parts of the folder of a log of `size` leaves: leaves by number, what lies beside them,
    and each day of checkpoints."""
    leaves = [str(first) for first in range(0, size, LEAVES)]
    return [*leaves, BESIDE, *log_folder().list_files(CHECKPOINTS)]


def check_part(part: str) -> list[Fault]:
    """Read this part and recompute it; what does not hold what it must, the worst first.

    Nothing is published meanwhile.
    """
    folder = log_folder()
    try:
        with folder.writing():
            policy = read_policy(folder)
            head = read_head(folder, policy)
            if part == BESIDE:
                return [*_check_top(folder, head), *check_beside(folder, head.size)]
            if part.isdigit():
                return [*_check_leaves(folder, int(part), head.size)]
            wrong = check_day(folder, part, policy, Roots(folder, head.size))[1]
            return [Fault(part, "wrong")] if wrong else []
    except (FileDiffers, FileMissing) as fault:
        return [_fault(fault)]


def _check_top(folder: LogFolder, head: Checkpoint) -> Iterator[Fault]:
    if file_edge(folder, head.size).root() != head.root:
        yield Fault(CHECKPOINT, "wrong")


def _check_leaves(folder: LogFolder, first: int, size: int) -> Iterator[Fault]:
    """The bundles of these leaves, against the rows, and every tile that begins with one."""
    end, whole = min(first + LEAVES, size), True
    for tile in _tiles(first, end, size):
        try:
            check_tiles(folder, [tile], size)
        except (FileDiffers, FileMissing) as fault:
            whole = False
            yield _fault(fault) if tile.level >= 0 else _blame(folder, tile, fault)
    # What a file has wrong is no fault of the database.
    if whole:
        yield from compare_rows(published_leaves(folder, first, end, size), first)


def _blame(folder: LogFolder, bundle: Tile, refusal: Refusal) -> Fault:
    """The fault of a bundle; of the tile beside it where the bundle holds the database's leaves."""
    first = bundle.index * WIDTH
    right = encode_bundle(read_leaves(first, first + bundle.width))
    if isinstance(refusal, FileDiffers) and folder.get(bundle.path()) == right:
        return Fault(Tile(0, bundle.index, bundle.width).path(), "wrong")
    return _fault(refusal)


def _tiles(first: int, end: int, size: int) -> Iterator[Tile]:
    """The tiles of a log of `size` leaves that begin with a leaf from `first` to before `end`."""
    for level in range(-1, LEVEL_MAX + 1):
        shift = HEIGHT * max(level, 0)
        span = WIDTH << shift
        for index in range(-(-first // span), -(-end // span)):
            width = min(WIDTH, (size >> shift) - index * WIDTH)
            if width > 0:
                yield Tile(level, index, width)


def _fault(refusal: Refusal) -> Fault:
    what = "missing" if isinstance(refusal, FileMissing) else "wrong"
    return Fault(str(refusal.data["path"]), what)
