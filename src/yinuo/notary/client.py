"""Asking the log's signer."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yinuo.engines.tlog.notes import decode_base64, encode_base64
from yinuo.notary.keys import Use
from yinuo.notary.wire import socket_path

SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 8_000_000
RECEIPTS_AT_ONCE = 2_000


class SignerAway(Exception):
    """No signer answers; the text says where it was looked for."""


class SignerRefused(Exception):
    """The signer says no.

    `code` is one of smaller, other_root, old, proof, text, alone, unknown, malformed, disk; `size`
    and `root` are what it signed last.
    """

    def __init__(self, code: str, said: str, size: int, root: bytes) -> None:
        super().__init__(said)
        self.code, self.size, self.root = code, size, root


@dataclass(frozen=True)
class SignerState:
    """What the signer signed last, and its keys.

    `vkeys` and `receipt_vkeys` hold the older key first; there are two while keys are changed.
    """

    origin: str
    size: int
    root: bytes
    vkeys: tuple[str, ...]
    receipt_vkeys: tuple[str, ...]

    @property
    def vkey(self) -> str:
        """The log's key that has signed longest."""
        return self.vkeys[0]

    @property
    def receipt_vkey(self) -> str:
        """The key of receipts that has signed longest."""
        return self.receipt_vkeys[0]


class SignerClient:
    """The signer of `folder`; each call opens a connection of its own.

    Every method raises SignerAway when nobody answers and SignerRefused when the answer is no.
    """

    def __init__(self, folder: Path, seconds_max: float = SECONDS_MAX) -> None:
        self.path = socket_path(folder)
        self.seconds_max = seconds_max

    def state(self) -> SignerState:
        """What was signed last, and the keys."""
        said = self._ask({"do": "state"})
        root = decode_base64(said["root"])
        return SignerState(
            said["origin"], said["size"], root, tuple(said["vkeys"]), tuple(said["receipt_vkeys"])
        )

    def checkpoint(self, *, old: int, size: int, root: bytes, proof: Sequence[bytes] = ()) -> str:
        """The signed note of the tree of `size` leaves.

        `proof` is the consistency proof from `old`, the size that the signer signed last.
        """
        hashes = [encode_base64(one) for one in proof]
        asked = {"do": "checkpoint", "old": old, "size": size, "root": encode_base64(root)}
        return str(self._ask({**asked, "proof": hashes})["note"])

    def receipts(self, entries: Sequence[tuple[int, bytes]]) -> list[str]:
        """A receipt for each pair of an entry's number and the hash of its leaf, in their order."""
        notes: list[str] = []
        for first in range(0, len(entries), RECEIPTS_AT_ONCE):
            part = entries[first : first + RECEIPTS_AT_ONCE]
            asked = [[index, encode_base64(digest)] for index, digest in part]
            notes += self._ask({"do": "receipts", "of": asked})["notes"]
        return notes

    def seal(self, text: str) -> str:
        """The note of a bundle's digests; `text` begins with the line `<origin>/bundle`."""
        return str(self._ask({"do": "seal", "text": text})["note"])

    def rotate(self, use: Use = "log") -> str:
        """Make the next key of this use, or name the one that was made; both sign from now on."""
        return str(self._ask({"do": "rotate", "use": use})["vkey"])

    def retire(self, use: Use = "log") -> str:
        """Destroy the older key of this use; gives the key that stays."""
        return str(self._ask({"do": "retire", "use": use})["vkey"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(self.seconds_max)
                line.connect(str(self.path))
                line.sendall(json.dumps(request).encode() + b"\n")
                with line.makefile("rb") as file:
                    data = file.readline(ANSWER_BYTES_MAX)
            said = json.loads(data)
        except (OSError, ValueError) as failure:
            raise SignerAway(f"No signer answers at {self.path}: {failure}") from None
        if "refused" in said:
            root = decode_base64(said["root"])
            raise SignerRefused(said["refused"], said["said"], said["size"], root)
        answer: dict[str, Any] = said
        return answer
