"""The fixtures the other tests stand on."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from yinuo.platform.models import RequestKey


def test_now_is_the_start_of_the_story(now: dt.datetime) -> None:
    assert now.astimezone(dt.UTC) == dt.datetime(2026, 2, 11, 1, 20, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_an_ordinary_test_has_the_migrated_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 0


def _key(scope: str, now: dt.datetime) -> None:
    RequestKey(scope=scope, key="1", answer={}, created_at=now).save()


@pytest.mark.parametrize("scope", ["first", "second"])
def test_a_fresh_database_commits_and_starts_empty(
    fresh_database: str, scope: str, now: dt.datetime
) -> None:
    assert RequestKey.objects.count() == 0
    _key(scope, now)
    with psycopg.connect(fresh_database) as other:
        rows = other.execute("SELECT scope FROM platform_requestkey").fetchall()
    assert rows == [(scope,)]


def test_a_subprocess_sees_the_fresh_database(fresh_database: str, now: dt.datetime) -> None:
    _key("here", now)
    code = (
        "import django; django.setup()\n"
        "from yinuo.platform.models import RequestKey\n"
        "print(RequestKey.objects.get().scope)"
    )
    child = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=os.environ
    )
    assert child.stdout.strip() == "here"


def test_django_returns_to_the_session_database_afterwards() -> None:
    assert connection.settings_dict["NAME"].startswith("test_")
