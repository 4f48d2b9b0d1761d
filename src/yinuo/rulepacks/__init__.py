"""Dated legal rules as data, and the one door by which they are read.

The engine (`engines.rules`) reads no files; this room does, once for each pack.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from yinuo.engines.rules import Pack, read_pack

FOLDER = Path(__file__).parent


@cache
def load_pack(name: str = "cn") -> Pack:
    """The pack of a jurisdiction; read once in the life of a process.

    Raises
    ------
    PackError
        It has faults.
    FileNotFoundError
        There is no such pack.
    """
    return load_folder(FOLDER / name)


def load_folder(folder: Path) -> Pack:
    """The pack in any folder, named like the folder; for one that is being edited.

    Raises
    ------
    PackError
        It has faults.
    FileNotFoundError
        The folder holds no TOML file.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise FileNotFoundError(folder)
    # A broken byte becomes U+FFFD here, which the loader refuses with its line.
    texts = {path.name: path.read_bytes().decode("utf-8", "replace") for path in paths}
    return read_pack(folder.name, texts)
