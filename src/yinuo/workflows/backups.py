"""Backing up the whole installation, trying a backup, and going back to one.

The signer's keys are not in it unless asked for: who has them signs as the maker. What was signed
and shown since a backup stays true after going back: the missing leaves are taken from the public
files, and what was erased since is erased again.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from yinuo.contexts.ledger.operations import erasing
from yinuo.contexts.ledger.operations.sealing import guard
from yinuo.platform import backups, schema
from yinuo.workflows import erased_list, erasure

ERASED = (
    "SELECT o.public_id, e.reason FROM ledger_erasure e JOIN orders_order o ON o.id = e.subject_id"
    " WHERE e.done_at IS NOT NULL"
)
ERASED_LIST = "erased.list"
COUNTS = {
    "orders": "SELECT count(*) FROM orders_order",
    "entries": "SELECT count(*) FROM ledger_entry",
    "leaves": "SELECT size FROM ledger_tree",
}


@dataclass(frozen=True)
class Restored:
    """What was brought back: orders and entries, leaves that the public files gave back, records
    that were erased again, erasures of which the public log speaks and nobody else knows, and the
    name under which the database before is still kept, empty where none was left."""

    orders: int
    entries: int
    refilled: int
    erased: int
    lost: int
    before: str


def back_up(folder: Path, *, with_signer: bool = False, now: dt.datetime) -> dict[str, int]:
    """Write a backup into an empty folder; how many orders, entries and leaves are in it.

    The public files are copied after the database, so they never know less than it does.

    Raises
    ------
    FolderTaken, FolderUnusable, ToolFailed
    """
    url = _url()
    backups.make_folder(folder)
    counts = _counts(url)
    backups.dump_database(url, folder)
    backups.copy_files(Path(settings.LOG_DIR), folder / "log")
    backups.copy_files(Path(settings.STATE_DIR) / "uploads", folder / "uploads")
    backups.copy_file(Path(settings.ERASED_LIST), folder / ERASED_LIST)
    if with_signer:
        backups.copy_files(Path(settings.SIGNER_DIR), folder / "signer")
    said = {"made_at": now.isoformat(), "signer": with_signer, **counts}
    backups.write_manifest(folder, said)
    return counts


def try_out(folder: Path) -> dict[str, int]:
    """Read every file of a backup and restore its database beside ours, then remove it again.

    Raises
    ------
    NoBackup, ToolFailed
    """
    url, said = _url(), backups.check_manifest(folder)
    name = backups.restore_beside(url, folder)
    try:
        return _check(make_conninfo(url, dbname=name), said)
    finally:
        backups.drop(url, name)


def restore(folder: Path, *, erased: Path | None = None) -> Restored:
    """Go back to a backup. Nobody else may be using the database, if there still is one.

    What was erased since goes again, before anybody can read it: as the database before says, the
    list outside of it, the backup's copy of that list, and the copy `erased`.

    Raises
    ------
    NoBackup, ToolFailed, DatabaseBusy
        Nothing has changed.
    TreeDiffers, StreamsForked, FileMissing, FileDiffers
        The database is back; the log must not go on before this is mended.
    """
    url, said = _url(), backups.check_manifest(folder)
    _keep_lists(url, folder, erased)
    name = backups.restore_beside(url, folder)
    try:
        counts = _check(make_conninfo(url, dbname=name), said)
        _let_go()
        before = backups.take_place(url, name)
    except BaseException:
        backups.drop(url, name)
        raise
    schema.ensure_schema()
    _bring_files_back(folder, with_signer=bool(said["signer"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        [now] = cursor.fetchone()
    again = erasure.apply_list(now=now)
    erasing.wipe_space()
    done = guard()
    lost = erasure.count_lost()
    return Restored(counts["orders"], counts["entries"], done.refilled, again, lost, before)


def _keep_lists(url: str, folder: Path, erased: Path | None) -> None:
    """Everything that is known to be erased into the one list that stands outside of databases."""
    if backups.has_database(url):
        try:
            rows = _rows(url, ERASED)
        except psycopg.errors.UndefinedTable:
            # Somebody made an empty one after the loss.
            rows = []
        erased_list.add({erased_list.digest_of(one): reason for one, reason in rows})
    for copy in (folder / ERASED_LIST, erased):
        if copy is not None:
            erased_list.add(erased_list.read(copy))


def _bring_files_back(folder: Path, *, with_signer: bool) -> None:
    """Files that are missing here. What stands in public is newer or the same, and stays."""
    _add_missing(folder / "log", Path(settings.LOG_DIR))
    _add_missing(folder / "uploads", Path(settings.STATE_DIR) / "uploads")
    if with_signer and not Path(settings.SIGNER_DIR).exists():
        _add_missing(folder / "signer", Path(settings.SIGNER_DIR))
        Path(settings.SIGNER_DIR).chmod(0o700)


def _add_missing(source: Path, target: Path) -> None:
    if not target.exists():
        backups.copy_files(source, target)
        return
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
            place.chmod(path.stat().st_mode & 0o777)


def _check(url: str, said: dict[str, Any]) -> dict[str, int]:
    """Counts of a restored database, which must not be less than when the backup was begun."""
    counts = _counts(url)
    for name, count in counts.items():
        if count < said[name]:
            why = {"why_zh": f"{name} 少了", "why_en": f"{name}: {count} of {said[name]}"}
            raise backups.NoBackup(**why)
    return counts


def _counts(url: str) -> dict[str, int]:
    return {name: int(_rows(url, statement)[0][0]) for name, statement in COUNTS.items()}


def _rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as other:
        return list(other.execute(statement.encode()).fetchall())


def _url() -> str:
    return os.environ["DATABASE_URL"]


def _let_go() -> None:
    """Our own connections, those of the pool too."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
