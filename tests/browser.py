"""Tests marked `browser` need Chromium: from `CHROMIUM`, else a usual place.

Without one they are skipped and the end of the report says so; with `YINUO_REQUIRE_BROWSER=1` the
session refuses to begin instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PLACES = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ADVICE = "install Chromium, or name it with CHROMIUM=/path/to/chromium"
skipped: list[str] = []
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The browser to drive, None where there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((place for place in PLACES if Path(place).exists()), shutil.which("chromium"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser; only for tests marked `browser`."""
    found = find_chromium()
    assert found is not None, "the test lacks the mark `browser`"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all pages; without one the tests fail where YINUO_REQUIRE_BROWSER=1."""
    path = find_chromium()
    if path is None:
        message = "NO BROWSER: the pages were not looked at. Install chromium or set CHROMIUM."
        if os.environ.get("YINUO_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    # The driver's event loop runs in this thread; Django need not fear it, nothing here awaits.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        yield opened
        opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none, or refuse to begin."""
    skipped.clear()
    wanting = [item for item in items if item.get_closest_marker("browser")]
    if not wanting or find_chromium() is not None:
        return
    if os.environ.get("YINUO_REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(f"{len(wanting)} tests need a browser: {ADVICE}.")
    for item in wanting:
        skipped.append(item.nodeid)
        item.add_marker(pytest.mark.skip(reason="no browser"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tried."""
    if skipped:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} browser tests were not run: {ADVICE}.")
