"""Our own launcher for the PostgreSQL that comes with the product.

`DATABASE_URL` set: that server is used and nothing is started. Otherwise one private server per
state folder is started, shared by every process that asks for it, and stopped when the last of
them has gone, however it went. No Django here: the server is up before Django is.
"""

from yinuo.platform.postgres.checks import check_server
from yinuo.platform.postgres.errors import LauncherError
from yinuo.platform.postgres.holding import (
    Hold,
    ensure_postgres,
    hold_postgres,
    running_postgres,
)

__all__ = [
    "Hold",
    "LauncherError",
    "check_server",
    "ensure_postgres",
    "hold_postgres",
    "running_postgres",
]
