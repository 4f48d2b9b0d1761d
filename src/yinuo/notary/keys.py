"""Private keys on disk, readable by their owner alone."""

from __future__ import annotations

import hashlib
import secrets
import stat
from pathlib import Path
from typing import Literal

from yinuo.engines.tlog.notes import ED25519, NoteError, Signer, new_signer, parse_skey
from yinuo.notary.keeping import KeepingError, damaged, make_private, read_json, write_json

Use = Literal["log", "receipt"]
KEYS = "keys.json"
STATE = "state.json"
EMPTY_ROOT = hashlib.sha256(b"").digest()


def make(name: str, kind: int = ED25519) -> Signer:
    """A new key from the system's own source of chance."""
    return new_signer(name, secrets.token_bytes(32), kind)


def create(folder: Path, origin: str) -> None:
    """Make the folder of a new log's signer: a key for checkpoints, one for receipts, size 0.

    Raises KeepingError when the folder holds keys or a state already, NoteError when `origin`
    cannot be a log's name.
    """
    fresh: dict[Use, list[Signer]] = {
        "log": [make(origin)],
        "receipt": [make(receipt_name(origin))],
    }
    if (folder / KEYS).exists() or _has_signed(folder / STATE):
        raise KeepingError(
            f"{folder} 已经是一份记录的签名文件夹。", f"{folder} is that of a log already."
        )
    make_private(folder)
    # The state comes first: keys without one are refused, a state without keys signs nothing.
    write_json(folder / STATE, {"size": 0, "root": EMPTY_ROOT.hex()})
    save(folder, origin, fresh)


def _has_signed(path: Path) -> bool:
    # Whoever was killed while making the folder left a state of size 0 at most.
    return path.exists() and read_json(path).get("size") != 0


def receipt_name(origin: str) -> str:
    """The name of the key that signs the receipts of a log."""
    return f"{origin}/receipt"


def save(folder: Path, origin: str, keys: dict[Use, list[Signer]]) -> None:
    """Replace the keys in one step; the first of each use is the oldest."""
    held = {use: [signer.skey() for signer in signers] for use, signers in keys.items()}
    write_json(folder / KEYS, {"origin": origin, "log": held["log"], "receipt": held["receipt"]})


def load(folder: Path) -> tuple[str, dict[Use, list[Signer]]]:
    """The log's name and its keys.

    Raises
    ------
    KeepingError
        There are none, others may read them, or they are damaged.
    """
    path = folder / KEYS
    check_private(path)
    held = read_json(path)
    origin = held.get("origin")
    keys: dict[Use, list[Signer]] = {"log": [], "receipt": []}
    try:
        for use, signers in keys.items():
            signers += [parse_skey(text) for text in held[use]]
    except (NoteError, KeyError, TypeError, AttributeError):
        raise damaged(path) from None
    if not isinstance(origin, str) or not all(keys.values()):
        raise damaged(path)
    return origin, keys


def check_private(path: Path) -> None:
    """Raise KeepingError unless the file is there and nobody but its owner may read it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeepingError(
            f"{path.parent} 里没有密钥。", f"There are no keys in {path.parent}."
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeepingError(
            f"别人也读得到 {path}：请 chmod 600，并考虑换一把密钥。",
            f"Others may read {path}: chmod 600 it, and think of a new key.",
        )
