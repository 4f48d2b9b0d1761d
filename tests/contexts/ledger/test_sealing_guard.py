"""The look at start: a database that is older than what was signed is filled in, or not started."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from tests.contexts.ledger.log_scenes import check_public, record, write
from tests.contexts.ledger.samples import sample
from tests.logs import ORIGIN, running_signer
from yinuo.contexts.ledger.log_folder import FileDiffers, FileMissing, LogFolder, log_folder
from yinuo.contexts.ledger.models import Checkpoint, Entry, Inbox, Leaf, StreamHead, Tree
from yinuo.contexts.ledger.operations import record_many
from yinuo.contexts.ledger.operations.sealing import (
    LogBehind,
    StreamsForked,
    TreeDiffers,
    begin,
    guard,
    integrate,
    publish,
)

ALL = ("tree", "leaf", "checkpoint", "inbox", "entry", "opening", "streamhead", "secret", "untold")


@pytest.fixture
def log(tmp_path: Path, settings: Any, db: None, now: dt.datetime) -> Iterator[LogFolder]:
    """A log that has begun, with its signer and without witnesses."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    begin(origin=ORIGIN, now=now)
    with running_signer():
        yield log_folder()


class Backup:
    """The ledger's tables as they were, to be put back: what a restored backup looks like."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            for table in ALL:
                cursor.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE ledger_{table}")

    def restore(self) -> None:
        """Put them back. Triggers are off meanwhile, as for the superuser of a restore."""
        with connection.cursor() as cursor:
            for table in ALL:
                cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ALL")
                cursor.execute(f"DELETE FROM ledger_{table}")
            for table in reversed(ALL):
                cursor.execute(f"INSERT INTO ledger_{table} SELECT * FROM kept_{table}")
            for table in ALL:
                cursor.execute(f"ALTER TABLE ledger_{table} ENABLE TRIGGER ALL")


def test_a_healthy_log_is_left_alone(log: LogFolder, now: dt.datetime) -> None:
    write(300, now)
    publish(now=now)
    write(20, now, 400)
    done = guard()
    assert (done.size, done.signed, done.refilled, done.signer_away) == (323, 303, 0, False)


def test_before_the_first_checkpoint(log: LogFolder) -> None:
    assert (guard().size, guard().signed) == (3, 0)


def test_an_old_backup_is_filled_in(log: LogFolder, now: dt.datetime) -> None:
    write(200, now)
    publish(now=now)
    record(5, now, 300)
    backup = Backup()
    # After the backup: its inbox is integrated, known streams go on, a new order comes.
    integrate(now=now)
    write(10, now, 1, "car.handed_over")
    write(90, now, 500)
    published = publish(now=now + dt.timedelta(minutes=10))
    assert published is not None
    heads = dict(StreamHead.objects.values_list("stream", "leaf_hash"))
    root = Tree.objects.get().root
    backup.restore()
    with pytest.raises(LogBehind):
        publish(now=now)
    done = guard()
    assert (done.size, done.refilled, done.matched) == (308, 105, 5)
    assert done.streams == dict.fromkeys(range(1, 11), 1)
    assert len(done.unknown) == 90
    assert set(done.unknown) <= heads.keys()
    # The tree is the one that was signed, and no stream will fork.
    assert Tree.objects.get().root == root
    assert Tree.objects.get().locks == 295
    for stream, leaf_hash in StreamHead.objects.values_list("stream", "leaf_hash"):
        assert heads[stream] == leaf_hash
    assert Checkpoint.objects.order_by("-id")[0].note == published.note
    # It goes on: the next entry of an order that has lost one continues what is public.
    with transaction.atomic():
        record_many([sample("queue.held", "next", 1, "W00001")], now=now)
    integrate(now=now)
    assert Entry.objects.get(change_key="next").n == 2
    assert publish(now=now) is not None
    assert check_public(log) == 309
    assert guard().refilled == 0


def test_what_contradicts_the_public_log_is_not_started(log: LogFolder, now: dt.datetime) -> None:
    write(5, now)
    publish(now=now)
    backup = Backup()
    write(1, now, 1, "car.handed_over")
    publish(now=now)
    backup.restore()
    # Somebody used the restored system before it was filled in: a second entry with number 1.
    record(1, now, 1, "queue.held")
    with pytest.raises(StreamsForked, match="1"):
        guard()
    assert Tree.objects.get().size == 8
    assert Inbox.objects.count() == 1


def test_another_history_is_not_started(log: LogFolder, now: dt.datetime) -> None:
    publish(now=now)
    backup = Backup()
    write(10, now)
    publish(now=now)
    backup.restore()
    # As many leaves as were signed, and more: none of them the public ones.
    write(10, now, 50)
    with pytest.raises(TreeDiffers):
        guard()
    write(10, now, 80)
    with pytest.raises(TreeDiffers):
        guard()
    with pytest.raises(TreeDiffers):
        publish(now=now)


@pytest.mark.parametrize("path", ["tile/entries/000.p/53", "tile/0/000.p/53"])
def test_without_the_files_it_is_not_started(log: LogFolder, now: dt.datetime, path: str) -> None:
    publish(now=now)
    backup = Backup()
    write(50, now)
    publish(now=now)
    backup.restore()
    held = log.get(path)
    log.remove(path)
    if "entries" in path:
        with pytest.raises(FileMissing, match="tile/entries/000"):
            guard()
    else:
        # The hashes are not needed to refill, the leaves are.
        assert guard().refilled == 50
        return
    assert Leaf.objects.count() == 3
    (log.root / path).write_bytes(held[:-1] + b"x")
    with pytest.raises((TreeDiffers, FileDiffers)):
        guard()
    (log.root / path).write_bytes(held)
    assert guard().refilled == 50


def test_without_the_signer_the_files_speak(
    log: LogFolder, now: dt.datetime, settings: Any, tmp_path: Path
) -> None:
    publish(now=now)
    backup = Backup()
    write(50, now)
    publish(now=now)
    backup.restore()
    settings.SIGNER_DIR = tmp_path / "nobody"
    done = guard()
    assert (done.refilled, done.signer_away) == (50, True)


def test_a_folder_that_is_gone_is_not_begun_anew(log: LogFolder, now: dt.datetime) -> None:
    write(50, now)
    publish(now=now)
    shutil.rmtree(log.root)
    with pytest.raises(FileMissing):
        guard()


def test_a_checkpoint_that_was_published_last_is_recalled(log: LogFolder, now: dt.datetime) -> None:
    """Killed between the name and the row: the row is written by whoever comes next."""
    write(50, now)
    published = publish(now=now)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_checkpoint DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM ledger_checkpoint")
        cursor.execute("ALTER TABLE ledger_checkpoint ENABLE TRIGGER ALL")
    guard()
    row = Checkpoint.objects.get()
    assert published is not None
    assert (row.note, row.size, row.locks) == (published.note, 53, 50)
    connections["default"].ensure_connection()
