"""The file in which a proof is handed to a person: `.tlog-proof`.

Source: C2SP tlog-proof. A few lines of text: the number of the entry, the hashes of its inclusion
proof, and the signed checkpoint whose tree it is in. Whoever knows the log's and the witnesses'
keys can check it without asking anybody.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.engines.tlog.hashes import HASH, SIZE_END
from yinuo.engines.tlog.proofs import ProofError

FIRST_LINE = "c2sp.org/tlog-proof@v1"
# Sixteen signatures of the longest kind fit; what is longer is not looked at.
FILE_BYTES_MAX = 262_144
HASHES_MAX = 63
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE = re.compile(r"\u2014 [^\s+]+ [A-Za-z0-9+/]+={0,2}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


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
        lines.append(f"extra {_base64(extra)}")
    lines += [f"index {index}", *map(_base64, hashes)]
    text = "\n".join(lines) + "\n\n" + checkpoint_note
    parse_proof(text.encode())
    return text


def parse_proof(data: bytes) -> ProofFile:
    """What a file says. Raises `ProofError` for any file that is not written to the letter."""
    _require(len(data) <= FILE_BYTES_MAX, "the file is too large for a proof")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ProofError("the file is no text") from None
    _require(_CONTROL.search(text) is None, "the file is no text")
    head, *note = text.split("\n\n")
    _require(len(note) == 2 and note[1].endswith("\n"), "the file is not complete")
    _require(note[0].count("\n") >= 2, "the checkpoint is not complete")
    lines = head.split("\n")
    _require(lines[0] == FIRST_LINE, f"the file does not begin with {FIRST_LINE}")
    extra = b""
    if lines[1:] and lines[1].startswith("extra "):
        extra = _bytes(lines.pop(1).removeprefix("extra "))
        _require(len(extra) > 0, "a line says that there is more, and there is nothing")
    _require(
        bool(lines[1:]) and lines[1].startswith("index "), "the number of the entry is missing"
    )
    hashes = tuple(_bytes(line) for line in lines[2 : HASHES_MAX + 3])
    _require(len(hashes) <= HASHES_MAX, "no proof takes so many hashes")
    _require(all(len(one) == HASH for one in hashes), "a hash is 32 bytes")
    for line in note[1][:-1].split("\n"):
        _require(_SIGNATURE.fullmatch(line) is not None, f"this is no signature: {line[:80]!r}")
    return ProofFile(_number(lines[1].removeprefix("index ")), hashes, "\n\n".join(note), extra)


def _number(text: str) -> int:
    _require(_NUMBER.fullmatch(text) is not None, f"this is no number of an entry: {text[:80]!r}")
    number = int(text)
    _require(number < SIZE_END, f"there is no entry {number}")
    return number


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Base64 written in its one way (RFC 4648, section 4, with nothing in unused bits)."""
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except binascii.Error:
        data = b""
    _require(_base64(data) == text, f"this is no base64: {text[:80]!r}")
    return data


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProofError(otherwise)
