"""The log that the product publishes, witnessed by three, is read by Go and proved to Node."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contexts.ledger.log_scenes import check_public, write
from tests.engines.interop.peers import GoProgram, ask_node
from tests.logs import ORIGIN, LocalWitness, running_signer
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.operations.sealing import begin, publish
from yinuo.contexts.ledger.queries.sealed import get_leaf
from yinuo.engines.tlog import TileReader, format_proof, inclusion_proof
from yinuo.notary import witnessing
from yinuo.notary.client import SignerClient
from yinuo.notary.clocks import set_clock

NAMES = ("association", "newspaper", "notary")


@pytest.fixture
def log(tmp_path: Path, settings: Any, db: None, now: dt.datetime) -> Iterator[LogFolder]:
    """A log with three witnesses that was published twice."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    with ExitStack() as running:
        witnesses = [LocalWitness(tmp_path / name, name) for name in NAMES]
        for witness in witnesses:
            set_clock(witness.folder / "clock", at=int(now.timestamp()), running=False)
            witness.start()
            running.callback(witness.stop)
        begin(origin=ORIGIN, witnesses=[one.in_policy() for one in witnesses], now=now)
        running.enter_context(running_signer())
        for witness in witnesses:
            witnessing.trust(witness.folder, SignerClient(settings.SIGNER_DIR).state().vkey)
        for count, start in ((255, 1), (300, 1000)):
            write(count, now, start)
            publish(now=now)
        yield log_folder()


@pytest.mark.need(24)
@pytest.mark.program("go", "node")
def test_others_read_and_verify_what_we_publish(
    log: LogFolder, tmp_path: Path, settings: Any, now: dt.datetime
) -> None:
    size = check_public(log)
    vkey = SignerClient(settings.SIGNER_DIR).state().vkey
    (tmp_path / "go").mkdir()
    done = GoProgram(tmp_path / "go")("read", log.root, vkey, 11, 50)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["origin"], said["size"], said["entries"]) == (ORIGIN, size, size)

    note = log.get("checkpoint").decode()
    read = TileReader(log.get, size)
    at = int(now.timestamp())
    for index in (0, 1, 255, size - 1):
        leaf = get_leaf(index)
        assert leaf is not None
        proof = format_proof(index, inclusion_proof(index, size, read), note).encode()
        whole, other = ask_node(
            tmp_path, log.get("policy").decode(), leaf.body.encode(), [proof, proof[:-40] + b"\n"]
        )
        assert whole == {
            "holds": True, "index": index, "size": size, "origin": ORIGIN,
            "seen": dict.fromkeys(NAMES, at),
        }  # fmt: skip
        assert other["holds"] is False
