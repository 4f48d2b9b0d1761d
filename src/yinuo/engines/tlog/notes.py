"""Signed notes: a text, a blank line, and one line for each signature.

Source: C2SP signed-note. Keys of type 0x01 sign the text with Ed25519; keys of type 0x04 sign it
together with a time, as witnesses do (C2SP tlog-cosignature). Signatures of any other key are
ignored, as the specification says; a wrong signature of a known key makes the whole note wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
KINDS = (ED25519, COSIGNATURE)
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 64
AT_MAX = 2**63 - 1
# All control characters but the newline.
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
SECRET = "PRIVATE+KEY+"


class NoteError(Exception):
    """A note, a key or a policy that is not as specified; the text says what is wrong."""


@dataclass(frozen=True)
class Verifier:
    """A public key with its name.

    Parameters
    ----------
    name
        Not empty; no space of any kind and no plus.
    kind
        0x01 (notes, checkpoints) or 0x04 (cosignatures).
    public
        The 32 bytes of an Ed25519 public key.

    Raises
    ------
    NoteError
        One of them is not so.
    """

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what no signature could ever name."""
        check_name(self.name)
        if self.kind not in KINDS:
            raise NoteError(f"a key of type 0x{self.kind:02x} is not known here")
        if len(self.public) != 32:
            raise NoteError(f"an Ed25519 key has 32 bytes, not {len(self.public)}")

    @cached_property
    def key_id(self) -> bytes:
        """The four bytes that begin each signature of this key."""
        head = self.name.encode() + b"\n" + bytes([self.kind])
        return hashlib.sha256(head + self.public).digest()[:4]

    def vkey(self) -> str:
        """The key as one word: name, id in hex and base64 of type and key, joined by plus."""
        material = encode_base64(bytes([self.kind]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (what follows the four bytes) is this key's over `text`."""
        if self.kind == COSIGNATURE:
            if len(signature) != 72 or signature[0] & 0x80:
                return False
            message = cosigned_message(text, int.from_bytes(signature[:8], "big"))
            signature = signature[8:]
        else:
            message = text.encode()
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key with its name; `seed` is the 32 bytes it is made from."""

    name: str
    kind: int
    seed: bytes

    def __post_init__(self) -> None:
        """Refuse a seed of another length, and a name or type that no key can have."""
        if len(self.seed) != 32:
            raise NoteError(f"a seed has 32 bytes, not {len(self.seed)}")
        check_name(self.name)
        if self.kind not in KINDS:
            raise NoteError(f"a key of type 0x{self.kind:02x} is not known here")

    def __repr__(self) -> str:
        """The name without the secret: what is printed is kept."""
        return f"Signer({self.name!r})"

    @cached_property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.kind, self._private.public_key().public_bytes_raw())

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def skey(self) -> str:
        """The private key as one word, as Go's `note` package writes it."""
        material = encode_base64(bytes([self.kind]) + self.seed)
        return f"{SECRET}{self.name}+{self.verifier.key_id.hex()}+{material}"

    def sign(self, text: str) -> str:
        """The signature line over `text`, newline included, of a key of type 0x01."""
        if self.kind != ED25519:
            raise NoteError("a witness key signs checkpoints with a time only")
        return self.line(self._private.sign(text.encode()))

    def sign_at(self, text: str, at: int) -> str:
        """The cosignature line over a checkpoint's `text` at the Unix second `at`."""
        if self.kind != COSIGNATURE:
            raise NoteError("only a witness key signs with a time")
        signature = self._private.sign(cosigned_message(text, at))
        return self.line(at.to_bytes(8, "big") + signature)

    def line(self, signature: bytes) -> str:
        """One signature line of this key."""
        return f"— {self.name} {encode_base64(self.verifier.key_id + signature)}\n"


@dataclass(frozen=True)
class Opened:
    """A note of which at least one signature was verified.

    `signatures` holds, for each verifier that signed, what follows the key's id; `text` ends with
    its newline.
    """

    text: str
    signatures: Mapping[Verifier, bytes]


def new_signer(name: str, seed: bytes, kind: int = ED25519) -> Signer:
    """The key made from 32 random bytes.

    Raises NoteError when the name or the seed cannot be one.
    """
    return Signer(name, kind, seed)


def parse_vkey(text: str) -> Verifier:
    """The public key written as `name+id+key`.

    Raises
    ------
    NoteError
        It is malformed, of an unknown type, or its id is not that of its name and key.
    """
    name, key_id, material = _split_key(text)
    verifier = Verifier(name, material[0], material[1:])
    if verifier.key_id.hex() != key_id:
        raise NoteError("the id in the key is not that of its name and key")
    return verifier


def parse_skey(text: str) -> Signer:
    """The private key written as `PRIVATE+KEY+name+id+key`.

    Raises NoteError as `parse_vkey` does; the secret is never part of the message.
    """
    if not text.startswith(SECRET):
        raise NoteError("this is no private key")
    name, key_id, material = _split_key(text.removeprefix(SECRET))
    signer = new_signer(name, material[1:], material[0])
    if signer.verifier.key_id.hex() != key_id:
        raise NoteError("the id in the key is not that of its name and key")
    return signer


def sign_note(text: str, signers: Sequence[Signer]) -> str:
    """The note of `text` with one signature of each signer, in their order.

    Raises NoteError when `text` cannot be a note's (see `check_text`) or nobody signs.
    """
    check_text(text)
    if not signers:
        raise NoteError("a note needs a signature")
    return text + "\n" + "".join(signer.sign(text) for signer in signers)


def open_note(note: str | bytes, verifiers: Sequence[Verifier]) -> Opened:
    """The text of a note and who of `verifiers` signed it.

    A second signature of one key must hold too and counts for nothing.

    Raises
    ------
    NoteError
        The note is malformed, a signature of a known key is wrong, or none is of a known key.
    """
    text, lines = split_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signatures: dict[Verifier, bytes] = {}
    for line in lines:
        name, key_id, signature = _split_line(line)
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        if not verifier.holds(text, signature):
            raise NoteError(f"the signature of {name} is wrong")
        signatures.setdefault(verifier, signature)
    if not signatures:
        raise NoteError("no key that is trusted here signed this")
    return Opened(text, signatures)


def split_note(note: str | bytes) -> tuple[str, list[str]]:
    """Text and signature lines (without their newlines), none of them verified.

    Raises NoteError when the note is malformed, too long or has too many signatures.
    """
    if len(note) > NOTE_BYTES_MAX:
        raise NoteError("the note is too long")
    if isinstance(note, bytes):
        try:
            note = note.decode()
        except UnicodeDecodeError:
            raise NoteError("the note is not UTF-8") from None
    head, gap, tail = note.rpartition("\n\n")
    text = head + "\n"
    if not gap or not tail.endswith("\n"):
        raise NoteError("the note has no block of signatures that ends with a newline")
    check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteError(f"more than {SIGNATURES_MAX} signatures")
    for line in lines:
        _split_line(line)
    return text, lines


def check_text(text: str) -> None:
    """Raise NoteError unless `text` ends with a newline and has no other control character."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    if CONTROL.search(text):
        raise NoteError("a control character in the text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoteError("the text is not UTF-8") from None


def check_name(name: str) -> None:
    """Raise NoteError unless a key may have this name."""
    if not name or "+" in name or CONTROL.search(name) or any(sign.isspace() for sign in name):
        raise NoteError("a key's name is not empty and has no space and no plus")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise NoteError("a key's name is not UTF-8") from None


def cosigned_message(text: str, at: int) -> bytes:
    """What a witness signs: the checkpoint's text under a line with the Unix second `at`."""
    if not 0 <= at <= AT_MAX:
        raise NoteError("a time that no cosignature can carry")
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """The bytes of standard base64; raises NoteError for any other way to write them."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NoteError("this is not base64") from None
    # Padding and spare bits can be written in several ways; one of them is canonical.
    if encode_base64(data) != text:
        raise NoteError("this is not canonical base64")
    return data


def _split_key(text: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
        raise NoteError("a key is written as name+id+base64")
    material = decode_base64(parts[2])
    if not material:
        raise NoteError("a key without a type")
    return parts[0], parts[1], material


def _split_line(line: str) -> tuple[str, bytes, bytes]:
    words = line.split(" ")
    if len(words) != 3 or words[0] != "—" or CONTROL.search(line):
        raise NoteError("a malformed signature line")
    check_name(words[1])
    signature = decode_base64(words[2])
    if len(signature) < 5:
        raise NoteError("a signature that is too short")
    return words[1], signature[:4], signature[4:]
