"""Looking the folder over, copying it, and the map of where streams end."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.contexts.ledger.log_scenes import check_public, write
from tests.logs import ORIGIN, running_signer
from yinuo.contexts.ledger.log_folder import FileMissing, LogFolder, log_folder
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations.sealing import (
    TreeDiffers,
    begin,
    guard,
    integrate,
    publish,
    write_public_copies,
)
from yinuo.contexts.ledger.operations.sealing.checking import Fault, check_all, mend
from yinuo.contexts.ledger.operations.sealing.exporting import FolderTaken, export
from yinuo.contexts.ledger.operations.sealing.heads import (
    bits_for,
    bucket_of,
    is_heads_due,
    state_heads,
)
from yinuo.contexts.ledger.operations.sealing.rereading import check_part, list_parts
from yinuo.engines.tlog import leaf_hash, tree_root
from yinuo.platform.refusals import Refusal


@pytest.fixture
def log(tmp_path: Path, settings: Any, db: None, now: dt.datetime) -> Iterator[LogFolder]:
    """A log of 303 leaves in two checkpoints, with a head map."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    begin(origin=ORIGIN, now=now)
    with running_signer():
        write(100, now)
        publish(now=now)
        write(199, now, 200)
        write(60, now, 1, "car.handed_over")
        state_heads(now=now)
        integrate(now=now)
        publish(now=now + dt.timedelta(hours=20))
        write_public_copies()
        yield log_folder()


def test_a_healthy_folder(log: LogFolder, now: dt.datetime) -> None:
    checked = check_all()
    assert checked.faults == []
    assert (checked.size, checked.notes) == (363, 2)
    assert checked.files == len(log.list_files())
    # The rule lies there exactly as its leaf.
    assert log.get("rules/1.json").decode() == Entry.objects.get(kind="rule.stated").body
    # What was written and not yet published is no fault.
    write(5, now, 900)
    assert check_all().faults == []


def test_any_changed_byte_is_found_and_its_file_named(log: LogFolder) -> None:
    luck = random.Random(20260211)
    # The verifier is the one file that is not of the log: whoever has it compares it by itself.
    for path in sorted(set(log.list_files()) - {"verify.py"}):
        right = log.get(path)
        for at in {0, len(right) - 1, luck.randrange(len(right))}:
            wrong = bytearray(right)
            wrong[at] ^= 1 << luck.randrange(8)
            (log.root / path).write_bytes(wrong)
            try:
                named = [fault.path for fault in check_all().faults]
            except Refusal as refusal:
                named = [refusal.data["path"]]
            assert named, f"{path} byte {at}"
            if path.startswith(("tile/0", "tile/1", "heads/", "checkpoint")):
                assert path.split("/")[0] in {one.split("/")[0] for one in named}
        (log.root / path).write_bytes(right)
    assert check_all().faults == []


def read_over(size: int) -> list[Fault]:
    """What reading all parts one after the other finds."""
    return [fault for part in list_parts(size) for fault in check_part(part)]


def test_reading_over_part_by_part_finds_every_flipped_byte(log: LogFolder) -> None:
    assert list_parts(10_000) == [
        "0", "4096", "8192", "beside", "checkpoints/2026-02-11"
    ]  # fmt: skip
    assert read_over(363) == []
    luck = random.Random(20260212)
    for path in sorted(set(log.list_files()) - {"verify.py", "policy"}):
        right = log.get(path)
        wrong = bytearray(right)
        wrong[luck.randrange(len(right))] ^= 1 << luck.randrange(8)
        (log.root / path).write_bytes(wrong)
        named = {fault.path for fault in read_over(363)}
        # Of two tiles that disagree the lower one is named; the whole look says which is wrong.
        upper = path.startswith("tile/1")
        assert path in ({fault.path for fault in check_all().faults} if upper else named)
        assert named
        (log.root / path).write_bytes(right)
    for path in ("tile/0/001.p/107", "tile/entries/000", "heads/103/0000"):
        right = log.get(path)
        log.remove(path)
        assert Fault(path, "missing") in read_over(363)
        (log.root / path).write_bytes(right)
    (log.root / "heads" / "103" / "note").write_bytes(b"")
    assert read_over(363) == check_all().faults == [Fault("heads/103/note", "unknown")]


def test_a_file_cut_short_or_gone_or_strange(log: LogFolder) -> None:
    for path in ("tile/entries/000", "tile/0/000", "tile/0/001.p/107"):
        right = log.get(path)
        (log.root / path).write_bytes(right[:-7])
        assert check_all().faults[0].what == "wrong"
        log.remove(path)
        assert next(fault.what for fault in check_all().faults) == "missing"
        (log.root / path).write_bytes(right)
    (log.root / "tile" / "0" / "00x").write_bytes(b"")
    assert check_all().faults == [Fault("tile/0/00x", "unknown")]


def test_a_row_that_is_not_the_published_leaf(log: LogFolder) -> None:
    spoil(77)
    [fault] = check_all().faults
    assert (fault.what, fault.path.split()[0]) == ("database", "#77")


def test_half_a_map_is_no_fault_and_does_not_stay(log: LogFolder, now: dt.datetime) -> None:
    """Whoever is killed while writing a map has told nobody; a full disk takes the half along."""
    (log.root / "heads" / "200").mkdir()
    (log.root / "heads" / "200" / "0000").write_bytes(b"")
    assert check_all().faults == []
    log.remove("heads/103/index")
    assert check_all().faults == [Fault("heads/103/index", "missing")]

    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LogFolder, "replace", full)
        with pytest.raises(OSError, match="full"):
            state_heads(now=now + dt.timedelta(days=2))
    assert not log.has("heads/363/0000")
    state_heads(now=now + dt.timedelta(days=2))


