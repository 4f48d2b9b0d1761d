"""Keys of the log are changed without a gap; a stolen old key is worth nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.contexts.ledger.log_scenes import check_public, write
from tests.logs import ORIGIN, LocalWitness, running_signer
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.operations.sealing import begin, publish
from yinuo.contexts.ledger.operations.sealing.beginning import LogNotBegun
from yinuo.contexts.ledger.operations.sealing.rotating import (
    KeyNotPublished,
    KeyNotTrusted,
    NoNextKey,
    retire_key,
    rotate_key,
)
from yinuo.contexts.ledger.queries.sealed import get_leaf
from yinuo.engines.tlog import (
    Checkpoint,
    NoteError,
    encode_base64,
    leaf_hash,
    open_checkpoint,
    open_note,
    parse_policy,
    parse_vkey,
    sign_note,
)
from yinuo.notary import keys
from yinuo.notary.asking import collect
from yinuo.notary.client import SignerClient
from yinuo.notary.clocks import set_clock


@pytest.fixture
def witnesses(tmp_path: Path, now: dt.datetime) -> Iterator[list[LocalWitness]]:
    """Two witnesses; both are needed."""
    made = [LocalWitness(tmp_path / name, name) for name in ("one", "two")]
    for witness in made:
        set_clock(witness.folder / "clock", at=int(now.timestamp()), running=False)
        witness.start()
    yield made
    for witness in made:
        witness.stop()


@pytest.fixture
def log(
    tmp_path: Path, settings: Any, db: None, now: dt.datetime, witnesses: list[LocalWitness]
) -> Iterator[LogFolder]:
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    begin(origin=ORIGIN, witnesses=[one.in_policy() for one in witnesses], now=now)
    with running_signer():
        for witness in witnesses:
            witness.trust(SignerClient(settings.SIGNER_DIR).state().vkey)
        publish(now=now)
        yield log_folder()


@pytest.mark.need(25)
def test_from_the_old_key_to_the_new(
    log: LogFolder, witnesses: list[LocalWitness], settings: Any, now: dt.datetime
) -> None:
    first = keys.load(settings.SIGNER_DIR)[1]["log"][0]
    before = log.get("checkpoint")
    with pytest.raises(NoNextKey):
        retire_key(use="log", now=now)
    write(5, now)
    made = rotate_key(use="log", now=now)
    # The new key stands in the log, under a checkpoint that both signed and the witnesses saw.
    leaf = get_leaf(made.index)
    assert leaf is not None
    said = json.loads(leaf.body)
    assert (said["t"], said["use"], said["vkey"]) == ("key", "log", made.vkey)
    both = [first.verifier, parse_vkey(made.vkey)]
    assert set(open_note(log.get("checkpoint"), both).signatures) == set(both)
    assert check_public(log) == 9
    assert rotate_key(use="log", now=now) == made
    # Witnesses that have not heard of it keep the old key in its place.
    with pytest.raises(KeyNotTrusted, match="one: 403"):
        retire_key(use="log", now=now)
    for witness in witnesses:
        witness.trust(made.vkey)
    assert retire_key(use="log", now=now) == made.vkey
    write(5, now, 100)
    publish(now=now)
    policy = parse_policy(log.get("policy"))
    assert list(open_note(log.get("checkpoint"), both).signatures) == both[1:]
    assert check_public(log) == 14
    # What was signed before the change is as good as ever.
    assert open_checkpoint(policy, before).checkpoint.size == 3
    # A thief of the old key has nothing: no witness signs beside the true history.
    forged = sign_note(Checkpoint(ORIGIN, 20, bytes(32)).text(), [first])
    done = collect(forged, policy, lambda _old: [bytes(32)], now=int(now.timestamp()))
    assert done.at is None
    with pytest.raises(NoteError):
        open_checkpoint(policy, done.note)


def test_the_key_of_receipts(log: LogFolder, settings: Any, now: dt.datetime) -> None:
    client = SignerClient(settings.SIGNER_DIR)
    (old,) = client.receipts([(0, leaf_hash(b"x"))])
    made = rotate_key(use="receipt", now=now)
    assert retire_key(use="receipt", now=now) == made.vkey
    (new,) = client.receipts([(0, leaf_hash(b"x"))])
    receipts = parse_policy(log.get("policy")).receipts
    assert len(receipts) == 2
    for note in (old, new):
        text = f"{ORIGIN}/receipt\n0\n{encode_base64(leaf_hash(b'x'))}\n"
        assert open_note(note, receipts).text == text
    assert old != new


def test_killed_before_it_was_stated(log: LogFolder, settings: Any, now: dt.datetime) -> None:
    """The signer has the key and the log has not: nothing can be retired, asking again goes on."""
    vkey = SignerClient(settings.SIGNER_DIR).rotate()
    publish(now=now)
    with pytest.raises(KeyNotPublished):
        retire_key(use="log", now=now)
    assert rotate_key(use="log", now=now).vkey == vkey
    assert check_public(log) == 4


def test_the_command(
    log: LogFolder, witnesses: list[LocalWitness], settings: Any, capsys: Any
) -> None:
    """As the operator does it: rotate, tell the witnesses, retire."""
    for witness in witnesses:
        # Their own machine's clock, as the command itself goes by it.
        (witness.folder / "clock").unlink()
    first = SignerClient(settings.SIGNER_DIR).state().vkey
    call_command("log", "rotate")
    second = capsys.readouterr().out.splitlines()[0]
    assert SignerClient(settings.SIGNER_DIR).state().vkeys == (first, second)
    with pytest.raises(KeyNotTrusted):
        call_command("log", "retire")
    for witness in witnesses:
        witness.trust(second)
    call_command("log", "retire", "--use", "log")
    assert capsys.readouterr().out.splitlines()[0] == second
    assert SignerClient(settings.SIGNER_DIR).state().vkeys == (second,)
    assert check_public(log) == 4
    with pytest.raises(NoNextKey):
        call_command("log", "retire")


def test_without_a_signer_the_command_says_so(
    log: LogFolder, settings: Any, tmp_path: Path
) -> None:
    settings.SIGNER_DIR = tmp_path / "elsewhere"
    with pytest.raises(CommandError, match="signer does not answer"):
        call_command("log", "rotate")


def test_before_the_log_has_begun(db: None, now: dt.datetime) -> None:
    with pytest.raises(LogNotBegun):
        rotate_key(use="log", now=now)
