"""A loaded demo, made once and copied for each test."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from tests.conftest import _on_server


def _use(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def demo_template(migrated_template: str, django_db_blocker: Any) -> Iterator[str]:
    """A database with the small demo that nobody is connected to."""
    name = f"yinuo_test_demo_{os.getpid()}_{os.urandom(4).hex()}"
    before = str(connection.settings_dict["NAME"])
    with django_db_blocker.unblock():
        connections.close_all()
        _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=migrated_template)
        try:
            _use(name)
            call_command("demo", "load", "--small", stdout=io.StringIO())
        finally:
            _use(before)
    yield name
    with django_db_blocker.unblock():
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)


@pytest.fixture
def demo_database(
    demo_template: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a copy of the small demo of the test's own; commits are real."""
    name = f"yinuo_test_{os.getpid()}_{os.urandom(4).hex()}"
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=name)
    before = str(connection.settings_dict["NAME"])
    with django_db_blocker.unblock():
        connections.close_all()
        _on_server("CREATE DATABASE {name} TEMPLATE {source}", name=name, source=demo_template)
        monkeypatch.setenv("DATABASE_URL", url)
        (Path(settings.STATE_DIR) / "demo" / "played.json").unlink(missing_ok=True)
        _use(name)
        try:
            yield url
        finally:
            _use(before)
        _on_server("DROP DATABASE {name} WITH (FORCE)", name=name)
