"""Tests that need somebody else's program are never left out quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs
from tests.ground.machine import ROOT

SAMPLE = """
import pytest

@pytest.mark.program("sh")
def test_shell(): pass

@pytest.mark.program("sh", "no-such-program")
def test_other(): raise AssertionError

def test_plain(): pass
"""


def session(folder: Path, required: str) -> tuple[int, str]:
    (folder / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    program\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.programs", "-p", "no:django",
         "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "YINUO_REQUIRE_PROGRAMS": required},
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_what_lacks_a_program_is_skipped_loudly(tmp_path: Path) -> None:
    code, said = session(tmp_path, "")
    assert code == 0
    assert "2 passed, 1 skipped" in said
    assert "1 tests were not run: install no-such-program" in said


def test_where_programs_are_required_nothing_begins(tmp_path: Path) -> None:
    code, said = session(tmp_path, "1")
    assert code == 4
    assert "tests need no-such-program" in said
    assert "passed" not in said


def test_a_program_without_what_it_needs_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert programs.find_program("sh") is not None
    monkeypatch.setitem(programs.BESIDE, "sh", "/nowhere/library")
    assert programs.find_program("sh") is None
    assert programs.advice({"go", "node"}) == ("install golang-go golang-golang-x-mod-dev nodejs")
