"""Locks that have no row: held until the transaction ends, freed by a crash."""

from __future__ import annotations

from django.db import connection


def hold(name: str) -> None:
    """Wait until nobody else holds `name`, then hold it to the end of this transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("a lock is held by a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
