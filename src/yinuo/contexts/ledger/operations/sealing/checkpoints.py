"""The checkpoints that were published: one file for each day, and a row for each."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from yinuo.contexts.ledger.log_folder import (
    CHECKPOINT,
    CHECKPOINTS,
    POLICY,
    FileDiffers,
    LogFolder,
)
from yinuo.contexts.ledger.models import Checkpoint as Row
from yinuo.contexts.ledger.operations.sealing.integration import LOCK_KINDS, read_tree
from yinuo.engines.tlog import (
    Checkpoint,
    NoteError,
    Policy,
    open_checkpoint,
    parse_checkpoint,
    parse_policy,
    split_note,
)
from yinuo.platform.refusals import Refusal

LOCKS_DUE = 50
MINUTES_DUE = 10


class NotPublished(Refusal):
    """The log has entries and no checkpoint yet."""

    code = "log_not_published"
    zh = "公开记录还没有公布过。运行 yinuo run，或 yinuo log run --once。"
    en = "Nothing of the log is published yet: start yinuo run, or run yinuo log run --once."


def is_due(*, now: dt.datetime) -> bool:
    """Whether it is time to publish: 50 new places, or 10 minutes, also when nothing was added."""
    tree = read_tree()
    if not tree.size:
        return False
    last = Row.objects.order_by("-id").first()
    if last is None or tree.locks - last.locks >= LOCKS_DUE:
        return True
    # A clock that was set back must not silence the log.
    return abs(now - last.published_at) >= dt.timedelta(minutes=MINUTES_DUE)


def published_size() -> int:
    """How many leaves the newest published checkpoint has; 0 before the first."""
    last = Row.objects.order_by("-id").first()
    return last.size if last is not None else 0


def keep_in_day(folder: LogFolder, note: str, now: dt.datetime) -> None:
    """Add the note to the day's file. The file is replaced whole, so it never ends in a half."""
    path = f"{CHECKPOINTS}/{now.astimezone(dt.UTC):%Y-%m-%d}"
    held = folder.get(path) + b"\n" if folder.has(path) else b""
    folder.replace(path, held + note.encode())


def split_notes(text: str) -> list[str]:
    """The notes in a day's file: blocks between blank lines come in pairs."""
    blocks = text.removesuffix("\n").split("\n\n")
    pairs = zip(blocks[::2], blocks[1::2], strict=True)
    return [f"{said}\n\n{signatures}\n" for said, signatures in pairs]


def read_day(folder: LogFolder, path: str) -> list[str]:
    """The notes in this file. Raises FileDiffers when it holds anything else."""
    try:
        return split_notes(folder.get(path).decode())
    except ValueError:
        raise FileDiffers(path=path) from None


def recall_checkpoints(folder: LogFolder) -> int:
    """Note published checkpoints that the database has not: it was killed, or restored since.

    Returns how many there were. Raises FileDiffers when the newest stands in no day's file.
    """
    if not folder.has(CHECKPOINT):
        return 0
    last = Row.objects.order_by("-id").first()
    if last is not None and last.note.encode() == folder.get(CHECKPOINT):
        return 0
    policy = read_policy(folder)
    known = set(Row.objects.values_list("note", flat=True))
    count = 0
    for day in folder.list_files(CHECKPOINTS):
        at = dt.datetime.fromisoformat(day.rpartition("/")[2]).replace(tzinfo=dt.UTC)
        for note in read_day(folder, day):
            if note not in known:
                known.add(note)
                _recall(policy, note, at)
                count += 1
    if folder.get(CHECKPOINT).decode("utf-8", "replace") not in known:
        raise FileDiffers(path=CHECKPOINT)
    return count


def read_policy(folder: LogFolder) -> Policy:
    """The policy of this log. Raises FileMissing or FileDiffers when there is none to be read."""
    try:
        return parse_policy(folder.must_get(POLICY))
    except NoteError:
        raise FileDiffers(path=POLICY) from None


def read_head(folder: LogFolder, policy: Policy) -> Checkpoint:
    """The newest published checkpoint, as its file has it.

    Raises
    ------
    NotPublished
        There never was one.
    FileMissing, FileDiffers
        Its file is gone, or it is none that this policy accepts.
    """
    if not folder.has(CHECKPOINT) and not Row.objects.exists():
        raise NotPublished
    try:
        return open_checkpoint(policy, folder.must_get(CHECKPOINT)).checkpoint
    except NoteError:
        raise FileDiffers(path=CHECKPOINT) from None


def _recall(policy: Policy, note: str, day: dt.datetime) -> None:
    checkpoint = parse_checkpoint(split_note(note)[0])
    try:
        at = open_checkpoint(policy, note).at
    except NoteError:
        # The policy has changed since. The note stands, without a time that counts today.
        at = None
    seen = None if at is None else dt.datetime.fromtimestamp(at, dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.idx < %s AND e.kind = ANY(%s)",
            [checkpoint.size, list(LOCK_KINDS)],
        )
        [locks] = cursor.fetchone()
    store(note, locks, seen or day, seen)


def store(note: str, locks: int, published_at: dt.datetime, quorum_at: dt.datetime | None) -> None:
    """Write down that this checkpoint was published; `locks` of its leaves gave a place."""
    checkpoint = parse_checkpoint(split_note(note)[0])
    Row.objects.create(
        size=checkpoint.size,
        root=checkpoint.root,
        note=note,
        locks=locks,
        published_at=published_at,
        quorum_at=quorum_at,
    )
