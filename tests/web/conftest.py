"""A real server and a real browser for the pages; one of each for the whole session."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Page
from psycopg import sql
from psycopg.conninfo import make_conninfo

START_SECONDS_MAX = 40
# What stands in a path for something whose name is drawn by lot.
POST = "SELECT p.public_id FROM claims_hiddenpost p LEFT JOIN claims_appeal a ON a.post_id = p.id"
DRAWN = {
    "<post>": f"{POST} WHERE a.id IS NULL",
    "<appealed>": f"{POST} WHERE a.outcome = ''",
}
SIZES = {"small": (360, 640), "phone": (390, 844), "desktop": (1440, 900)}


@dataclass(frozen=True)
class Site:
    """The running site, its database, and a session for each reader."""

    url: str
    database_url: str
    sessions: dict[str, str]

    def address(self, path: str) -> str:
        """Where a page is; `<2>` in its path stands for the code of ticket 2, `<entry>` for the
        number of the order's first entry, what `DRAWN` has for what it says."""
        for blank, query in DRAWN.items():
            if blank in path:
                with psycopg.connect(self.database_url) as connection:
                    drawn = connection.execute(sql.SQL(query)).fetchone()
                assert drawn
                path = path.replace(blank, drawn[0])
        if "<entry>" in path:
            with psycopg.connect(self.database_url) as connection:
                found = connection.execute(
                    "SELECT min(l.idx) FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
                    " JOIN orders_order o ON o.id = e.subject_id WHERE o.code = %s",
                    [path.split("/")[2]],
                ).fetchone()
            path = path.replace("<entry>", str(found and found[0]))
        number = re.search(r"<(\d+)>", path)
        if number:
            with psycopg.connect(self.database_url) as connection:
                row = connection.execute(
                    "SELECT code FROM orders_ticket WHERE number = %s", [number[1]]
                ).fetchone()
            assert row
            path = path.replace(number[0], row[0])
        return self.url + path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fill(environment: dict[str, str]) -> dict[str, str]:
    """Build the scenes in a process of their own; returns the readers' sessions."""
    command = [sys.executable, "-m", "django", "shell", "-v", "0", "-c"]
    script = "from tests.web import scenes; scenes.print_sessions()"
    done = subprocess.run([*command, script], env=environment, stdout=subprocess.PIPE, check=True)
    sessions: dict[str, str] = json.loads(done.stdout)
    return sessions


def _wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            urllib.request.urlopen(f"{url}/n", timeout=5).read()
        except OSError:
            assert server.poll() is None, "the server ended while starting"
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.1)
        else:
            return


@contextmanager
def serve(environment: dict[str, str]) -> Iterator[str]:
    """The address of the application server, running in this environment until the end."""
    call_command("collectstatic", interactive=False, verbosity=0)
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--log-level", "warning"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4"]
    server = subprocess.Popen([*command, "yinuo.config.wsgi:application"], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_up(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def site(migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application server on a database with every scene."""
    name = f"yinuo_pages_{os.getpid()}"
    admin_url = make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=name)

    def on_server(statement: str) -> None:
        with psycopg.connect(admin_url, autocommit=True) as server:
            names = {"name": sql.Identifier(name), "source": sql.Identifier(migrated_template)}
            server.execute(sql.SQL(statement).format(**names))

    on_server("CREATE DATABASE {name} TEMPLATE {source}")
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment["PAY_MODE"] = "sandbox"
    folder = tmp_path_factory.mktemp("site")
    environment |= {"LOG_DIR": str(folder / "log"), "SIGNER_DIR": str(folder / "signer")}
    sessions = _fill(environment)
    signer = subprocess.Popen(
        [sys.executable, "-m", "yinuo.notary.signer", str(folder / "signer")], env=environment
    )
    try:
        with serve(environment) as address:
            yield Site(address, url, sessions)
    finally:
        signer.terminate()
        signer.wait(timeout=20)
        on_server("DROP DATABASE {name} WITH (FORCE)")


class Reading:
    """Opens pages as one reader, in one language and one size."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site
        self.contexts: list[BrowserContext] = []

    def page(
        self,
        reader: str = "alice",
        *,
        language: str = "zh",
        size: tuple[int, int] = SIZES["small"],
        big: bool = False,
        scripts: bool = True,
    ) -> Page:
        """A fresh page in its own context; `reader` empty means nobody is signed in."""
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh" else "en-GB",
            java_script_enabled=scripts,
        )
        cookies = {"lang": language, "big": "1" if big else "0"}
        if reader:
            cookies["sessionid"] = self.site.sessions[reader]
        context.add_cookies(
            [
                {"name": name, "value": value, "url": self.site.url}
                for name, value in cookies.items()
            ]
        )
        self.contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        """Close everything that was opened."""
        for context in self.contexts:
            context.close()


@pytest.fixture
def reading(browser: Browser, site: Site) -> Iterator[Reading]:
    """Pages of this test; closed after it."""
    opened = Reading(browser, site)
    yield opened
    opened.close()


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures for the documents go; None unless YINUO_SHOTS=1 asks for them."""
    if os.environ.get("YINUO_SHOTS") != "1":
        return None
    folder = Path(__file__).parents[2] / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
