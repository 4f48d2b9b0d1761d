"""Jobs survive the death of the worker that had them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from tests.ground import machine
from yinuo.jobs.management.commands import scheduler, worker
from yinuo.platform import outbox

QUIET, NUDGES, FAILS = "test.quiet", "test.nudges", "test.nudges_and_fails"
done: list[str] = []


def quiet(**ids: int) -> None:
    """Only note that it ran."""
    done.append(QUIET)


def nudges(**ids: int) -> None:
    """Give a nudge that commits."""
    with transaction.atomic():
        outbox.nudge(QUIET, order=2)


def nudges_and_fails(**ids: int) -> None:
    """Give a nudge whose transaction is undone."""
    done.append(FAILS)
    with transaction.atomic():
        outbox.nudge(QUIET, order=3)
        raise ValueError("undone")


@pytest.fixture(autouse=True)
def tasks() -> Iterator[None]:
    """Three tasks of the test's own."""
    done.clear()
    for name, function in ((QUIET, quiet), (NUDGES, nudges), (FAILS, nudges_and_fails)):
        app.task(name=name)(function)
    yield
    for name in (QUIET, NUDGES, FAILS):
        del app.tasks[name]


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as other:
        return other.execute(query).fetchall()


def give_to_worker(url: str, heartbeat_age: str) -> None:
    """Mark every waiting job as being done by a worker last heard of `heartbeat_age` ago."""
    with psycopg.connect(url) as other:
        made = other.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - %s::interval) RETURNING id",
            [heartbeat_age],
        ).fetchone()
        assert made is not None
        other.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", made)


def recover() -> int:
    async def look() -> int:
        connector = app.connector
        assert isinstance(connector, DjangoConnector)
        with app.replace_connector(connector.get_worker_connector()) as working:
            await working.open_async()
            return await worker.recover(working)

    return asyncio.run(look())


def test_a_job_of_a_dead_worker_waits_again(fresh_database: str) -> None:
    outbox.nudge(QUIET, order=1)
    give_to_worker(fresh_database, "1 minute")
    assert recover() == 1
    assert rows(fresh_database, "SELECT status FROM procrastinate_jobs") == [("todo",)]


def test_a_job_of_a_live_worker_is_left_alone(fresh_database: str) -> None:
    outbox.nudge(QUIET, order=1)
    give_to_worker(fresh_database, "1 second")
    assert recover() == 0
    assert rows(fresh_database, "SELECT status FROM procrastinate_jobs") == [("doing",)]


def test_a_dead_job_whose_nudge_waits_already_is_not_doubled(fresh_database: str) -> None:
    outbox.nudge(QUIET, order=1)
    give_to_worker(fresh_database, "1 minute")
    outbox.nudge(QUIET, order=1)
    assert recover() == 1
    assert rows(fresh_database, "SELECT status FROM procrastinate_jobs") == [("todo",)]


def test_the_worker_does_what_waits_and_then_goes(fresh_database: str) -> None:
    for order in range(30):
        outbox.nudge(QUIET, order=order)
    asyncio.run(worker.work(2, wait=False))
    assert done == [QUIET] * 30
    assert rows(fresh_database, "SELECT status FROM procrastinate_jobs") == []


def test_a_nudge_inside_a_task_commits_with_the_tasks_rows(fresh_database: str) -> None:
    outbox.nudge(NUDGES, order=1)
    asyncio.run(worker.work(1, wait=False))
    assert done == [QUIET]


def test_a_nudge_inside_a_task_is_undone_with_the_tasks_rows(fresh_database: str) -> None:
    outbox.nudge(FAILS, order=1)
    asyncio.run(worker.work(1, wait=False))
    assert done == [FAILS]
    jobs = rows(fresh_database, "SELECT task_name, status FROM procrastinate_jobs")
    assert jobs == [(FAILS, "failed")]


def test_the_worker_stops_when_told(fresh_database: str, tmp_path: Path) -> None:
    env = machine.environment(tmp_path, DATABASE_URL=fresh_database)
    command = [sys.executable, "-m", "yinuo", "worker"]
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    heard = "SELECT id FROM procrastinate_workers"
    assert machine.wait_until(lambda: rows(fresh_database, heard))
    process.terminate()
    assert process.wait(20) == 0


def test_a_tasks_connection_is_given_back_even_when_it_fails(fresh_database: str) -> None:
    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        worker.with_own_connections(fail)
    assert connection.connection is None


def test_a_beat_reaches_the_schedule(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr("yinuo.jobs.schedule.beat", seen.append)
    scheduler.beat_once()
    assert len(seen) == 1


def test_a_beat_outlives_a_database_that_is_away(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
    connection.close()
    scheduler.beat_once()
    assert "The database is away" in caplog.text
