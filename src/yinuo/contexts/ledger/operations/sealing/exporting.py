"""A copy of the public folder that stands at one checkpoint, for whoever wants to check offline."""

from __future__ import annotations

from pathlib import Path

from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.operations.sealing.checkpoints import read_head, read_policy
from yinuo.engines.tlog import TileError, parse_path
from yinuo.platform.refusals import Refusal


class FolderTaken(Refusal):
    """A copy goes into a folder that holds nothing."""

    code = "log_folder_taken"
    zh = "{folder} 里已经有文件。请给一个空文件夹。"
    en = "{folder} holds files already; name an empty folder."


def export(target: Path) -> int:
    """Copy the log as published into `target`; gives its size.

    Nothing is published meanwhile, so all files belong to one checkpoint.

    Raises
    ------
    FolderTaken, NotPublished, FileMissing, FileDiffers
    """
    if target.exists() and any(target.iterdir()):
        raise FolderTaken(folder=str(target))
    folder, copy = log_folder(), LogFolder(target)
    with folder.writing():
        policy = read_policy(folder)
        size = read_head(folder, policy).size
        for path in folder.list_files():
            if _belongs(path, size):
                copy.replace_later(path, folder.get(path))
    copy.settle()
    copy.remove(".new")
    return size


def _belongs(path: str, size: int) -> bool:
    """Whether the file belongs to a log of this size; tiles of later leaves were never signed."""
    if not path.startswith("tile/"):
        return True
    try:
        tile = parse_path(path)
    except TileError:
        return False
    return tile.index * 256 + tile.width <= size >> 8 * max(tile.level, 0)
