"""The log's signer: it signs no checkpoint that does not continue the last one it signed.

It is a process of its own with a folder of its own, so that a restored database, a copied program
or a fault in the sequencer cannot make it sign a second history. `python -m yinuo.notary.signer
FOLDER` runs it, `--new ORIGIN` makes the folder. Beside the keys it keeps the last size and root,
and they are on the disk before any signature leaves the process.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yinuo.engines.tlog.checkpoint import SIZE_MAX, Checkpoint
from yinuo.engines.tlog.notes import NoteError, Signer, decode_base64, encode_base64, sign_note
from yinuo.engines.tlog.proofs import ProofError, check_consistency
from yinuo.notary import keys, wire
from yinuo.notary.keeping import KeepingError, damaged, hold_folder, read_json, write_json
from yinuo.notary.keys import STATE, Use
from yinuo.platform.speech import say

RECEIPTS_MAX = 5_000
PROOF_MAX = 130


class NotSigned(Exception):
    """The request is refused; `code` is for programs, the text for people."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


@dataclass(frozen=True)
class Head:
    """The last tree that was signed: number of leaves and root (32 bytes)."""

    size: int
    root: bytes


class Notary:
    """The keys and the state in `folder`, and what may be asked of them.

    Raises KeepingError when the folder lacks either of them or they are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin, self.keys = keys.load(folder)
        self.head = load_head(folder / STATE)
        self._one = threading.Lock()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request; never raises for what a request says."""
        doing = {
            "checkpoint": self.sign_checkpoint,
            "receipts": self.sign_receipts,
            "seal": self.sign_seal,
            "state": self.tell_state,
            "rotate": self.rotate,
            "retire": self.retire,
        }.get(str(request.get("do")))
        try:
            if doing is None:
                raise NotSigned("unknown", "This is nothing that the signer does.")
            with self._one:
                return doing(request)
        except NotSigned as refusal:
            code, said = refusal.code, str(refusal)
        except (KeyError, TypeError, ValueError, NoteError) as malformed:
            code, said = "malformed", f"The request is malformed: {malformed}"
        except OSError as failure:
            # The disk did not take it, so nothing was signed.
            code, said = "disk", f"The state could not be written: {failure.strerror}"
        return {"refused": code, "said": said, **self._state()}

    def sign_checkpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sign a tree that continues the last one, or the last one again."""
        old, wanted = _count(request["old"]), Head(_count(request["size"]), _hash(request["root"]))
        proof = [_hash(one) for one in _list(request["proof"], PROOF_MAX)]
        check_continues(self.head, old, wanted, proof)
        if wanted != self.head:
            # On the disk before it is signed: what was signed once is never forgotten.
            save_head(self.folder / STATE, wanted)
            self.head = wanted
        text = Checkpoint(self.origin, wanted.size, wanted.root).text()
        return {"note": sign_note(text, self.keys["log"])}

    def sign_receipts(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sign that entries have the numbers and hashes that are given."""
        texts = [
            f"{self.origin}/receipt\n{_count(index)}\n{encode_base64(_hash(digest))}\n"
            for index, digest in _list(request["of"], RECEIPTS_MAX)
        ]
        return {"notes": [sign_note(text, self.keys["receipt"]) for text in texts]}

    def sign_seal(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sign the digests of a bundle that is handed to its owner."""
        text = request["text"]
        if not isinstance(text, str) or not text.startswith(f"{self.origin}/bundle\n"):
            raise NotSigned("text", "Only the seal of a bundle of this log is signed.")
        return {"note": sign_note(text, self.keys["receipt"])}

    def tell_state(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Say what was signed last, and by which keys."""
        return self._state()

    def rotate(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the next key; from now on both sign. Asked again, it names the same key."""
        use = _use(request)
        if len(self.keys[use]) == 1:
            fresh = keys.make(self.keys[use][0].name)
            self._keep(use, [*self.keys[use], fresh])
        return {"vkey": self.keys[use][-1].verifier.vkey(), **self._vkeys()}

    def retire(self, request: dict[str, Any]) -> dict[str, Any]:
        """Destroy the older of two keys; the newer signs alone from now on."""
        use = _use(request)
        if len(self.keys[use]) == 1:
            raise NotSigned("alone", "There is no next key: rotate first.")
        self._keep(use, self.keys[use][1:])
        return {"vkey": self.keys[use][0].verifier.vkey(), **self._vkeys()}

    def _keep(self, use: Use, signers: list[Signer]) -> None:
        changed = {**self.keys, use: signers}
        keys.save(self.folder, self.origin, changed)
        self.keys = changed

    def _state(self) -> dict[str, Any]:
        first = {use: self.keys[use][0].verifier.vkey() for use in self.keys}
        return {
            "origin": self.origin,
            "size": self.head.size,
            "root": encode_base64(self.head.root),
            "vkey": first["log"],
            "receipt_vkey": first["receipt"],
            **self._vkeys(),
        }

    def _vkeys(self) -> dict[str, Any]:
        said = {use: [one.verifier.vkey() for one in signers] for use, signers in self.keys.items()}
        return {"vkeys": said["log"], "receipt_vkeys": said["receipt"]}


def check_continues(head: Head, old: int, wanted: Head, proof: Sequence[bytes]) -> None:
    """Raise NotSigned unless the tree `wanted` continues `head`, as `proof` from `old` shows."""
    if wanted.size < head.size:
        said = f"Size {wanted.size} is smaller than {head.size}, which was signed before."
        raise NotSigned("smaller", said)
    if wanted.size == head.size:
        if wanted.root != head.root:
            raise NotSigned("other_root", f"Another tree of size {head.size} was signed before.")
        return
    if old != head.size:
        raise NotSigned("old", f"The proof is to begin at {head.size}, not at {old}.")
    try:
        if head.size:
            check_consistency(head.size, wanted.size, head.root, wanted.root, proof)
        elif proof:
            raise ProofError("nothing is to be proved of an empty tree")
    except ProofError as failure:
        raise NotSigned("proof", f"The tree does not continue the signed one: {failure}.") from None


def load_head(path: Path) -> Head:
    """The last tree that was signed.

    Raises KeepingError when it is missing or damaged: beginning anew would allow a fork.
    """
    try:
        held = read_json(path)
        return Head(_count(held["size"]), bytes.fromhex(held["root"]))
    except FileNotFoundError:
        raise KeepingError(
            f"{path} 不见了，请恢复它：没有它，就可能签出另一份历史。",
            f"{path} is missing. Restore it: without it a second history could be signed.",
        ) from None
    except (KeyError, TypeError, ValueError):
        raise damaged(path) from None


def save_head(path: Path, head: Head) -> None:
    """Have `head` on the disk."""
    write_json(path, {"size": head.size, "root": head.root.hex()})


def main(argv: Sequence[str] | None = None) -> int:
    """Serve `FOLDER` until told to stop; 1 with a sentence when it cannot be served."""
    parser = argparse.ArgumentParser(prog="python -m yinuo.notary.signer", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--new", metavar="ORIGIN", help="make the keys of a new log and end")
    words = parser.parse_args(argv)
    try:
        if words.new:
            keys.create(words.folder, words.new)
            return 0
        with hold_folder(words.folder):
            notary = Notary(words.folder)
            wire.serve(wire.socket_path(words.folder), notary.answer)
        return 0
    except (KeepingError, NoteError) as failure:
        say(f"签名进程不能启动：{failure}", f"The signer cannot run: {failure}")
    return 1


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= SIZE_MAX:
        raise ValueError("a number of leaves is a whole number from 0 on")
    return value


def _hash(value: object) -> bytes:
    digest = decode_base64(value) if isinstance(value, str) else b""
    if len(digest) != 32:
        raise ValueError("a hash is 32 bytes in base64")
    return digest


def _list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"this is a list of at most {most}")
    return value


def _use(request: dict[str, Any]) -> Use:
    match request.get("use", "log"):
        case "log":
            return "log"
        case "receipt":
            return "receipt"
    raise ValueError("a key is for the log or for receipts")


if __name__ == "__main__":
    raise SystemExit(main())
