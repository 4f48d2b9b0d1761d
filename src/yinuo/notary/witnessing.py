"""What a witness does: it signs a log's newest tree if that continues the last one it signed.

Source: C2SP tlog-witness. Its folder holds the key, the logs it knows, and for each of them the
last tree; that is on the disk before a signature leaves the process. A log of which the last tree
is missing is not signed for: beginning anew would allow the log to begin anew too.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yinuo.engines.tlog.checkpoint import SIZE, Checkpoint, cosign, parse_checkpoint
from yinuo.engines.tlog.notes import (
    COSIGNATURE,
    ED25519,
    NoteError,
    Signer,
    Verifier,
    decode_base64,
    open_note,
    parse_skey,
    parse_vkey,
    split_note,
)
from yinuo.engines.tlog.policy import Log, Policy, format_policy, parse_policy
from yinuo.engines.tlog.proofs import ProofError, check_consistency
from yinuo.notary.clocks import Clock
from yinuo.notary.keeping import (
    KeepingError,
    damaged,
    make_private,
    read_json,
    write_durably,
    write_json,
)
from yinuo.notary.keys import EMPTY_ROOT, check_private, make

KEY = "witness.key"
LOGS = "logs"
STATES = "state"
EVIDENCE = "evidence"
EVIDENCE_MAX = 200
PROOF_MAX = 63
PLAIN = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
# Where a log's last note is shown, below the hash of its name.
NOTE = "/checkpoint"


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP: status, body and type; `said` is for the operator's eyes."""

    status: int
    body: str
    said: str
    kind: str = PLAIN


@dataclass(frozen=True)
class Request:
    """What add-checkpoint is asked: the old size, the proof from it, and the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Last:
    """The last tree of a log that was signed; `at` is the Unix second, 0 before the first."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    at: int = 0
    note: str = ""


class Witness:
    """The witness of `folder`; `clock` gives the Unix second it signs with.

    Raises KeepingError when the folder holds no key or others may read it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder, self.clock = folder, clock
        self.signer = load_key(folder)
        self._one = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Reply:
        """The answer to a request of the protocol; every refusal leaves the state as it is."""
        try:
            asked = parse_request(body)
        except NoteError as wrong:
            return _plain(400, f"{wrong}")
        try:
            known = [key for key in self.logs() if key.name == asked.checkpoint.origin]
            if not known:
                return _plain(404, "this witness does not know the log")
            try:
                open_note(asked.note, known)
            except NoteError as wrong:
                return _plain(403, f"{wrong}")
            with self._one:
                return self._judge(asked)
        except (KeepingError, OSError) as failure:
            # Nothing is signed that is not kept.
            return _plain(500, f"the witness cannot keep its state: {failure}")

    def logs(self) -> list[Verifier]:
        """The keys of the logs that are witnessed here, as the file says now."""
        return [log.verifier for log in load_logs(self.folder).logs]

    def overview(self) -> str:
        """Who this is and what was signed last, for people and monitors."""
        lines = [self.signer.verifier.vkey(), ""]
        for origin in sorted({key.name for key in self.logs()}):
            last = load_last(self.folder, origin)
            lines += [
                f"{origin} {last.size} {last.root.hex()} {last.at}",
                f"  /{tag(origin)}{NOTE}",
                "",
            ]
        return "\n".join(lines)

    def last_note(self, path: str) -> str | None:
        """The last signed note of the log shown at `path`; None when there is none."""
        for origin in {key.name for key in self.logs()}:
            if f"/{tag(origin)}{NOTE}" == path:
                return load_last(self.folder, origin).note or None
        return None

    def _judge(self, asked: Request) -> Reply:
        wanted, last = asked.checkpoint, load_last(self.folder, asked.checkpoint.origin)
        if asked.old > wanted.size:
            return _plain(400, "the old size is larger than the new one")
        if asked.old != last.size:
            return Reply(409, f"{last.size}\n", f"the last size is {last.size}", SIZE_TYPE)
        if wanted.size == last.size > 0 and wanted.root != last.root:
            self._keep_evidence(asked)
            # Not the type that carries a size: who asked began at the right one.
            return _plain(409, f"ANOTHER TREE of size {last.size} was signed before")
        try:
            check_growth(last, wanted, asked.proof)
        except ProofError as failure:
            self._keep_evidence(asked)
            return _plain(422, f"{failure}")
        return self._sign(asked, last)

    def _sign(self, asked: Request, last: Last) -> Reply:
        now, wanted = self.clock(), asked.checkpoint
        if now < last.at:
            return _plain(503, f"the clock shows {now}, before the last signature at {last.at}")
        text, _ = split_note(asked.note)
        line = cosign(self.signer, text, now)
        fresh = Last(wanted.size, wanted.root, now, asked.note + line)
        save_last(self.folder, wanted.origin, fresh)
        return Reply(200, line, f"{wanted.origin} {wanted.size} at {now}")

    def _keep_evidence(self, asked: Request) -> None:
        """Keep what a log signed and could not prove: it may be one half of a proof of a fork."""
        folder = self.folder / EVIDENCE
        make_private(folder)
        path = folder / hashlib.sha256(asked.note.encode()).hexdigest()[:32]
        if not path.exists() and len(list(folder.iterdir())) < EVIDENCE_MAX:
            write_durably(path, asked.note.encode())


def parse_request(body: bytes) -> Request:
    """The request in the body of add-checkpoint.

    Raises NoteError when it is malformed in any way.
    """
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise NoteError("the request is not UTF-8") from None
    first, *rest = head.split("\n")
    old = first.removeprefix("old ")
    if not gap or old == first or not SIZE.fullmatch(old):
        raise NoteError("the request does not begin with an old size and a proof")
    if len(rest) > PROOF_MAX:
        raise NoteError(f"a proof has at most {PROOF_MAX} hashes")
    proof = tuple(decode_base64(line) for line in rest)
    if any(len(one) != 32 for one in proof):
        raise NoteError("a hash has 32 bytes")
    return Request(int(old), proof, note, parse_checkpoint(split_note(note)[0]))


def check_growth(last: Last, wanted: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raise ProofError unless `wanted` continues `last`, as `proof` shows."""
    if last.size:
        check_consistency(last.size, wanted.size, last.root, wanted.root, proof)
    elif proof:
        raise ProofError("nothing is to be proved of an empty tree")
    elif not wanted.size and wanted.root != EMPTY_ROOT:
        raise ProofError("an empty tree has another root")


