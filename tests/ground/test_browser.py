"""Browser tests are never left out quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import find_chromium
from tests.ground.machine import ROOT

SAMPLE = """
import pytest

@pytest.mark.browser
def test_page(chromium): assert chromium.endswith("chromium")

def test_plain(): pass
"""


def session(folder: Path, **env: str) -> tuple[int, str]:
    (folder / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.browser", "-p", "no:django",
         "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "YINUO_REQUIRE_BROWSER": "", **env},
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_with_a_browser_they_run(tmp_path: Path) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\n", encoding="utf-8")
    browser.chmod(0o755)
    code, said = session(tmp_path, CHROMIUM=str(browser))
    assert (code, "2 passed" in said) == (0, True)


def test_without_one_they_are_skipped_loudly(tmp_path: Path) -> None:
    code, said = session(tmp_path, CHROMIUM="/nowhere/chromium")
    assert code == 0
    assert "1 passed, 1 skipped" in said
    assert "1 browser tests were not run: install Chromium" in said


def test_where_one_is_required_nothing_begins(tmp_path: Path) -> None:
    code, said = session(tmp_path, CHROMIUM="/nowhere/chromium", YINUO_REQUIRE_BROWSER="1")
    assert code == 4
    assert "1 tests need a browser" in said
    assert "passed" not in said


def test_a_named_browser_that_is_missing_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert find_chromium() is None
