"""Public texts on their way to the public folder, each under its own digest."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from yinuo.contexts.claims.models import Blob

FILE_MODE, FOLDER_MODE = 0o644, 0o755


def write_missing(folder: Path) -> int:
    """Write every public text that does not lie in `folder`/blob yet; returns how many.

    Whoever publishes the log calls this first, so that no entry is public before the text it
    names. Safe to repeat, to interrupt and to run twice at once: a file appears whole or not at
    all, and is never written again.

    Raises
    ------
    OSError
        The folder cannot be written to.
    ValueError
        A kept text is not what its digest says: it was changed past the product.
    """
    place = folder / "blob"
    place.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    there = {entry.name for entry in os.scandir(place)}
    wanted = Blob.objects.exclude(sha256__in=there).order_by("sha256")
    written = 0
    for digest, content in wanted.values_list("sha256", "content").iterator(chunk_size=100):
        _write(place, digest, bytes(content))
        written += 1
    if written:
        _sync(place)
    return written


def _write(place: Path, digest: str, content: bytes) -> None:
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"the text kept as {digest} is another one")
    handle, name = tempfile.mkstemp(dir=place, prefix=".coming-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(FILE_MODE)
        path.replace(place / digest)
    finally:
        path.unlink(missing_ok=True)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
