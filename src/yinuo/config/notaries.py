"""The processes of the log, as children: its signer, its loop, and in a demo three witnesses.

Those that sign need no database, so they run before anything else does. Without keys there is no
log and none of them runs. When the keys are those of another log, because it was begun or a demo
was loaded anew, all are started again.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from yinuo.config.children import Child, stop_all
from yinuo.contexts.ledger.log_folder import CHECKPOINT, POLICY, LogFolder
from yinuo.engines.tlog import NoteError, Policy, Witness, format_policy, parse_policy
from yinuo.notary import keys, witnessing
from yinuo.notary.keeping import KeepingError

Stamp = tuple[int, int] | None


class Notaries:
    """The signer of this installation and the witnesses that stand beside it."""

    def __init__(self, state: Path) -> None:
        self.signer = Path(os.environ.get("SIGNER_DIR", state / "signer"))
        self.folder = LogFolder(Path(os.environ.get("LOG_DIR", state / "log")))
        self.witnesses = [self.signer.parent / f"witness-{number}" for number in (1, 2, 3)]
        self.clock = state / "witness.clock"
        self.children: list[Child] = []
        self._loop = Child("公开记录", "log", ["-m", "yinuo", "log", "run"])
        self._stamp: Stamp = None
        self._known: frozenset[str] = frozenset()
        self._looping = False

    def begin_loop(self) -> None:
        """Let the loop run from now on: the database is ready."""
        self._looping = True
        if self._known:
            self.children.append(self._loop)
            self._loop.start()

    def is_any_log(self) -> bool:
        """Whether something was signed or published here, or a name was given to begin with."""
        published = (self.folder.root / CHECKPOINT).exists()
        return published or bool(self._known) or bool(os.environ.get("LOG_ORIGIN"))

    def tend(self) -> None:
        """Start those that should run and do not; with keys of another log, all of them anew."""
        stamp = self._changed()
        if stamp != self._stamp:
            self._stamp = stamp
            before, self._known = self._known, self._read_keys()
            # A key that is changed in an orderly way comes beside the old one: nothing to do.
            if not before & self._known:
                self._restart()
                return
        for child in self.children:
            child.tend()

    def _restart(self) -> None:
        stop_all(self.children)
        self.children = self._make() if self._known else []
        if self._known and self._looping:
            self.children.append(self._loop)
        for child in self.children:
            child.start()

    def stop(self) -> None:
        """Stop all of them."""
        stop_all(self.children)

    def _changed(self) -> Stamp:
        """When the file of the keys was written; None before there is one."""
        with contextlib.suppress(FileNotFoundError):
            found = (self.signer / keys.KEYS).stat()
            return found.st_ino, found.st_ctime_ns
        return None

    def _read_keys(self) -> frozenset[str]:
        with contextlib.suppress(KeepingError, FileNotFoundError):
            _, held = keys.load(self.signer)
            return frozenset(one.verifier.vkey() for one in held["log"])
        return frozenset()

    def _make(self) -> list[Child]:
        words = ["-m", "yinuo.notary.signer", str(self.signer)]
        made = [Child("签名进程", "signer", words)]
        there = [folder for folder in self.witnesses if (folder / witnessing.KEY).exists()]
        ports = free_ports(len(there))
        addresses = {}
        for folder, port in zip(there, ports, strict=True):
            with contextlib.suppress(KeepingError):
                vkey = witnessing.load_key(folder).verifier.vkey()
                addresses[vkey] = f"http://127.0.0.1:{port}"
            serve = ["run", str(folder), "--port", str(port), "--clock-file", str(self.clock)]
            words = ["-m", "yinuo.notary.witness", *serve]
            number, said = folder.name[-1], folder / "said"
            made.append(Child(f"见证 {number}", f"witness {number}", words, output=said))
        if addresses:
            point_at(self.folder, addresses)
        return made


def free_ports(count: int) -> list[int]:
    """So many ports of this machine that nobody serves at now."""
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in taken]


def point_at(folder: LogFolder, addresses: dict[str, str]) -> None:
    """Have the policy name the addresses at which these witnesses serve, by their public keys."""
    with contextlib.suppress(FileNotFoundError, NoteError), folder.writing():
        held = parse_policy(folder.get(POLICY))
        fresh = Policy(
            held.logs, _pointed(held.witnesses, addresses), held.groups, held.quorum, held.receipts
        )
        if fresh != held:
            folder.replace(POLICY, format_policy(fresh).encode())


def _pointed(witnesses: Sequence[Witness], addresses: dict[str, str]) -> tuple[Witness, ...]:
    return tuple(
        Witness(one.name, one.verifier, addresses.get(one.verifier.vkey(), one.url))
        for one in witnesses
    )
