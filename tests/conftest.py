"""The test session's own PostgreSQL, its databases and its clock.

The server is up before Django is set up: the template's module asks for it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.template import make_tables

pytest_plugins = ["tests.browser", "tests.outcomes", "tests.programs"]

TEMPLATE = "yinuo_test_template"


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
        make_tables(make_conninfo(os.environ["DATABASE_URL"], dbname=TEMPLATE))
        connections.close_all()
        connection.settings_dict["NAME"] = before
        yield TEMPLATE
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=TEMPLATE)


@pytest.fixture(scope="session")
def django_db_setup(migrated_template: str, django_db_blocker: Any) -> Iterator[None]:
    """The database of the tests that undo what they did: a copy, so nothing is migrated twice."""
    name, before = f"test_yinuo_{os.getpid()}", connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connections.close_all()
        _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=migrated_template)
        connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        connection.settings_dict["NAME"] = before
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)


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
