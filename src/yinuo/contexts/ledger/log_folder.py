"""The public folder of the log: files that are written once, and few that are replaced.

A file is on the disk before it has its name, so whoever is killed leaves a whole file or none.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from yinuo.platform.refusals import Refusal

CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints"
POLICY = "policy"
# Where files are before they have their names. Nothing is read from here.
FRESH = ".new"


class FileDiffers(Refusal):
    """A published file does not hold what it must; the log stands still until that is mended."""

    code = "log_file_differs"
    zh = "公开记录的文件 {path} 与应有的内容不同。已停止公布，请从备份恢复这个文件。"
    en = (
        "The log's file {path} does not hold what it must. Nothing more is published; restore"
        " this file from a backup."
    )


class FileMissing(Refusal):
    """A published file is gone."""

    code = "log_file_missing"
    zh = "公开记录的文件 {path} 不见了。从备份恢复，或运行 yinuo log fsck --mend。"
    en = "The log's file {path} is gone: restore it from a backup, or run yinuo log fsck --mend."


class LogFolder:
    """The files below `root`, by paths with slashes such as `tile/0/000`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._touched: set[Path] = set()

    def get(self, path: str) -> bytes:
        """What the file holds. Raises FileNotFoundError."""
        return (self.root / path).read_bytes()

    def must_get(self, path: str) -> bytes:
        """The same, for a file that must be there. Raises FileMissing."""
        try:
            return self.get(path)
        except FileNotFoundError:
            raise FileMissing(path=path) from None

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self.root / path).is_file()

    def add(self, path: str, data: bytes, *, settled: bool = True) -> None:
        """Write a file that never changes; one that is there already must hold these bytes.

        Not `settled`: nobody was ever told of it, so a left-over of something else is replaced.

        Raises
        ------
        FileDiffers
        """
        target = self.root / path
        if target.exists():
            if target.read_bytes() != data:
                if settled:
                    raise FileDiffers(path=path)
                self.replace(path, data)
            self._touched.add(target.parent)
            return
        fresh = self._write(data)
        self._make(target.parent)
        fresh.rename(target)
        self._touched.add(target.parent)

    def replace(self, path: str, data: bytes) -> None:
        """Have exactly these bytes under this name, on the disk, when this returns."""
        self.replace_later(path, data)
        self.settle()

    def replace_later(self, path: str, data: bytes) -> None:
        """The same; the name is on the disk after the next `settle`."""
        target = self.root / path
        fresh = self._write(data)
        self._make(target.parent)
        fresh.rename(target)
        self._touched.add(target.parent)

    def settle(self) -> None:
        """Have all names that were given since the last time on the disk."""
        for folder in sorted(self._touched):
            _sync(folder)
        self._touched.clear()

    def remove(self, path: str) -> None:
        """Remove a file or a folder of files; nothing happens where there is none."""
        target = self.root / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def list_files(self, below: str = "") -> list[str]:
        """The paths of all files, sorted."""
        top = self.root / below
        found = (path for path in top.rglob("*") if path.is_file())
        names = (path.relative_to(self.root).as_posix() for path in found)
        return sorted(name for name in names if not name.startswith(f"{FRESH}/"))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Wait until nobody else writes here, then be the only one while the block runs."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(
            self.root.with_name(f"{self.root.name}.lock"),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
            0o600,
        )
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # What somebody who was killed was writing.
            shutil.rmtree(self.root / FRESH, ignore_errors=True)
            yield
            shutil.rmtree(self.root / FRESH, ignore_errors=True)
        finally:
            os.close(handle)

    def _write(self, data: bytes) -> Path:
        fresh = self.root / FRESH / os.urandom(8).hex()
        fresh.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
        except OSError as failure:
            # A full disk must not be filled further by halves of files.
            fresh.unlink(missing_ok=True)
            raise OSError(failure.errno, failure.strerror, str(self.root)) from None
        return fresh

    def _make(self, folder: Path) -> None:
        """Make `folder` and what is missing above it; their names are settled too."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            self._touched.add(one.parent)


def log_folder() -> LogFolder:
    """The public folder of this installation's log."""
    return LogFolder(Path(settings.LOG_DIR))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
