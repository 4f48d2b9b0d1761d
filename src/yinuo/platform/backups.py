"""A backup: one folder with the database, the files, and a list of what must be in it.

The database comes out and goes in by PostgreSQL's own programs. A database is restored beside the
one that is there and takes its name at the end, so a backup that cannot be read changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from yinuo.platform.postgres import LauncherError
from yinuo.platform.postgres.binaries import find_programs
from yinuo.platform.refusals import Refusal

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
PIECE = 2**20


class NoBackup(Refusal):
    """The folder holds no whole backup."""

    code = "no_backup"
    zh = "这个备份用不了：{why_zh}。"
    en = "This backup cannot be used: {why_en}."


class FolderTaken(Refusal):
    """A backup is written into an empty folder only."""

    code = "backup_folder_taken"
    zh = "文件夹 {folder} 里已经有东西，请换一个空的。"
    en = "The folder {folder} is not empty: name another one."


class FolderUnusable(Refusal):
    """A backup needs a folder that can be made and written."""

    code = "backup_folder_unusable"
    zh = "文件夹 {folder} 用不了：{said}。"
    en = "The folder {folder} cannot be used: {said}."


class DatabaseBusy(Refusal):
    """Somebody works with the database that is to be replaced."""

    code = "database_busy"
    zh = "还有 {count} 个连接在用数据库。请先停止系统，再恢复。"
    en = "{count} connections still use the database: stop the system, then restore."


class ToolFailed(Refusal):
    """One of PostgreSQL's programs did not do its work."""

    code = "database_tool_failed"
    zh = "{tool} 没有成功：{said}"
    en = "{tool} failed: {said}"


def make_folder(folder: Path) -> None:
    """An empty folder that nobody else may look into. Raises FolderTaken, FolderUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FolderTaken(folder=folder)
        folder.chmod(0o700)
    except OSError as failure:
        raise FolderUnusable(folder=folder, said=failure.strerror) from None


def dump_database(url: str, folder: Path) -> None:
    """The database as of one moment, whoever works with it meanwhile. Raises ToolFailed."""
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={folder / DUMP}", url)


def copy_files(source: Path, target: Path) -> int:
    """Copy a folder of files that only grows; returns how many. Nothing where there is none.

    A file that goes away while we copy was being written, and is left out.
    """
    count = 0
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file() and ".new" not in path.relative_to(source).parts:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy2(path, place)
            except FileNotFoundError:
                continue
            count += 1
    return count


def copy_file(source: Path, target: Path) -> None:
    """Copy one file; nothing where there is none."""
    if source.is_file():
        shutil.copy2(source, target)


def write_manifest(folder: Path, said: Mapping[str, Any]) -> None:
    """Name every file of the backup with its SHA-256. Last: without it there is no backup."""
    files = {name: _digest(folder / name) for name in _names(folder)}
    text = json.dumps({"backup": FORMAT, **said, "files": files}, indent=1, sort_keys=True)
    path = folder / MANIFEST
    with path.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def check_manifest(folder: Path) -> dict[str, Any]:
    """What the manifest says, after every file was held against it.

    Raises
    ------
    NoBackup
    """
    try:
        said: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if said["backup"] != FORMAT:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        why = {"why_zh": f"没有完整的 {MANIFEST}", "why_en": f"there is no whole {MANIFEST}"}
        raise NoBackup(**why) from None
    for name, digest in said["files"].items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise NoBackup(why_zh=f"{name} 缺失或损坏", why_en=f"{name} is missing or damaged")
    return said


def restore_beside(url: str, folder: Path) -> str:
    """The backup's database under a name of its own on the server of `url`; that name.

    Raises
    ------
    ToolFailed
    """
    name = f"{_name(url)}_restored_{os.urandom(4).hex()}"
    with _server(url) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name)
            )
        )
    target = make_conninfo(url, dbname=name)
    words = ("--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={target}")
    try:
        _run("pg_restore", *words, str(folder / DUMP))
    except ToolFailed:
        drop(url, name)
        raise
    return name


def drop(url: str, name: str) -> None:
    """Remove a database of this server."""
    with _server(url) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def has_database(url: str) -> bool:
    """Whether the server of `url` has its database: it may be what was lost."""
    with _server(url) as server:
        row = server.execute("SELECT FROM pg_database WHERE datname = %s", [_name(url)]).fetchone()
    return row is not None


def take_place(url: str, restored: str) -> str:
    """Give `restored` the name of the database of `url`; the new name of the one that had it, empty
    where none had.

    Raises
    ------
    DatabaseBusy
    """
    name = _name(url)
    before = f"{name}_before_{os.urandom(4).hex()}" if has_database(url) else ""
    with _server(url) as server:
        row = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]
        ).fetchone()
        if row is not None and row[0]:
            raise DatabaseBusy(count=row[0])
        for old, new in [(name, before), (restored, name)] if before else [(restored, name)]:
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    return before


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def _server(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True)


def _names(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _run(tool: str, *words: str) -> None:
    try:
        program = find_programs() / tool
    except LauncherError:
        program = Path(tool)
    try:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ToolFailed(tool=tool, said="not installed") from None
    if done.returncode:
        raise ToolFailed(tool=tool, said=done.stderr.strip()[:500])
