"""A durable PostgreSQL of the test's own, its databases, and the workers that use them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from yinuo.platform.postgres import hold_postgres
from yinuo.platform.postgres.holding import Hold

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """One PostgreSQL with the durability of a real installation."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return self.hold.cluster.url(database)

    def ask(self, database: str, question: str) -> list[DictRow]:
        """The rows that a question to `database` gives."""
        with psycopg.connect(self.url(database), row_factory=dict_row) as asking:
            return asking.execute(question.encode()).fetchall()

    def copy(self, source: str, name: str) -> None:
        """A new database like `source`, which nobody may be using."""
        # By files: a copy through the log keeps numbers that sequences fetched ahead, and after a
        # kill the server would give them out a second time.
        self._order(
            "CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY", name=name, source=source
        )

    def create(self, name: str) -> None:
        """An empty database."""
        self._order("CREATE DATABASE {name}", name=name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self._order("DROP DATABASE {name} WITH (FORCE)", name=name)

    def _order(self, order: str, **names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as server:
            quoted = {key: sql.Identifier(name) for key, name in names.items()}
            server.execute(sql.SQL(order).format(**quoted))

    def kill(self) -> None:
        """SIGKILL to the postmaster and to every process it has."""
        postmaster = self.hold.cluster.pid()
        children = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _parent(entry) == postmaster
        ]
        for pid in (postmaster, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def revive(self) -> None:
        """Start it again, as the supervisor does."""
        assert self.hold.revive()

    @contextlib.contextmanager
    def django_on(self, database: str) -> Iterator[None]:
        """Django's connection of this process leads to `database` meanwhile."""
        parts = conninfo_to_dict(self.url(database))
        place = {"NAME": database, "HOST": parts["host"], "PORT": "5432", "USER": parts["user"]}
        before = {key: connection.settings_dict[key] for key in place}
        connections.close_all()
        connection.settings_dict.update(place)
        try:
            yield
        finally:
            connections.close_all()
            connection.settings_dict.update(before)


def _parent(entry: Path) -> int:
    try:
        said = (entry / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(said.rpartition(")")[2].split()[1])


@contextlib.contextmanager
def durable_server() -> Iterator[Server]:
    """A server whose commits are on the disk when they are said to be."""
    folder = Path(tempfile.mkdtemp(prefix="yinuo-kill-"))
    folder.chmod(0o755)
    hold = hold_postgres(folder)
    try:
        assert Server(hold).ask("postgres", "SHOW fsync")[0]["fsync"] == "on"
        yield Server(hold)
    finally:
        hold.release()
        shutil.rmtree(folder, ignore_errors=True)


class Nursery:
    """Starts workers quickly, each a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def start(
        self, database: str, *, environment: Mapping[str, str] | None = None, one_shot: bool = False
    ) -> int:
        """The process id of a new worker on `database`; `one_shot` ends when no job waits."""
        words = {"one_shot": one_shot}
        said = self._tell({"start": database, "words": words, "environment": environment or {}})
        return int(said["pid"])

    def wait(self, pid: int, seconds: float) -> int | None:
        """The exit code of a worker, or None if it still runs after so many seconds."""
        code = self._tell({"wait": pid, "seconds": seconds})["code"]
        return None if code is None else int(code)

    def kill(self, pid: int) -> None:
        """`kill -9`, and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        assert self.wait(pid, 10) == -signal.SIGKILL

    def said(self) -> str:
        """The last words of all workers so far."""
        return self._log.read_text(encoding="utf-8")[-4000:]

    def _tell(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """The next answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the nursery died:\n{self.said()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def nursery(url: str, folder: Path) -> Iterator[Nursery]:
    """A nursery that has done all that is due at `url`."""
    log = folder / "workers.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.simulation.nursery", str(log)],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "yinuo.config.settings",
                "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        ours = Nursery(process, log)
        assert ours.hear() == {"ready": True}
        yield ours
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
