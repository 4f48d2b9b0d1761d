"""A backup is tried, damaged, and gone back to while the public log was ahead of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from tests import factories
from tests.conftest import _on_server
from tests.contexts.ledger.log_scenes import check_public
from tests.logs import ORIGIN, running_signer
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.models import Erasure, Secret
from yinuo.contexts.ledger.operations.sealing import begin, integrate, publish
from yinuo.contexts.orders.models import Order
from yinuo.platform.backups import (
    DUMP,
    MANIFEST,
    DatabaseBusy,
    FolderTaken,
    FolderUnusable,
    NoBackup,
)
from yinuo.workflows import backups, erasure

YEAR = dt.timedelta(days=366)


@pytest.fixture
def log(
    fresh_database: str, tmp_path: Path, settings: Any, now: dt.datetime
) -> Iterator[LogFolder]:
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.STATE_DIR = tmp_path
    begin(origin=ORIGIN, now=now)
    with running_signer():
        yield log_folder()


def make_ended(world: factories.World, code: str) -> Order:
    """An order whose record may be erased."""
    now = factories.NOW
    order = factories.make_order(
        world, code, state="DELIVERED", locked_at=now - 5 * YEAR, state_at=now - 4 * YEAR
    )
    factories.make_promise(order, state="CLOSED")
    return order


def go_on(now: dt.datetime) -> int:
    """Publish what waits; how many leaves stand in public."""
    integrate(now=now)
    published = publish(now=now)
    assert published is not None
    return published.size


def test_back_to_a_backup_that_is_older_than_the_public_log(
    log: LogFolder, tmp_path: Path, now: dt.datetime
) -> None:
    world = factories.make_world()
    first, second = make_ended(world, "AA26AA"), make_ended(world, "BB26BB")
    go_on(now)
    paper = tmp_path / "uploads" / "papers" / "a"
    paper.parent.mkdir(parents=True)
    paper.write_bytes(b"scan")
    folder = tmp_path / "backup"
    call_command("backup", str(folder))
    call_command("restore", str(folder), "--verify")
    assert not (folder / "signer").exists()
    said = json.loads((folder / MANIFEST).read_text())
    assert (said["orders"], said["signer"]) == (2, False)
    assert folder.stat().st_mode & 0o077 == 0
    # Life goes on: another promise of the second, the first erased, both in public.
    factories.record_of(second, "order.postponed", {"not_before": "2026-05-01", "at": "x"})
    erasure.ask(person_id=world.alice.id, code="AA26AA", now=now)
    size = go_on(now)
    public = {path: log.get(path) for path in log.list_files()}
    paper.unlink()
    done = backups.restore(folder)
    try:
        assert (done.orders, done.refilled, done.erased) == (2, 1, 1)
        assert paper.read_bytes() == b"scan"
        # Nothing that stood in public has changed, and the log goes on from there.
        assert {path: log.get(path) for path in log.list_files()} == public
        assert not Secret.objects.filter(subject_id=first.id).exists()
        assert Erasure.objects.get(subject_id=first.id).done_at is not None
        assert Secret.objects.filter(subject_id=second.id).exists()
        factories.record_of(second, "order.postponed", {"not_before": "2026-05-01", "at": "x"})
        assert go_on(now) == size + 1 == check_public(log)
        # What was recorded anew continues its stream where it stood in public.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT n FROM ledger_streamhead WHERE subject_id = %s AND letter = 'p'",
                [second.id],
            )
            assert cursor.fetchone() == (2,)
    finally:
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=done.before)


def test_with_the_signer_only_when_asked(log: LogFolder, tmp_path: Path, now: dt.datetime) -> None:
    go_on(now)
    folder = tmp_path / "backup"
    backups.back_up(folder, with_signer=True, now=now)
    assert (folder / "signer").is_dir()
    assert not [
        path
        for path in (folder / "signer").rglob("*")
        if path.stat().st_mode & 0o077 and path.is_file()
    ]
    with pytest.raises(FolderTaken):
        backups.back_up(folder, now=now)
    with pytest.raises(FolderUnusable, match="Not a directory"):
        backups.back_up(folder / MANIFEST / "within", now=now)


def test_a_damaged_backup_changes_nothing(
    log: LogFolder, tmp_path: Path, now: dt.datetime, fresh_database: str
) -> None:
    go_on(now)
    folder = tmp_path / "backup"
    backups.back_up(folder, now=now)
    with psycopg.connect(fresh_database), pytest.raises(DatabaseBusy):
        backups.restore(folder)
    databases = _databases()
    for name in (DUMP, "log/policy", MANIFEST):
        path = folder / name
        right = path.read_bytes()
        path.write_bytes(right[:40] + bytes([right[40] ^ 1]) + right[41:])
        for step in (backups.try_out, backups.restore):
            with pytest.raises(NoBackup):
                step(folder)
        path.unlink()
        with pytest.raises(NoBackup):
            backups.try_out(folder)
        path.write_bytes(right)
    assert _databases() == databases
    assert backups.try_out(folder)["leaves"] == 3


def _databases() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]
