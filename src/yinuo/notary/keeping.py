"""What a signing process keeps on disk: written before it is answered for, held by one process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yinuo.platform.speech import word

LOCK = "lock"
FILE_BYTES_MAX = 1_000_000


class KeepingError(Exception):
    """The folder cannot be used; the text says why, in one sentence of the terminal's language."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(word(zh, en))


def damaged(path: Path) -> KeepingError:
    """Say that this file does not hold what it must."""
    return KeepingError(
        f"{path} 已损坏，请用备份恢复。", f"{path} is damaged; restore it from a copy."
    )


@contextlib.contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Be the one process that works in `folder`; the system lets go of it when we die.

    Raises KeepingError when another process has it, or there is no such folder.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise KeepingError(
            f"{folder} 用不了：{failure.strerror}。",
            f"{folder} cannot be used: {failure.strerror}.",
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeepingError(
                f"另一个进程正在用 {folder}，两个一起签会分叉。请先停掉那一个。",
                f"Another process works in {folder}; two would sign a fork. Stop that one first.",
            ) from None
        yield
    finally:
        os.close(handle)


def make_private(folder: Path) -> None:
    """Make `folder` for its owner alone; one that is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_durably(path: Path, data: bytes) -> None:
    """Replace the file by `data`, readable by its owner alone, and return once it is on the disk.

    Whoever is killed meanwhile leaves the old file or the new one, never a mixture.
    """
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write `value` durably as JSON that a person can read."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_durably(path, text.encode())


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    KeepingError
        It holds something else; it is never guessed at and never begun anew.
    """
    with path.open("rb") as file:
        data = file.read(FILE_BYTES_MAX)
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise damaged(path)
    return value
