"""How long a commit waits for the disk."""

from __future__ import annotations

from django.db import connection


def commit_soon() -> None:
    """Let this transaction commit without waiting for the disk.

    For batches of work that is found again if it is lost, and that ends with an ordinary commit:
    the log is written in order, so that commit brings all earlier ones to the disk. The same holds
    for whoever acts on these rows: their own commit comes later in the log.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("this holds for one transaction")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
