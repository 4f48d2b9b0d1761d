"""Publishing with a signer and witnesses while things break: at every step, in every way.

What must hold afterwards: whoever read the log before finds it continued, the newest checkpoint
proves every leaf below it from files alone, and no leaf is lost.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contexts.ledger.log_scenes import check_public, write
from tests.logs import ORIGIN, LocalWitness, fork_apart, running_signer
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.models import Checkpoint, Leaf
from yinuo.contexts.ledger.operations.sealing import (
    NoQuorum,
    begin,
    guard,
    publish,
    publishing,
    split_notes,
)
from yinuo.engines.tlog import (
    TileReader,
    Witness,
    check_consistency,
    consistency_proof,
    new_signer,
    open_checkpoint,
    parse_policy,
)
from yinuo.engines.tlog.checkpoint import Checkpoint as Head
from yinuo.engines.tlog.notes import COSIGNATURE
from yinuo.notary.client import SignerAway, SignerClient
from yinuo.notary.clocks import set_clock
from yinuo.platform.refusals import Refusal

DOWN = Witness(
    "down", new_signer("down.example", bytes(32), COSIGNATURE).verifier, "http://[::1]:9"
)


@pytest.fixture
def witnesses(tmp_path: Path, now: dt.datetime) -> Iterator[list[LocalWitness]]:
    """Two witnesses that run; with a third that is down they are a quorum."""
    made = [LocalWitness(tmp_path / name, name) for name in ("one", "two")]
    for witness in made:
        set_clock(witness.folder / "clock", at=int(now.timestamp()), running=False)
        witness.start()
    yield made
    for witness in made:
        witness.stop()


@pytest.fixture
def log(
    tmp_path: Path,
    settings: Any,
    fresh_database: str,
    now: dt.datetime,
    witnesses: list[LocalWitness],
) -> Iterator[LogFolder]:
    """A log with its signer, whose policy asks for two of three witnesses."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    policy = [*(witness.in_policy() for witness in witnesses), DOWN]
    begin(origin=ORIGIN, witnesses=policy, now=now)
    from_log = parse_policy(log_folder().get("policy")).logs[0].verifier.vkey()
    for witness in witnesses:
        witness.trust(from_log)
    with running_signer():
        yield log_folder()


class Reader:
    """Somebody outside who keeps the last checkpoint and looks again."""

    def __init__(self, folder: LogFolder) -> None:
        self.folder = folder
        self.last: Head | None = None

    def look(self) -> int:
        """The size that is public now; fails unless it continues what was public before."""
        if not self.folder.has("checkpoint"):
            assert self.last is None
            return 0
        policy = parse_policy(self.folder.get("policy"))
        head = open_checkpoint(policy, self.folder.get("checkpoint")).checkpoint
        if self.last is not None:
            read = TileReader(self.folder.get, head.size)
            proof = consistency_proof(self.last.size, head.size, read)
            check_consistency(self.last.size, head.size, self.last.root, head.root, proof)
        self.last = head
        return check_public(self.folder)


# Every call by which publishing reaches the disk, the signer, the witnesses and the database.
STEPS: list[tuple[Any, str]] = [
    (os, "fsync"),
    (Path, "rename"),
    (SignerClient, "checkpoint"),
    (publishing, "collect"),
    (publishing, "store"),
    (publishing, "prune"),
]
# Two files and their folders, signature, witnesses, two notes and their folders, row, clearing up.
STEPS_LEAST = 14


