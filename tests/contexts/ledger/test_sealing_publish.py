"""Publishing: what stands in the folder is what was recorded, whoever was killed on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contexts.ledger.log_scenes import check_public, write
from tests.logs import ORIGIN, running_signer
from yinuo.contexts.ledger.log_folder import FileMissing, LogFolder, log_folder
from yinuo.contexts.ledger.models import Checkpoint, Entry
from yinuo.contexts.ledger.operations.sealing import (
    LogStands,
    begin,
    is_due,
    publish,
    split_notes,
)
from yinuo.contexts.ledger.queries.sealed import get_head
from yinuo.platform.refusals import Refusal


@pytest.fixture
def log(tmp_path: Path, settings: Any, db: None, now: dt.datetime) -> Iterator[LogFolder]:
    """A log that has begun, with its signer and without witnesses."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    begin(origin=ORIGIN, now=now)
    with running_signer():
        yield log_folder()


def test_the_first_three_leaves(log: LogFolder, now: dt.datetime) -> None:
    publish(now=now)
    kinds = Entry.objects.order_by("leaf__idx").values_list("kind", flat=True)
    assert list(kinds) == ["rule.stated", "key.stated", "key.stated"]
    assert check_public(log) == 3
    with pytest.raises(LogStands):
        begin(origin=ORIGIN, now=now)


def test_files_grow_and_never_change(log: LogFolder, now: dt.datetime) -> None:
    before: dict[str, bytes] = {}
    for count, start in ((1, 1), (250, 10), (2, 300), (700, 400)):
        write(count, now, start)
        published = publish(now=now)
        assert published is not None
        assert check_public(log) == published.size
        for path, data in before.items():
            if path.startswith("tile/") and log.has(path):
                assert log.get(path) == data
        before = {path: log.get(path) for path in log.list_files()}
    assert get_head().published_size == 956
    full = {path for path in before if path.startswith("tile/") and ".p/" not in path}
    assert full == {f"tile/{level}/00{n}" for level in ("0", "entries") for n in range(3)}
    # Of the full tiles no narrow form is left.
    assert {path.rpartition("/")[0] for path in before if ".p/" in path} == {
        "tile/0/003.p",
        "tile/1/000.p",
        "tile/entries/003.p",
    }


def test_every_checkpoint_is_kept(log: LogFolder, now: dt.datetime) -> None:
    notes = []
    for minutes in (0, 10, 20, 24 * 60):
        at = now + dt.timedelta(minutes=minutes)
        write(1, at, minutes + 1)
        published = publish(now=at)
        assert published is not None
        notes.append(published.note)
    kept = [
        note
        for path in log.list_files("checkpoints")
        for note in split_notes(log.get(path).decode())
    ]
    assert kept == notes == list(Checkpoint.objects.order_by("id").values_list("note", flat=True))
    assert log.list_files("checkpoints") == ["checkpoints/2026-02-11", "checkpoints/2026-02-12"]
    assert log.get("checkpoint").decode() == notes[-1]


def test_when_it_is_due(log: LogFolder, now: dt.datetime) -> None:
    assert is_due(now=now)
    publish(now=now)
    assert not is_due(now=now)
    write(49, now)
    write(60, now, 1, "promise.made")
    assert not is_due(now=now)
    write(1, now, 50)
    assert is_due(now=now)
    publish(now=now)
    assert not is_due(now=now + dt.timedelta(minutes=9))
    # Also when nothing was added: the same tree, at a new time.
    assert is_due(now=now + dt.timedelta(minutes=10))
    publish(now=now + dt.timedelta(minutes=10))
    assert get_head().published_at == now + dt.timedelta(minutes=10)


def test_publishing_twice_is_the_same(log: LogFolder, now: dt.datetime) -> None:
    write(300, now)
    first = publish(now=now)
    files = {path: log.get(path) for path in log.list_files("tile")}
    assert publish(now=now) == first
    assert {path: log.get(path) for path in log.list_files("tile")} == files


@pytest.mark.parametrize("path", ["tile/0/001.p/7", "tile/1/000.p/1", "policy", "checkpoint"])
def test_a_wrong_byte_stops_it(log: LogFolder, now: dt.datetime, path: str) -> None:
    """Nothing is published on top of a file that does not hold what it must."""
    write(260, now)
    publish(now=now)
    right, count = log.get(path), Checkpoint.objects.count()
    wrong = right[:-3] + bytes([right[-3] ^ 1]) + right[-2:]
    (log.root / path).write_bytes(wrong)
    write(1, now, 900)
    with pytest.raises(Refusal) as refused:
        publish(now=now)
    assert refused.value.message("zh") != refused.value.message("en")
    assert (Checkpoint.objects.count(), log.get(path)) == (count, wrong)
    (log.root / path).write_bytes(right)
    assert publish(now=now) is not None
    assert check_public(log) == 264


def test_a_missing_tile_stops_it(log: LogFolder, now: dt.datetime) -> None:
    write(260, now)
    publish(now=now)
    held = log.get("tile/1/000.p/1")
    log.remove("tile/1")
    write(1, now, 900)
    with pytest.raises(FileMissing, match="tile/1/000"):
        publish(now=now)
    log.add("tile/1/000.p/1", held)
    assert publish(now=now) is not None


def test_what_was_never_signed_is_written_anew(log: LogFolder, now: dt.datetime) -> None:
    """Somebody wrote files and was killed; the database went back before anybody signed."""
    publish(now=now)
    log.add("tile/0/000.p/9", bytes(32 * 9))
    log.add("tile/entries/000.p/9", b"another history")
    write(6, now)
    assert publish(now=now) is not None
    assert check_public(log) == 9
