"""The demo as somebody meets it: served, walked in a browser, by one person after the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.conftest import _on_server
from tests.demo.conftest import demo_template
from tests.web.conftest import SIZES, serve

__all__ = ["demo_template"]


@dataclass
class Tour:
    """A demo of its own on a server of its own; counts what its visitor taps."""

    url: str
    database_url: str
    browser: Browser
    language: str
    scripts: bool
    contexts: list[BrowserContext] = field(default_factory=list)
    taps: int = 0

    def enter(self, code: str) -> Page:
        """Sign in as the customer of this order, or the member of staff with this name."""
        width, height = SIZES["phone"]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN" if self.language == "zh" else "en-GB",
            java_script_enabled=self.scripts,
        )
        context.add_cookies([{"name": "lang", "value": self.language, "url": self.url}])
        self.contexts.append(context)
        page = context.new_page()
        page.goto(f"{self.url}/login")
        page.click(f"button.role:has-text('{code}')")
        return page

    def home(self, code: str) -> Page:
        """The page of an order, seen by its customer; taps are counted from here."""
        page = self.enter(code)
        page.goto(f"{self.url}/o/{code}")
        self.taps = 0
        return page

    def tap(self, page: Page | Locator, what: str) -> None:
        """One tap, on what is there and can be seen."""
        page.locator(what).first.click()
        self.taps += 1

    def attach(self, page: Page, what: str, name: str, content: bytes) -> None:
        """Choose a file: one tap."""
        page.set_input_files(what, FilePayload(name=name, mimeType="image/jpeg", buffer=content))
        self.taps += 1

    def ask(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What the database holds."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(sql.SQL(statement), values).fetchall()

    def yinuo(self, *words: str) -> str:
        """What the command says."""
        done = subprocess.run(
            [sys.executable, "-m", "django", *words],
            env={**os.environ, "DATABASE_URL": self.database_url},
            stdout=subprocess.PIPE,
            check=True,
            encoding="utf-8",
        )
        return done.stdout


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """The visitor's language."""
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the visitor's browser runs scripts."""
    return bool(request.param)


@pytest.fixture
def tour(demo_template: str, browser: Browser, language: str, scripts: bool) -> Iterator[Tour]:
    """A copy of the small demo, served; whatever happens in it happens for real."""
    name = f"yinuo_tour_{os.getpid()}_{os.urandom(4).hex()}"
    _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=demo_template)
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=name)
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        with serve(environment) as address:
            tour = Tour(address, url, browser, language, scripts)
            yield tour
            for context in tour.contexts:
                context.close()
    finally:
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)