class Breaking:
    """Breaks the call with number `at`, before it is carried out."""

    def __init__(self, at: int, how: Callable[[], None]) -> None:
        self.left, self.how = at, how

    def put_into(self, patch: pytest.MonkeyPatch) -> None:
        for holder, name in STEPS:
            patch.setattr(holder, name, self._breaking(getattr(holder, name)))

    def _breaking(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.how()
            return real(*words, **named)

        return call


def _publish_until(at: int, now: dt.datetime) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Breaking(at, lambda: os.kill(os.getpid(), signal.SIGKILL)).put_into(patch)
        publish(now=now)


@pytest.mark.need(25)
def test_killed_before_each_step(log: LogFolder, now: dt.datetime) -> None:
    """Files, signature, witnesses, the day's file, the name, the row: each in turn."""
    reader = Reader(log)
    write(250, now)
    for at in range(1, 100):
        # Some of the sizes are those at which tiles become full and others are pruned.
        write(1 + at % 3, now, 1_000 * at)
        process = fork_apart(_publish_until, at, now)
        process.join(60)
        code = process.exitcode
        process.close()
        reader.look()
        if code == 0:
            break
        assert code == -signal.SIGKILL
        if at % 5 == 0:
            guard()
    assert at > STEPS_LEAST
    assert reader.look() == Leaf.objects.count()
    assert publish(now=now) is not None
    noted = set(Checkpoint.objects.values_list("note", flat=True))
    days = [split_notes(log.get(day).decode()) for day in log.list_files("checkpoints")]
    assert noted <= {note for day in days for note in day}
    assert guard().refilled == 0


def _no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_full(now: dt.datetime) -> bool:
    try:
        publish(now=now)
    except OSError as failure:
        return failure.errno == errno.ENOSPC
    return False


def test_the_disk_is_full_at_each_step(log: LogFolder, now: dt.datetime) -> None:
    reader = Reader(log)
    write(255, now)
    for at in range(1, 100):
        write(1, now, 1_000 * at)
        with pytest.MonkeyPatch.context() as patch:
            Breaking(at, _no_space).put_into(patch)
            full = _is_full(now)
        reader.look()
        # Nothing piles up that would fill the disk further.
        assert len(list((log.root / ".new").glob("*"))) <= 1
        if not full:
            break
    assert at > STEPS_LEAST
    assert reader.look() == Leaf.objects.count()


FULL = 7


def _publish_within(limit: int, now: dt.datetime) -> None:
    # The kernel itself refuses to let a file grow further, in the middle of a write.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        publish(now=now)
    except OSError as failure:
        named = failure.filename == str(log_folder().root)
        os._exit(FULL if named and failure.errno == errno.EFBIG else 1)


def test_the_kernel_lets_no_file_grow(log: LogFolder, now: dt.datetime) -> None:
    """Bundle, tile, and the day's file, which holds more than either, in turn."""
    reader, codes = Reader(log), []
    write(100, now)
    for limit in (100, 3_000, 25_000, 1_000_000):
        process = fork_apart(_publish_within, limit, now)
        process.join(60)
        codes.append(process.exitcode)
        reader.look()
        assert not list((log.root / ".new").glob("*"))
    assert codes[0] == codes[1] == FULL
    assert codes[-1] == 0
    assert reader.look() == Leaf.objects.count()


def test_signer_and_witnesses_come_and_go(
    log: LogFolder, witnesses: list[LocalWitness], now: dt.datetime
) -> None:
    reader = Reader(log)
    publish(now=now)
    assert reader.look() == 3
    write(300, now)
    witnesses[0].stop()
    with pytest.raises(NoQuorum, match="one: no connection"):
        publish(now=now)
    assert reader.look() == 3
    write(300, now, 1_000)
    witnesses[0].start()
    published = publish(now=now)
    assert published is not None
    assert published.quorum_at == now.replace(microsecond=0)
    assert reader.look() == 603
    # A witness whose clock is wrong is left out, and then there are too few.
    set_clock(witnesses[1].folder / "clock", at=int(now.timestamp()) + 900, running=False)
    with pytest.raises(NoQuorum, match="its clock shows"):
        publish(now=now)
    assert reader.look() == 603


def test_without_a_signer_nothing_is_published(log: LogFolder, now: dt.datetime) -> None:
    publish(now=now)
    write(5, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SignerClient, "_ask", _away)
        with pytest.raises(SignerAway):
            publish(now=now)
    assert Reader(log).look() == 3
    assert publish(now=now) is not None


def _away(*_words: object) -> dict[str, Any]:
    raise SignerAway("No signer answers")


def test_a_flipped_byte_in_any_file_is_never_built_upon(log: LogFolder, now: dt.datetime) -> None:
    """Whatever byte it is: it is refused in words, or what is published holds all the same."""
    chance = random.Random(5)
    write(258, now)
    publish(now=now)
    reader = Reader(log)
    reader.look()
    seen = set()
    for turn, path in enumerate(log.list_files() * 3):
        right = log.get(path)
        at = chance.randrange(len(right))
        (log.root / path).write_bytes(
            right[:at] + bytes([right[at] ^ 1 << chance.randrange(8)]) + right[at + 1 :]
        )
        for step in (guard, lambda: publish(now=now)):
            try:
                step()
            except Refusal as refusal:
                seen.add((path, refusal.code))
        (log.root / path).write_bytes(right)
        if turn % 7 == 0:
            publish(now=now)
            reader.look()
    refused = {path for path, _ in seen}
    assert {"checkpoint", "policy", "tile/0/001.p/5", "tile/1/000.p/1"} <= refused
    assert {code for _, code in seen} <= {
        "log_file_differs",
        "log_tree_differs",
        "log_file_missing",
    }
