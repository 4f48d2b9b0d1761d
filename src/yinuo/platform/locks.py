"""Locks that have no row: held until a transaction or a block ends, freed by a crash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection


def hold(name: str) -> None:
    """Wait until nobody else holds `name`, then hold it to the end of this transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("a lock is held by a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def held(name: str) -> Iterator[None]:
    """Wait until nobody else holds `name`, then hold it while the block runs.

    The block may take several transactions. Who dies in it loses the connection and with it the
    lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        yield
    finally:
        _free(name)


def _free(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
    except Error:
        # The session is broken or its transaction failed: only its end frees the lock.
        if connection.connection is not None:
            connection.connection.close()
