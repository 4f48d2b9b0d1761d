"""The file in which a proof is handed to a person: `.tlog-proof`.

Source: C2SP tlog-proof. A few lines of text: the number of the entry, the hashes of its inclusion
proof, and the signed checkpoint whose tree it is in. Whoever knows the log's and the witnesses'
keys can check it without asking anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.engines.tlog.checkpoint import parse_checkpoint
from yinuo.engines.tlog.hashes import HASH, SIZE_END
from yinuo.engines.tlog.notes import NoteError, decode_base64, encode_base64, split_note
from yinuo.engines.tlog.proofs import ProofError

FIRST_LINE = "c2sp.org/tlog-proof@v1"
# Sixteen signatures of the longest kind fit; what is longer is not looked at.
FILE_BYTES_MAX = 262_144
HASHES_MAX = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class ProofFile:
    """What such a file says. None of it is checked yet, `extra` cannot be.

    `hashes` lead from the leaf's side to the root's; `note` is the checkpoint with its signatures,
    to the letter.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes


def format_proof(
    index: int, hashes: Sequence[bytes], checkpoint_note: str, extra: bytes = b""
) -> str:
    """The text of the file. Raises `ProofError` for what `parse_proof` would not read back."""
    lines = [FIRST_LINE]
    if extra:
        lines.append(f"extra {encode_base64(extra)}")
    lines += [f"index {index}", *map(encode_base64, hashes)]
    text = "\n".join(lines) + "\n\n" + checkpoint_note
    parse_proof(text.encode())
    return text


def parse_proof(data: bytes) -> ProofFile:
    """What a file says. Raises `ProofError` for any file that is not written to the letter."""
    _require(len(data) <= FILE_BYTES_MAX, "the file is too large for a proof")
    try:
        head, gap, note = data.decode().partition("\n\n")
        _require(gap != "", "the file is not complete")
        text, _ = split_note(note)
        parse_checkpoint(text)
        index, hashes, extra = _read_head(head.split("\n"))
    except (UnicodeDecodeError, NoteError) as wrong:
        raise ProofError(f"this is no file of a proof: {wrong}") from None
    return ProofFile(index, hashes, note, extra)


def _read_head(lines: list[str]) -> tuple[int, tuple[bytes, ...], bytes]:
    """What stands before the checkpoint: the number, the hashes, and what else is said."""
    _require(lines[0] == FIRST_LINE, f"the file does not begin with {FIRST_LINE}")
    extra = b""
    if lines[1:] and lines[1].startswith("extra "):
        extra = decode_base64(lines.pop(1).removeprefix("extra "))
        _require(len(extra) > 0, "a line says that there is more, and there is nothing")
    number = _INDEX.fullmatch(lines[1]) if lines[1:] else None
    _require(number is not None and int(number[1]) < SIZE_END, "no number of an entry")
    assert number is not None
    _require(len(lines) - 2 <= HASHES_MAX, "no proof takes so many hashes")
    hashes = tuple(decode_base64(line) for line in lines[2:])
    _require(all(len(one) == HASH for one in hashes), "a hash is 32 bytes")
    return int(number[1]), hashes, extra


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProofError(otherwise)
