"""Proofs out of the public folder: what anybody could work out from the published files."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.conf import settings

from yinuo.contexts.ledger.models import Leaf
from yinuo.engines.tlog import (
    EMPTY,
    Checkpoint,
    GrownReader,
    NoteError,
    ProofError,
    Read,
    TileError,
    TileReader,
    check_inclusion,
    format_proof,
    inclusion_proof,
    leaf_hash,
    parse_checkpoint,
)
from yinuo.engines.tlog.notes import split_note

HEADS = "heads.stated"
KEYS = "key.stated"
# Why a published file does not answer: it is gone, cut short, or not what it should be.
UNREADABLE = (OSError, NoteError, TileError, ProofError, KeyError, ValueError)


@dataclass(frozen=True)
class HeadProof:
    """What the head map of `size` leaves says of one stream, and the proof of it.

    `bucket` is the text with the stream's line, `path` leads from it to the root that the `heads`
    leaf of number `index` states.
    """

    size: int
    bits: int
    bucket: str
    path: tuple[bytes, ...]
    index: int
    leaf: str


class PublicLog:
    """The log as its newest published checkpoint describes it."""

    def __init__(self, note: str) -> None:
        self.note = note
        self.checkpoint: Checkpoint = parse_checkpoint(split_note(note)[0])
        self.origin, self.size = self.checkpoint.origin, self.checkpoint.size
        self._read = TileReader(lambda path: (settings.LOG_DIR / path).read_bytes(), self.size)

    def proof_file(self, index: int) -> str:
        """The `.tlog-proof` file of a published entry. Raises what `UNREADABLE` names."""
        return format_proof(index, inclusion_proof(index, self.size, self._read), self.note)

    def has(self, index: int, hashed: bytes) -> bool:
        """Whether the published files name this hash under this number.

        Raises what `UNREADABLE` names where they do not answer.
        """
        return self._read(0, index, 1) == hashed

    def proves(self, index: int, hashed: bytes) -> bool:
        """Whether a leaf of this hash and number is in the tree that the checkpoint signs.

        Raises what `UNREADABLE` names where the files do not answer.
        """
        proof = inclusion_proof(index, self.size, self._read)
        try:
            check_inclusion(index, self.size, hashed, proof, self.checkpoint.root)
        except ProofError:
            return False
        return True


def open_log() -> PublicLog | None:
    """The published log; None before the first checkpoint, or when its folder cannot be read."""
    try:
        return PublicLog((settings.LOG_DIR / "checkpoint").read_text(encoding="utf-8"))
    except UNREADABLE:
        return None


def proof_file(index: int) -> str | None:
    """The `.tlog-proof` file of entry `index`; None where it is not published, or unreadable."""
    log = open_log()
    try:
        return log.proof_file(index) if log and 0 <= index < log.size else None
    except UNREADABLE:
        return None


def published_policy() -> str:
    """The policy by which checkpoints are judged; empty before there is one."""
    try:
        return str((settings.LOG_DIR / "policy").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""


def list_later_keys(log: PublicLog, policy: str) -> list[dict[str, str]]:
    """Published `key` entries whose keys this policy does not name, oldest first, with proofs.

    Whoever judges by a policy of before a change of keys follows them. None are listed where the
    published files cannot be read.
    """
    stated = Leaf.objects.filter(entry__kind=KEYS, idx__lt=log.size).select_related("entry")
    try:
        return [
            {"origin": log.origin, "leaf": leaf.entry.body, "proof": log.proof_file(leaf.idx)}
            for leaf in stated.order_by("idx")
            if leaf.entry and json.loads(leaf.entry.body)["vkey"] not in policy
        ]
    except UNREADABLE:
        return []


def get_head_proof(log: PublicLog, id_bytes: bytes) -> HeadProof | None:
    """What the newest published head map says of a stream; None while there is none to read.

    `id_bytes` is the decoded id of the stream.
    """
    stated = Leaf.objects.filter(entry__kind=HEADS, idx__lt=log.size).select_related("entry")
    for leaf in stated.order_by("-idx")[:2]:
        assert leaf.entry is not None
        said = json.loads(leaf.entry.body)
        try:
            return _head_proof(leaf.idx, leaf.entry.body, said["size"], said["bits"], id_bytes)
        except UNREADABLE:
            continue
    return None


def _head_proof(index: int, body: str, size: int, bits: int, id_bytes: bytes) -> HeadProof:
    folder = settings.LOG_DIR / "heads" / str(size)
    place = int.from_bytes(id_bytes[:2], "big") >> (16 - bits)
    bucket = (folder / f"{place:04x}").read_bytes()
    hashes = (folder / "index").read_bytes()
    read: Read = GrownReader(EMPTY, hashes, lambda _level, _first, _count: b"")
    path = inclusion_proof(place, 2**bits, read)
    root = read(bits, 0, 1)
    check_inclusion(place, 2**bits, leaf_hash(bucket), path, root)
    return HeadProof(size, bits, bucket.decode(), tuple(path), index, body)
