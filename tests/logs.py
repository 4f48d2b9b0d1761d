"""A log of a test's own: its folders, its signer and its witnesses, each a process like any."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from yinuo.engines.tlog import Witness, parse_vkey
from yinuo.notary import signer, witness, witnessing
from yinuo.notary.client import SignerAway, SignerClient

ALIKE = multiprocessing.get_context("fork")
ORIGIN = "log.example/test"
SECONDS_MAX = 20.0


def fork(target: Callable[..., object], *words: object) -> Any:
    """A process that does this. It must not touch the database that we are connected to."""
    process = ALIKE.Process(target=target, args=words, daemon=True)
    process.start()
    return process


def fork_apart(target: Callable[..., object], *words: object) -> Any:
    """A process that does this with a database connection of its own; ours is closed first."""
    connections.close_all()
    return fork(target, *words)


def kill(process: Any) -> None:
    """SIGKILL, and wait until it is gone."""
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    process.close()


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; an error after a while."""
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answers_at(folder: Path) -> bool:
    """Whether the signer of this folder answers."""
    with contextlib.suppress(SignerAway):
        SignerClient(folder).state()
        return True
    return False


def _answers() -> bool:
    return answers_at(settings.SIGNER_DIR)


@contextlib.contextmanager
def running_signer() -> Iterator[None]:
    """The signer of the folder that the settings name, while the block runs."""
    process = fork(signer.main, [str(settings.SIGNER_DIR)])
    try:
        until(_answers)
        yield
    finally:
        kill(process)


class LocalWitness:
    """A witness with a folder of its own, at an address of this machine."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.vkey = witnessing.create(folder, f"{name}.example").verifier.vkey()
        self.port = 0
        self._process: Any = None

    def start(self) -> None:
        """Serve from now on, at the same address each time."""
        said = self.folder / "said"
        self._process = fork(_serve, self.folder, self.port, said)
        until(lambda: said.exists() and bool(re.search(r":(\d+)\n", said.read_text())))
        found = re.search(r":(\d+)\n", said.read_text())
        assert found
        self.port = int(found[1])

    def stop(self) -> None:
        """Be gone at once."""
        kill(self._process)
        (self.folder / "said").unlink()

    def trust(self, vkey: str) -> None:
        """Witness the log of this key; it may run already."""
        witnessing.trust(self.folder, vkey)

    def in_policy(self) -> Witness:
        """The line of a policy that names it."""
        return Witness(self.name, parse_vkey(self.vkey), f"http://127.0.0.1:{self.port}")


def _serve(folder: Path, port: int, said: Path) -> None:
    sys.stderr = sys.stdout = said.open("w", buffering=1)
    clock = folder / "clock"
    witness.main(["run", str(folder), "--port", str(port), "--clock-file", str(clock)])
