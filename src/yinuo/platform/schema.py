"""Brings the database's tables to what the code expects, and knows quickly when they are."""

from __future__ import annotations

import hashlib
import importlib.util
import pkgutil

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from yinuo.platform.first_schema import make_first_tables

# Any fixed number: two processes that start at once must ask for the same one.
LOCK_NUMBER = 20260211


def fingerprint() -> str:
    """A short hash of the names of all migrations of all installed apps."""
    names: list[str] = []
    for app in apps.get_app_configs():
        spec = importlib.util.find_spec(f"{app.name}.migrations")
        places = list(spec.submodule_search_locations or []) if spec else []
        names += [f"{app.label}.{module.name}" for module in pkgutil.iter_modules(places)]
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:32]


def applied_fingerprint() -> str | None:
    """The fingerprint of the last complete migration, noted on Django's own table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regclass('django_migrations'), 'pg_class')")
        row = cursor.fetchone()
    return str(row[0]) if row and row[0] else None


def ensure_schema() -> bool:
    """Run the migrations unless the database has them all; True if they were run.

    The check costs one query. Two processes at once run them once.
    """
    wanted = fingerprint()
    if applied_fingerprint() == wanted:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        try:
            if applied_fingerprint() == wanted:
                return False
            make_first_tables()
            # All the rest, and what follows a migration.
            call_command("migrate", interactive=False, verbosity=0)
            cursor.execute(f"COMMENT ON TABLE django_migrations IS '{wanted}'")
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])
    return True
