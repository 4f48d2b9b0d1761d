"""`yinuo run` through a rough day: children, PostgreSQL and the supervisor itself are killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ground import machine

pytestmark = pytest.mark.skipif(not machine.PROC.exists(), reason="looks at /proc")
GRANIAN, WORKER, SCHEDULER = "-m granian", "-m yinuo worker", "-m yinuo scheduler"


class Run:
    """A running `yinuo run`, its screen and its port."""

    def __init__(self, state_dir: Path, **more: str) -> None:
        self.state_dir = state_dir
        self.port = int(more.setdefault("PORT", str(machine.free_port())))
        self.screen_file = state_dir / "screen.txt"
        self.env = machine.environment(state_dir, **more)
        with self.screen_file.open("w", encoding="utf-8") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yinuo", "run", "--no-demo"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )

    @property
    def screen(self) -> str:
        return self.screen_file.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        return "Ready: " in self.screen

    def says(self, text: str) -> bool:
        """Whether `text` comes on the screen."""
        return machine.wait_until(lambda: text in self.screen)

    def has_another(self, part: str, victim: int) -> bool:
        """Whether a process with `part` in its command line comes that is not `victim`."""
        return machine.wait_until(lambda: set(machine.numbers(self.state_dir, part)) - {victim})

    def kill(self, part: str) -> int:
        """kill -9 the oldest process with `part` in its command line; its number."""
        victim = machine.numbers(self.state_dir, part)[0]
        os.kill(victim, signal.SIGKILL)
        return victim


@contextlib.contextmanager
def running(state_dir: Path, **more: str) -> Iterator[Run]:
    run = Run(state_dir, **more)
    try:
        # A first start makes all tables.
        assert machine.wait_until(run.is_ready, 180), run.screen
        yield run
    finally:
        run.process.terminate()
        code = run.process.wait(90)
    assert code == 0, run.screen


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """A state folder for a first start."""
    with _state_folder() as folder:
        yield folder


@pytest.fixture
def state_dir(installed: Path) -> Iterator[Path]:
    """A state folder whose first start is behind it."""
    with _state_folder() as folder:
        _copy(installed, folder)
        yield folder


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """The state folder that a first start and its stop leave behind."""
    with _state_folder() as folder:
        with running(folder):
            pass
        yield folder


@pytest.fixture(scope="module")
def run(installed: Path) -> Iterator[Run]:
    """One start that several tests are rough with; it must stop in order after all of them."""
    with _state_folder() as folder:
        _copy(installed, folder)
        with running(folder) as run:
            yield run


@contextlib.contextmanager
def _state_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yinuo-run-"))
    folder.chmod(0o755)
    yield folder
    assert machine.wait_until(lambda: not machine.processes(folder)), "something was left running"
    shutil.rmtree(folder, ignore_errors=True)


def _copy(installed: Path, folder: Path) -> None:
    # The server's files belong to an account of their own.
    subprocess.run(["cp", "-a", f"{installed}/.", folder], check=True)


def test_whatever_dies_is_started_again_and_said_so(run: Run) -> None:
    assert machine.status(run.port) == 200
    assert machine.status(run.port, "/readyz") == 200
    for part, name in ((WORKER, "job worker"), (SCHEDULER, "scheduler"), (GRANIAN, "web")):
        victim = run.kill(part)
        assert run.says(f"The {name}"), run.screen
        assert run.has_another(part, victim)
    assert machine.wait_until(lambda: machine.status(run.port) == 200), run.screen
    assert "went away (signal 9); it starts again in" in run.screen


def test_a_killed_postgres_is_started_again_and_said_so(run: Run) -> None:
    assert {machine.status(run.port, "/readyz") for _ in range(20)} == {200}
    os.kill(machine.numbers(run.state_dir, "bin/postgres -D")[0], signal.SIGKILL)
    assert machine.wait_until(lambda: "PostgreSQL runs again." in run.screen), run.screen
    # Connections from before the crash are in the pools still; none of them reaches a page.
    answers = [machine.status(run.port, "/readyz") for _ in range(20)]
    assert answers == [200] * 20


def test_a_page_process_that_dies_is_replaced(run: Run) -> None:
    def pages() -> set[int]:
        return set(machine.numbers(run.state_dir, GRANIAN)[1:])

    assert machine.wait_until(lambda: len(pages()) == 2), run.screen
    victim = min(pages())
    os.kill(victim, signal.SIGKILL)
    assert machine.wait_until(lambda: len(pages() - {victim}) == 2)
    assert machine.status(run.port) == 200


def test_a_second_start_gives_the_address_of_the_first(run: Run) -> None:
    second = machine.yinuo(["run"], run.env)
    assert second.returncode == 1
    assert f"http://127.0.0.1:{run.port}" in second.stderr
    assert machine.status(run.port) == 200


def test_commands_share_the_running_database(run: Run) -> None:
    checked = machine.yinuo(["doctor", "--json"], run.env)
    assert checked.returncode == 0, checked.stdout
    assert len(machine.numbers(run.state_dir, "bin/postgres -D")) == 1
    assert machine.status(run.port, "/readyz") == 200


def test_a_killed_supervisor_leaves_no_orphan(state_dir: Path) -> None:
    run = Run(state_dir)
    assert machine.wait_until(run.is_ready), run.screen
    assert len(machine.processes(state_dir)) >= 6
    run.process.kill()
    run.process.wait()
    assert machine.wait_until(lambda: not machine.processes(state_dir)), machine.processes(
        state_dir
    )


@pytest.mark.parametrize("moment", ["as soon as page processes exist", "when pages are served"])
def test_killed_with_its_web_server_it_leaves_no_orphan(state_dir: Path, moment: str) -> None:
    run = Run(state_dir)
    if moment == "when pages are served":
        assert machine.wait_until(run.is_ready), run.screen
    assert machine.wait_until(lambda: len(machine.numbers(state_dir, GRANIAN)) >= 2), run.screen
    server = machine.numbers(state_dir, GRANIAN)[0]
    run.process.kill()
    os.kill(server, signal.SIGKILL)
    run.process.wait()
    assert machine.wait_until(lambda: not machine.processes(state_dir))
    assert machine.status(run.port) == 0


def test_a_stop_during_the_start_is_clean(empty_dir: Path) -> None:
    run = Run(empty_dir)
    assert machine.wait_until(lambda: machine.numbers(empty_dir, "bin/postgres -D"))
    run.process.terminate()
    assert run.process.wait(90) == 0, run.screen


def test_a_port_that_was_asked_for_and_is_taken_is_refused(empty_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = machine.yinuo(["run"], machine.environment(empty_dir, PORT=str(port)))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr


def test_an_external_database_is_used_and_left_running(
    empty_dir: Path, fresh_database: str
) -> None:
    with running(empty_dir, DATABASE_URL=fresh_database) as run:
        assert machine.status(run.port, "/readyz") == 200
        assert not (empty_dir / "pg").exists()
