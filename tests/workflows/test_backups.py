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
from tests.conftest import _on_server, database_name
from tests.contexts.ledger.log_scenes import check_public
from tests.logs import ORIGIN, running_signer
from yinuo.contexts.ledger.log_folder import LogFolder, log_folder
from yinuo.contexts.ledger.models import Entry, Erasure, Secret
from yinuo.contexts.ledger.operations.sealing import begin, integrate, publish
from yinuo.contexts.orders.models import Order
from yinuo.jobs.management.commands import doctor
from yinuo.platform.backups import (
    DUMP,
    MANIFEST,
    DatabaseBusy,
    FolderTaken,
    FolderUnusable,
    NoBackup,
)
from yinuo.workflows import backups, erased_list, erasure

YEAR, DAY = dt.timedelta(days=366), dt.timedelta(days=1)


@pytest.fixture
def log(
    fresh_database: str, tmp_path: Path, settings: Any, now: dt.datetime
) -> Iterator[LogFolder]:
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.STATE_DIR, settings.ERASED_LIST = tmp_path, tmp_path / "erased.list"
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


@pytest.mark.need(26)
def test_after_the_loss_of_the_database_nothing_erased_comes_back(
    log: LogFolder,
    tmp_path: Path,
    now: dt.datetime,
    fresh_database: str,
    settings: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The backup is older than two erasures; what names them is the list outside of it alone."""
    world = factories.make_world()
    first, second = make_ended(world, "AA26AA"), make_ended(world, "BB26BB")
    third = make_ended(world, "CC26CC")
    erasure.ask(person_id=world.alice.id, code="AA26AA", now=now)
    erasure.run(now=now + DAY)
    go_on(now)
    folder = tmp_path / "backup"
    call_command("backup", str(folder))
    erasure.erase(code="BB26BB", reason="ORDERED_BY_LAW", now=now + DAY)
    erasure.run(now=now + 2 * DAY)
    go_on(now)
    known = Path(settings.ERASED_LIST)
    assert known.stat().st_mode & 0o077 == 0
    said = known.read_text()
    assert len(said.splitlines()) == 2
    for row in Order.objects.all():
        # Neither a code nor an id of the database, and nothing that stands in a leaf.
        assert row.public_id not in said
        assert row.code not in said
    leaves = "".join(Entry.objects.values_list("body", flat=True))
    assert not [line for line in said.split() if line in leaves]
    _lose(fresh_database)
    # The whole list is gone as well: the public log still says how many must not be here.
    known.rename(tmp_path / "safe.list")
    # Somebody made an empty database meanwhile.
    _on_server("CREATE DATABASE {name}", name=database_name(fresh_database))
    with pytest.raises(SystemExit):
        call_command("restore", str(folder))
    _drop_before(fresh_database)
    assert Secret.objects.filter(subject_id=second.id).exists()
    assert [one.level for one in doctor.look_at_erasures()] == ["bad"]
    _lose(fresh_database)
    capsys.readouterr()
    call_command("restore", str(folder), "--erased", str(tmp_path / "safe.list"))
    assert "重新删除 1 个" in (said := capsys.readouterr().err) or "1 records were erased" in said
    for order in (first, second):
        assert not Secret.objects.filter(subject_id=order.id).exists()
        assert not Entry.objects.filter(subject_id=order.id).exists()
    assert Erasure.objects.get(subject_id=second.id).reason == "ORDERED_BY_LAW"
    assert Secret.objects.filter(subject_id=third.id).exists()
    assert [one.level for one in doctor.look_at_erasures()] == ["ok"]
    # What was said to be erased is not said once more.
    erasure.run(now=now + 5 * DAY)
    go_on(now)
    assert sum(json.loads(one)["count"] for one in _leaves("erase")) == 2
    _check_row_put_back_by_hand(third, now)


def _check_row_put_back_by_hand(third: Order, now: dt.datetime) -> None:
    """Doctor says so, and the night takes it away again."""
    erasure.erase(code=third.code, reason="PURPOSE_ENDED", now=now)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_erasure DISABLE TRIGGER ledger_erasure_guard")
        cursor.execute("DELETE FROM ledger_erasure WHERE subject_id = %s", [third.id])
        cursor.execute("ALTER TABLE ledger_erasure ENABLE ALWAYS TRIGGER ledger_erasure_guard")
    assert [one.level for one in doctor.look_at_erasures()] == ["bad"]
    erasure.run(now=now + 9 * DAY)
    assert [one.level for one in doctor.look_at_erasures()] == ["ok"]


def _drop_before(url: str) -> None:
    """Remove the databases that were put aside by a restore."""
    for name in _databases():
        if name.startswith(f"{database_name(url)}_before_"):
            _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)


def _leaves(name: str) -> list[str]:
    """The leaves of this type in the log, from entries and from what the files gave back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(l.body, e.body) FROM ledger_leaf l"
            " LEFT JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.idx"
        )
        bodies = [row[0] for row in cursor.fetchall()]
    return [body for body in bodies if json.loads(body)["t"] == name]


def _lose(url: str) -> None:
    """The server has no such database any more."""
    backups._let_go()
    _on_server("DROP DATABASE {name} WITH (FORCE)", name=database_name(url))


def test_a_list_that_was_cut_short_goes_on(tmp_path: Path, settings: Any) -> None:
    settings.ERASED_LIST = tmp_path / "on-another-disk" / "erased.list"
    assert erased_list.read() == {}
    one, two = erased_list.digest_of("ord_1"), erased_list.digest_of("ord_2")
    assert erased_list.add({one: "ASKED"}) == 1
    with settings.ERASED_LIST.open("a") as file:
        file.write(two[:30])
    assert erased_list.read() == {one: "ASKED"}
    assert erased_list.add({one: "ASKED", two: "ORDERED_BY_LAW"}) == 1
    assert erased_list.add({one: "ASKED", two: "ORDERED_BY_LAW"}) == 0
    assert erased_list.read() == {one: "ASKED", two: "ORDERED_BY_LAW"}


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
