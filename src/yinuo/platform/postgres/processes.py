"""What the system says about a process id and a shared memory segment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PROC = Path("/proc")
SEGMENTS = PROC / "sysvipc" / "shm"


def exists(pid: int) -> bool:
    """Whether anything, be it a zombie, has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_postgres(pid: int) -> bool:
    """Whether a live PostgreSQL process has this number."""
    if not exists(pid):
        return False
    if not (PROC / "self" / "stat").exists():
        return _is_listed(pid)
    try:
        line = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The name stands in brackets and may itself hold brackets and blanks; the state follows it.
    name, _, rest = line.partition("(")[2].rpartition(")")
    return "postgres" in name and rest.split()[0] not in "ZX"


def _is_listed(pid: int) -> bool:
    words = ["ps", "-p", str(pid), "-o", "stat=,comm="]
    try:
        listed = subprocess.run(words, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        # A system that shows nothing: believe the server's own file.
        return True
    state, _, name = listed.stdout.strip().partition(" ")
    return "postgres" in name and not state.startswith("Z")


def is_segment_attached(segment: str) -> bool:
    """Whether a process is attached to the System V segment `segment` (its id).

    True where the system does not tell, which is the careful answer.
    """
    try:
        lines = SEGMENTS.read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return True
    rows = [line.split() for line in lines]
    return any(row[1] == segment and int(row[6]) > 0 for row in rows)
