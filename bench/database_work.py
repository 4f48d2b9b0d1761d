"""What the processes of PostgreSQL have worked, for the parts that measure inside the product."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.db import connection

CLOCK_TICKS: Final = 100


def database_seconds() -> float:
    """Processor seconds of all processes of the server so far, those that ended included.

    0 where the system does not say (no /proc).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    if not Path(f"/proc/{backend}/stat").exists():
        return 0.0
    postmaster = _stat(backend)[1]
    total = 0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(int(path.name))
        except OSError:
            continue
        if int(path.name) == postmaster:
            total += sum(fields[11:15])
        elif fields[1] == postmaster:
            total += sum(fields[11:13])
    return total / CLOCK_TICKS


def _stat(pid: int) -> list[int]:
    """The fields of /proc/PID/stat from the third on, the state left as 0."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return [0, *(int(word) for word in text.rpartition(")")[2].split()[1:])]