def test_missing_tiles_are_written_from_the_database(log: LogFolder) -> None:
    held = {path: log.get(path) for path in log.list_files("tile")}
    log.remove("tile/0")
    log.remove("tile/entries/000")
    assert mend() == 3
    assert check_all().faults == []
    assert all(log.get(path) == held[path] for path in log.list_files("tile"))


def test_an_older_copy_of_the_folder_is_brought_to_where_the_log_stands(
    log: LogFolder, tmp_path: Path, now: dt.datetime
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(log.root, copy)
    for hours in (21, 50):
        write(60, now, 1_000 * hours)
        publish(now=now + dt.timedelta(hours=hours))
    held = {path: log.get(path) for path in ("checkpoint", *log.list_files("tile"))}
    for lost in ("", "checkpoint"):
        shutil.rmtree(log.root)
        shutil.copytree(copy, log.root)
        log.remove(lost or "nothing")
        with pytest.raises(FileMissing, match="fsck --mend"):
            guard()
        assert mend() > 0
        assert check_all().faults == []
        # Narrow tiles of sizes between need not come back: the wider ones hold the same.
        there = {path for path in held if log.has(path)}
        assert {"checkpoint", "tile/entries/000", "tile/0/001.p/227"} <= there
        assert all(log.get(path) == held[path] for path in there)
        assert guard().refilled == 0
        assert mend() == 0
    # Leaves that are not those that were signed are not written in their place.
    shutil.rmtree(log.root)
    shutil.copytree(copy, log.root)
    spoil(400)
    with pytest.raises(TreeDiffers):
        mend()


def spoil(idx: int) -> None:
    """Have another text in the row of this leaf, past all that guards it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE ledger_entry SET body = '{}'"
            " WHERE id = (SELECT entry_id FROM ledger_leaf WHERE idx = %s)",
            [idx],
        )
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER ALL")


def test_a_copy_stands_at_one_checkpoint(log: LogFolder, tmp_path: Path, now: dt.datetime) -> None:
    log.add("tile/0/001.p/200", b"never signed")
    target = tmp_path / "copy"
    assert export(target) == 363
    copy = LogFolder(target)
    assert check_public(copy) == 363
    assert set(copy.list_files()) == set(log.list_files()) - {"tile/0/001.p/200"}
    assert all(copy.get(path) == log.get(path) for path in copy.list_files())
    assert sorted(path.name for path in target.iterdir() if path.name[0] == ".") == []
    with pytest.raises(FolderTaken):
        export(target)


def test_the_head_map_says_where_every_stream_ends(log: LogFolder, now: dt.datetime) -> None:
    leaf = json.loads(Entry.objects.get(kind="heads.stated").body)
    assert (leaf["size"], leaf["bits"], leaf["t"]) == (103, bits_for(100), "heads")
    # By the definition, from the leaves alone.
    ends: dict[str, tuple[int, int]] = {}
    bodies = Entry.objects.filter(leaf__idx__lt=103).order_by("leaf__idx")
    for index, body in enumerate(bodies.values_list("body", flat=True)):
        said = json.loads(body)
        if "s" in said:
            ends[said["s"]] = (said["n"], index)
    assert len(ends) == 100
    buckets: list[list[str]] = [[] for _ in range(1 << leaf["bits"])]
    for stream, (n, index) in ends.items():
        first = int.from_bytes(base64.urlsafe_b64decode(stream + "="))
        buckets[first >> (256 - leaf["bits"])].append(f"{stream} {n} {index}\n")
    texts = ["".join(sorted(lines)).encode() for lines in buckets]
    hashes = b"".join(leaf_hash(text) for text in texts)
    assert [log.get(f"heads/103/{n:04x}") for n in range(len(texts))] == texts
    assert log.get("heads/103/index") == hashes
    assert base64.urlsafe_b64decode(leaf["root"] + "=") == tree_root(hashes)


def test_heads_are_stated_once_a_day_and_two_are_kept(log: LogFolder, now: dt.datetime) -> None:
    assert not is_heads_due(now=now)
    for days in (1, 2):
        later = now + dt.timedelta(days=days, minutes=1)
        assert is_heads_due(now=later)
        state_heads(now=later)
        integrate(now=later)
        publish(now=later)
        assert not is_heads_due(now=later)
    assert {path.split("/")[1] for path in log.list_files("heads")} == {"363", "364"}
    # Of streams that went on, the newest leaf stands in the map.
    text = b"".join(log.get(path) for path in log.list_files("heads/364") if "index" not in path)
    assert text.count(b" 1 ") == 60
    assert check_all().faults == []


@pytest.mark.parametrize(
    ("streams", "bits"),
    [(0, 0), (64, 0), (65, 1), (128, 1), (129, 2), (64 << 16, 16), (10**9, 16)],
)
def test_how_fine_the_map_is(streams: int, bits: int) -> None:
    assert bits_for(streams) == bits


def test_the_bucket_of_a_stream() -> None:
    stream = base64.urlsafe_b64encode(bytes([0b1010_0000, 1]) + bytes(30)).decode().rstrip("=")
    assert [bucket_of(stream, bits) for bits in (0, 1, 3, 16)] == [0, 1, 5, 0b1010_0000_0000_0001]
