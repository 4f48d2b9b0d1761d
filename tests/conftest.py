"""The test session's own PostgreSQL, its databases and its clock.

The server is up before Django is set up. `DATABASE_URL`, when given, names another server.
"""

from __future__ import annotations

import atexit
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from yinuo.platform.postgres import ensure_postgres

pytest_plugins = ["tests.browser", "tests.outcomes", "tests.programs"]

# Durability is of no use to a test; it is what makes a small commit slow.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
TEMPLATE = "yinuo_test_template"


def _start_session_server() -> None:
    state_dir = Path(tempfile.mkdtemp(prefix="yinuo-test-"))
    # Root's server runs under another account, which must be able to walk in.
    state_dir.chmod(0o755)
    (state_dir / "static").mkdir()
    os.environ["STATE_DIR"] = str(state_dir)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(state_dir / "numba"))
    # Registered first, so it runs last: after the server has been left.
    atexit.register(shutil.rmtree, state_dir, ignore_errors=True)
    os.environ["DATABASE_URL"] = ensure_postgres(state_dir, QUICK)
    os.environ["DJANGO_SETTINGS_MODULE"] = "yinuo.config.settings"
    # A pooled idle connection would keep a database from being copied or dropped.
    options = settings.DATABASES["default"]["OPTIONS"]
    assert isinstance(options, dict)
    options.pop("pool", None)


_start_session_server()


@pytest.fixture
def now() -> dt.datetime:
    """The moment the demo's story begins: Wednesday 2026-02-11, 09:20 in Shanghai."""
    return dt.datetime(2026, 2, 11, 9, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def _on_server(statement: str, **names: str) -> None:
    url = make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")
    with psycopg.connect(url, autocommit=True) as server:
        quoted = {key: sql.Identifier(name) for key, name in names.items()}
        server.execute(sql.SQL(statement).format(**quoted))


@pytest.fixture(scope="session")
def migrated_template(django_test_environment: None, django_db_blocker: Any) -> Iterator[str]:
    """A migrated empty database nobody is connected to, for copying."""
    with django_db_blocker.unblock():
        connections.close_all()
        before = connection.settings_dict["NAME"]
        _on_server("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=TEMPLATE)
        _on_server("CREATE DATABASE {name}", name=TEMPLATE)
        connection.settings_dict["NAME"] = TEMPLATE
        call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()
        connection.settings_dict["NAME"] = before
        yield TEMPLATE
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=TEMPLATE)


@pytest.fixture
def fresh_database(
    migrated_template: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a database of the test's own, migrated and empty; commits are real.

    Django's connection and `DATABASE_URL` point at it, so subprocesses see it too. Use this
    instead of `django_db(transaction=True)`: the ledger refuses to be emptied.
    """
    name = f"yinuo_test_{os.getpid()}_{os.urandom(4).hex()}"
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=name)
    with django_db_blocker.unblock():
        connections.close_all()
        _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=migrated_template)
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        yield url
        connections.close_all()
        monkeypatch.undo()
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)


def database_name(url: str) -> str:
    """The database a URL or conninfo string names."""
    return str(conninfo_to_dict(url)["dbname"])
