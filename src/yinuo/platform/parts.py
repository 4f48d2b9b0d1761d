"""Files that arrive in parts over a bad line: each part goes where the last one ended.

What has arrived lies beside the kept files under a name of its own, and is no kept file before
`uploads.keep` has looked at the whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from yinuo.platform.refusals import Refusal
from yinuo.platform.uploads import FILE_MODE, FOLDER_MODE, PIECE_BYTES

NAME = re.compile(r"[a-z0-9_]{6,60}")
CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


class PartsDiffer(Refusal):
    """A part does not begin where the last one ended, or is longer than it says."""

    code = "parts_differ"
    zh = "文件断在第 {received_bytes} 字节，请从那里接着传。"
    en = "The file stands at byte {received_bytes}; please go on from there."


def read_range(header: str) -> tuple[int, int, int] | None:
    """First byte, byte behind the last, and size of the whole, of a Content-Range; else None."""
    found = CONTENT_RANGE.fullmatch(header.strip())
    if found is None:
        return None
    first, last, size = (int(number) for number in found.groups())
    return (first, last + 1, size) if first <= last < size else None


def add_part(pieces: Iterable[bytes], *, name: str, at: int, most: int) -> int:
    """Write a part of the file `name` from byte `at` on; how many bytes have arrived in all.

    Whatever stood behind `at` came from a part that broke off; it is written over. The caller holds
    the upload's row, so no two parts are written at once.

    Raises
    ------
    PartsDiffer
        Fewer than `at` bytes are there, or more than `most` bytes came.
    """
    path = _path(name)
    there = path.stat().st_size if path.exists() else 0
    if at > there:
        raise PartsDiffer(received_bytes=there)
    end = at
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.truncate(at)
        file.seek(at)
        for piece in pieces:
            end += len(piece)
            if end > at + most:
                file.truncate(at)
                raise PartsDiffer(received_bytes=at)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return end


def pieces_of(name: str) -> Iterator[bytes]:
    """All that has arrived, piece by piece."""
    with _path(name).open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def drop(name: str) -> None:
    """Remove what has arrived. Safe to repeat."""
    _path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an upload")
    folder = Path(settings.STATE_DIR) / "uploads" / "parts"
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    return folder / name
