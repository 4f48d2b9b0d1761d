"""An empty database gets exactly the tables that Django's own way gives it, only sooner."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import connection, connections, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState
from psycopg.conninfo import make_conninfo

from yinuo.platform import schema
from yinuo.platform.first_schema import FirstState, adds_only, make_first_tables
from yinuo.platform.postgres.binaries import find_programs

NAME = f"yinuo_test_first_{os.getpid()}"


def asked(database: str, query: str) -> list[tuple[Any, ...]]:
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=database)
    with psycopg.connect(url, autocommit=True) as line:
        cursor = line.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def tables_of(database: str) -> list[str]:
    """The whole structure, as `pg_dump` writes it; without the marks that differ each time."""
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=database)
    words = [str(find_programs() / "pg_dump"), "--schema-only", "--no-owner", url]
    text = subprocess.run(words, check=True, capture_output=True, encoding="utf-8").stdout
    return [line for line in text.splitlines() if "restrict " not in line]


@pytest.fixture
def empty(migrated_template: str, django_db_blocker: Any) -> Iterator[str]:
    """An empty database, which Django's connection points at."""
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connections.close_all()
        asked("postgres", f"CREATE DATABASE {NAME}")
        connection.settings_dict["NAME"] = NAME
        yield NAME
        connections.close_all()
        connection.settings_dict["NAME"] = before
        asked("postgres", f"DROP DATABASE {NAME} WITH (FORCE)")


def test_the_tables_are_those_that_django_makes(empty: str, migrated_template: str) -> None:
    assert schema.ensure_schema()
    note = f"COMMENT ON TABLE public.django_migrations IS '{schema.fingerprint()}';"
    made = tables_of(empty)
    assert note in made
    start = made.index(note) - 4
    del made[start : made.index(note) + 3]
    plain = tables_of(migrated_template)
    assert len(plain) > 10_000
    assert made == plain
    for query in (
        "SELECT app, name FROM django_migrations ORDER BY 1, 2",
        "SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
        "SELECT size, root FROM ledger_tree",
    ):
        assert asked(empty, query) == asked(migrated_template, query) != []
    assert not schema.ensure_schema()
    assert not make_first_tables()


@pytest.mark.parametrize(
    ("operation", "adds"),
    [
        (migrations.CreateModel("A", [("id", models.AutoField(primary_key=True))]), True),
        (migrations.AddField("a", "b", models.ForeignKey("x.B", models.PROTECT)), True),
        (migrations.AddIndex("a", models.Index(fields=["b"], name="n")), True),
        (migrations.RunSQL("SELECT 1"), True),
        (BtreeGistExtension(), True),
        (migrations.AlterField("a", "b", models.TextField(null=True)), True),
        # What others may point at, or what points at others.
        (migrations.AlterField("a", "b", models.TextField(unique=True)), False),
        (migrations.AlterField("a", "id", models.BigAutoField(primary_key=True)), False),
        (migrations.AlterField("a", "b", models.ForeignKey("x.B", models.PROTECT)), False),
        (migrations.RenameField("a", "b", "c"), False),
        (migrations.RenameModel("a", "b"), False),
        (migrations.RemoveField("a", "b"), False),
        (migrations.DeleteModel("a"), False),
        (migrations.RunPython(migrations.RunPython.noop), False),
        (migrations.SeparateDatabaseAndState(), False),
    ],
)
def test_which_steps_only_add(operation: Operation, adds: bool) -> None:
    assert adds_only(operation) is adds


def a_migration(*operations: Operation) -> migrations.Migration:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations)})
    migration: migrations.Migration = made("one", "x")
    return migration


def test_all_classes_are_made_anew_before_a_step_that_needs_them() -> None:
    state = FirstState()
    key = ("id", models.AutoField(primary_key=True))
    state.add_model(ModelState("x", "A", [key]))
    state.add_model(ModelState("x", "B", [key, ("a", models.ForeignKey("x.A", models.PROTECT))]))
    assert state.apps.get_model("x.B")._meta.get_field("a").related_model is state.apps.get_model(
        "x.A"
    )
    index = models.Index(fields=["id"], name="n")
    state.begin(a_migration(migrations.AddIndex("a", index)))
    state.add_index("x", "a", index)
    # The other table's class was left alone, so it still points at the one before.
    b, a = state.apps.get_model("x.B"), state.apps.get_model("x.A")
    assert [one.name for one in a._meta.indexes] == ["n"]
    assert b._meta.get_field("a").related_model is not a
    state.begin(a_migration(migrations.RenameField("b", "a", "c")))
    b, a = state.apps.get_model("x.B"), state.apps.get_model("x.A")
    assert b._meta.get_field("a").related_model is a
    assert [one.name for one in a._meta.indexes] == ["n"]
    state.rename_field("x", "a", "id", "ref")
    assert state.apps.get_model("x.B")._meta.get_field("a").target_field.name == "ref"
