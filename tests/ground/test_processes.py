"""Telling a live PostgreSQL from what only has its number."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ground import machine
from yinuo.platform.postgres import processes

needs_proc = pytest.mark.skipif(not machine.PROC.exists(), reason="looks at /proc")


@pytest.fixture
def named(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A live process that is called postgres."""
    program = tmp_path / "postgres"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "60"])
    yield process
    process.kill()
    process.wait()


def test_a_live_one_counts(named: subprocess.Popen[bytes]) -> None:
    assert machine.wait_until(lambda: processes.is_postgres(named.pid))


@needs_proc
def test_a_zombie_does_not_count(named: subprocess.Popen[bytes]) -> None:
    named.kill()
    assert machine.wait_until(lambda: not processes.is_postgres(named.pid))
    assert processes.exists(named.pid)


def test_another_program_does_not_count() -> None:
    assert processes.exists(os.getpid())
    assert not processes.is_postgres(os.getpid())


def test_a_number_nobody_has_does_not_count(named: subprocess.Popen[bytes]) -> None:
    named.kill()
    named.wait()
    assert not processes.exists(named.pid)
    assert not processes.is_postgres(named.pid)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("S    /opt/pg/bin/postgres\n", True), ("Z    (postgres)\n", False), ("S    zsh\n", False)],
)
def test_without_proc_the_process_list_is_asked(
    answer: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lister = tmp_path / "ps"
    lister.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}END\n", encoding="utf-8")
    lister.chmod(0o755)
    monkeypatch.setattr(processes, "PROC", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert processes.is_postgres(os.getpid()) is expected


def test_where_nothing_can_be_asked_the_file_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert processes.is_postgres(os.getpid())


SEGMENTS = """       key      shmid perms       size  cpid  lpid nattch   uid
   2171484          4   600         56 13423   628      9   101
   2171485          7   600         56 13424   629      0   101
"""


@pytest.mark.parametrize(("segment", "expected"), [("4", True), ("7", False), ("5", False)])
def test_a_segment_in_use_is_known(
    segment: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "shm"
    listed.write_text(SEGMENTS, encoding="utf-8")
    monkeypatch.setattr(processes, "SEGMENTS", listed)
    assert processes.is_segment_attached(segment) is expected


def test_an_unknown_segment_is_taken_for_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "SEGMENTS", tmp_path / "none")
    assert processes.is_segment_attached("4")
