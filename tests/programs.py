"""Tests marked `program` need programs of others, which not every machine has.

Without one they are skipped and the end of the report says so; with `YINUO_REQUIRE_PROGRAMS=1` the
session refuses to begin instead.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

GO_PATH = "/usr/share/gocode"
# What a program needs beside itself, and the Debian packages that bring both.
BESIDE = {"go": f"{GO_PATH}/src/golang.org/x/mod/sumdb"}
PACKAGES = {"go": "golang-go golang-golang-x-mod-dev", "node": "nodejs"}
skipped: list[tuple[str, str]] = []


def find_program(name: str) -> str | None:
    """The path of a program, None when it or what it needs is not there."""
    beside = BESIDE.get(name)
    return shutil.which(name) if beside is None or Path(beside).is_dir() else None


def advice(names: set[str]) -> str:
    """How to get them."""
    packages = " ".join(PACKAGES.get(name, name) for name in sorted(names))
    return f"install {packages}"


def missing(item: pytest.Item) -> set[str]:
    """The programs that a test needs and this machine lacks."""
    marks = item.iter_markers("program")
    return {name for mark in marks for name in mark.args if find_program(name) is None}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a program that is not there, or refuse to begin."""
    skipped.clear()
    for item in items:
        skipped.extend((item.nodeid, name) for name in sorted(missing(item)))
    lacking = {name for _, name in skipped}
    if lacking and os.environ.get("YINUO_REQUIRE_PROGRAMS") == "1":
        raise pytest.UsageError(f"tests need {', '.join(sorted(lacking))}: {advice(lacking)}.")
    for item in items:
        if missing(item):
            item.add_marker(pytest.mark.skip(reason="no program"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tried."""
    if skipped:
        tests, lacking = {test for test, _ in skipped}, {name for _, name in skipped}
        terminalreporter.section("NO PROGRAM", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(tests)} tests were not run: {advice(lacking)}.")
