"""The look before anything is written: does this database still know all that was signed?

A database restored from a backup may be older than what the signer has signed and the public has
seen. Its missing leaves are then taken back from the published files, and streams go on from where
they stood in public. Where that cannot be done nothing is started: writing on would fork the log.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction

from yinuo.contexts.ledger import rules
from yinuo.contexts.ledger.log_folder import CHECKPOINT, FileDiffers, LogFolder, log_folder
from yinuo.contexts.ledger.operations.sealing.checkpoints import recall_checkpoints
from yinuo.contexts.ledger.operations.sealing.integration import keep_edge, lock_edge, read_tree
from yinuo.contexts.ledger.operations.sealing.publishing import TreeDiffers
from yinuo.contexts.ledger.operations.sealing.tiling import (
    STEP,
    WIDTH,
    file_edge,
    read_leaves,
)
from yinuo.engines.tlog import (
    EMPTY,
    NoteError,
    Tile,
    TileError,
    decode_bundle,
    grow,
    leaf_hashes,
    parse_checkpoint,
    split_note,
)
from yinuo.notary.client import SignerAway, SignerClient
from yinuo.notary.keeping import KeepingError
from yinuo.notary.keys import STATE
from yinuo.notary.signer import load_head
from yinuo.platform.refusals import Refusal

SHOWN = 5


class StreamsForked(Refusal):
    """After an old backup was restored something was recorded that contradicts the public log."""

    code = "log_streams_forked"
    zh = (
        "恢复旧备份之后又写了新记录，和已公布的记录冲突（{count} 条，例如 {some}）。"
        "系统不会启动。请恢复更新的备份，或恢复后不要先开始使用。"
    )
    en = (
        "After an older backup was restored, records were written that contradict the published"
        " log ({count}, such as {some}). The system does not start: restore a newer backup, and"
        " let nobody use it before it is filled in."
    )


class DatabaseEmpty(Refusal):
    """There is a published log and a database in which nothing was ever recorded."""

    code = "log_database_empty"
    zh = (
        "数据库里没有公开记录，而 {folder} 里已有 {size} 条。请先恢复数据库备份；"
        "要另起一份，先把旧的记录、签名和见证文件夹移走。"
    )
    en = (
        "The database holds no log, and {folder} holds one of {size} entries. Restore a backup of"
        " the database first; to begin another log, move the folders of the old one, of its signer"
        " and of its witnesses away."
    )


@dataclass(frozen=True)
class Head:
    """The largest tree that was ever shown to anybody."""

    size: int
    root: bytes


@dataclass
class Guarded:
    """What the look found.

    `refilled` leaves were taken back from the published files; `matched` of them are entries that
    stood in the inbox again. Of the others, `streams` names orders of this database by their row,
    each with the number of entries it has lost, and `unknown` the ids of streams that belong to no
    order here. `signer_away` says that only the public files were looked at: neither the signer
    nor its folder said what was signed.
    """

    size: int
    signed: int
    refilled: int = 0
    matched: int = 0
    streams: dict[int, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    signer_away: bool = False


def guard() -> Guarded:
    """Look, and fill in what is missing; afterwards the log may go on.

    Raises
    ------
    DatabaseEmpty, TreeDiffers, StreamsForked, FileMissing, FileDiffers
        The system must not start.
    """
    folder = log_folder()
    head, away = signed_head(folder)
    with folder.writing():
        size = read_tree().size
        if head.size and not size:
            raise DatabaseEmpty(folder=str(folder.root), size=head.size)
        if head.size > size:
            done = refill(folder, head)
        else:
            check_continues(folder, head)
            done = Guarded(size, head.size)
        recall_checkpoints(folder)
    done.signer_away = away
    return done


def signed_head(folder: LogFolder) -> tuple[Head, bool]:
    """The largest tree that was signed, and whether that is not known.

    Where neither the signer nor its folder says it, it is what was published last.
    """
    seen = Head(0, EMPTY.root())
    if folder.has(CHECKPOINT):
        try:
            checkpoint = parse_checkpoint(split_note(folder.get(CHECKPOINT))[0])
        except NoteError:
            raise FileDiffers(path=CHECKPOINT) from None
        seen = Head(checkpoint.size, checkpoint.root)
    signed = _signed()
    if signed is None:
        return seen, True
    # Smaller: the signer's folder was restored. What was published was signed before.
    return (seen if signed.size < seen.size else signed), False


def _signed() -> Head | None:
    """What the signer says that it signed last, or its folder where it does not answer."""
    try:
        state = SignerClient(settings.SIGNER_DIR).state()
        return Head(state.size, state.root)
    except SignerAway:
        pass
    try:
        held = load_head(settings.SIGNER_DIR / STATE)
    except (KeepingError, OSError):
        return None
    return Head(held.size, held.root)


def check_continues(folder: LogFolder, head: Head) -> None:
    """Raise TreeDiffers unless the tree of this database begins with the one that was signed."""
    edge = file_edge(folder, head.size)
    if edge.root() != head.root:
        raise TreeDiffers(size=head.size)
    tree = read_tree()
    while edge.size < tree.size:
        end = min(edge.size + STEP, tree.size)
        edge = grow(edge, leaf_hashes(read_leaves(edge.size, end)))
    if edge.root() != tree.root:
        raise TreeDiffers(size=tree.size)


@transaction.atomic
def refill(folder: LogFolder, head: Head) -> Guarded:
    """Take the leaves that this database lacks back from the published files.

    All or nothing: the tree that comes out must be the one that was signed.
    """
    edge = lock_edge()
    if edge.size and file_edge(folder, edge.size).root() != edge.root():
        raise TreeDiffers(size=edge.size)
    done = Guarded(head.size, head.size, refilled=head.size - edge.size)
    waiting = _waiting()
    lost: list[str] = []
    while edge.size < head.size:
        end = min(edge.size - edge.size % STEP + STEP, head.size)
        leaves = published_leaves(folder, edge.size, end, head.size)
        lost += _put_in(edge.size, leaves, waiting, done)
        edge = grow(edge, leaf_hashes(leaves))
        keep_edge(edge, sum(b'"t":"lock"' in leaf for leaf in leaves))
    if edge.root() != head.root:
        raise TreeDiffers(size=head.size)
    _move_streams(lost, done)
    _check_forks()
    return done


def published_leaves(folder: LogFolder, first: int, end: int, size: int) -> list[bytes]:
    """The leaves from number `first` to before `end`, from the bundles of a log of `size`."""
    leaves: list[bytes] = []
    for index in range(first // WIDTH, -(-end // WIDTH)):
        tile = Tile(-1, index, min(WIDTH, size - index * WIDTH))
        full = Tile(-1, index, WIDTH)
        path = tile.path() if folder.has(tile.path()) else full.path()
        try:
            leaves += decode_bundle(folder.must_get(path))[: tile.width]
        except TileError:
            raise FileDiffers(path=path) from None
    start = first - first % WIDTH
    return leaves[first - start : end - start]


def _waiting() -> dict[bytes, list[int]]:
    """The entries without a number by their bodies, those with the lowest ids last."""
    found: dict[bytes, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.body FROM ledger_inbox i JOIN ledger_entry e ON e.id = i.entry_id"
            " ORDER BY e.id DESC"
        )
        for entry_id, body in cursor.fetchall():
            found[body.encode()].append(entry_id)
    return found


def _put_in(
    first: int, leaves: Sequence[bytes], waiting: dict[bytes, list[int]], done: Guarded
) -> list[str]:
    """Rows for these leaves from number `first` on; gives those leaves that have no entry here."""
    rows: list[tuple[int, int | None, str | None]] = []
    lost = []
    for idx, leaf in enumerate(leaves, first):
        known = waiting.get(leaf)
        if known:
            rows.append((idx, known.pop(), None))
        else:
            rows.append((idx, None, leaf.decode()))
            lost.append(leaf.decode())
    matched = [entry for _, entry, _ in rows if entry is not None]
    done.matched += len(matched)
    with connection.cursor() as cursor:
        with cursor.copy("COPY ledger_leaf (idx, entry_id, body) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("DELETE FROM ledger_inbox WHERE entry_id = ANY(%s)", [matched])
    return lost


def _move_streams(lost: Sequence[str], done: Guarded) -> None:
    """Streams go on from where they stood in public; who has lost entries is named."""
    last: dict[str, tuple[int, str]] = {}
    count: dict[str, int] = defaultdict(int)
    for body in lost:
        leaf = json.loads(body)
        if "s" in leaf:
            last[leaf["s"]] = (leaf["n"], rules.leaf_hash(body))
            count[leaf["s"]] += 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream, subject_id FROM ledger_streamhead WHERE stream = ANY(%s)", [list(last)]
        )
        subjects: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(
            "UPDATE ledger_streamhead h SET n = x.n, leaf_hash = x.hash"
            " FROM unnest(%s::text[], %s::int[], %s::text[]) AS x(stream, n, hash)"
            " WHERE h.stream = x.stream AND h.n < x.n",
            [
                list(subjects),
                [last[stream][0] for stream in subjects],
                [last[stream][1] for stream in subjects],
            ],
        )
    for stream, number in count.items():
        if stream in subjects:
            subject = subjects[stream]
            done.streams[subject] = done.streams.get(subject, 0) + number
        else:
            done.unknown.append(stream)


def _check_forks() -> None:
    """Raise StreamsForked when an entry without a number has one that the log has already."""
    with connection.cursor() as cursor:
        cursor.execute(
            'WITH logged AS (SELECT substring(body from \'"s":"([^"]+)"\') AS stream,'
            " max(substring(body from '\"n\":([0-9]+)')::bigint) AS n"
            " FROM ledger_leaf WHERE body IS NOT NULL GROUP BY 1)"
            " SELECT h.stream, e.n FROM ledger_inbox i JOIN ledger_entry e ON e.id = i.entry_id"
            " JOIN ledger_streamhead h ON (h.subject_id, h.letter) = (e.subject_id, e.letter)"
            " JOIN logged ON logged.stream = h.stream AND e.n <= logged.n"
        )
        forked = cursor.fetchall()
    if forked:
        some = ", ".join(f"{stream[:8]}…/{n}" for stream, n in forked[:SHOWN])
        raise StreamsForked(count=len(forked), some=some)
