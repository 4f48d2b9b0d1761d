"""Rows that name a row which is not there, in references the database does not check itself.

A table that one event fills with half a million rows leaves the look-up of each out. What it names
is then written in the same transaction and never removed; this finds out whether that held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models

# So many rows are named in a finding.
SHOWN = 5


@dataclass(frozen=True)
class Reference:
    """Column `column` of `table` names rows of `target` by their column `key`."""

    table: str
    column: str
    target: str
    key: str


@dataclass(frozen=True)
class Orphans:
    """How many rows of a reference name nothing, and some of what they name."""

    reference: Reference
    count: int
    named: list[int]


def list_unchecked() -> list[Reference]:
    """Every foreign key that was declared without a constraint in the database."""
    return [
        Reference(
            model._meta.db_table,
            str(field.column),
            field.related_model._meta.db_table,
            str(field.target_field.column),
        )
        for model in apps.get_models()
        if model._meta.managed
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and not getattr(field, "db_constraint")  # noqa: B009 -- the stubs do not know it
        and not isinstance(field.related_model, str)
    ]


def find_orphans(references: Sequence[Reference]) -> list[Orphans]:
    """Those of `references` that name rows which are not there; each reads both tables once."""
    found = []
    for one in references:
        quote = connection.ops.quote_name
        table, column, target, key = map(quote, (one.table, one.column, one.target, one.key))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), (array_agg(DISTINCT t.{column}))[1:%s] FROM {table} t"
                f" WHERE t.{column} IS NOT NULL"
                f" AND NOT EXISTS (SELECT FROM {target} x WHERE x.{key} = t.{column})",
                [SHOWN],
            )
            count, named = cursor.fetchone()
        if count:
            found.append(Orphans(one, count, list(named)))
    return found
