"""Writes what each test found, with the rows of needs it shows, for `./test` to read.

Only when `YINUO_OUTCOMES` names a file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

_rank = {"skipped": 0, "passed": 1, "failed": 2}
_outcomes: dict[str, dict[str, Any]] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Each session starts with an empty sheet."""
    _outcomes.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the worst of a test's three phases; a skip in set-up is a skip."""
    report = yield
    rows = sorted({int(row) for mark in item.iter_markers("need") for row in mark.args})
    known = _outcomes.setdefault(item.nodeid, {"outcome": "skipped", "rows": rows})
    if report.when == "call" or report.outcome == "failed":
        known["outcome"] = max(known["outcome"], report.outcome, key=_rank.__getitem__)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave the sheet where it was asked for."""
    path = os.environ.get("YINUO_OUTCOMES")
    if path:
        Path(path).write_text(json.dumps(_outcomes, ensure_ascii=False), encoding="utf-8")
