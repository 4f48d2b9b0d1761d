"""Waits for the last user of a server to go, however it goes, and stops the server.

Run as `python -m yinuo.platform.postgres.guard HOME PROGRAMS GUARD_LOCK_FD`.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from yinuo.platform.postgres.account import server_account
from yinuo.platform.postgres.cluster import Cluster


def main(argv: list[str]) -> None:
    """Block on `holders.lock`, stop the server, then let go in the order newcomers rely on."""
    home, programs, guard_lock = Path(argv[0]), Path(argv[1]), int(argv[2])
    holders = os.open(home / "holders.lock", os.O_RDWR)
    fcntl.flock(holders, fcntl.LOCK_EX)
    try:
        account = server_account(home / "data")
        Cluster(home=home, programs=programs, account=account).stop()
    finally:
        # A newcomer that gets its share next must not see this guard as still waiting.
        os.close(guard_lock)
        os.close(holders)


if __name__ == "__main__":
    main(sys.argv[1:])