def create(folder: Path, name: str) -> Signer:
    """Make the folder and the key of a new witness.

    Raises KeepingError when there is a key already, NoteError when no key can have this name.
    """
    signer = make(name, COSIGNATURE)
    if (folder / KEY).exists():
        raise KeepingError(
            f"{folder} 已经是一个见证的文件夹。", f"{folder} is that of a witness already."
        )
    make_private(folder)
    make_private(folder / STATES)
    write_durably(folder / LOGS, b"")
    write_durably(folder / KEY, f"{signer.skey()}\n".encode())
    return signer


def trust(folder: Path, vkey: str) -> None:
    """Witness the log of this key from now on; a further key of a log is added to its first.

    Raises KeepingError when this is no witness's folder, NoteError when it is no log's key.
    """
    load_key(folder)
    verifier = parse_vkey(vkey)
    if verifier.kind != ED25519:
        raise NoteError("this is not the key of a log")
    held = load_logs(folder)
    if verifier in (log.verifier for log in held.logs):
        return
    # The first tree is the empty one, written once: without its state no log is signed for.
    if not _state_path(folder, verifier.name).exists():
        save_last(folder, verifier.name, Last())
    policy = Policy((*held.logs, Log(verifier)), (), (), "none")
    lines = format_policy(policy).removesuffix("quorum none\n")
    write_durably(folder / LOGS, lines.encode())


def distrust(folder: Path, vkey: str) -> None:
    """Accept this key of a log no longer; what was signed for it stays.

    Raises KeepingError when the key is not accepted now.
    """
    held = load_logs(folder)
    left = tuple(log for log in held.logs if log.verifier.vkey() != vkey)
    if len(left) == len(held.logs):
        raise KeepingError("见证的日志里没有这把公钥。", "This key is not among those of the logs.")
    lines = format_policy(Policy(left, (), (), "none")).removesuffix("quorum none\n")
    write_durably(folder / LOGS, lines.encode())


def load_key(folder: Path) -> Signer:
    """The witness's key.

    Raises KeepingError when there is none, it is damaged, or others may read it.
    """
    check_private(folder / KEY)
    try:
        signer = parse_skey((folder / KEY).read_text(encoding="utf-8").strip())
    except (NoteError, UnicodeDecodeError):
        raise damaged(folder / KEY) from None
    if signer.kind != COSIGNATURE:
        raise KeepingError(
            f"{folder / KEY} 不是见证的密钥。", f"{folder / KEY} is not the key of a witness."
        )
    return signer


def load_logs(folder: Path) -> Policy:
    """The logs of the folder, as a policy that asks for no witness."""
    try:
        return parse_policy((folder / LOGS).read_bytes() + b"quorum none\n")
    except (NoteError, FileNotFoundError) as failure:
        raise KeepingError(
            f"{folder / LOGS} 读不了：{failure}", f"{folder / LOGS} cannot be read: {failure}"
        ) from None


def load_last(folder: Path, origin: str) -> Last:
    """The last tree of the log that was signed.

    Raises KeepingError when it is missing or damaged.
    """
    path = _state_path(folder, origin)
    try:
        held = read_json(path)
        return _last(held)
    except FileNotFoundError:
        raise KeepingError(
            f"{path} 不见了：请恢复它，或者另建一个见证。",
            f"{path} is missing: restore it or make a new witness.",
        ) from None
    except (KeyError, TypeError, ValueError):
        raise KeepingError(
            f"{path} 已损坏：请恢复它，或者另建一个见证。",
            f"{path} is damaged; restore it or make a new witness.",
        ) from None


def save_last(folder: Path, origin: str, last: Last) -> None:
    """Have the last tree of the log on the disk."""
    held = {"origin": origin, "size": last.size, "root": last.root.hex(), "at": last.at}
    write_json(_state_path(folder, origin), {**held, "note": last.note})


def tag(origin: str) -> str:
    """A name for a log that every file system and address takes."""
    return hashlib.sha256(origin.encode()).hexdigest()


def _state_path(folder: Path, origin: str) -> Path:
    return folder / STATES / f"{tag(origin)}.json"


def _last(held: dict[str, Any]) -> Last:
    size, root, at, note = held["size"], bytes.fromhex(held["root"]), held["at"], held["note"]
    if not isinstance(size, int) or not isinstance(at, int) or not isinstance(note, str):
        raise TypeError("a state of another shape")
    if len(root) != 32 or size < 0 or at < 0:
        raise ValueError("a state of another shape")
    return Last(size, root, at, note)


def _plain(status: int, said: str) -> Reply:
    return Reply(status, f"{said}\n", said)
