"""Checkpoints: what a log says of itself at one size, and when a witness saw it.

Sources: C2SP tlog-checkpoint and tlog-cosignature (Ed25519, type 0x04).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yinuo.engines.tlog.notes import (
    NoteError,
    Signer,
    Verifier,
    decode_base64,
    encode_base64,
    open_note,
)

SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
SIZE_MAX = 2**63 - 1


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: the log's name, its number of leaves and the root over them.

    Parameters
    ----------
    origin
        The log's name; one line, not empty.
    size
        Number of leaves, 0 to 2^63 - 1.
    root
        32 bytes (RFC 6962, SHA-256).
    extensions
        Further lines, none of them empty; nothing is ever read from them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text.

    Raises
    ------
    NoteError
        It is not one, or is written in any but the one canonical way.
    """
    lines = text.split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):
        raise NoteError("a checkpoint has three lines or more, none of them empty")
    origin, size, root, *extensions = lines
    if not SIZE.fullmatch(size) or int(size) > SIZE_MAX:
        raise NoteError("a size that is not a plain decimal number")
    digest = decode_base64(root)
    if len(digest) != 32:
        raise NoteError("a root has 32 bytes")
    return Checkpoint(origin, int(size), digest, tuple(extensions))


def cosign(signer: Signer, checkpoint_text: str, at: int) -> str:
    """The witness's signature line over a checkpoint at the Unix second `at`, newline included.

    Raises NoteError when the text is no checkpoint or the key is no witness's.
    """
    parse_checkpoint(checkpoint_text)
    return signer.sign_at(checkpoint_text, at)


def cosigned_at(note: str | bytes, verifier: Verifier) -> int | None:
    """The Unix second at which the witness signed this note; None if it did not, or wrongly."""
    try:
        return read_time(open_note(note, [verifier]).signatures[verifier])
    except NoteError:
        return None


def read_time(signature: bytes) -> int:
    """The Unix second in a verified cosignature."""
    return int.from_bytes(signature[:8], "big")
